package ferry.form;

import biweekly.ICalDataType;
import biweekly.ICalendar;
import biweekly.component.VAlarm;
import biweekly.component.VEvent;
import biweekly.parameter.CalendarUserType;
import biweekly.parameter.ParticipationStatus;
import biweekly.parameter.Related;
import biweekly.property.Attendee;
import biweekly.property.Organizer;
import biweekly.property.RawProperty;
import biweekly.property.Trigger;
import biweekly.util.Duration;
import com.github.mangstadt.vinnie.io.VObjectPropertyValues;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// An event as it stands in a calendar's file. Times are written as the record has them, by the clock of their
/// zone, so that no conversion moves one; what the standard has no place for stands in properties that begin
/// with `X-FERRY-`.
///
/// @param zone whose times it uses, and which the file must describe; empty for whole days, times in UTC and times that
/// are
///     the same everywhere
record EventText(String text, Optional<ZoneId> zone) {
    private static final DateTimeFormatter WALL = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss");
    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final Pattern OCCURRENCE = Pattern.compile("(\\d{8})(?:T(\\d{4})(\\d{2})?(Z)?)?");
    private static final Pattern WEEKDAY = Pattern.compile("[+-]?\\d{0,2}(MO|TU|WE|TH|FR|SA|SU)");
    private static final Pattern MONTHDAY = Pattern.compile("-?([1-9]|[12]\\d|3[01])");
    private static final Map<String, ParticipationStatus> STATUSES = Map.of(
            "accepted", ParticipationStatus.ACCEPTED,
            "declined", ParticipationStatus.DECLINED,
            "tentative", ParticipationStatus.TENTATIVE,
            "needs_action", ParticipationStatus.NEEDS_ACTION,
            "delegated", ParticipationStatus.DELEGATED);
    private static final Map<String, CalendarUserType> TYPES = Map.of(
            "individual", CalendarUserType.INDIVIDUAL,
            "group", CalendarUserType.GROUP,
            "resource", CalendarUserType.RESOURCE,
            "room", CalendarUserType.ROOM,
            "unknown", CalendarUserType.UNKNOWN);

    /// @throws IllegalArgumentException where it has no beginning, without which there is no event in iCalendar
    static EventText of(JsonNode record) {
        return new Writing(record).done();
    }

    static String escaped(String text) {
        return VObjectPropertyValues.escape(text);
    }

    private static final class Writing {
        private final JsonNode record;
        private final VEvent event = new VEvent();
        private final boolean allDay;
        private final Optional<ZoneId> zone;

        Writing(JsonNode record) {
            this.record = record;
            this.allDay = Told.flag(record, "all_day");
            this.zone =
                    allDay ? Optional.empty() : Told.text(record, "time_zone").flatMap(Writing::described);
        }

        EventText done() {
            identity();
            times();
            Told.text(record, "title").ifPresent(event::setSummary);
            Told.text(record, "location").ifPresent(event::setLocation);
            Told.text(record, "description").ifPresent(event::setDescription);
            Told.text(record, "url").ifPresent(event::setUrl);
            rule();
            Told.list(record, "alarms").forEach(this::alarm);
            Told.list(record, "invitees").forEach(this::invitee);
            Told.list(record, "attachments").forEach(this::attachment);
            if (Told.flag(record, "read_only")) {
                raw("X-FERRY-READ-ONLY", "TRUE");
            }
            if (record.has("details_complete") && !Told.flag(record, "details_complete")) {
                raw("X-FERRY-DETAILS-COMPLETE", "FALSE");
            }
            var calendar = new ICalendar();
            calendar.addEvent(event);
            return new EventText(Calendars.event(calendar), zone);
        }

        /// A zone that needs a description: one that is always at the same distance is written in UTC.
        private static Optional<ZoneId> described(String name) {
            try {
                var zone = ZoneId.of(name);
                return zone.getRules().isFixedOffset() ? Optional.empty() : Optional.of(zone);
            } catch (DateTimeException _) {
                return Optional.empty();
            }
        }

