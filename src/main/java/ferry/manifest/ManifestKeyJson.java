package ferry.manifest;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A public key as the API shows it. The component order here is the field order on the wire.
///
/// @param publicKey PEM
/// @param state `active`, or `retired`: it still proves what it signed
public record ManifestKeyJson(
        String id,
        String algorithm,
        String publicKey,
        String state,
        Instant dateCreated,
        @Nullable Instant dateRetired) {
    /// A key as its organisation sees it.
    public static ManifestKeyJson of(ManifestKey key) {
        return new ManifestKeyJson(
                key.id(),
                ManifestKeys.ALGORITHM,
                key.pem(),
                key.retired().isPresent() ? "retired" : "active",
                key.dateCreated(),
                key.retired().orElse(null));
    }
}
