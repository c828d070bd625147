package ferry.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import ferry.access.OrgId;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A storage config as the API shows it. The component order here is the field order on the wire.
///
/// @param credentials always null: no secret is echoed
/// @param signedUrlsExpiry seconds
/// @param error ours: why it is `invalid`
/// @param message ours: a sentence beside `error`
public record StorageConfigJson(
        String id,
        String resource,
        String organisation,
        String type,
        String url,
        @Nullable Object credentials,
        boolean signedUrlsEnabled,
        @Nullable Long signedUrlsExpiry,
        String state,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String error,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String message,
        Instant dateCreated) {

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
                config.state().slug(),
                config.problem().map(problem -> problem.error().slug()).orElse(null),
                config.problem().map(StorageConfig.Problem::message).orElse(null),
                config.dateCreated());
    }
}
