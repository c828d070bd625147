package ferry.user;

import ferry.access.OrgId;
import java.time.Instant;

/// A person whose data the organisation asks for.
///
/// @param key the key that made it
/// @param identifier the organisation's own reference, unique within it
/// @param state `active`, `deactivated` by the organisation, `blocked` by the operator
public record User(long id, OrgId organisation, long key, String identifier, String state, Instant dateCreated) {}
