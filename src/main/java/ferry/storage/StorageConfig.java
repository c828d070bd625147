package ferry.storage;

import ferry.crypto.AgeRecipients;
import ferry.crypto.Sealed;
import ferry.error.ErrorCode;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// Where an organisation wants its results.
///
/// @param url as the client gave it; `destination` is what it says
/// @param place where the bucket is, where the URL does not say it
/// @param keyTemplate how keys are made; empty for the service's own way
/// @param recipients whom objects are encrypted to; empty for nobody
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
        Optional<AgeRecipients> recipients,
        Optional<Sealed> credentials,
        SignedUrlsPolicy signedUrls,
        StorageConfigState state,
        Optional<Problem> problem,
        Optional<String> note,
        int revision,
        Instant dateCreated) {
    private static final Pattern EXTENSION = Pattern.compile("[A-Za-z0-9]{1,16}");

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

    /// The key of a file. Where objects are encrypted it tells the kind of file, not its name.
    ///
    /// @param file its opaque id
    /// @param name what the source calls it
    /// @param extension of what kind it is, such as `heic`
    public ObjectKey fileKey(UUID poll, String file, Optional<String> name, Optional<String> extension) {
        if (recipients.isPresent()) {
            var kind = extension.filter(e -> EXTENSION.matcher(e).matches()).map(e -> "file." + e);
            return plainFileKey(poll, file, kind).encrypted();
        }
        return plainFileKey(poll, file, name);
    }

    private ObjectKey plainFileKey(UUID poll, String file, Optional<String> name) {
        return ObjectKey.file(keyTemplate.orElse(KeyTemplate.DEFAULT), destination.path(), poll, file, name);
    }

    /// The key of one attempt's feed.
    ///
    /// @param type as asked for
    public ObjectKey feedKey(UUID poll, ObjectKey.Kind kind, String type, int attempt) {
        var key =
                ObjectKey.feed(keyTemplate.orElse(KeyTemplate.DEFAULT), destination.path(), poll, kind, type, attempt);
        return recipients.isPresent() ? key.encrypted() : key;
    }

    /// The key of an object of a form of a feed. All attempts share it, as they share a file's. Where objects are
    /// encrypted it tells the kind of object, not its name.
    ///
    /// @param id tells it from all others of the poll
    /// @param beside the id of the file that it lies beside; empty where it lies for itself
    /// @param extension without dot
    public ObjectKey formKey(UUID poll, String id, Optional<String> beside, String name, String extension) {
        var shown = recipients.isPresent() ? Optional.<String>empty() : Optional.of(name);
        var key = ObjectKey.form(
                keyTemplate.orElse(KeyTemplate.DEFAULT), destination.path(), poll, id, beside, shown, extension);
        return recipients.isPresent() ? key.encrypted() : key;
    }

    /// The key of a poll's manifest, which is never encrypted.
    public ObjectKey manifestKey(UUID poll) {
        return ObjectKey.manifest(destination.path(), poll);
    }

    /// What an object says of itself in its bucket. One that is encrypted says nothing of what is in it.
    ///
    /// @param name what the source calls it
    public About about(String mediaType, Labels labels, Optional<String> name) {
        return recipients.isPresent()
                ? About.of("application/octet-stream", labels.all())
                : About.of(mediaType, labels.with("ferry-name", name).all());
    }

    /// Whether a key has the shape of those this config makes. Others' objects in a shared bucket have not.
    public boolean made(String key) {
        return key.startsWith(path()) && keyTemplate.orElse(KeyTemplate.DEFAULT).made(key.substring(path().length()));
    }

    /// What the keys of that poll's results begin with; empty where the key template has an id before the poll.
    public List<String> prefixes(UUID poll) {
        return keyTemplate.orElse(KeyTemplate.DEFAULT).prefixes(poll).stream()
                .map(below -> path() + below)
                .toList();
    }

    /// Whether a key has the shape of those that this config makes for results of that poll.
    public boolean madeResult(UUID poll, String key) {
        return made(key) && key.contains(poll.toString()) && !KeyTemplate.isManifest(key.substring(path().length()));
    }

    /// Whether a result that has this URL lies in the bucket that the config names now.
    public boolean holds(String result) {
        var local = destination instanceof Destination.Local;
        return result.startsWith(local ? "local:" : destination.type() + "://" + destination.bucket() + "/");
    }

    /// With a slash at its end; empty for none.
    private String path() {
        return destination.path().isEmpty() ? "" : destination.path() + "/";
    }

    /// Why a config does not work.
    ///
    /// @param message a sentence for the client's developer
    public record Problem(ErrorCode error, String message) {}
}