        private void identity() {
            var own = Told.text(record, "id").orElse("");
            event.setUid(natural(Told.text(record, "master_id").orElse(own)));
            Told.text(record, "occurrence").ifPresent(this::occurrence);
            var created = moment("date_created");
            var modified = moment("date_modified");
            created.ifPresent(at -> raw("CREATED", UTC.format(at)));
            modified.ifPresent(at -> raw("LAST-MODIFIED", UTC.format(at)));
            event.setDateTimeStamp((biweekly.property.DateTimeStamp) null);
            raw("DTSTAMP", UTC.format(modified.or(() -> created).orElse(Instant.EPOCH)));
        }

        private static String natural(String id) {
            return id.substring(id.indexOf(':') + 1);
        }

        private void occurrence(String told) {
            var parts = OCCURRENCE.matcher(told);
            if (!parts.matches()) {
                raw("X-FERRY-OCCURRENCE", escaped(told));
            } else if (allDay || parts.group(2) == null) {
                date("RECURRENCE-ID", parts.group(1));
            } else {
                var seconds = parts.group(3) == null ? "00" : parts.group(3);
                var wall = LocalDateTime.parse(parts.group(1) + "T" + parts.group(2) + seconds, WALL);
                if (parts.group(4) == null) {
                    wall("RECURRENCE-ID", wall, zone);
                } else {
                    moment("RECURRENCE-ID", wall.toInstant(ZoneOffset.UTC));
                }
            }
        }

        private void times() {
            if (allDay) {
                var first = day("first_day").orElseThrow(() -> new IllegalArgumentException("no first day"));
                date("DTSTART", basic(first));
                day("last_day").ifPresent(last -> date("DTEND", basic(last.plusDays(1))));
            } else if (!time("DTSTART", "local_start", "date_start")) {
                throw new IllegalArgumentException("no start");
            } else if (!time("DTEND", "local_end", "date_end")) {
                var seconds = Told.number(record, "duration_s");
                seconds.ifPresent(
                        s -> raw("DURATION", java.time.Duration.ofSeconds(s).toString()));
            }
            Told.text(record, "time_zone_raw").ifPresent(name -> raw("X-FERRY-TIME-ZONE", escaped(name)));
        }

        /// @return false where the record does not say
        private boolean time(String property, String local, String utc) {
            var wall = Told.text(record, local).map(LocalDateTime::parse);
            var moment = moment(utc);
            if (zone.isPresent() && wall.isPresent()) {
                wall(property, wall.get(), zone);
            } else if (moment.isPresent()) {
                moment(property, moment.get());
            } else {
                wall.ifPresent(w -> wall(property, w, Optional.empty()));
            }
            return wall.isPresent() || moment.isPresent();
        }

        private void moment(String property, Instant moment) {
            if (zone.isPresent()) {
                wall(property, LocalDateTime.ofInstant(moment, zone.get()), zone);
            } else {
                raw(property, UTC.format(moment));
            }
        }

        private void wall(String property, LocalDateTime wall, Optional<ZoneId> in) {
            var written = raw(property, WALL.format(wall));
            in.ifPresent(z -> written.setParameter("TZID", z.getId()));
        }

        private void date(String property, String basic) {
            event.addExperimentalProperty(property, ICalDataType.DATE, basic);
        }

        private Optional<LocalDate> day(String field) {
            return Told.text(record, field).map(LocalDate::parse);
        }

        private Optional<Instant> moment(String field) {
            return Told.text(record, field).map(Instant::parse);
        }

        private static String basic(LocalDate day) {
            return DateTimeFormatter.BASIC_ISO_DATE.format(day);
        }

        private RawProperty raw(String name, String value) {
            return event.addExperimentalProperty(name, value);
        }

        // ---- recurrence

        private void rule() {
            var rule = record.path("recurrence");
            if (!rule.isObject() || record.path("occurrence").isString()) {
                return; // of a changed occurrence the rule is its master's
            }
            var frequency = Told.text(rule, "frequency").orElse("other");
            if (frequency.equals("other")) {
                raw("X-FERRY-RECURRENCE", escaped(rule.toString()));
                return;
            }
            var parts = new ArrayList<String>(List.of("FREQ=" + frequency.toUpperCase(Locale.ROOT)));
            Told.number(rule, "interval").ifPresent(n -> parts.add("INTERVAL=" + Math.max(1, n)));
            var count = Told.number(rule, "count");
            var until = Told.text(rule, "date_until").map(Instant::parse);
            if (count.orElse(0) > 0) {
                parts.add("COUNT=" + count.getAsLong());
            } else {
                until.ifPresent(at -> parts.add("UNTIL=" + until(at)));
            }
            Told.text(rule, "week_start")
                    .filter(day -> WEEKDAY.matcher(day).matches())
                    .ifPresent(day -> parts.add("WKST=" + day));
            days(rule, parts);
            raw("RRULE", String.join(";", parts));
            Told.texts(rule, "excluded_dates").forEach(this::exclude);
        }

