package ferry.sandbox.calendars;

import ferry.sandbox.Replies;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// How occurrences are told: events, and their alarms, invitees and rules beside them.
final class EventJson {
    private static final DateTimeFormatter DAY = DateTimeFormatter.BASIC_ISO_DATE;

    private final ZoneId seen;
    private final boolean detailed;
    private final ArrayNode events = JsonNodeFactory.instance.arrayNode();
    private final ArrayNode alarms = JsonNodeFactory.instance.arrayNode();
    private final ArrayNode invitees = JsonNodeFactory.instance.arrayNode();
    private final ArrayNode rules = JsonNodeFactory.instance.arrayNode();

    /// @param seen the zone of who asks
    /// @param detailed whether everything is told
    EventJson(ZoneId seen, boolean detailed) {
        this.seen = seen;
        this.detailed = detailed;
    }

    /// Puts what was added under the names that the service has for it.
    ///
    /// @param none whether `null` says that there are no events, where else nothing does
    void into(ObjectNode body, boolean none) {
        if (!events.isEmpty()) {
            body.set("Event", events);
        } else if (none) {
            body.putNull("Event");
        }
        if (!alarms.isEmpty()) {
            body.set("Alarm", alarms);
        }
        if (!invitees.isEmpty()) {
            body.set("Invitee", invitees);
        }
        if (!rules.isEmpty()) {
            body.set("Recurrence", rules);
        }
    }

    void add(Occurrence occurrence) {
        var appointment = occurrence.of();
        var event = event(occurrence);
        texts(event, appointment);
        alarms(event.putArray("alarms"), occurrence);
        guests(event.putArray("invitees"), occurrence);
        rule(event, appointment);
        odd(event, appointment.oddity());
        events.add(event);
        if (appointment.oddity() == Oddity.TWICE) {
            events.add(event.deepCopy());
        }
    }

    private ObjectNode event(Occurrence occurrence) {
        var appointment = occurrence.of();
        boolean text = appointment.guid().hashCode() % 2 == 0;
        var event = Replies.object()
                .put("guid", occurrence.guid())
                .put("pGuid", appointment.calendar())
                .put("title", appointment.title())
                .put("location", appointment.location() == null ? "" : appointment.location())
                .put("allDay", appointment.allDay())
                .put("duration", appointment.minutes())
                .put("icon", 0)
                .put(
                        "readOnly",
                        appointment.calendar().equals("holidays")
                                || appointment.calendar().equals("team"))
                .put("etag", "C=" + appointment.modified().toEpochMilli() + "@U=" + appointment.guid())
                .put("recurrenceMaster", appointment.rule().isPresent() && occurrence.number() == 0)
                .put("recurrenceException", occurrence.moved());
        if (appointment.zone().isEmpty()) {
            event.putNull("tz").putNull("tzname");
        } else {
            var offset = occurrence.zone().getRules().getOffset(occurrence.start());
            event.put("tz", appointment.zone())
                    .put("tzname", appointment.zone())
                    .put(
                            "startDateTZOffset",
                            offset.equals(ZoneOffset.UTC)
                                    ? "+0000"
                                    : offset.getId().replace(":", ""));
        }
        event.set("startDate", date(occurrence.start(), text, false));
        event.set("endDate", date(occurrence.end(), text, true));
        event.set("localStartDate", date(occurrence.seen(occurrence.start(), seen), text, false));
        event.set("localEndDate", date(occurrence.seen(occurrence.end(), seen), text, true));
        event.set("createdDate", stamp(appointment.created()));
        event.set("lastModifiedDate", stamp(appointment.modified()));
        return event;
    }

    private void texts(ObjectNode event, Appointment appointment) {
        event.put("url", "");
        boolean whole = detailed || !appointment.hasDetails();
        event.put("extendedDetailsAreIncluded", whole);
        if (!whole) {
            return;
        }
        event.put("description", appointment.description() == null ? "" : appointment.description());
        var attachments = event.putArray("attachments");
        for (var name : appointment.attachments()) {
            attachments
                    .addObject()
                    .put("guid", appointment.guid() + "-" + name)
                    .put("filename", name)
                    .put("mimeType", "application/pdf")
                    .put("size", name.length() * 1000);
        }
    }

