package ferry.storage;

import ferry.crypto.Sealed;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.Optional;

/// Where an organisation wants its results.
///
/// @param url as the client gave it; `destination` is what it says
/// @param credentials empty where the destination needs none; shown to nobody
/// @param problem why it is `invalid`, and only then
/// @param revision grows with every change by the client, so that the outcome of an older one's test is dropped
public record StorageConfig(
        long id,
        String url,
        Destination destination,
        Optional<Sealed> credentials,
        SignedUrlsPolicy signedUrls,
        StorageConfigState state,
        Optional<Problem> problem,
        int revision,
        Instant dateCreated) {

    /// Why a config does not work.
    ///
    /// @param message a sentence for the client's developer
    public record Problem(ErrorCode error, String message) {}
}
