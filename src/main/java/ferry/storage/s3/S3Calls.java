package ferry.storage.s3;

import ferry.storage.PublishException;
import ferry.storage.Retries;
import ferry.storage.Unreachable;
import java.io.ByteArrayInputStream;
import java.io.InterruptedIOException;
import java.util.Optional;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Requests to one bucket by the SDK's client, which repeats what passes by itself; what remains is sorted by who can
/// act. Thread-safe; closed by whoever made it.
final class S3Calls implements AutoCloseable {
    private final S3Store store;
    private final S3Client client;
    private final KeysInUse keys;
    private final S3Failures failures;

    S3Calls(S3Store store, KeysInUse keys, GuardedHttp http, Retries retries, S3Failures failures) {
        this.store = store;
        this.client = client(store, keys, http, retries);
        this.keys = keys;
        this.failures = failures;
    }

    /// The bucket's name.
    String bucket() {
        return store.bucket();
    }

    /// A request, and what is made of its answer. May be sent more than once.
    @FunctionalInterface
    interface Request<T> {
        T send(S3Client client) throws SdkException;
    }

    /// @param action what it is called in the error, and which permission it needs
    <T> T attempt(S3Action action, Request<T> request) throws PublishException, InterruptedException {
        try {
            keys.renew();
            return request.send(client);
        } catch (SdkException e) {
            if (isInterrupt(e)) {
                Thread.interrupted();
                throw new InterruptedException("stopped while calling " + store.where());
            }
            throw failures.of(action, e);
        }
    }

    /// Why the store does not allow it; empty where it does, or has another reason: some know nothing of it.
    Optional<String> denied(S3Action action, Request<?> request) throws PublishException, InterruptedException {
        return attempt(action, client -> {
            try {
                request.send(client);
                return Optional.<String>empty();
            } catch (S3Exception e) {
                return e.statusCode() == 403
                        ? Optional.ofNullable(failures.of(action, e).getMessage())
                        : Optional.<String>empty();
            }
        });
    }

    /// Forgets an upload in parts; does nothing where there is none.
    void abort(String key, String upload) throws PublishException, InterruptedException {
        attempt(S3Action.ABORT, client -> {
            try {
                client.abortMultipartUpload(
                        it -> it.bucket(store.bucket()).key(key).uploadId(upload));
            } catch (S3Exception e) {
                if (e.statusCode() != 404) {
                    throw e;
                }
            }
            return upload;
        });
    }

    @Override
    public void close() {
        client.close();
    }

    private static boolean isInterrupt(SdkException e) {
        return Thread.currentThread().isInterrupted()
                || e instanceof AbortedException
                || Unreachable.cause(e, InterruptedException.class).isPresent()
                || Unreachable.cause(e, InterruptedIOException.class).isPresent();
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
}
