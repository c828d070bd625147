package ferry.storage;

import ferry.crypto.Sealed;
import ferry.error.ErrorCode;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// Where an organisation wants its results.
///
/// @param url as the client gave it; `destination` is what it says
/// @param place where the bucket is, where the URL does not say it
/// @param keyTemplate how keys are made; empty for the service's own way
/// @param note what its last test found to be missing although it works; only while `valid`
/// @param credentials empty where the destination needs none; shown to nobody
/// @param problem why it is `invalid`, and only then
/// @param revision grows with every change by the client, so that the outcome of an older one's test is dropped
public record StorageConfig(
        long id,
        String url,
        Destination destination,
        Place place,
        Optional<KeyTemplate> keyTemplate,
        Optional<Sealed> credentials,
        SignedUrlsPolicy signedUrls,
        StorageConfigState state,
        Optional<Problem> problem,
        Optional<String> note,
        int revision,
        Instant dateCreated) {

    /// Where a bucket is. Neither is a secret.
    ///
    /// @param region such as `eu-west-1`; empty where the client named none and no test has found it yet
    /// @param endpoint of an S3-compatible store, or a private way to Google's; empty for the provider's own
    public record Place(Optional<String> region, Optional<URI> endpoint) {
        /// Where the URL says it all.
        public static final Place NOWHERE = new Place(Optional.empty(), Optional.empty());
    }

    /// The context its credentials are sealed under.
    public String credentialsContext() {
        return "storage_config/" + id + "/credentials";
    }

    /// The key of a file.
    ///
    /// @param file its opaque id
    /// @param name what the source calls it
    public ObjectKey fileKey(UUID poll, String file, Optional<String> name) {
        return ObjectKey.file(keyTemplate.orElse(KeyTemplate.DEFAULT), destination.path(), poll, file, name);
    }

    /// The key of one attempt's feed.
    ///
    /// @param type as asked for
    public ObjectKey feedKey(UUID poll, ObjectKey.Kind kind, String type, int attempt) {
        return ObjectKey.feed(keyTemplate.orElse(KeyTemplate.DEFAULT), destination.path(), poll, kind, type, attempt);
    }

    /// Whether a key has the shape of those this config makes. Others' objects in a shared bucket have not.
    public boolean made(String key) {
        var path = destination.path().isEmpty() ? "" : destination.path() + "/";
        return key.startsWith(path) && keyTemplate.orElse(KeyTemplate.DEFAULT).made(key.substring(path.length()));
    }

    /// Why a config does not work.
    ///
    /// @param message a sentence for the client's developer
    public record Problem(ErrorCode error, String message) {}
}
