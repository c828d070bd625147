package ferry.connector.icloud.reminders;

import ferry.connector.FileRef;
import ferry.connector.icloud.web.AssetFile;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Packed;
import ferry.connector.icloud.web.Protobuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/// The feed entries of a list and a reminder; their schema is `schemas/icloud_reminders.reminders.json`. What
/// the source does not say is null.
final class ReminderEntry {
    private ReminderEntry() {}

    /// What a document says.
    ///
    /// @param undecoded whether there is one that could not be read
    private record Words(@Nullable String text, boolean undecoded) {}

    static ObjectNode list(CloudRecord list) {
        var entry = entry("list", list.name());
        entry.put("title", list.text("Name").orElse(null)).put("color", color(list));
        whole(entry, "count", list, "Count");
        entry.put("is_group", list.flag("IsGroup"));
        return entry.put("date_created", CloudRecord.utc(list.stamp("created")))
                .put("date_modified", CloudRecord.utc(list.stamp("modified")));
    }

    /// @param children alarms, triggers, attachments, hashtags and recurrence rules by record name
    /// @param fileId gives out the ids of files
    static ObjectNode reminder(
            CloudRecord reminder, Map<String, CloudRecord> children, Function<FileRef, String> fileId) {
        var title = words(reminder, "TitleDocument");
        var notes = words(reminder, "NotesDocument");
        var entry = entry("reminder", bare(reminder.name()));
        entry.put("title", title.text)
                .put("notes", notes.text)
                .put("body_undecoded", title.undecoded || notes.undecoded)
                .put("list_id", reference(reminder, "List", "list"))
                .put("parent_id", reference(reminder, "ParentReminder", "reminder"))
                .put("completed", reminder.flag("Completed"))
                .put("date_completed", CloudRecord.utc(reminder.date("CompletionDate")))
                .put("date_due", CloudRecord.utc(reminder.date("DueDate")))
                .put("date_start", CloudRecord.utc(reminder.date("StartDate")))
                .put("all_day", reminder.flag("AllDay"))
                .put("time_zone", reminder.text("TimeZone").orElse(null));
        priority(entry, reminder.number("Priority").orElse(0));
        entry.put("flagged", reminder.flag("Flagged"));
        var alarms = entry.putArray("alarms");
        children(reminder, "AlarmIDs", "Alarm", children).forEach(alarm -> alarms.add(alarm(alarm, children)));
        var hashtags = entry.putArray("hashtags");
        children(reminder, "HashtagIDs", "Hashtag", children)
                .forEach(tag -> tag.text("Name").ifPresent(hashtags::add));
        var rules = entry.putArray("recurrence");
        children(reminder, "RecurrenceRuleIDs", "RecurrenceRule", children).forEach(rule -> rules.add(rule(rule)));
        var attachments = entry.putArray("attachments");
        children(reminder, "AttachmentIDs", "Attachment", children)
                .forEach(attachment -> attachments.add(attachment(attachment, fileId)));
        return entry.put(
                        "date_created",
                        CloudRecord.utc(reminder.date("CreationDate").or(() -> reminder.stamp("created"))))
                .put(
                        "date_modified",
                        CloudRecord.utc(reminder.date("LastModifiedDate").or(() -> reminder.stamp("modified"))));
    }

    /// The record names of what belongs to a reminder. Id lists hold bare UUIDs, names begin with the type.
    static List<String> childNames(CloudRecord reminder) {
        var names = new ArrayList<String>();
        names.addAll(names(reminder, "AlarmIDs", "Alarm"));
        names.addAll(names(reminder, "HashtagIDs", "Hashtag"));
        names.addAll(names(reminder, "RecurrenceRuleIDs", "RecurrenceRule"));
        names.addAll(names(reminder, "AttachmentIDs", "Attachment"));
        return names;
    }

    /// The record names of all that a reminder's entry is made of, triggers included.
    static List<String> partNames(CloudRecord reminder, Map<String, CloudRecord> children) {
        var names = new ArrayList<>(childNames(reminder));
        children(reminder, "AlarmIDs", "Alarm", children)
                .forEach(alarm -> triggerName(alarm).ifPresent(names::add));
        return names;
    }

    /// The record name of an alarm's trigger.
    static Optional<String> triggerName(CloudRecord alarm) {
        return alarm.text("TriggerID").map(id -> name("AlarmTrigger", id));
    }

    /// Whether the source handed it out without the keys to read it (`icloud-protocol` 2.9).
    static boolean isCipher(CloudRecord record) {
        return record.isCipher("Name")
                || isCipherDocument(record, "TitleDocument")
                || isCipherDocument(record, "NotesDocument");
    }

    private static boolean isCipherDocument(CloudRecord record, String field) {
        return record.string(field)
                .flatMap(Packed::decoded)
                .filter(packed -> packed.length > 0 && !Packed.hasHeader(packed))
                .isPresent();
    }

    /// The visible text of the last version of a document.
    private static Words words(CloudRecord record, String field) {
        var packed = record.string(field);
        if (packed.isEmpty()) {
            return new Words(null, false);
        }
        var text = packed.flatMap(Packed::decoded)
                .flatMap(Packed::inflate)
                .flatMap(Protobuf::of)
                .flatMap(document -> document.message(2))
                .flatMap(version -> version.message(3))
                .flatMap(string -> string.has(2) ? string.text(2) : Optional.of(""));
        return new Words(text.filter(words -> !words.isEmpty()).orElse(null), text.isEmpty());
    }

