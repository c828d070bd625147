package ferry.storage.s3;

import java.net.URI;
import java.util.Optional;
import software.amazon.awssdk.regions.PartitionMetadata;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/// A bucket and how to get in.
///
/// @param region empty for a store that has none
/// @param endpoint of an S3-compatible store, always addressed by path; empty for Amazon's
public record S3Store(String bucket, Optional<String> region, Optional<URI> endpoint, AccessKeys keys) {
    /// What requests are signed for where nobody said otherwise.
    static final String ANY_REGION = "us-east-1";

    /// The region that requests are signed for.
    String signingRegion() {
        return region.orElse(ANY_REGION);
    }

    /// What messages call it.
    String where() {
        return endpoint.map(URI::getAuthority).orElse("Amazon S3");
    }

    /// Where one of its objects is.
    URI address(String key) {
        var path = SdkHttpUtils.urlEncodeIgnoreSlashes(key);
        if (endpoint.isPresent()) {
            var base = endpoint.get().toString();
            return URI.create((base.endsWith("/") ? base : base + "/") + bucket + "/" + path);
        }
        var region = Region.of(signingRegion());
        var host = "s3." + region.id() + "." + PartitionMetadata.of(region).dnsSuffix();
        // the certificate of Amazon covers one level of names before its own
        return bucket.contains(".")
                ? URI.create("https://" + host + "/" + bucket + "/" + path)
                : URI.create("https://" + bucket + "." + host + "/" + path);
    }
}
