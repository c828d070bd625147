package ferry.storage.gcs;

import ferry.egress.Call;
import ferry.egress.Header;
import ferry.storage.About;
import ferry.storage.LargeObject;
import ferry.storage.PublishException;
import ferry.storage.PublishException.Unavailable;
import ferry.storage.Stored;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.SequenceInputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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

/// One object on its way to a bucket of Google's.
final class GcsObject implements LargeObject {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern RANGE = Pattern.compile("bytes=0-([0-9]{1,18})");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long BYTES_PER_SECOND = 64 * 1024;

    private final GcsBucket bucket;
    private final GcsCalls calls;
    private final String key;
    private final About about;
    private final CRC32C crc = new CRC32C();
    private Optional<URI> session = Optional.empty();
    private long sent;

    GcsObject(GcsBucket bucket, String key, About about) {
        this.bucket = bucket;
        this.calls = bucket.calls();
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
        var url = bucket.uploads("multipart");
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
                        throw new Unavailable("Bucket " + bucket.name() + " has lost a part of an upload.", null);
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
                    throw new Unavailable("Bucket " + bucket.name() + " has forgotten an upload under way.", null);
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
        return new Call("PUT", url, List.of(), Optional.empty(), PATIENCE).with("Content-Range", "bytes */" + total);
    }

    private static long got(GcsCalls.Reply reply) {
        var range = RANGE.matcher(reply.range().orElse(""));
        return range.matches() ? Long.parseLong(range.group(1)) + 1 : 0;
    }

    @Override
    public void begin() throws PublishException, InterruptedException {
        var url = bucket.uploads("resumable");
        var body = metadata().toString().getBytes(StandardCharsets.UTF_8);
        var reply = calls.send(() -> Call.post(url, body, "application/json; charset=UTF-8")
                .with("X-Upload-Content-Type", about.safeMediaType()));
        if (reply.status() != 200) {
            throw calls.failure(GcsAction.PUT, reply);
        }
        session = Optional.of(URI.create(
                reply.location().orElseThrow(() -> new Unavailable("Google Cloud Storage opened no session.", null))));
    }

    /// The store's last word: it has the object with our checksum, or it had the same one and may not replace
    /// it.
    private void settled(GcsCalls.Reply reply, Stored measured) throws PublishException, InterruptedException {
        if (reply.status() / 100 == 2) {
            var md5 = reply.body().path("md5Hash").asString(md5(measured));
            if (!md5.equals(md5(measured))) {
                throw new Unavailable("What bucket " + bucket.name() + " stored is not what was sent.", null);
            }
            return;
        }
        if (calls.mayNotReplace(reply)
                && bucket.head(key).filter(it -> it.shows(measured)).isPresent()) {
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
        var all = new ByteArrayOutputStream();
        for (var part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static Duration patience(long length) {
        return PATIENCE.plusSeconds(length / BYTES_PER_SECOND);
    }
}
