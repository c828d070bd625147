package ferry.storage.s3;

import ferry.egress.Outbound;
import ferry.storage.About;
import ferry.storage.LargeObject;
import ferry.storage.ObjectKey;
import ferry.storage.PartBuffers;
import ferry.storage.PartedUpload;
import ferry.storage.PublishException;
import ferry.storage.Publisher;
import ferry.storage.Reach;
import ferry.storage.Retries;
import ferry.storage.Stored;
import ferry.storage.Unreachable;
import ferry.storage.Upload;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// A bucket of S3.
///
/// An object of up to one part is put in one request with its MD5; a larger one as a multipart upload, each part
/// with its own check ([PartCheck]) and a few at once, completed when the caller commits. A part that fails is sent
/// again, not the
/// object. An upload that is closed without a commit is aborted; what a killed process leaves, [UnfinishedParts]
/// aborts.
public final class S3Publisher implements Publisher {
    /// Of one object.
    private static final int PARTS_AT_ONCE = 4;

    private final S3Store store;
    private final S3Client client;
    private final KeysInUse keys;
    private final SinglePut singlePut;
    private final S3Failures failures;
    private final PartBuffers buffers;
    private final Retries retries;
    private final PartChecks checks;
    private final Optional<Outbound> own;

    private S3Publisher(
            S3Store store,
            S3Client client,
            KeysInUse keys,
            SinglePut singlePut,
            S3Failures failures,
            PartBuffers buffers,
            Retries retries,
            Optional<Outbound> own) {
        this.store = store;
        this.client = client;
        this.keys = keys;
        this.singlePut = singlePut;
        this.failures = failures;
        this.buffers = buffers;
        this.retries = retries;
        this.checks = new PartChecks(client, store);
        this.own = own;
    }

    /// Asks nobody yet.
    public static S3Publisher open(S3Store store, Reach reach) {
        var authorities = store.keys().authorities();
        Optional<Outbound> own = authorities.isEmpty()
                ? Optional.empty()
                : Optional.of(reach.outbound().trusting(authorities));
        var outbound = own.orElse(reach.outbound());
        var keys = new KeysInUse(store, outbound, reach.clock(), reach.retries());
        var lanes = reach.lanes().to(store.where() + "/" + store.bucket());
        return new S3Publisher(
                store,
                client(store, keys, new GuardedHttp(outbound, lanes), reach.retries()),
                keys,
                new SinglePut(store, keys, outbound, lanes),
                new S3Failures(store, reach.clock()),
                lanes.share(reach.buffers()),
                reach.retries(),
                own);
    }

    @Override
    public Upload begin(ObjectKey key, About about) {
        return new PartedUpload(new Putting(key.toString(), about), about.staysOpen() ? PartBuffers.ofOne() : buffers);
    }

