package ferry.session;

import ferry.access.OrgId;
import java.time.Instant;
import java.util.UUID;

/// Access to one source, from the sign-in until someone ends it.
///
/// @param key the key that asked for it
/// @param user whose source it is
/// @param sourceType such as `icloud.account`
/// @param dateUsed when it was last read with; idle sessions expire by it
public record Session(
        UUID id,
        OrgId organisation,
        long key,
        long user,
        long source,
        String sourceType,
        SessionState state,
        Instant dateCreated,
        Instant dateUsed) {}
