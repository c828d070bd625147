package ferry.key;

import ferry.access.Config;
import ferry.access.Scopes;
import ferry.crypto.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A key as the API shows it. The component order here is the field order on the wire.
///
/// @param permissions the id of the permission that narrows it
/// @param scopes what narrows it, the permission's or its own
/// @param token null but in the answer that made it
record KeyJson(
        String id,
        String resource,
        String organisation,
        String type,
        Config config,
        @Nullable String permissions,
        @Nullable Map<String, List<Map<String, Object>>> scopes,
        @Nullable String storageConfig,
        @Nullable String webhookConfig,
        @Nullable String token,
        String state,
        Instant dateCreated,
        @Nullable Instant dateExpires) {
    static KeyJson of(Key key) {
        return of(key, Optional.empty());
    }

    static KeyJson of(Keys.Made made) {
        return of(made.key(), Optional.of(made.token()));
    }

    private static KeyJson of(Key key, Optional<Secret> token) {
        var settings = key.settings();
        return new KeyJson(
                Long.toString(key.id()),
                "key",
                key.organisation().toString(),
                key.type(),
                settings.config(),
                settings.narrowing().named().map(Object::toString).orElse(null),
                settings.narrowing().effective().map(Scopes::byScope).orElse(null),
                settings.storageConfig().map(Object::toString).orElse(null),
                settings.webhookConfig().map(Object::toString).orElse(null),
                token.map(Secret::reveal).orElse(null),
                key.state().slug(),
                key.dateCreated(),
                key.dateExpires().orElse(null));
    }
}
