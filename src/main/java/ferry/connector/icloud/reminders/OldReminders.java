package ferry.connector.icloud.reminders;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import ferry.error.ErrorCode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads accounts whose reminders were never upgraded (`icloud-protocol` 2.8). One answer holds all of them.
final class OldReminders {
    static final String SERVICE = "reminders";

    /// What stands in the place of reminders that were upgraded.
    private static final Set<String> PLACEHOLDERS =
            Set.of("Where are my reminders?", "The creator of this list has upgraded these reminders.");

    private final Calls calls;
    private final Feed feed;

    OldReminders(Calls calls, Feed feed) {
        this.calls = calls;
        this.feed = feed;
    }

    /// Dates come in the time zone that is asked for.
    void read(Window window) throws ConnectorException, InterruptedException {
        var answer =
                calls.get(SERVICE, "/rd/startup", Map.of("clientVersion", "4.0", "lang", "en-us", "usertz", "UTC"));
        int unnamed = 0;
        for (var list : Json.list(answer, "Collections")) {
            if (Json.text(list, "guid") == null) {
                refuse("list:#" + ++unnamed);
            } else {
                feed.item(list(list), () -> Raw.of(list));
            }
        }
        int upgraded = 0;
        for (var reminder : Json.list(answer, "Reminders")) {
            if (isPlaceholder(reminder)) {
                upgraded++;
            } else if (Json.text(reminder, "guid") == null) {
                refuse("reminder:#" + ++unnamed);
            } else if (isInWindow(reminder, window)) {
                feed.item(reminder(reminder), () -> Raw.of(reminder));
            }
        }
        if (upgraded > 0) {
            feed.incomplete();
            feed.warn("upgraded_elsewhere", upgraded + " placeholders stand where upgraded reminders were.");
        }
    }

    private void refuse(String item) {
        feed.refused(item, ErrorCode.NOT_RETRIEVABLE, "The source gave an item without an id.");
    }

    private static boolean isPlaceholder(JsonNode reminder) {
        return PLACEHOLDERS.contains(String.valueOf(Json.text(reminder, "title")))
                || PLACEHOLDERS.contains(String.valueOf(Json.text(reminder, "description")));
    }

    private static boolean isInWindow(JsonNode reminder, Window window) {
        return date(reminder, "lastModifiedDate")
                .or(() -> date(reminder, "createdDate"))
                .map(window::holds)
                .orElse(true);
    }

    private static ObjectNode list(JsonNode list) {
        return ReminderEntry.entry("list", String.valueOf(Json.text(list, "guid")))
                .put("title", Json.text(list, "title"))
                .put("color", Json.text(list, "color"))
                .putNull("count")
                .put("is_group", false)
                .putNull("date_created")
                .putNull("date_modified");
    }

    private static ObjectNode reminder(JsonNode reminder) {
        var list = Json.text(reminder, "pGuid");
        var completed = date(reminder, "completedDate");
        var entry = ReminderEntry.entry("reminder", String.valueOf(Json.text(reminder, "guid")))
                .put("title", Json.text(reminder, "title"))
                .put("notes", Json.text(reminder, "description"))
                .put("body_undecoded", false)
                .put("list_id", list == null ? null : "list:" + list)
                .putNull("parent_id")
                .put("completed", reminder.path("completedDate").isArray())
                .put("date_completed", CloudRecord.utc(completed))
                .put("date_due", CloudRecord.utc(date(reminder, "dueDate")))
                .put("date_start", CloudRecord.utc(date(reminder, "startDate")))
                .put("all_day", Json.flag(reminder, "dueDateIsAllDay"))
                .put("time_zone", zone(reminder));
        ReminderEntry.priority(entry, Json.number(reminder, "priority").orElse(0));
        entry.put("flagged", false);
        entry.putArray("alarms");
        entry.putArray("hashtags");
        entry.putArray("recurrence");
        entry.putArray("attachments");
        return entry.put("date_created", CloudRecord.utc(date(reminder, "createdDate")))
                .put("date_modified", CloudRecord.utc(date(reminder, "lastModifiedDate")));
    }

    private static @Nullable String zone(JsonNode reminder) {
        return Json.text(reminder, "tzid");
    }

    /// A list of the day as one number, year, month, day, hour and minute.
    private static Optional<Instant> date(JsonNode reminder, String field) {
        var parts = reminder.path(field);
        if (!parts.isArray() || parts.size() < 4) {
            return Optional.empty();
        }
        try {
            return Optional.of(LocalDateTime.of(
                            parts.path(1).asInt(0),
                            parts.path(2).asInt(0),
                            parts.path(3).asInt(0),
                            parts.path(4).asInt(0),
                            parts.path(5).asInt(0))
                    .toInstant(ZoneOffset.UTC));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}
