package ferry.sandbox.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/// A bucket: its objects in the order of their keys, and the uploads under way. The bytes lie in files of a folder
/// that are named by chance, so that any key is possible. Thread-safe.
final class Bucket {
    static final long SMALLEST_PART = 5L << 20;

    private static final int BUSY_EVERY = 3;
    /// A store lists keys by their bytes.
    private static final Comparator<String> BY_BYTES =
            Comparator.comparing(key -> key.getBytes(UTF_8), Arrays::compareUnsigned);

    private final Path folder;
    private final Quirk quirk;
    private final AtomicInteger writes = new AtomicInteger();
    private final TreeMap<String, StoredObject> objects = new TreeMap<>(BY_BYTES);
    private final TreeMap<String, Upload> uploads = new TreeMap<>();

    Bucket(Path folder, Quirk quirk) {
        this.folder = folder;
        this.quirk = quirk;
    }

    /// An upload in parts.
    ///
    /// @param labels as those of the object to be
    record Upload(
            String id,
            String key,
            String mediaType,
            Map<String, String> labels,
            Instant begun,
            NavigableMap<Integer, StoredObject> parts) {}

    /// What a client lists to complete an upload.
    record Listed(int number, String eTag) {}

    boolean is(Quirk other) {
        return quirk == other;
    }

    /// Refuses a write where the bucket is one that does.
    void admitWrite() throws S3Refusal {
        if (quirk == Quirk.NO_WRITES) {
            throw new S3Refusal(S3Error.ACCESS_DENIED);
        }
        if (quirk == Quirk.BUSY && writes.incrementAndGet() % BUSY_EVERY == 0) {
            throw new S3Refusal(S3Error.SLOW_DOWN);
        }
    }

    /// A file for bytes that come in.
    Path newFile() {
        return folder.resolve(UUID.randomUUID().toString());
    }

    /// An object and its bytes.
    record Opened(StoredObject object, InputStream bytes) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            bytes.close();
        }
    }

    /// The object and its bytes; whoever takes them closes it. An object that is overwritten meanwhile is read to its
    /// end as it was.
    synchronized Opened open(String key) throws IOException, S3Refusal {
        var found = objects.get(key);
        if (found == null) {
            throw new S3Refusal(S3Error.NO_SUCH_KEY);
        }
        return new Opened(found, Files.newInputStream(found.content()));
    }

    synchronized void put(String key, StoredObject object) throws IOException {
        var before = objects.put(key, object);
        if (before != null) {
            Files.deleteIfExists(before.content());
        }
    }

    synchronized void delete(String key) throws IOException {
        var gone = objects.remove(key);
        if (gone != null) {
            Files.deleteIfExists(gone.content());
        }
    }

    /// The objects whose key begins so and comes after another, in their order.
    synchronized List<Map.Entry<String, StoredObject>> list(String prefix, String after) {
        return objects.tailMap(prefix, true).entrySet().stream()
                .dropWhile(it -> BY_BYTES.compare(it.getKey(), after) <= 0)
                .takeWhile(it -> it.getKey().startsWith(prefix))
                .map(it -> Map.entry(it.getKey(), it.getValue()))
                .toList();
    }

    synchronized Upload begin(String key, String mediaType, Map<String, String> labels, Instant now) {
        var upload = new Upload(UUID.randomUUID().toString(), key, mediaType, labels, now, new TreeMap<>());
        uploads.put(upload.id(), upload);
        return upload;
    }

    synchronized List<Upload> uploads(String prefix) {
        return uploads.values().stream()
                .filter(upload -> upload.key().startsWith(prefix))
                .toList();
    }

    /// Refuses where there is no such upload of that key.
    synchronized Upload upload(String id, String key) throws S3Refusal {
        var upload = uploads.get(id);
        if (upload == null || !upload.key().equals(key)) {
            throw new S3Refusal(S3Error.NO_SUCH_UPLOAD);
        }
        return upload;
    }

    /// A part that is sent again replaces the one before.
    synchronized void part(String id, String key, int number, StoredObject part) throws IOException, S3Refusal {
        var before = upload(id, key).parts().put(number, part);
        if (before != null) {
            Files.deleteIfExists(before.content());
        }
    }

    synchronized void abort(String id, String key) throws IOException, S3Refusal {
        var upload = upload(id, key);
        uploads.remove(id);
        forget(upload);
    }

    /// Makes the object of the listed parts; parts that are not listed are gone with the upload.
    synchronized StoredObject complete(String id, String key, List<Listed> listed, Instant now)
            throws IOException, S3Refusal {
        var upload = upload(id, key);
        check(upload, listed);
        var whole = newFile();
        var ofParts = Received.digest("MD5");
        try (var out = FileChannel.open(whole, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (var one : listed) {
                var part = Objects.requireNonNull(upload.parts().get(one.number()));
                append(part, out);
                ofParts.update(HexFormat.of().parseHex(part.eTag()));
            }
            var object = new StoredObject(
                    whole, out.position(), eTag(ofParts, listed.size()), upload.mediaType(), upload.labels(), now);
            uploads.remove(id);
            forget(upload);
            put(key, object);
            return object;
        }
    }

    private static void check(Upload upload, List<Listed> listed) throws S3Refusal {
        if (listed.isEmpty()) {
            throw new S3Refusal(S3Error.MALFORMED_XML);
        }
        int last = 0;
        for (var one : listed) {
            if (one.number() <= last) {
                throw new S3Refusal(S3Error.INVALID_PART_ORDER);
            }
            last = one.number();
        }
        for (var one : listed) {
            var part = upload.parts().get(one.number());
            if (part == null || !part.eTag().equals(one.eTag())) {
                throw new S3Refusal(S3Error.INVALID_PART);
            }
            if (part.length() < SMALLEST_PART && one.number() != last) {
                throw new S3Refusal(S3Error.ENTITY_TOO_SMALL);
            }
        }
    }

    private static void append(StoredObject part, FileChannel out) throws IOException {
        try (var in = FileChannel.open(part.content())) {
            long done = 0;
            while (done < part.length()) {
                done += in.transferTo(done, part.length() - done, out);
            }
        }
    }

    private static String eTag(MessageDigest ofParts, int parts) {
        return HexFormat.of().formatHex(ofParts.digest()) + "-" + parts;
    }

    private static void forget(Upload upload) throws IOException {
        for (var part : upload.parts().values()) {
            Files.deleteIfExists(part.content());
        }
    }
}
