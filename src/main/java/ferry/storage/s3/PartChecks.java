package ferry.storage.s3;

import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Which check of parts a bucket's store makes. Amazon's documentation says it of its own. Of any other store it is
/// tried: a part goes there with a wrong CRC32C, in an upload of its own that is aborted, and only a store that refuses
/// it is trusted with the cheaper check. Thread-safe; what two find out at once is the same.
final class PartChecks {
    /// What Amazon, Ceph and Cloudflare call it, and what MinIO does.
    private static final Set<String> MISMATCH = Set.of("BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch");

    /// Of no byte at all, and so not of the one that is sent.
    private static final String WRONG = "AAAAAA==";

    private final S3Store store;
    private volatile Optional<PartCheck> known;

    PartChecks(S3Store store) {
        this.store = store;
        known = store.endpoint().isEmpty() ? Optional.of(PartCheck.CRC32C) : Optional.empty();
    }

    /// The check for an object that is about to be sent in parts. May ask the store the first time.
    ///
    /// @throws software.amazon.awssdk.core.exception.SdkException where the store cannot be asked
    PartCheck forObject(S3Client client, String key) {
        var found = known.orElseGet(() -> tried(client, key));
        known = Optional.of(found);
        return found;
    }

    private PartCheck tried(S3Client client, String key) {
        try {
            var upload = client.createMultipartUpload(it -> {
                        it.bucket(store.bucket()).key(key);
                        PartCheck.CRC32C.announce(it);
                    })
                    .uploadId();
            try {
                client.uploadPart(
                        it -> it.bucket(store.bucket())
                                .key(key)
                                .uploadId(upload)
                                .partNumber(1)
                                .checksumCRC32C(WRONG),
                        RequestBody.fromBytes(new byte[1]));
                return PartCheck.MD5;
            } finally {
                forget(client, key, upload);
            }
        } catch (S3Exception e) {
            if (e.statusCode() >= 500 && e.statusCode() != 501) {
                throw e;
            }
            // whatever else it does not allow, the object itself will show
            return isMismatch(e) ? PartCheck.CRC32C : PartCheck.MD5;
        }
    }

    /// Keys may lack the permission: then the upload stays until somebody else sweeps it, as all do that are
    /// given up.
    private void forget(S3Client client, String key, String upload) {
        try {
            client.abortMultipartUpload(it -> it.bucket(store.bucket()).key(key).uploadId(upload));
        } catch (S3Exception e) {
            System.getLogger(PartChecks.class.getName())
                    .log(
                            System.Logger.Level.INFO,
                            "an upload that tried the store out stays in bucket " + store.bucket() + ": status "
                                    + e.statusCode());
        }
    }

    private static boolean isMismatch(S3Exception e) {
        return Optional.ofNullable(e.awsErrorDetails())
                .map(AwsErrorDetails::errorCode)
                .filter(MISMATCH::contains)
                .isPresent();
    }
}
