package ferry.storage;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ObjectNode;

/// What a feed says of itself at its end (ios-backup 3.1); the writer adds how many records it holds.
///
/// @param dataType as asked for
/// @param source `identifier` and what else is known of the account or device; not copied
/// @param since inclusive, by when the source got or changed an item
/// @param until exclusive
/// @param mode whether everything in the window was read, or what changed since the poll before
/// @param cursor from where a later poll goes on; empty where it would read everything
/// @param missing optional columns or tables that this source lacks
/// @param complete false when the feed is known to lack something
/// @param listed how many items the source listed
/// @param published how many of them this feed or its files hold
/// @param refused how many could not be had; the poll's `errors` name them
public record FeedMetadata(
        String dataType,
        ObjectNode source,
        Optional<Instant> since,
        Optional<Instant> until,
        Mode mode,
        Optional<String> cursor,
        List<String> missing,
        List<Warning> warnings,
        boolean complete,
        long listed,
        long published,
        long refused) {
    public FeedMetadata {
        missing = List.copyOf(missing);
        warnings = List.copyOf(warnings);
    }

    /// How much of the source was read.
    public enum Mode {
        FULL("full"),
        INCREMENTAL("incremental");

        private final String slug;

        Mode(String slug) {
            this.slug = slug;
        }

        /// The word in the feed.
        public String slug() {
            return slug;
        }
    }

    /// Something about the whole feed that its reader should know.
    ///
    /// @param code such as `text_repaired`
    /// @param count how often, where that can be counted
    /// @param detail a sentence, without personal data
    public record Warning(String code, OptionalLong count, String detail) {}
}
