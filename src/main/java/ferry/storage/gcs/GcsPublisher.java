package ferry.storage.gcs;

import ferry.egress.Call;
import ferry.egress.Header;
import ferry.egress.Outbound;
import ferry.storage.About;
import ferry.storage.LargeObject;
import ferry.storage.ObjectKey;
import ferry.storage.PartBuffers;
import ferry.storage.PartedUpload;
import ferry.storage.PublishException;
import ferry.storage.PublishException.Unavailable;
import ferry.storage.Publisher;
import ferry.storage.Reach;
import ferry.storage.Stored;
import ferry.storage.Upload;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A bucket of Google Cloud Storage.
///
/// An object of up to one part is put in one request with its MD5 and CRC32C; a larger one through a resumable
/// session, which is asked where it stands when a part fails, and which shows the object only with its last bytes
/// and both checksums. Works with the roles Storage Object Creator and Storage Legacy Bucket Reader alone: what
/// lies in the bucket is learned by listing, and an object that must not be replaced is fine if it is the same.
public final class GcsPublisher implements Publisher {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    static final URI GOOGLE = URI.create("https://storage.googleapis.com");
    private static final Pattern RANGE = Pattern.compile("bytes=0-([0-9]{1,18})");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long BYTES_PER_SECOND = 64 * 1024;

    private final String bucket;
    private final URI base;
    private final GcsCalls calls;
    private final PartBuffers buffers;
    private final Optional<Outbound> own;

    private GcsPublisher(String bucket, URI base, GcsCalls calls, PartBuffers buffers, Optional<Outbound> own) {
        this.bucket = bucket;
        this.base = base;
        this.calls = calls;
        this.buffers = buffers;
        this.own = own;
    }

    /// Asks nobody yet.
    ///
    /// @param endpoint another way to the store than the public one
    public static GcsPublisher open(String bucket, Optional<URI> endpoint, ServiceAccount account, Reach reach) {
        Optional<Outbound> own = account.authorities().isEmpty()
                ? Optional.empty()
                : Optional.of(reach.outbound().trusting(account.authorities()));
        var outbound = own.orElse(reach.outbound());
        var where = endpoint.map(URI::getAuthority).orElse("Google Cloud Storage");
        var lanes = reach.lanes().to(where + "/" + bucket);
        var tokens = new Tokens(account, outbound, reach.clock(), reach.retries());
        return new GcsPublisher(
                bucket,
                endpoint.orElse(GOOGLE),
                new GcsCalls(bucket, where, account, outbound, lanes, tokens, reach.retries()),
                lanes.share(reach.buffers()),
                own);
    }

    @Override
    public Upload begin(ObjectKey key, About about) {
        return new PartedUpload(new Putting(key.toString(), about), about.staysOpen() ? PartBuffers.ofOne() : buffers);
    }

