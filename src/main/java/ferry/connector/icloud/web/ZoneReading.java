package ferry.connector.icloud.web;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/// One reading of a whole zone into a feed, or of what changed in it since the feed's cursor: each record once,
/// page by page, so that no more than a page and what belongs to it is held, and the names of all that was
/// told. What the source could not read, and what came as ciphertext, is refused by name, and looked up with
/// the next reading; what cannot be read of an entry brings it again once it can. A record that is part of others'
/// entries and changes alone brings these again: at the end of this reading, or with the next one where it had
/// told them already. Used once, by one thread.
public final class ZoneReading {
    private final Zones zone;
    private final Content content;
    private final Window window;
    private final Feed feed;
    private final SeenIds seen = new SeenIds();
    private final Map<String, String> told = new HashMap<>();
    private final Set<String> again = new HashSet<>();
    /// By name, what came as an error. Such a record does not say whether it is a part; the reading's end shows it.
    private final Map<String, CloudRecord> failed = new LinkedHashMap<>();
    /// Records told before, of which a part has changed.
    private final Set<String> touched = new LinkedHashSet<>();

    private Parts parts = new Parts();
    private int repeated;
    private int undecoded;

    /// What the records of a zone are, to who reads it.
    public interface Content {
        /// What the zone holds, in the plural, for a sentence.
        String words();

        /// The record types to ask for, those of parts too; others may come as well.
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
        /// @param lost takes the parts that the source does not have or could not read
        /// @return makes the entry of one of them; `body_undecoded` is true in it where a body could not be
        /// read
        Function<CloudRecord, ObjectNode> entries(List<CloudRecord> page, Consumer<CloudRecord> lost)
                throws ConnectorException, InterruptedException;

        /// The records that are parts of that one's entry, of a page that [#entries] was asked for.
        ///
        /// @return change tags by name; empty for a part that could not be had
        default Map<String, String> parts(CloudRecord record) {
            return Map.of();
        }

        /// The feed has the entries of that page: what hangs on them may follow.
        default void given() throws ConnectorException, InterruptedException {}
    }

    public ZoneReading(Zones zone, Content content, Window window, Feed feed) {
        this.zone = zone;
        this.content = content;
        this.window = window;
        this.feed = feed;
    }

    /// Reads the zone from its beginning, or from the feed's cursor, to its end.
    ///
    /// @throws Refused with `not-activated` where there is no such zone
    /// @throws Unavailable also while the owner's consent is waited for
    public void read() throws ConnectorException, InterruptedException {
        var further = further();
        var end = further.isPresent() ? further.get() : everything();
        refuseFailed();
        if (!end.whole()) {
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
        reached(end);
    }

    /// Reads what changed; empty where there is nothing to go on from.
    private Optional<Zones.End> further() throws ConnectorException, InterruptedException {
        var before = feed.from().flatMap(ZonePlace::of);
        if (before.isEmpty()) {
            return Optional.empty();
        }
        told.putAll(before.get().told());
        parts = before.get().parts();
        var end = read(Optional.of(before.get().token()));
        if (end.isPresent()) {
            leftOver(before.get().again());
            unread();
            leftOver(touched);
        } else {
            told.clear();
            parts = new Parts();
        }
        return end;
    }

    private Zones.End everything() throws ConnectorException, InterruptedException {
        var end = read(Optional.empty()).orElseThrow();
        if (feed.from().isPresent()) {
            feed.startOver();
        }
        return end;
    }

    private Optional<Zones.End> read(Optional<String> from) throws ConnectorException, InterruptedException {
        return zone.read(from, content.types(), content.keys(), this::cameAsCipher, this::take);
    }

    /// Only a reading of everything knows all that a later one must know of.
    private void reached(Zones.End end) {
        if (end.whole() && window.equals(Window.ALL)) {
            end.token()
                    .map(token -> new ZonePlace(token, again, told, parts))
                    .filter(ZonePlace::isWithinBounds)
                    .ifPresent(place -> feed.reached(place.state()));
        }
    }

    /// What an earlier reading left over, and what has a part that changed, as far as this reading has not come by it.
    private void leftOver(Collection<String> names) throws ConnectorException, InterruptedException {
        var left = names.stream()
                .filter(name -> !seen.contains(name) && !again.contains(name) && !failed.containsKey(name))
                .toList();
        var found = new ArrayList<CloudRecord>();
        for (var record : left.isEmpty() ? List.<CloudRecord>of() : zone.lookup(left, content.keys())) {
            if (record.isUnknown()) {
                gone(record);
            } else {
                found.add(record);
            }
        }
        take(found);
    }

    /// Parts that could not be read are looked at once more; what still cannot is told with no owner again.
    private void unread() throws ConnectorException, InterruptedException {
        var unread = parts.unread();
        for (var part : unread.isEmpty() ? List.<CloudRecord>of() : zone.lookup(unread, content.keys())) {
            if (part.error().isEmpty() || part.isUnknown()) {
                touch(part);
            }
        }
    }

    /// Said at once of what an earlier reading told, and with the next of what this one has just told.
    private void gone(CloudRecord record) throws InterruptedException {
        var name = record.name();
        var id = told.get(name);
        if (id == null) {
            return;
        }
        if (!seen.add(name)) {
            again.add(name);
            return;
        }
        told.remove(name);
        parts.forget(name);
        feed.item(Deletion.of(id, id.substring(0, id.indexOf(':'))));
    }

    private boolean cameAsCipher(CloudRecord record) {
        return record.error().isEmpty() && !record.isTombstone() && content.isOurs(record) && content.isCipher(record);
    }

    private void take(List<CloudRecord> records) throws ConnectorException, InterruptedException {
        var wanted = new ArrayList<CloudRecord>();
        for (var record : records) {
            if (isWanted(record)) {
                wanted.add(record);
            }
        }
        var lost = new HashSet<String>();
        var entries = content.entries(wanted, part -> {
            if (!part.isUnknown()) {
                lost.add(part.name());
            }
        });
        for (var record : wanted) {
            var entry = entries.apply(record);
            undecoded += entry.path("body_undecoded").asBoolean(false) ? 1 : 0;
            told.put(record.name(), content.id(record));
            parts.told(record.name(), content.parts(record), lost);
            feed.item(entry, () -> Raw.of(record.json()));
        }
        content.given();
        records.forEach(this::touch);
    }

    private void touch(CloudRecord part) {
        parts.owner(part).filter(_ -> !parts.isTold(part)).ifPresent(owner -> {
            if (seen.contains(owner)) {
                again.add(owner);
            } else {
                touched.add(owner);
            }
        });
    }

    /// Parts that came as errors are missing in the entries of their owners, and named there.
    private void refuseFailed() {
        for (var record : failed.values()) {
            if (!seen.contains(record.name()) && parts.owner(record).isEmpty()) {
                again.add(record.name());
                feed.refused(content.id(record), ErrorCode.NOT_RETRIEVABLE, "The source could not read this item.");
            }
        }
    }

    private boolean isWanted(CloudRecord record) throws InterruptedException {
        if (record.name().isBlank()) {
            return false;
        }
        if (record.isTombstone()) {
            gone(record);
            return false;
        }
        if (record.error().isPresent()) {
            failed.put(record.name(), record);
            return false;
        }
        if (!content.isOurs(record)) {
            gone(record);
            return false;
        }
        if (!isInWindow(record)) {
            return false;
        }
        if (!seen.add(record.name())) {
            repeated++;
            again.add(record.name());
            return false;
        }
        if (content.isCipher(record)) {
            again.add(record.name());
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
