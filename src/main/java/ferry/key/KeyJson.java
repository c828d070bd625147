package ferry.key;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A key as the API shows it. The component order here is the field order on the wire.
///
/// @param token always null here: it is shown once, when it is made
record KeyJson(
        String id,
        String resource,
        String organisation,
        String type,
        @Nullable String storageConfig,
        @Nullable String webhookConfig,
        @Nullable String token,
        String state,
        Instant dateCreated,
        @Nullable Instant dateExpires) {
    static KeyJson of(Key key) {
        return new KeyJson(
                Long.toString(key.id()),
                "key",
                key.organisation().toString(),
                key.type(),
                key.storageConfig().map(Object::toString).orElse(null),
                key.webhookConfig().map(Object::toString).orElse(null),
                null,
                key.state().slug(),
                key.dateCreated(),
                key.dateExpires().orElse(null));
    }
}
