package ferry.storage.s3;

import java.net.URI;
import java.util.Optional;

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
}
