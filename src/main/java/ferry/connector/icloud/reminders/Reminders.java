package ferry.connector.icloud.reminders;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Window;
import ferry.connector.icloud.web.AssetFiles;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.ZoneReading;
import ferry.connector.icloud.web.Zones;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/// Reads the reminders of one account during one task, page by page, so that no more than a page and what
/// belongs to it is held. Blocks, on the caller's thread. An interrupt stops it.
public final class Reminders {
    /// Lists and reminders.
    public static final String REMINDERS = "icloud_reminders.reminders";
    /// What is attached to a reminder.
    public static final String ATTACHMENT = "icloud_reminders.attachment";

    private static final Set<String> TYPES = Set.of("List", "Reminder");
    private static final List<String> ASKED =
            List.of("List", "Reminder", "Alarm", "AlarmTrigger", "Attachment", "Hashtag", "RecurrenceRule");
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
            "FileAsset",
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
    private final AssetFiles attachments;
    private final InstantSource clock;

    /// @param limits of the account; `calls` takes the turns
    public Reminders(Calls calls, Limits limits, InstantSource clock) {
        this.clock = clock;
        this.calls = calls;
        zone = new Zones(calls, "com.apple.reminders", "Reminders");
        attachments = new AssetFiles(calls, zone, CHILD_KEYS, ReminderEntry::file, limits, clock);
    }

    /// Reads [#REMINDERS]. An account without the zone was never upgraded: it is asked as old clients ask.
    public void reminders(Window window, Feed feed) throws ConnectorException, InterruptedException {
        try (var downloads = attachments.downloads(feed.files())) {
            boolean whole = window.equals(Window.ALL) && feed.from().isEmpty();
            var content = new RemindersZone(feed, downloads);
            new ZoneReading(zone, content, window, feed).read();
            downloads.finish();
            if (whole) {
                content.compareCounts();
            }
        } catch (Refused refused) {
            if (refused.code() != ErrorCode.NOT_ACTIVATED || !calls.has(OldReminders.SERVICE)) {
                throw refused;
            }
            Differences.list(window, feed, false, entry -> entry, into -> new OldReminders(calls, into).read(window));
        }
    }

    /// Fetches attachments by references that [#reminders] gave out, perhaps long ago. Each ends committed or refused.
    public void files(List<FileRef> refs, Files files) throws ConnectorException, InterruptedException {
        attachments.files(refs, files);
    }

    /// Lists and reminders in the zone.
    private final class RemindersZone implements ZoneReading.Content {
        private final Feed feed;
        private final Downloads downloads;
        private final boolean fetching;
        /// Of the reminders of the last page.
        private Map<String, CloudRecord> children = Map.of();
        /// When they came.
        private Instant received = Instant.EPOCH;
        /// By list, how many reminders the source counts in it.
        private final Map<String, Long> counts = new HashMap<>();
        /// By list, how many came.
        private final Map<String, Long> came = new HashMap<>();

        RemindersZone(Feed feed, Downloads downloads) {
            this.feed = feed;
            this.downloads = downloads;
            this.fetching = feed.wants(ATTACHMENT);
        }

        @Override
        public String words() {
            return "reminders";
        }

        @Override
        public List<String> types() {
            return ASKED;
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
        public Function<CloudRecord, ObjectNode> entries(List<CloudRecord> page, Consumer<CloudRecord> lost)
                throws ConnectorException, InterruptedException {
            received = clock.instant();
            children = children(page, lost);
            return record -> record.type().equals("List") ? list(record) : reminder(record);
        }

        private ObjectNode list(CloudRecord record) {
            var entry = ReminderEntry.list(record);
            if (!entry.path("is_group").asBoolean()) {
                counts.put(entry.path("id").asString(), entry.path("count").asLong(0));
            }
            return entry;
        }

        private ObjectNode reminder(CloudRecord record) {
            var entry = ReminderEntry.reminder(record, children, feed::fileId);
            came.merge(entry.path("list_id").asString(""), 1L, Long::sum);
            return entry;
        }

        /// Whether the source counts completed reminders and steps has not been seen: fewer than came may be as many.
        /// With more nothing is certain either, but somebody should know.
        void compareCounts() {
            long lists = 0;
            long missing = 0;
            for (var count : counts.entrySet()) {
                long less = count.getValue() - came.getOrDefault(count.getKey(), 0L);
                lists += less > 0 ? 1 : 0;
                missing += Math.max(0, less);
            }
            if (missing > 0) {
                feed.warn(
                        "count_deviates",
                        "In " + lists + " lists the source counts " + missing + " reminders more than it gave.");
            }
        }

        /// Alarms and the like by record name, and the alarms' triggers.
        private Map<String, CloudRecord> children(List<CloudRecord> records, Consumer<CloudRecord> lost)
                throws ConnectorException, InterruptedException {
            var names = new LinkedHashSet<String>();
            records.forEach(record -> names.addAll(ReminderEntry.childNames(record)));
            var found = find(names, lost);
            var triggers = new LinkedHashSet<String>();
            found.values().forEach(child -> ReminderEntry.triggerName(child).ifPresent(triggers::add));
            found.putAll(find(triggers, lost));
            return found;
        }

        private Map<String, CloudRecord> find(Collection<String> names, Consumer<CloudRecord> lost)
                throws ConnectorException, InterruptedException {
            return zone.find(names, CHILD_KEYS, child -> {
                lost.accept(child);
                feed.refused(id(child), ErrorCode.NOT_RETRIEVABLE, "The source could not read this item.");
            });
        }

        @Override
        public Map<String, String> parts(CloudRecord record) {
            return CloudRecord.changeTags(ReminderEntry.partNames(record, children), children);
        }

        @Override
        public void given() throws ConnectorException, InterruptedException {
            if (fetching) {
                for (var child : children.values()) {
                    attachments.fetch(child, received, downloads);
                }
            }
        }
    }
}
