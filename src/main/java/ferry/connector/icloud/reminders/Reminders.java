package ferry.connector.icloud.reminders;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Raw;
import ferry.connector.icloud.web.Zones;
import ferry.error.ErrorCode;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Reads the reminders of one account during one task, page by page, so that no more than a page and what belongs to it
/// is held. Blocks, on the caller's thread. An interrupt stops it.
public final class Reminders {
    /// Lists and reminders.
    public static final String REMINDERS = "icloud_reminders.reminders";

    private static final List<String> TYPES = List.of("List", "Reminder");
    private static final List<String> KEYS = List.of(
            "Name",
            "Color",
            "Count",
            "IsGroup",
            "Deleted",
            "TitleDocument",
            "NotesDocument",
            "List",
            "Completed",
            "CompletionDate",
            "CreationDate",
            "LastModifiedDate",
            "DueDate",
            "StartDate",
            "AllDay",
            "TimeZone",
            "Priority",
            "Flagged",
            "AlarmIDs",
            "AttachmentIDs",
            "HashtagIDs",
            "RecurrenceRuleIDs",
            "ParentReminder");
    private static final List<String> CHILD_KEYS = List.of(
            "AlarmUID",
            "TriggerID",
            "Type",
            "Title",
            "Address",
            "Latitude",
            "Longitude",
            "Radius",
            "Proximity",
            "LocationUID",
            "URL",
            "UTI",
            "FileName",
            "FileSize",
            "Width",
            "Height",
            "Name",
            "Frequency",
            "Interval",
            "OccurrenceCount",
            "FirstDayOfTheWeek",
            "Deleted");

    private final Calls calls;
    private final Zones zone;

    public Reminders(Calls calls) {
        this.calls = calls;
        zone = new Zones(calls, "com.apple.reminders", "Reminders");
    }

    /// Reads [#REMINDERS]. An account without the zone was never upgraded: it is asked as old clients ask.
    public void reminders(Window window, Feed feed) throws ConnectorException, InterruptedException {
        try {
            new Listing(window, feed).read();
        } catch (Refused refused) {
            if (refused.code() != ErrorCode.NOT_ACTIVATED || !calls.has(OldReminders.SERVICE)) {
                throw refused;
            }
            new OldReminders(calls, feed).read(window);
        }
    }

    /// One reading of the whole zone.
    private final class Listing {
        private final Window window;
        private final Feed feed;
        private final Set<String> seen = new HashSet<>();
        private int repeated;
        private int undecoded;

        Listing(Window window, Feed feed) {
            this.window = window;
            this.feed = feed;
        }

        void read() throws ConnectorException, InterruptedException {
            if (!zone.read(TYPES, KEYS, Listing::isCipher, this::take)) {
                feed.incomplete();
                feed.warn("listing_gap", "The source did not lead on to the end of the reminders.");
            }
            if (repeated > 0) {
                feed.warn("changed_meanwhile", repeated + " items were changed while they were being read.");
            }
            if (undecoded > 0) {
                feed.incomplete();
                feed.warn("body_undecoded", undecoded + " reminders have words that could not be read.");
            }
        }

        private void take(List<CloudRecord> records) throws ConnectorException, InterruptedException {
            var fresh = records.stream().filter(this::isWanted).toList();
            var children = children(fresh);
            for (var record : fresh) {
                give(record, children);
            }
        }

        private static boolean isOurs(CloudRecord record) {
            return TYPES.contains(record.type());
        }

        private static boolean isCipher(CloudRecord record) {
            return record.error().isEmpty()
                    && !record.isTombstone()
                    && isOurs(record)
                    && ReminderEntry.isCipher(record);
        }

        /// What is deleted stays in the zone for a while, marked.
        private boolean isWanted(CloudRecord record) {
            if (record.isTombstone() || record.name().isBlank()) {
                return false;
            }
            if (record.error().isPresent()) {
                feed.refused(id(record), ErrorCode.NOT_RETRIEVABLE, "The source could not read this item.");
                return false;
            }
            if (!isOurs(record) || record.flag("Deleted") || !isInWindow(record)) {
                return false;
            }
            if (!seen.add(record.name())) {
                repeated++;
                return false;
            }
            return true;
        }

        private boolean isInWindow(CloudRecord record) {
            return record.stamp("modified")
                    .or(() -> record.date("LastModifiedDate"))
                    .map(window::holds)
                    .orElse(true);
        }

        /// Alarms and the like by record name, and the alarms' triggers.
        private Map<String, CloudRecord> children(List<CloudRecord> records)
                throws ConnectorException, InterruptedException {
            var names = new LinkedHashSet<String>();
            records.forEach(record -> names.addAll(ReminderEntry.childNames(record)));
            var found = new HashMap<String, CloudRecord>();
            lookup(names, found);
            var triggers = new LinkedHashSet<String>();
            found.values().forEach(child -> ReminderEntry.triggerName(child).ifPresent(triggers::add));
            lookup(triggers, found);
            return found;
        }

        private void lookup(Collection<String> names, Map<String, CloudRecord> found)
                throws ConnectorException, InterruptedException {
            for (var record : names.isEmpty() ? List.<CloudRecord>of() : zone.lookup(names, CHILD_KEYS)) {
                if (record.error().isPresent()) {
                    feed.refused(id(record), ErrorCode.NOT_RETRIEVABLE, "The source could not read this item.");
                } else if (!record.isTombstone() && !record.flag("Deleted")) {
                    found.put(record.name(), record);
                }
            }
        }

        private void give(CloudRecord record, Map<String, CloudRecord> children) throws InterruptedException {
            if (isCipher(record)) {
                feed.refused(
                        id(record),
                        ErrorCode.CONSENT_REQUIRED,
                        "The source hands this item out only after the owner's consent on one of their devices.");
                return;
            }
            var entry = record.type().equals("List")
                    ? ReminderEntry.list(record)
                    : ReminderEntry.reminder(record, children);
            if (entry.path("body_undecoded").asBoolean(false)) {
                undecoded++;
            }
            feed.item(entry, () -> Raw.of(record.json()));
        }

        /// An error tells no type, but a name does.
        private static String id(CloudRecord record) {
            int slash = record.name().indexOf('/');
            var type = slash > 0 ? record.name().substring(0, slash) : record.type();
            var kind = type.isBlank() ? "reminder" : type.toLowerCase(Locale.ROOT);
            return kind + ":" + ReminderEntry.bare(record.name());
        }
    }
}
