package ferry.storage;

import java.time.Duration;
import java.util.Optional;

/// Whether results of a config carry a signed download.
///
/// @param expiry how long one lasts, in whole seconds; empty for the service's own default
public record SignedUrlsPolicy(boolean enabled, Optional<Duration> expiry) {
    /// No signed downloads.
    public static final SignedUrlsPolicy OFF = new SignedUrlsPolicy(false, Optional.empty());

    public SignedUrlsPolicy {
        if (expiry.filter(e -> e.toSeconds() < 1).isPresent()) {
            throw new IllegalArgumentException("a signed URL must last a second at least");
        }
    }
}