    @Override
    public URI url(ObjectKey key) {
        try {
            return new URI("gs", bucket, "/" + key, null, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("a checked bucket and key are always a URI", e);
        }
    }

    @Override
    public boolean worksWithoutDeleting() {
        return true;
    }

    @Override
    public boolean worksWithoutReading() {
        return true;
    }

    /// Where the account may not delete, an object that is not there is fine all the same.
    @Override
    public void delete(ObjectKey key) throws PublishException, InterruptedException {
        var url = url("/storage/v1/b/" + bucket + "/o/" + encoded(key.toString()));
        var reply = calls.send(() -> Call.delete(url));
        if (reply.status() == 404 || reply.status() / 100 == 2) {
            return;
        }
        if (reply.status() == 403 && head(key).isEmpty()) {
            return;
        }
        throw calls.failure(GcsAction.DELETE, reply);
    }

    /// Lists, since reading an object's own metadata takes a permission more.
    @Override
    public Optional<Head> head(ObjectKey key) throws PublishException, InterruptedException {
        return head(key.toString());
    }

    @Override
    public Optional<byte[]> read(ObjectKey key, int atMost) throws PublishException, InterruptedException {
        var url = url("/storage/v1/b/" + bucket + "/o/" + encoded(key.toString()) + "?alt=media");
        var reply = calls.send(() -> Call.get(url));
        return switch (reply.status()) {
            case 200 -> Optional.of(Arrays.copyOf(reply.bytes(), Math.min(atMost, reply.bytes().length)));
            case 404 -> Optional.empty();
            default -> throw calls.failure(GcsAction.READ, reply);
        };
    }

    @Override
    public void list(String prefix, Listed each) throws PublishException, InterruptedException {
        var token = "";
        do {
            var url = url("/storage/v1/b/" + bucket + "/o?fields=items(name),nextPageToken&prefix=" + encoded(prefix)
                    + (token.isEmpty() ? "" : "&pageToken=" + encoded(token)));
            var reply = calls.send(() -> Call.get(url));
            if (reply.status() != 200) {
                throw calls.failure(GcsAction.HEAD, reply);
            }
            for (var item : reply.body().path("items")) {
                each.key(item.path("name").asString(""));
            }
            token = reply.body().path("nextPageToken").asString("");
        } while (!token.isEmpty());
    }

    @Override
    public void close() {
        own.ifPresent(Outbound::close);
    }

    private Optional<Head> head(String key) throws PublishException, InterruptedException {
        var url = url("/storage/v1/b/" + bucket + "/o?maxResults=1&fields=items(name,size,md5Hash)&prefix="
                + encoded(key) + "&startOffset=" + encoded(key));
        var reply = calls.send(() -> Call.get(url));
        if (reply.status() != 200) {
            throw calls.failure(GcsAction.HEAD, reply);
        }
        var first = reply.body().path("items").path(0);
        if (!first.path("name").asString("").equals(key)) {
            return Optional.empty();
        }
        var md5 = Optional.of(first.path("md5Hash").asString(""))
                .filter(hash -> !hash.isEmpty())
                .map(hash -> HexFormat.of().formatHex(Base64.getDecoder().decode(hash)));
        return Optional.of(new Head(Long.parseLong(first.path("size").asString("0")), md5));
    }

    private URI url(String rest) {
        var text = base.toString();
        return URI.create((text.endsWith("/") ? text.substring(0, text.length() - 1) : text) + rest);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static Duration patience(long length) {
        return PATIENCE.plusSeconds(length / BYTES_PER_SECOND);
    }

    /// One object on its way.
    private final class Putting implements LargeObject {
        private final String key;
        private final About about;
        private final CRC32C crc = new CRC32C();
        private Optional<URI> session = Optional.empty();
        private long sent;

        Putting(String key, About about) {
            this.key = key;
            this.about = about;
        }

        @Override
        public void whole(byte[] bytes, int length, Stored measured) throws PublishException, InterruptedException {
            crc.update(bytes, 0, length);
            var metadata = metadata();
            metadata.put("md5Hash", md5(measured)).put("crc32c", crc32c());
            var boundary = "ferry-" + UUID.randomUUID();
            var before = join(
                    ascii("--" + boundary + "\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"),
                    metadata.toString().getBytes(StandardCharsets.UTF_8),
                    ascii("\r\n--" + boundary + "\r\nContent-Type: " + about.safeMediaType() + "\r\n\r\n"));
            var after = ascii("\r\n--" + boundary + "--\r\n");
            long all = (long) before.length + length + after.length;
            var url = url("/upload/storage/v1/b/" + bucket + "/o?uploadType=multipart&fields=name,size,md5Hash");
            var reply = calls.send(() -> new Call(
                            "POST",
                            url,
                            List.of(new Header("Content-Type", "multipart/related; boundary=" + boundary)),
                            Optional.empty(),
                            patience(all))
                    .streaming(
                            new SequenceInputStream(Collections.enumeration(List.of(
                                    new ByteArrayInputStream(before),
                                    new ByteArrayInputStream(bytes, 0, length),
                                    new ByteArrayInputStream(after)))),
                            all));
            settled(reply, measured);
        }

        /// A session takes its bytes in their order.
        @Override
        public int parallel() {
            return 1;
        }

        @Override
        public void part(int number, byte[] bytes) throws PublishException, InterruptedException {
            crc.update(bytes, 0, bytes.length);
            var reply = send(bytes, bytes.length, Optional.empty());
            if (reply.status() != 308) {
                throw calls.failure(GcsAction.PUT, reply);
            }
            sent += bytes.length;
        }

        @Override
        public void finish(int number, byte[] bytes, int length, Stored measured)
                throws PublishException, InterruptedException {
            crc.update(bytes, 0, length);
            settled(send(bytes, length, Optional.of(measured)), measured);
        }

        @Override
        public void abandon() {
            var begun = session;
            session = Optional.empty();
            sent = 0;
            crc.reset();
            boolean interrupted = Thread.interrupted();
            try {
                if (begun.isPresent()) {
                    calls.once(Call.delete(begun.get()));
                }
            } catch (IOException _) {
                // Google forgets it by itself, and nobody sees it until then
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        /// Sends bytes to the session, and after a failure only those that it has not got.
        ///
        /// @param last what was measured, with the last bytes
        /// @return 308 where it has all of them and waits for more, else its last word
        private GcsCalls.Reply send(byte[] bytes, int length, Optional<Stored> last)
                throws PublishException, InterruptedException {
            var url = session.orElseThrow();
            long end = sent + length;
            long from = sent;
            boolean ask = false;
            for (int failed = 1; ; failed++) {
                try {
                    var reply = calls.once(ask ? question(url, last) : chunk(url, bytes, from, end, last));
                    if (reply.status() == 308) {
                        long got = got(reply);
                        if (got < sent) {
                            throw new Unavailable("Bucket " + bucket + " has lost a part of an upload.", null);
                        }
                        if (got >= end && last.isEmpty()) {
                            return reply;
                        }
                        boolean goesOn = ask || got > from;
                        // what it has got begins anew; an answer to a question costs no attempt
                        failed = got > from ? 0 : ask ? failed - 1 : failed;
                        from = got;
                        ask = false;
                        if (goesOn) {
                            continue;
                        }
                    } else if (reply.passes()) {
                        ask = true;
                    } else if (reply.status() == 404 || reply.status() == 410) {
                        throw new Unavailable("Bucket " + bucket + " has forgotten an upload under way.", null);
                    } else {
                        return reply;
                    }
                    if (!calls.mayRetry(failed)) {
                        throw calls.busy();
                    }
                } catch (IOException e) {
                    GcsCalls.stopIfInterrupted(e);
                    ask = true;
                    if (!calls.mayRetry(failed)) {
                        throw calls.unreachable(e);
                    }
                }
                calls.pause(failed);
            }
        }

        private Call chunk(URI url, byte[] bytes, long from, long end, Optional<Stored> last) {
            int offset = (int) (from - sent);
            int length = (int) (end - from);
            var total = last.map(m -> Long.toString(m.length())).orElse("*");
            var range = length == 0 ? "bytes */" + total : "bytes " + from + "-" + (end - 1) + "/" + total;
            var call = new Call("PUT", url, List.of(), Optional.empty(), patience(length))
                    .with("Content-Range", range)
                    .streaming(new ByteArrayInputStream(bytes, offset, length), length);
            return last.map(m -> call.with("X-Goog-Hash", "crc32c=" + crc32c() + ",md5=" + md5(m)))
                    .orElse(call);
        }

        private static Call question(URI url, Optional<Stored> last) {
            var total = last.map(m -> Long.toString(m.length())).orElse("*");
            return new Call("PUT", url, List.of(), Optional.empty(), PATIENCE)
                    .with("Content-Range", "bytes */" + total);
        }

        private static long got(GcsCalls.Reply reply) {
            var range = RANGE.matcher(reply.range().orElse(""));
            return range.matches() ? Long.parseLong(range.group(1)) + 1 : 0;
        }

        @Override
        public void begin() throws PublishException, InterruptedException {
            var url = url("/upload/storage/v1/b/" + bucket + "/o?uploadType=resumable&fields=name,size,md5Hash");
            var body = metadata().toString().getBytes(StandardCharsets.UTF_8);
            var reply = calls.send(() -> Call.post(url, body, "application/json; charset=UTF-8")
                    .with("X-Upload-Content-Type", about.safeMediaType()));
            if (reply.status() != 200) {
                throw calls.failure(GcsAction.PUT, reply);
            }
            session = Optional.of(URI.create(reply.location()
                    .orElseThrow(() -> new Unavailable("Google Cloud Storage opened no session.", null))));
        }

        /// The store's last word: it has the object with our checksum, or it had the same one and may not replace
        /// it.
        private void settled(GcsCalls.Reply reply, Stored measured) throws PublishException, InterruptedException {
            if (reply.status() / 100 == 2) {
                var md5 = reply.body().path("md5Hash").asString(md5(measured));
                if (!md5.equals(md5(measured))) {
                    throw new Unavailable("What bucket " + bucket + " stored is not what was sent.", null);
                }
                return;
            }
            if (calls.mayNotReplace(reply)
                    && head(key).filter(it -> it.shows(measured)).isPresent()) {
                return;
            }
            throw calls.failure(GcsAction.PUT, reply);
        }

        private ObjectNode metadata() {
            var metadata = JSON.createObjectNode().put("name", key).put("contentType", about.safeMediaType());
            var labels = metadata.putObject("metadata");
            about.labels().forEach(labels::put);
            return metadata;
        }

        private String crc32c() {
            return Base64.getEncoder()
                    .encodeToString(
                            ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
        }

        private static String md5(Stored measured) {
            return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(measured.md5Hex()));
        }

        private static byte[] ascii(String text) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }

        private static byte[] join(byte[]... parts) {
            var all = new java.io.ByteArrayOutputStream();
            for (var part : parts) {
                all.writeBytes(part);
            }
            return all.toByteArray();
        }
    }
}
