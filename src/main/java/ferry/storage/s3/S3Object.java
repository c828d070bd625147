package ferry.storage.s3;

import ferry.storage.About;
import ferry.storage.LargeObject;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.storage.Retries;
import ferry.storage.Stored;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// One object on its way to a bucket.
final class S3Object implements LargeObject {
    private static final int PARTS_AT_ONCE = 4;

    private final String bucket;
    private final String key;
    private final About about;
    private final S3Calls calls;
    private final SinglePut singlePut;
    private final PartChecks checks;
    private final Retries retries;
    /// By number; several threads add to it.
    private final ConcurrentSkipListMap<Integer, Sent> parts = new ConcurrentSkipListMap<>();

    private Optional<String> upload = Optional.empty();
    private PartCheck check = PartCheck.MD5;
    /// Whether the sending of a part was stopped: the store may still be taking it in.
    private volatile boolean cutOff;

    /// A part that has arrived.
    ///
    /// @param check the value of the upload's [PartCheck]
    private record Sent(String eTag, String check) {}

    /// @param checks of this bucket's store
    S3Object(ObjectKey key, About about, S3Calls calls, SinglePut singlePut, PartChecks checks, Retries retries) {
        this.bucket = calls.bucket();
        this.key = key.toString();
        this.about = about;
        this.calls = calls;
        this.singlePut = singlePut;
        this.checks = checks;
        this.retries = retries;
    }

    /// The MD5 of an object: its ETag where it was put in one request, unless the bucket encrypts with keys of a
    /// customer; that of a multipart upload ends in its number of parts.
    static Optional<String> md5(String eTag) {
        return Optional.of(eTag.replace("\"", "")).filter(tag -> tag.matches("[0-9a-f]{32}"));
    }

    @Override
    public void whole(byte[] bytes, int length, Stored measured) throws PublishException, InterruptedException {
        if (singlePut.arrives(key, about, bytes, length, measured)) {
            return;
        }
        // whatever it was, the client tries again as often as any other request, and tells what is wrong
        Thread.sleep(retries.wait(1));
        var md5 = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(measured.md5Hex()));
        calls.attempt(
                S3Action.PUT,
                client -> client.putObject(
                        it -> it.bucket(bucket)
                                .key(key)
                                .contentType(about.safeMediaType())
                                .metadata(about.labels())
                                .contentMD5(md5),
                        body(bytes, length)));
    }

    @Override
    public int parallel() {
        return PARTS_AT_ONCE;
    }

    @Override
    public void begin() throws PublishException, InterruptedException {
        check = calls.attempt(S3Action.PUT, client -> checks.forObject(client, key));
        upload = Optional.of(calls.attempt(
                S3Action.PUT,
                client -> client.createMultipartUpload(it -> {
                            it.bucket(bucket)
                                    .key(key)
                                    .contentType(about.safeMediaType())
                                    .metadata(about.labels());
                            check.announce(it);
                        })
                        .uploadId()));
    }

    @Override
    public void part(int number, byte[] bytes) throws PublishException, InterruptedException {
        try {
            send(number, bytes, bytes.length);
        } catch (InterruptedException e) {
            cutOff = true;
            throw e;
        }
    }

    @Override
    public void finish(int number, byte[] bytes, int length, Stored measured)
            throws PublishException, InterruptedException {
        if (length > 0) {
            send(number, bytes, length);
        }
        calls.attempt(S3Action.PUT, client -> complete(client, measured));
    }

    @Override
    public void abandon() {
        var begun = upload;
        upload = Optional.empty();
        parts.clear();
        if (begun.isEmpty()) {
            return;
        }
        // the reason may be an interrupt, which would end this call too
        boolean interrupted = Thread.interrupted();
        try {
            forget(begun.get());
        } catch (PublishException e) {
            System.getLogger(S3Object.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "an unfinished upload stays in bucket " + bucket + " until it is swept: " + e.getMessage());
        } catch (InterruptedException _) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// A part that was still being taken in when the upload was aborted may stay, as S3 says itself: so once
    /// more, a little later.
    private void forget(String begun) throws PublishException, InterruptedException {
        calls.abort(key, begun);
        if (cutOff) {
            cutOff = false;
            Thread.sleep(retries.wait(1));
            calls.abort(key, begun);
        }
    }

    private void send(int number, byte[] bytes, int length) throws PublishException, InterruptedException {
        var value = check.of(bytes, length);
        var sent = calls.attempt(
                S3Action.PUT,
                client -> client.uploadPart(
                        it -> {
                            it.bucket(bucket)
                                    .key(key)
                                    .uploadId(upload.orElseThrow())
                                    .partNumber(number);
                            check.send(it, value);
                        },
                        body(bytes, length)));
        parts.put(number, new Sent(sent.eTag(), value));
    }

    /// The answer to a completion may be lost after the store has completed; asked again, it no longer knows
    /// the upload. Then what lies under the key tells: the MD5 of the parts' MD5s, and their number.
    private Optional<String> complete(S3Client client, Stored measured) {
        try {
            return Optional.ofNullable(client.completeMultipartUpload(it -> it.bucket(bucket)
                            .key(key)
                            .uploadId(upload.orElseThrow())
                            .multipartUpload(all -> all.parts(completed())))
                    .eTag());
        } catch (S3Exception e) {
            if (e.statusCode() == 404 && isThere(client, measured)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private List<CompletedPart> completed() {
        return parts.entrySet().stream()
                .map(it -> completed(it.getKey(), it.getValue()))
                .toList();
    }

    private CompletedPart completed(int number, Sent part) {
        var entry = CompletedPart.builder().partNumber(number).eTag(part.eTag());
        check.complete(entry, part.check());
        return entry.build();
    }

    private boolean isThere(S3Client client, Stored measured) {
        try {
            var head = client.headObject(it -> it.bucket(bucket).key(key));
            return head.contentLength() == measured.length()
                    && ofParts().filter(head.eTag().replace("\"", "")::equals).isPresent();
        } catch (SdkException _) {
            return false;
        }
    }

    /// The ETag of the whole; empty where the parts' are not their MD5s, as in a bucket that encrypts
    /// with keys of a customer.
    private Optional<String> ofParts() {
        var digest = PartCheck.md5();
        for (var part : parts.values()) {
            var md5 = md5(part.eTag());
            if (md5.isEmpty()) {
                return Optional.empty();
            }
            digest.update(HexFormat.of().parseHex(md5.get()));
        }
        return Optional.of(HexFormat.of().formatHex(digest.digest()) + "-" + parts.size());
    }

    private RequestBody body(byte[] bytes, int length) {
        return RequestBody.fromContentProvider(
                () -> (InputStream) new ByteArrayInputStream(bytes, 0, length), length, about.safeMediaType());
    }
}
