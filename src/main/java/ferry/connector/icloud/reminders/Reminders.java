package ferry.connector.icloud.reminders;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.ZoneReading;
import ferry.connector.icloud.web.Zones;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/// Reads the reminders of one account during one task, page by page, so that no more than a page and what
/// belongs to it is held. Blocks, on the caller's thread. An interrupt stops it.
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
            new ZoneReading(zone, new RemindersZone(feed), window, feed).read();
        } catch (Refused refused) {
            if (refused.code() != ErrorCode.NOT_ACTIVATED || !calls.has(OldReminders.SERVICE)) {
                throw refused;
            }
            Differences.list(window, feed, false, entry -> entry, into -> new OldReminders(calls, into).read(window));
        }
    }

    /// Lists and reminders in the zone.
    private final class RemindersZone implements ZoneReading.Content {
        private final Feed feed;

        RemindersZone(Feed feed) {
            this.feed = feed;
        }

        @Override
        public String words() {
            return "reminders";
        }

        @Override
        public List<String> types() {
            return TYPES;
        }

        @Override
        public List<String> keys() {
            return KEYS;
        }

        /// What is deleted stays in the zone for a while, marked.
        @Override
        public boolean isOurs(CloudRecord record) {
            return TYPES.contains(record.type()) && !record.flag("Deleted");
        }

        @Override
        public boolean isCipher(CloudRecord record) {
            return ReminderEntry.isCipher(record);
        }

        @Override
        public Optional<Instant> changed(CloudRecord record) {
            return record.date("LastModifiedDate");
        }

        /// An error tells no type, but a name does.
        @Override
        public String id(CloudRecord record) {
            int slash = record.name().indexOf('/');
            var type = slash > 0 ? record.name().substring(0, slash) : record.type();
            var kind = type.isBlank() ? "reminder" : type.toLowerCase(Locale.ROOT);
            return kind + ":" + ReminderEntry.bare(record.name());
        }

        @Override
        public Function<CloudRecord, ObjectNode> entries(List<CloudRecord> page)
                throws ConnectorException, InterruptedException {
            var children = children(page);
            return record -> record.type().equals("List")
                    ? ReminderEntry.list(record)
                    : ReminderEntry.reminder(record, children);
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
    }
}
