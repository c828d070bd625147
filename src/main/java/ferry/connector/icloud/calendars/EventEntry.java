package ferry.connector.icloud.calendars;

import ferry.connector.icloud.web.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The feed entry of an event; its schema is `schemas/icloud_calendars.events.json`. What the source does not say, or
/// says absurdly, is null; absurd values are kept beside it as `…_raw`.
final class EventEntry {
    private static final Map<String, String> FREQUENCIES =
            Map.of("daily", "daily", "weekly", "weekly", "monthly", "monthly", "yearly", "yearly");
    private static final Map<String, String> STATUSES = Map.of(
            "accepted", "accepted",
            "declined", "declined",
            "tentative", "tentative",
            "needs-action", "needs_action",
            "needs_action", "needs_action",
            "needsaction", "needs_action",
            "delegated", "delegated");
    private static final Map<String, String> TYPES = Map.of(
            "individual", "individual", "group", "group", "resource", "resource", "room", "room", "unknown", "unknown");
    /// A hundred years.
    private static final long LONGEST_MINUTES = 100L * 366 * 24 * 60;

    private EventEntry() {}

    /// @param detailed whether that is all that the source has of it
    static ObjectNode of(EventId id, JsonNode event, Related related, boolean detailed) {
        var calendar = Json.text(event, "pGuid");
        var record = Json.object()
                .put("id", id.record())
                .put("data_type", "event")
                .put("calendar_id", calendar == null ? null : CalendarEntry.id(calendar))
                .put("master_id", id.occurrence() == null ? null : id.master().record())
                .put("occurrence", id.occurrence())
                .put("title", Json.text(event, "title"))
                .put("location", Json.text(event, "location"))
                .put("description", Json.text(event, "description"))
                .put("url", Json.text(event, "url"));
        times(record, event);
        AppleDate.put(record, "date_created", AppleDate.moment(event.path("createdDate")), event.path("createdDate"));
        AppleDate.put(
                record,
                "date_modified",
                AppleDate.moment(event.path("lastModifiedDate")),
                event.path("lastModifiedDate"));
        record.put("read_only", Json.maybeFlag(event, "readOnly"));
        record.set("recurrence", related.rule(event).map(EventEntry::rule).orElse(null));
        var alarms = record.putArray("alarms");
        related.alarms(event).forEach(alarm -> alarms.add(alarm(alarm)));
        var invitees = record.putArray("invitees");
        related.invitees(event).forEach(invitee -> invitees.add(invitee(invitee)));
        var attachments = record.putArray("attachments");
        for (var attachment : event.path("attachments").isArray() ? event.path("attachments") : List.<JsonNode>of()) {
            attachments.add(attachment(attachment));
        }
        return record.put("details_complete", detailed);
    }

    /// The master of a series, of which only an occurrence could be had.
    static ObjectNode inferred(EventId occurrence, JsonNode event, Related related) {
        var first = related.rule(event)
                .map(rule -> rule.path("recurrenceMasterStartDate"))
                .filter(date -> AppleDate.read(date).isPresent());
        var stripped = ((ObjectNode) event.deepCopy());
        stripped.remove(List.of("startDate", "endDate", "localStartDate", "localEndDate", "startDateTZOffset"));
        first.ifPresent(date -> stripped.set("startDate", date));
        return of(occurrence.master(), stripped, related, false);
    }

    /// When the source got or changed it, as far as it says.
    static List<Instant> moments(JsonNode event) {
        return Stream.of("createdDate", "lastModifiedDate")
                .flatMap(name -> AppleDate.moment(event.path(name)).stream())
                .toList();
    }

    static void number(ObjectNode record, String name, OptionalLong number) {
        if (number.isPresent()) {
            record.put(name, number.getAsLong());
        } else {
            record.putNull(name);
        }
    }

    // ---- times

    /// A timed event has moments, and what the clocks there showed; one of whole days has days alone.
    private static void times(ObjectNode record, JsonNode event) {
        boolean allDay = Json.flag(event, "allDay");
        var minutes = within(Json.number(event, "duration"));
        var start = AppleDate.read(event.path("startDate"));
        var end = AppleDate.read(event.path("endDate"))
                .or(() -> minutes.isPresent() ? start.map(s -> s.plusMinutes(minutes.getAsLong())) : Optional.empty());
        var zone = zone(event);
        var offset = AppleDate.offset(Json.text(event, "startDateTZOffset"));
        record.put("all_day", allDay);
        AppleDate.put(
                record,
                "date_start",
                allDay ? Optional.empty() : moment(start, zone, offset, event, "localStartDate"),
                event.path("startDate"));
        AppleDate.put(
                record,
                "date_end",
                allDay ? Optional.empty() : moment(end, zone, offset, event, "localEndDate"),
                event.path("endDate"));
        record.put("local_start", allDay ? null : AppleDate.wall(start))
                .put("local_end", allDay ? null : AppleDate.wall(end))
                .put("first_day", allDay ? day(start) : null)
                .put("last_day", allDay ? day(lastDay(start, end, minutes)) : null)
                .put("time_zone", zone.map(ZoneId::getId).orElse(null));
        var named = zoneName(event);
        if (zone.isEmpty() && named != null) {
            record.put("time_zone_raw", named);
        }
        number(
                record,
                "duration_s",
                minutes.isPresent() ? OptionalLong.of(minutes.getAsLong() * 60) : OptionalLong.empty());
        if (minutes.isEmpty()) {
            AppleDate.raw(record, "duration", event.path("duration"));
        }
    }

