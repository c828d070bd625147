package ferry.crash;

import ferry.storage.ObjectKey;
import ferry.testing.FakeGcs;
import ferry.testing.TestS3;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Where the results of a cluster go, looked at past any publisher.
sealed interface Store extends AutoCloseable {
    /// The body of the storage config that publishes there; single quotes stand for double ones.
    String config();

    /// The `url` of every visible object.
    Set<String> objects() throws IOException;

    /// The same without manifests and their signatures, which are no results: whoever comes first writes them once a
    /// poll has ended.
    default Set<String> withoutManifests() throws IOException {
        var all = new TreeSet<>(objects());
        all.removeIf(url ->
                url.endsWith("/" + ObjectKey.MANIFEST) || url.endsWith("/" + ObjectKey.MANIFEST + ObjectKey.SIGNATURE));
        return all;
    }

    /// An object's bytes.
    byte[] read(String url) throws IOException;

    /// How many uploads are neither committed nor given up.
    int unfinished();

    /// Those of them that nobody can give up, since the answer that names them was lost.
    default int unknown() {
        return 0;
    }

    /// Takes an object away that a check is through with, so that large ones do not pile up.
    void forget(String url) throws IOException;

    /// Whether files larger than a part are published, too.
    boolean isCloud();

    /// From now on this goes wrong on the way there.
    void arm(List<BucketLine.Upset> upsets);

    /// What has gone wrong since.
    List<BucketLine.Upset> happened();

    /// Cannot be reached from now on, or can again.
    void away(boolean yes);

    /// The service's clock is so far ahead of everyone else's.
    void clockAhead(Duration ahead);

    @Override
    void close();

    /// A folder of this machine.
    ///
    /// @param buckets the folder of all buckets
    record Local(Path folder, Path buckets, String name) implements Store {
        static Local in(Path folder, String name) throws IOException {
            return new Local(
                    folder, Files.createDirectory(folder.resolve("buckets")).toRealPath(), name);
        }

        @Override
        public String config() {
            return "{'url': 'local://" + name + "/results'}";
        }