    @Override
    public URI url(ObjectKey key) {
        try {
            return new URI("s3", store.bucket(), "/" + key, null, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("a checked bucket and key are always a URI", e);
        }
    }

    @Override
    public void delete(ObjectKey key) throws PublishException, InterruptedException {
        attempt(
                S3Action.DELETE,
                () -> client.deleteObject(it -> it.bucket(store.bucket()).key(key.toString())));
    }

    @Override
    public Optional<Head> head(ObjectKey key) throws PublishException, InterruptedException {
        return attempt(S3Action.HEAD, () -> {
            try {
                var head = client.headObject(it -> it.bucket(store.bucket()).key(key.toString()));
                return Optional.of(new Head(head.contentLength(), md5(head.eTag())));
            } catch (NoSuchKeyException _) {
                return Optional.<Head>empty();
            }
        });
    }

    @Override
    public Optional<byte[]> read(ObjectKey key, int atMost) throws PublishException, InterruptedException {
        return attempt(S3Action.HEAD, () -> {
            try (var object = client.getObject(it -> it.bucket(store.bucket()).key(key.toString()))) {
                return Optional.of(object.readNBytes(atMost));
            } catch (NoSuchKeyException _) {
                return Optional.<byte[]>empty();
            } catch (IOException e) {
                throw SdkClientException.create("the answer broke off", e);
            }
        });
    }

    @Override
    public void list(String prefix, Listed each) throws PublishException, InterruptedException {
        Optional<String> token = Optional.empty();
        do {
            var from = token;
            var page = attempt(
                    S3Action.LIST,
                    () -> client.listObjectsV2(
                            it -> it.bucket(store.bucket()).prefix(prefix).continuationToken(from.orElse(null))));
            for (var object : page.contents()) {
                each.key(object.key());
            }
            token = Optional.ofNullable(page.nextContinuationToken());
        } while (token.isPresent());
    }

    /// Lists unfinished uploads and objects, and aborts an upload that there is not.
    @Override
    public List<String> lacks(String prefix) throws PublishException, InterruptedException {
        var lacking = new ArrayList<String>();
        denied(
                        S3Action.LIST_UPLOADS,
                        () -> client.listMultipartUploads(
                                it -> it.bucket(store.bucket()).prefix(prefix).maxUploads(1)))
                .ifPresent(why ->
                        lacking.add(why + " What a killed server leaves of large objects stays until you abort it."));
        denied(
                        S3Action.ABORT,
                        () -> client.abortMultipartUpload(it -> it.bucket(store.bucket())
                                .key(prefix + "ferry-probe")
                                .uploadId("ferry-probe")))
                .ifPresent(
                        why -> lacking.add(why + " What an upload leaves that is given up stays until you abort it."));
        denied(
                        S3Action.LIST,
                        () -> client.listObjectsV2(
                                it -> it.bucket(store.bucket()).prefix(prefix).maxKeys(1)))
                .ifPresent(why -> lacking.add(why + " What a task that failed has left without a result stays."));
        return lacking;
    }

    /// Why the store does not allow it; empty where it does, or has another reason: some know nothing of it.
    private Optional<String> denied(S3Action action, Request<?> request) throws PublishException, InterruptedException {
        return attempt(action, () -> {
            try {
                request.send();
                return Optional.<String>empty();
            } catch (S3Exception e) {
                return e.statusCode() == 403
                        ? Optional.ofNullable(failures.of(action, e).getMessage())
                        : Optional.<String>empty();
            }
        });
    }

    @Override
    public void close() {
        client.close();
        own.ifPresent(Outbound::close);
    }

    /// An upload in parts that nobody has completed.
    record Unfinished(String key, String upload, Instant begun) {}

    /// Uploads in parts under a prefix that nobody has completed yet.
    List<Unfinished> unfinished(String prefix) throws PublishException, InterruptedException {
        return attempt(
                S3Action.LIST_UPLOADS,
                () ->
                        client
                                .listMultipartUploadsPaginator(
                                        it -> it.bucket(store.bucket()).prefix(prefix))
                                .uploads()
                                .stream()
                                .map(it -> new Unfinished(it.key(), it.uploadId(), it.initiated()))
                                .toList());
    }

    /// Forgets one; does nothing where there is none.
    void abort(Unfinished upload) throws PublishException, InterruptedException {
        attempt(S3Action.ABORT, () -> {
            try {
                return Optional.of(client.abortMultipartUpload(
                        it -> it.bucket(store.bucket()).key(upload.key()).uploadId(upload.upload())));
            } catch (S3Exception e) {
                if (e.statusCode() == 404) {
                    return Optional.empty();
                }
                throw e;
            }
        });
    }

    /// The ETag of an object that was put in one request is its MD5, unless the bucket encrypts with keys of a
    /// customer; that of a multipart upload ends in its number of parts.
    private static Optional<String> md5(String eTag) {
        return Optional.of(eTag.replace("\"", "")).filter(tag -> tag.matches("[0-9a-f]{32}"));
    }

    private static S3Client client(S3Store store, KeysInUse keys, GuardedHttp http, Retries retries) {
        var wait = (BackoffStrategy) failed -> retries.wait(Math.max(1, failed));
        var strategy = AwsRetryStrategy.standardRetryStrategy().toBuilder()
                .maxAttempts(retries.attempts())
                .backoffStrategy(wait)
                .throttlingBackoffStrategy(wait)
                .build();
        // nothing of this machine's own AWS set-up plays a part
        var nothing = ProfileFile.builder()
                .content(new ByteArrayInputStream(new byte[0]))
                .type(ProfileFile.Type.CONFIGURATION)
                .build();
        var builder = S3Client.builder()
                .httpClient(http)
                .credentialsProvider(keys::current)
                .region(Region.of(store.signingRegion()))
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .disableS3ExpressSessionAuth(true)
                .serviceConfiguration(it -> it.chunkedEncodingEnabled(false)
                        .expectContinueEnabled(false)
                        .pathStyleAccessEnabled(store.endpoint().isPresent()))
                .overrideConfiguration(it ->
                        it.retryStrategy(strategy).defaultProfileFile(nothing).defaultProfileName("ferry"));
        store.endpoint().ifPresent(builder::endpointOverride);
        return builder.build();
    }

    private <T> T attempt(S3Action action, Request<T> request) throws PublishException, InterruptedException {
        try {
            keys.renew();
            return request.send();
        } catch (SdkException e) {
            if (isInterrupt(e)) {
                Thread.interrupted();
                throw new InterruptedException("stopped while calling " + store.where());
            }
            throw failures.of(action, e);
        }
    }

    private static boolean isInterrupt(SdkException e) {
        return Thread.currentThread().isInterrupted()
                || e instanceof AbortedException
                || Unreachable.cause(e, InterruptedException.class).isPresent()
                || Unreachable.cause(e, InterruptedIOException.class).isPresent();
    }

    @FunctionalInterface
    private interface Request<T> {
        T send();
    }

    /// A part that has arrived.
    ///
    /// @param check the value of the upload's [PartCheck]
    private record Sent(String eTag, String check) {}

    /// One object on its way.
    private final class Putting implements LargeObject {
        private final String key;
        private final About about;
        /// By number; several threads add to it.
        private final ConcurrentSkipListMap<Integer, Sent> parts = new ConcurrentSkipListMap<>();

        private Optional<String> upload = Optional.empty();
        private PartCheck check = PartCheck.MD5;
        /// Whether the sending of a part was stopped: the store may still be taking it in.
        private volatile boolean cutOff;

        Putting(String key, About about) {
            this.key = key;
            this.about = about;
        }

        @Override
        public void whole(byte[] bytes, int length, Stored measured) throws PublishException, InterruptedException {
            keys.renew();
            if (singlePut.arrives(key, about, bytes, length, measured)) {
                return;
            }
            // whatever it was, the client tries again as often as any other request, and tells what is wrong
            Thread.sleep(retries.wait(1));
            var md5 = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(measured.md5Hex()));
            attempt(
                    S3Action.PUT,
                    () -> client.putObject(
                            it -> it.bucket(store.bucket())
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
            check = attempt(S3Action.PUT, () -> checks.forObject(key));
            upload = Optional.of(attempt(
                    S3Action.PUT,
                    () -> client.createMultipartUpload(it -> {
                                it.bucket(store.bucket())
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
            attempt(S3Action.PUT, () -> complete(measured));
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
                forget(new Unfinished(key, begun.get(), Instant.EPOCH));
            } catch (PublishException e) {
                System.getLogger(S3Publisher.class.getName())
                        .log(
                                System.Logger.Level.WARNING,
                                "an unfinished upload stays in bucket " + store.bucket() + " until it is swept: "
                                        + e.getMessage());
            } catch (InterruptedException _) {
                interrupted = true;
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        /// A part that was still being taken in when the upload was aborted may stay, as S3 says itself: so once
        /// more, a little later.
        private void forget(Unfinished begun) throws PublishException, InterruptedException {
            abort(begun);
            if (cutOff) {
                cutOff = false;
                Thread.sleep(retries.wait(1));
                abort(begun);
            }
        }

        private void send(int number, byte[] bytes, int length) throws PublishException, InterruptedException {
            var value = check.of(bytes, length);
            var sent = attempt(
                    S3Action.PUT,
                    () -> client.uploadPart(
                            it -> {
                                it.bucket(store.bucket())
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
        private Optional<String> complete(Stored measured) {
            try {
                return Optional.ofNullable(client.completeMultipartUpload(it -> it.bucket(store.bucket())
                                .key(key)
                                .uploadId(upload.orElseThrow())
                                .multipartUpload(all -> all.parts(completed())))
                        .eTag());
            } catch (S3Exception e) {
                if (e.statusCode() == 404 && isThere(measured)) {
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

        private boolean isThere(Stored measured) {
            try {
                var head = client.headObject(it -> it.bucket(store.bucket()).key(key));
                return head.contentLength() == measured.length()
                        && ofParts()
                                .filter(head.eTag().replace("\"", "")::equals)
                                .isPresent();
            } catch (SdkException _) {
                return false;
            }
        }

        /// The ETag of the whole; empty where the parts' are not their MD5s, as in a bucket that encrypts
        /// with keys of a customer.
        private Optional<String> ofParts() {
            var digest = PartCheck.md5();
            for (var part : parts.values()) {
                var md5 = S3Publisher.md5(part.eTag());
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
}