    /// By the event's zone, else by the offset beside it. Where a zone is named that nobody knows, the date in the zone
    /// that was asked for, UTC, tells; without any zone the event is at that time of day wherever one is.
    private static Optional<Instant> moment(
            Optional<LocalDateTime> wall,
            Optional<ZoneId> zone,
            Optional<ZoneOffset> offset,
            JsonNode event,
            String asked) {
        var known = zone.or(() -> offset.map(ZoneId.class::cast));
        if (known.isPresent() && wall.isPresent()) {
            return wall.map(w -> w.atZone(known.get()).toInstant());
        }
        return zoneName(event) == null ? Optional.empty() : AppleDate.moment(event.path(asked));
    }

    private static Optional<ZoneId> zone(JsonNode event) {
        return Stream.of("tz", "tzname")
                .map(name -> Json.text(event, name))
                .flatMap(name -> region(name).stream())
                .findFirst();
    }

    private static Optional<ZoneId> region(@Nullable String name) {
        try {
            return name == null ? Optional.empty() : Optional.of(ZoneId.of(name));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private static @Nullable String zoneName(JsonNode event) {
        var name = Json.text(event, "tz");
        var other = name == null ? Json.text(event, "tzname") : name;
        return other == null || other.equalsIgnoreCase("floating") ? null : other;
    }

    /// The source counts the last day's end as its last minute or as the next day's first.
    private static Optional<LocalDateTime> lastDay(
            Optional<LocalDateTime> start, Optional<LocalDateTime> end, OptionalLong minutes) {
        if (start.isPresent() && minutes.orElse(0) > 0) {
            return start.map(s -> s.plusMinutes(minutes.getAsLong() - 1));
        }
        return end.filter(e -> start.map(s -> !e.isBefore(s)).orElse(true))
                .map(e -> start.filter(s -> e.isAfter(s)).isPresent() ? e.minusMinutes(1) : e)
                .or(() -> start);
    }

    private static @Nullable String day(Optional<LocalDateTime> wall) {
        return wall.map(w -> w.toLocalDate().toString()).orElse(null);
    }

    private static OptionalLong within(OptionalLong minutes) {
        return minutes.isPresent() && minutes.getAsLong() >= 0 && minutes.getAsLong() <= LONGEST_MINUTES
                ? minutes
                : OptionalLong.empty();
    }

    // ---- what belongs to it

    private static ObjectNode rule(JsonNode rule) {
        var record = Json.object();
        word(record, "frequency", Json.text(rule, "freq"), FREQUENCIES);
        number(record, "interval", Json.number(rule, "interval"));
        number(record, "count", Json.number(rule, "count"));
        AppleDate.put(record, "date_until", AppleDate.moment(rule.path("until")), rule.path("until"));
        record.put("week_start", Json.text(rule, "weekStart"));
        CalendarEntry.texts(record.putArray("week_days"), rule.path("weekDays"));
        CalendarEntry.texts(record.putArray("frequency_days"), rule.path("frequencyDays"));
        var start = rule.path("recurrenceMasterStartDate");
        record.put("local_start", AppleDate.wall(AppleDate.read(start)));
        if (AppleDate.read(start).isEmpty()) {
            AppleDate.raw(record, "local_start", start);
        }
        return record.putNull("excluded_dates");
    }

    private static ObjectNode alarm(JsonNode alarm) {
        var record = Json.object()
                .put("id", Json.text(alarm, "guid"))
                .put("type", Json.text(alarm, "messageType"))
                .put("is_location_based", Json.maybeFlag(alarm, "isLocationBased"));
        var measurement = alarm.path("measurement");
        number(record, "offset_s", measurement.isObject() ? offset(measurement) : OptionalLong.empty());
        if (!measurement.isObject()) {
            AppleDate.raw(record, "offset", measurement);
        }
        return record;
    }

    /// Seconds from the start; before it negative.
    private static OptionalLong offset(JsonNode measurement) {
        long seconds = part(measurement, "weeks", 7 * 86_400)
                + part(measurement, "days", 86_400)
                + part(measurement, "hours", 3600)
                + part(measurement, "minutes", 60)
                + part(measurement, "seconds", 1);
        return OptionalLong.of(Json.flag(measurement, "before") ? -seconds : seconds);
    }

    private static long part(JsonNode measurement, String name, long seconds) {
        var count = Json.number(measurement, name).orElse(0);
        return Math.abs(count) > LONGEST_MINUTES ? 0 : count * seconds;
    }

    private static ObjectNode invitee(JsonNode invitee) {
        var record = Json.object()
                .put("id", Json.text(invitee, "guid"))
                .put("name", Json.text(invitee, "commonName"))
                .put("email", Json.text(invitee, "email"))
                .put("is_organizer", Json.maybeFlag(invitee, "isOrganizer"))
                .put("is_me", Json.maybeFlag(invitee, "isMe"));
        word(record, "status", Json.text(invitee, "inviteeStatus"), STATUSES);
        word(record, "type", Json.text(invitee, "cutype"), TYPES);
        return record;
    }

    private static ObjectNode attachment(JsonNode attachment) {
        var record = Json.object()
                .put("id", attachment.isString() ? attachment.stringValue() : first(attachment, "guid", "id"))
                .put("name", first(attachment, "filename", "name", "title"))
                .put("mime_type", first(attachment, "mimeType", "contentType"));
        number(record, "size", Json.number(attachment, "size"));
        return record;
    }

    private static @Nullable String first(JsonNode node, String... names) {
        for (var name : names) {
            var text = Json.text(node, name);
            if (text != null) {
                return text;
            }
        }
        return null;
    }

    private static void word(ObjectNode record, String name, @Nullable String told, Map<String, String> words) {
        if (told == null) {
            record.putNull(name);
            return;
        }
        var word = words.get(told.strip().toLowerCase(Locale.ROOT));
        record.put(name, word == null ? "other" : word);
        if (word == null) {
            record.put(name + "_raw", told);
        }
    }
}