        @Override
        public Set<String> objects() throws IOException {
            var all = new TreeSet<String>();
            // uploads under way come and go meanwhile; [#unfinished] counts them
            Files.walkFileTree(buckets, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    return folder.endsWith(".uploads") ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    all.add("local://" + file);
                    return FileVisitResult.CONTINUE;
                }
            });
            return all;
        }

        @Override
        public byte[] read(String url) throws IOException {
            return Files.readAllBytes(Path.of(URI.create(url).getPath()));
        }

        @Override
        public int unfinished() {
            try (Stream<Path> all = Files.walk(buckets)) {
                return (int) all.filter(path -> path.toString().contains("/.uploads/"))
                        .count();
            } catch (IOException | UncheckedIOException _) {
                return Integer.MAX_VALUE; // one went away meanwhile
            }
        }

        @Override
        public void forget(String url) throws IOException {
            Files.delete(Path.of(URI.create(url).getPath()));
        }

        @Override
        public boolean isCloud() {
            return false;
        }

        @Override
        public void arm(List<BucketLine.Upset> upsets) {
            // Nothing lies between a process and its disk.
        }

        @Override
        public List<BucketLine.Upset> happened() {
            return List.of();
        }

        @Override
        public void away(boolean yes) {
            try {
                var elsewhere = folder.resolve("away");
                Files.move(yes ? buckets : elsewhere, yes ? elsewhere : buckets);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void clockAhead(Duration ahead) {
            // Nobody looks.
        }

        @Override
        public void close() {
            // Whoever made the folder deletes it.
        }
    }

    /// A bucket of an S3 server of this process.
    record S3(TestS3 server, BucketLine line, String bucket) implements Store {
        private static final String BUSY = answer(
                "503 Slow Down", "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>");
        private static final String EXPIRED = answer(
                "400 Bad Request", "<Error><Code>ExpiredToken</Code><Message>The token has expired.</Message></Error>");

        static S3 in(TestS3 server, String bucket) {
            server.create(bucket);
            return new S3(server, new BucketLine(server.port(), new BucketLine.Said(BUSY, EXPIRED)), bucket);
        }

        @Override
        public String config() {
            return """
                    {'url': 's3://%s/results', 'endpoint': '%s',
                     'credentials': {'access_key_id': '%s', 'secret_access_key': '%s'}}
                    """.formatted(
                    bucket, line.url(), TestS3.KEYS.id(), TestS3.KEYS.secret().reveal());
        }

        @Override
        public Set<String> objects() {
            var all = new TreeSet<String>();
            server.keys(bucket).forEach(key -> all.add("s3://" + bucket + "/" + key));
            return all;
        }

        @Override
        public byte[] read(String url) throws IOException {
            try (var bytes = server.open(bucket, key(url)).orElseThrow(() -> new IOException("not there: " + url))) {
                return bytes.readAllBytes();
            }
        }

        @Override
        public int unfinished() {
            return server.unfinished(bucket);
        }

        @Override
        public int unknown() {
            return line.unknownUploads();
        }

        @Override
        public void forget(String url) {
            server.delete(bucket, key(url));
        }

        @Override
        public boolean isCloud() {
            return true;
        }

        @Override
        public void arm(List<BucketLine.Upset> upsets) {
            line.arm(upsets);
        }

        @Override
        public List<BucketLine.Upset> happened() {
            return line.happened();
        }

        @Override
        public void away(boolean yes) {
            line.away(yes);
        }

        @Override
        public void clockAhead(Duration ahead) {
            // Nobody looks.
        }

        @Override
        public void close() {
            line.close();
        }
    }

    /// A bucket of a Google Cloud Storage of this process.
    record Gcs(FakeGcs server, BucketLine line, String bucket) implements Store {
        private static final String BUSY = answer("503 Service Unavailable", "{}");
        private static final String EXPIRED = answer("401 Unauthorized", "{}");

        static Gcs in(FakeGcs server, String bucket) {
            server.create(bucket);
            return new Gcs(server, new BucketLine(server.port(), new BucketLine.Said(BUSY, EXPIRED)), bucket);
        }

        @Override
        public String config() {
            return "{\"url\": \"gs://" + bucket + "/results\", \"endpoint\": \"" + line.url() + "\", \"credentials\": "
                    + server.serviceAccount() + "}";
        }

        @Override
        public Set<String> objects() {
            var all = new TreeSet<String>();
            server.keys(bucket).forEach(key -> all.add("gs://" + bucket + "/" + key));
            return all;
        }

        @Override
        public byte[] read(String url) throws IOException {
            return server.bytes(bucket, key(url)).orElseThrow(() -> new IOException("not there: " + url));
        }

        @Override
        public int unfinished() {
            return server.sessions(bucket);
        }

        @Override
        public int unknown() {
            return line.unknownUploads();
        }

        /// Google forgets sessions by itself, after a week.
        ///
        /// @return how many there were
        int aWeekLater() {
            line.forgetUploads();
            return server.forgetSessions(bucket);
        }

        @Override
        public void forget(String url) {
            server.delete(bucket, key(url));
        }

        @Override
        public boolean isCloud() {
            return true;
        }

        @Override
        public void arm(List<BucketLine.Upset> upsets) {
            line.arm(upsets);
        }

        @Override
        public List<BucketLine.Upset> happened() {
            return line.happened();
        }

        @Override
        public void away(boolean yes) {
            line.away(yes);
        }

        @Override
        public void clockAhead(Duration ahead) {
            server.clockOff(ahead);
        }

        @Override
        public void close() {
            line.close();
        }
    }

    private static String answer(String status, String body) {
        return "HTTP/1.1 " + status + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static String key(String url) {
        return URI.create(url).getPath().substring(1);
    }
}
