package ferry.access;

import java.time.Instant;
import java.util.Optional;

/// An organisation's row. Its page, with its configs and its derived state, is the `organisation` room's.
///
/// @param slug the name as a slug, unique
/// @param type `standard` or `super`
/// @param blocked `deactivated` or `blocked`, where it is one of them
public record Organisation(
        OrgId id,
        String name,
        String slug,
        String type,
        Scopes scopes,
        Optional<String> blocked,
        Instant dateCreated) {}