    private void alarms(ArrayNode named, Occurrence occurrence) {
        for (int minutes : occurrence.of().alarms()) {
            var guid = occurrence.guid() + ":alarm-" + minutes;
            named.add(guid);
            var alarm = alarms.addObject()
                    .put("guid", guid)
                    .put("pGuid", occurrence.guid())
                    .put("messageType", "message")
                    .put("isLocationBased", false);
            alarm.putObject("measurement")
                    .put("before", true)
                    .put("weeks", 0)
                    .put("days", minutes / 1440)
                    .put("hours", minutes % 1440 / 60)
                    .put("minutes", minutes % 60)
                    .put("seconds", 0);
        }
    }

    /// A listing only names them.
    private void guests(ArrayNode named, Occurrence occurrence) {
        var guests = occurrence.of().guests();
        for (int i = 0; i < guests.size(); i++) {
            var guid = occurrence.guid() + ":" + guests.get(i);
            named.add(guid);
            if (detailed) {
                invitees.addObject()
                        .put("guid", guid)
                        .put("pGuid", occurrence.guid())
                        .put(
                                "commonName",
                                guests.get(i).substring(0, guests.get(i).indexOf('@')))
                        .put("email", guests.get(i))
                        .put("isOrganizer", i == 0)
                        .put("isMe", i == 0)
                        .put("inviteeStatus", i == 0 ? "ACCEPTED" : "NEEDS-ACTION")
                        .put("cutype", "INDIVIDUAL");
            }
        }
    }

    private void rule(ObjectNode event, Appointment appointment) {
        if (appointment.rule().isEmpty()) {
            return;
        }
        var rule = appointment.rule().get();
        var guid = appointment.guid() + "*MME-RID";
        event.put("recurrence", guid);
        for (var known : rules) {
            if (known.path("guid").asString("").equals(guid)) {
                return;
            }
        }
        var json = rules.addObject()
                .put("guid", guid)
                .put("pGuid", appointment.guid())
                .put("freq", rule.freq())
                .put("interval", rule.interval())
                .put("weekStart", "MO");
        if (rule.count() > 0) {
            json.put("count", rule.count());
        }
        if (rule.until() != null) {
            json.set("until", date(rule.until().atTime(23, 59), false, false));
        }
        json.set("recurrenceMasterStartDate", date(appointment.start(), false, false));
    }

    private static void odd(ObjectNode event, Oddity oddity) {
        switch (oddity) {
            case NONE, TWICE, NO_DETAILS -> {}
            case TEXT_DATES -> {
                for (var name : List.of("startDate", "endDate", "createdDate", "lastModifiedDate")) {
                    var texts = JsonNodeFactory.instance.arrayNode();
                    event.path(name).forEach(element -> texts.add(element.asString()));
                    event.set(name, texts);
                }
            }
            case YEAR_ZERO -> ((ArrayNode) event.get("startDate")).set(1, JsonNodeFactory.instance.numberNode(0));
            case MONTH_THIRTEEN -> ((ArrayNode) event.get("endDate")).set(2, JsonNodeFactory.instance.numberNode(13));
            case UNKNOWN_ZONE ->
                event.put("tz", "Mars/Olympus").put("tzname", "Olympus").remove("startDateTZOffset");
            case BARE ->
                event.remove(List.of(
                        "title",
                        "location",
                        "url",
                        "description",
                        "alarms",
                        "invitees",
                        "attachments",
                        "tz",
                        "tzname",
                        "startDateTZOffset",
                        "readOnly",
                        "extendedDetailsAreIncluded",
                        "recurrenceMaster",
                        "recurrenceException",
                        "lastModifiedDate",
                        "createdDate"));
            case NO_GUID -> event.remove("guid");
        }
    }

    private static ArrayNode stamp(Instant moment) {
        return date(LocalDateTime.ofInstant(moment, ZoneOffset.UTC), false, false);
    }

    /// The last element counts from midnight at a start, and to midnight at an end.
    private static ArrayNode date(LocalDateTime wall, boolean text, boolean end) {
        int minutes = wall.getHour() * 60 + wall.getMinute();
        var date = JsonNodeFactory.instance.arrayNode();
        var day = wall.toLocalDate().format(DAY);
        if (text) {
            date.add(day);
        } else {
            date.add(Integer.parseInt(day));
        }
        return date.add(wall.getYear())
                .add(wall.getMonthValue())
                .add(wall.getDayOfMonth())
                .add(wall.getHour())
                .add(wall.getMinute())
                .add(end ? 1440 - minutes : minutes);
    }
}
