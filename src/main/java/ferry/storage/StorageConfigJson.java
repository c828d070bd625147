package ferry.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import ferry.access.OrgId;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A storage config as the API shows it. The component order here is the field order on the wire.
///
/// @param credentials always null: no secret is echoed
/// @param signedUrlsExpiry seconds
/// @param region ours: given or found; absent where there is none
/// @param endpoint ours: as given
/// @param keyTemplate ours: as given
/// @param encryption ours: whom objects are encrypted to; absent where to nobody
/// @param error ours: why it is `invalid`
/// @param message ours: a sentence beside `error`; alone where a `valid` one lacks something
public record StorageConfigJson(
        String id,
        String resource,
        String organisation,
        String type,
        String url,
        @Nullable Object credentials,
        boolean signedUrlsEnabled,
        @Nullable Long signedUrlsExpiry,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String region,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String endpoint,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String keyTemplate,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable EncryptionJson encryption,
        String state,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String error,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String message,
        Instant dateCreated) {

    /// Whom objects are encrypted to: public keys.
    public record EncryptionJson(String type, List<String> recipients) {}

    /// A config as its organisation sees it.
    public static StorageConfigJson of(OrgId organisation, StorageConfig config) {
        return new StorageConfigJson(
                Long.toString(config.id()),
                "storage_config",
                organisation.toString(),
                config.destination().type(),
                config.url(),
                null,
                config.signedUrls().enabled(),
                config.signedUrls().expiry().map(Duration::toSeconds).orElse(null),
                config.place().region().orElse(null),
                config.place().endpoint().map(URI::toString).orElse(null),
                config.keyTemplate().map(KeyTemplate::text).orElse(null),
                config.recipients()
                        .map(to -> new EncryptionJson("age", to.keys()))
                        .orElse(null),
                config.state().slug(),
                config.problem().map(problem -> problem.error().slug()).orElse(null),
                config.problem()
                        .map(StorageConfig.Problem::message)
                        .or(config::note)
                        .orElse(null),
                config.dateCreated());
    }
}
