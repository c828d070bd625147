package ferry.result;

import ferry.access.OrgId;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// One object in the organisation's bucket: a feed, or a file.
///
/// @param storageConfig where it was published to
/// @param identifier `data:<type>`, `info:<type>` or `file:<file id>`; unique within the poll
/// @param type `json` or the file's extension
/// @param objectKey its name in the bucket, for signed downloads
/// @param url as clients read it
/// @param checksum MD5, hex
/// @param size bytes
public record Result(
        UUID id,
        OrgId organisation,
        UUID poll,
        UUID task,
        long storageConfig,
        String identifier,
        Optional<String> type,
        String objectKey,
        String url,
        String checksum,
        long size,
        ResultState state,
        Instant dateCreated,
        Optional<Instant> dateConsumed,
        Optional<Instant> dateDeleted) {}