        /// Its kind must be that of the start.
        private void exclude(String told) {
            if (allDay) {
                date("EXDATE", basic(LocalDate.parse(told)));
                return;
            }
            var wall = LocalDateTime.parse(told);
            var fixed =
                    Told.text(record, "time_zone").filter(_ -> zone.isEmpty()).map(ZoneId::of);
            fixed.ifPresentOrElse(
                    in -> raw("EXDATE", UTC.format(wall.atZone(in).toInstant())), () -> wall("EXDATE", wall, zone));
        }

        /// Its kind must be that of the start.
        private String until(Instant at) {
            if (allDay) {
                return basic(LocalDate.ofInstant(at, ZoneOffset.UTC));
            }
            boolean floating = zone.isEmpty() && moment("date_start").isEmpty();
            return floating ? WALL.format(LocalDateTime.ofInstant(at, ZoneOffset.UTC)) : UTC.format(at);
        }

        private static void days(JsonNode rule, List<String> parts) {
            var weekDays = words(rule, "week_days");
            var others = words(rule, "frequency_days");
            var byDay = new ArrayList<>(weekDays.stream()
                    .filter(word -> WEEKDAY.matcher(word).matches())
                    .toList());
            others.stream()
                    .filter(word -> WEEKDAY.matcher(word).matches() && !byDay.contains(word))
                    .forEach(byDay::add);
            var byMonthDay = others.stream()
                    .filter(word -> MONTHDAY.matcher(word).matches())
                    .toList();
            if (!byDay.isEmpty()) {
                parts.add("BYDAY=" + String.join(",", byDay));
            }
            if (!byMonthDay.isEmpty() && parts.contains("FREQ=MONTHLY")) {
                parts.add("BYMONTHDAY=" + String.join(",", byMonthDay));
            }
        }

        private static List<String> words(JsonNode rule, String field) {
            return Told.texts(rule, field)
                    .flatMap(text -> Pattern.compile("[,\\s]+").splitAsStream(text.strip()))
                    .map(word -> word.toUpperCase(Locale.ROOT))
                    .toList();
        }

        // ---- what belongs to it

        private void alarm(JsonNode alarm) {
            var offset = Told.number(alarm, "offset_s");
            if (offset.isEmpty()) {
                raw("X-FERRY-ALARM", escaped(alarm.toString()));
                return;
            }
            var trigger = new Trigger(Duration.fromMillis(offset.getAsLong() * 1000), Related.START);
            event.addAlarm(VAlarm.display(trigger, Told.text(record, "title").orElse("Reminder")));
        }

        private void invitee(JsonNode invitee) {
            var name = Told.text(invitee, "name").map(Told::line).orElse(null);
            var email = Told.text(invitee, "email").map(Told::line).orElse(null);
            if (Told.flag(invitee, "is_organizer")) {
                var organizer = new Organizer(name, email);
                if (email == null) {
                    organizer.setUri("invalid:nomail");
                }
                event.setOrganizer(organizer);
            }
            var attendee = new Attendee(name, email);
            if (email == null) {
                attendee.setUri("invalid:nomail");
            }
            Told.text(invitee, "status").map(STATUSES::get).ifPresent(attendee::setParticipationStatus);
            Told.text(invitee, "type").map(TYPES::get).ifPresent(attendee::setCalendarUserType);
            if (Told.flag(invitee, "is_me")) {
                attendee.setParameter("X-FERRY-ME", "TRUE");
            }
            event.addAttendee(attendee);
        }

        private void attachment(JsonNode attachment) {
            var property = raw(
                    "X-FERRY-ATTACHMENT",
                    escaped(Told.text(attachment, "name")
                            .or(() -> Told.text(attachment, "id"))
                            .orElse("")));
            Told.text(attachment, "mime_type").ifPresent(type -> property.setParameter("FMTTYPE", Told.line(type)));
            Told.number(attachment, "size").ifPresent(size -> property.setParameter("SIZE", Long.toString(size)));
        }
    }
}
