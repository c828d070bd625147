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
/// @param checksum MD5 of the object, hex
/// @param size bytes of the object
/// @param sha256 of the content, hex; empty for what was published before it was kept
/// @param plain the content where the object is encrypted; empty where it is the object
/// @param listed what a feed says of itself; empty for a file
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
        Optional<String> sha256,
        Optional<Plain> plain,
        Optional<Listed> listed,
        ResultState state,
        Instant dateCreated,
        Optional<Instant> dateConsumed,
        Optional<Instant> dateDeleted) {
    /// What an encrypted object holds.
    ///
    /// @param checksum MD5, hex
    public record Plain(long size, String checksum) {}

    /// How much of what the source listed a feed holds.
    ///
    /// @param listed how many records the source listed
    /// @param refused how many of them could not be had
    /// @param complete whether it lacks nothing
    public record Listed(long listed, long refused, boolean complete) {}
}
