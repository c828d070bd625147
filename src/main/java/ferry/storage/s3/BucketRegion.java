package ferry.storage.s3;

import ferry.egress.Call;
import ferry.egress.Outbound;
import ferry.storage.PublishException;
import ferry.storage.Unreachable;
import java.io.IOException;
import java.net.URI;

/// Finds the region of a bucket: Amazon names it in every answer about the bucket, whoever asks.
///
/// @param base the part of the URL before the bucket
public record BucketRegion(String base) {
    /// Amazon's own.
    public static final BucketRegion OF_AMAZON = new BucketRegion("https://s3.amazonaws.com/");

    private static final String REGION = "x-amz-bucket-region";

    /// Asks, without credentials.
    ///
    /// @throws PublishException where there is no such bucket, or nobody answers
    public String find(Outbound outbound, String bucket) throws PublishException {
        var url = URI.create(base + bucket);
        var call = new Call("HEAD", url, java.util.List.of(), java.util.Optional.empty(), Call.PATIENCE);
        try (var answer = outbound.send(call)) {
            if (answer.status() == 404) {
                throw S3Failures.noBucket(bucket, "Amazon S3", null);
            }
            return answer.header(REGION)
                    .orElseThrow(() -> new PublishException.Unavailable(
                            "Amazon S3 did not say in which region bucket " + bucket + " is; give it as region.",
                            null));
        } catch (IOException e) {
            throw Unreachable.of("Amazon S3", e);
        }
    }
}
