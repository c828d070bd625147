package ferry.access;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// An organisation's row. Its page, with its configs and its derived state, is the `organisation` room's.
///
/// @param slug the name as a slug, unique
/// @param type `standard` or `super`
/// @param permission the id under which its base permission is shown
/// @param scopes the base permission: nothing its keys do exceeds them
/// @param eventRetention how long it keeps its events; empty for as long as the operator lets it
/// @param blocked `deactivated` or `blocked`, where it is one of them
public record Organisation(
        OrgId id,
        String name,
        String slug,
        String type,
        long permission,
        Scopes scopes,
        Config config,
        Optional<Duration> eventRetention,
        Optional<String> blocked,
        Instant dateCreated) {
    /// Whether it may act for others.
    public boolean isSuper() {
        return type.equals("super");
    }
}
