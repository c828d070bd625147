package ferry.source;

import ferry.access.OrgId;
import java.time.Instant;
import java.util.Optional;

/// One person's account at one service.
///
/// @param user whose it is
/// @param type such as `icloud.account`
/// @param identifier the account's name at the service, as the client wrote it
/// @param parent the source it is part of
public record Source(
        long id,
        OrgId organisation,
        long user,
        String type,
        String identifier,
        Optional<Long> parent,
        SourceState state,
        Instant dateCreated) {}