    private static @Nullable String color(CloudRecord list) {
        var text = list.text("Color");
        if (text.isEmpty()) {
            return null;
        }
        try {
            var color = Json.MAPPER.readTree(text.get());
            return Optional.ofNullable(Json.text(color, "daHexString"))
                    .or(() -> Optional.ofNullable(Json.text(color, "ckSymbolicColorName")))
                    .orElse(text.get());
        } catch (JacksonException _) {
            return text.get();
        }
    }

    /// As calendars store it: 1 to 4 high, 5 medium, 6 to 9 low.
    static void priority(ObjectNode entry, long number) {
        var word = switch (Math.clamp(number, -1, 10)) {
            case 0 -> "none";
            case 1, 2, 3, 4 -> "high";
            case 5 -> "medium";
            case 6, 7, 8, 9 -> "low";
            default -> "other";
        };
        entry.put("priority", word);
        if (word.equals("other")) {
            entry.put("priority_raw", number);
        }
    }

    private static ObjectNode alarm(CloudRecord alarm, Map<String, CloudRecord> children) {
        var trigger = triggerName(alarm).map(children::get);
        var entry = Json.object().put("id", alarm.text("AlarmUID").orElse(bare(alarm.name())));
        if (trigger.isEmpty()) {
            return entry.putNull("trigger");
        }
        var record = trigger.get();
        var node = entry.putObject("trigger");
        node.put("type", record.text("Type").orElse(null))
                .put("title", record.text("Title").orElse(null))
                .put("address", record.text("Address").orElse(null));
        for (var field : List.of("Latitude", "Longitude", "Radius")) {
            var number = record.decimal(field);
            var name = field.equals("Radius") ? "radius_m" : field.toLowerCase(Locale.ROOT);
            if (number.isPresent()) {
                node.put(name, number.getAsDouble());
            } else {
                node.putNull(name);
            }
        }
        word(node, "proximity", record.number("Proximity"), Map.of(1L, "arriving", 2L, "leaving"));
        return entry;
    }

    /// A stored number as a word; `other`, with the number beside it, where there is no word for it.
    private static void word(ObjectNode entry, String name, OptionalLong number, Map<Long, String> words) {
        if (number.isEmpty()) {
            entry.putNull(name);
            return;
        }
        var word = words.get(number.getAsLong());
        entry.put(name, word == null ? "other" : word);
        if (word == null) {
            entry.put(name + "_raw", number.getAsLong());
        }
    }

    private static ObjectNode rule(CloudRecord rule) {
        var entry = Json.object();
        word(
                entry,
                "frequency",
                rule.number("Frequency"),
                Map.of(1L, "daily", 2L, "weekly", 3L, "monthly", 4L, "yearly"));
        whole(entry, "interval", rule, "Interval");
        whole(entry, "occurrences", rule, "OccurrenceCount");
        whole(entry, "first_day_of_week", rule, "FirstDayOfTheWeek");
        return entry;
    }

    /// The bytes of an attachment; empty where the source has none, as of a link.
    static Optional<AssetFile> file(CloudRecord attachment) {
        return AssetFile.of(
                Reminders.ATTACHMENT, attachment, "FileAsset", attachment.text("FileName"), attachment.text("UTI"));
    }

    private static ObjectNode attachment(CloudRecord attachment, Function<FileRef, String> fileId) {
        var entry = Json.object()
                .put("id", "attachment:" + bare(attachment.name()))
                .put("type", attachment.text("Type").orElse(null))
                .put("url", attachment.text("URL").orElse(null))
                .put("uti", attachment.text("UTI").orElse(null))
                .put("name", attachment.text("FileName").orElse(null));
        whole(entry, "size", attachment, "FileSize");
        whole(entry, "width", attachment, "Width");
        whole(entry, "height", attachment, "Height");
        file(attachment).ifPresent(file -> file.describe(entry, fileId));
        return entry;
    }

    private static List<CloudRecord> children(
            CloudRecord reminder, String field, String type, Map<String, CloudRecord> children) {
        return names(reminder, field, type).stream()
                .map(children::get)
                .filter(Objects::nonNull)
                .toList();
    }

    private static List<String> names(CloudRecord reminder, String field, String type) {
        var names = new ArrayList<String>();
        for (var id : reminder.value(field)) {
            if (id.isString() && !id.stringValue().isBlank()) {
                names.add(name(type, id.stringValue()));
            }
        }
        return names;
    }

    private static String name(String type, String id) {
        return id.contains("/") ? id : type + "/" + id;
    }

    /// A name without its type.
    static String bare(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    private static @Nullable String reference(CloudRecord record, String field, String kind) {
        var name = record.value(field).path("recordName").asString("");
        return name.isBlank() ? null : kind + ":" + bare(name);
    }

    static ObjectNode entry(String kind, String id) {
        return Json.object().put("id", kind + ":" + bare(id)).put("data_type", kind);
    }

    /// A number that is never below 0.
    private static void whole(ObjectNode entry, String name, CloudRecord record, String field) {
        var number = record.number(field);
        if (number.isPresent() && number.getAsLong() >= 0) {
            entry.put(name, number.getAsLong());
        } else {
            entry.putNull(name);
        }
    }
}
