package ferry.connector.icloud.web;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/// One reading of a whole zone into a feed: each record once, page by page, so that no more than a page and what
/// belongs to it is held. What the source could not read, and what came as ciphertext, is refused by name. Used once, by
/// one thread.
public final class ZoneReading {
    private final Zones zone;
    private final Content content;
    private final Window window;
    private final Feed feed;
    private final SeenIds seen = new SeenIds();
    private int repeated;
    private int undecoded;

    /// What the records of a zone are, to who reads it.
    public interface Content {
        /// What the zone holds, in the plural, for a sentence.
        String words();

        /// The record types to ask for; others may come too.
        List<String> types();

        /// The fields to ask for.
        List<String> keys();

        /// Whether the record is one of those that make an entry. Never asked of tombstones and errors.
        boolean isOurs(CloudRecord record);

        /// Whether one of ours came without the keys to read it.
        boolean isCipher(CloudRecord record);

        /// When the owner changed it, for where the source does not say when the record was.
        Optional<Instant> changed(CloudRecord record);

        /// The id of its entry, which names it in errors. An error has a name and perhaps no type.
        String id(CloudRecord record);

        /// Gets what belongs to the records of one page.
        ///
        /// @return makes the entry of one of them; `body_undecoded` is true in it where a body could not be read
        Function<CloudRecord, ObjectNode> entries(List<CloudRecord> page)
                throws ConnectorException, InterruptedException;
    }

    public ZoneReading(Zones zone, Content content, Window window, Feed feed) {
        this.zone = zone;
        this.content = content;
        this.window = window;
        this.feed = feed;
    }

    /// Reads the zone from its beginning to its end.
    ///
    /// @throws Refused with `not-activated` where there is no such zone
    /// @throws Unavailable also while the owner's consent is waited for
    public void read() throws ConnectorException, InterruptedException {
        if (!zone.read(content.types(), content.keys(), this::cameAsCipher, this::take)) {
            feed.incomplete();
            feed.warn("listing_gap", "The source did not lead on to the end of the " + content.words() + ".");
        }
        if (repeated > 0) {
            feed.warn("changed_meanwhile", repeated + " items were changed while they were being read.");
        }
        if (undecoded > 0) {
            feed.incomplete();
            feed.warn("body_undecoded", undecoded + " " + content.words() + " have a body that could not be read.");
        }
    }

    private boolean cameAsCipher(CloudRecord record) {
        return record.error().isEmpty() && !record.isTombstone() && content.isOurs(record) && content.isCipher(record);
    }

    private void take(List<CloudRecord> records) throws ConnectorException, InterruptedException {
        var wanted = records.stream().filter(this::isWanted).toList();
        var entries = content.entries(wanted);
        for (var record : wanted) {
            var entry = entries.apply(record);
            undecoded += entry.path("body_undecoded").asBoolean(false) ? 1 : 0;
            feed.item(entry);
        }
    }

    private boolean isWanted(CloudRecord record) {
        if (record.isTombstone() || record.name().isBlank()) {
            return false;
        }
        if (record.error().isPresent()) {
            feed.refused(content.id(record), ErrorCode.NOT_RETRIEVABLE, "The source could not read this item.");
            return false;
        }
        if (!content.isOurs(record) || !isInWindow(record)) {
            return false;
        }
        if (!seen.add(record.name())) {
            repeated++;
            return false;
        }
        if (content.isCipher(record)) {
            feed.refused(
                    content.id(record),
                    ErrorCode.CONSENT_REQUIRED,
                    "The source hands this item out only after the owner's consent on one of their devices.");
            return false;
        }
        return true;
    }

    private boolean isInWindow(CloudRecord record) {
        return record.stamp("modified")
                .or(() -> content.changed(record))
                .map(window::holds)
                .orElse(true);
    }
}
