package ferry.poll;

import ferry.access.OrgId;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// One request for data.
///
/// @param source what is read
/// @param origin who asked for it
/// @param storageConfig where it goes; empty for a poll that asks for nothing
/// @param manifest what the API shows of it; empty until it was written or given up
/// @param dateStarted when its first task started
public record Poll(
        UUID id,
        OrgId organisation,
        long key,
        long user,
        long source,
        UUID session,
        Origin origin,
        Optional<Long> storageConfig,
        Payload payload,
        PollState state,
        Instant dateCreated,
        Optional<Instant> dateStarted,
        Optional<Instant> dateCompleted,
        Optional<ManifestJson> manifest) {}
