package ferry.permission;

import ferry.access.OrgId;
import ferry.access.Scopes;
import java.time.Instant;

/// Scopes under a name, by which keys may be narrowed; or the organisation's base permission.
///
/// @param identifier unique in the organisation; `default` for the base
/// @param base whether it is the organisation's own, which bounds all others and is the operator's to change
public record Permission(
        long id, OrgId organisation, String identifier, Scopes scopes, boolean base, Instant dateCreated) {}
