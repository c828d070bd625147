package ferry.form;

import static org.assertj.core.api.Assertions.assertThat;

import biweekly.Biweekly;
import biweekly.ICalendar;
import biweekly.component.VEvent;
import biweekly.io.TimezoneAssignment;
import biweekly.parameter.ParticipationStatus;
import biweekly.util.Frequency;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/// Calendars as iCalendar, read back by the library.
class CalendarsTest {
    private static final ObjectNode HOME = Sheets.record(
            "{'id': 'calendar:home', 'data_type': 'calendar', 'title': 'Home, sweet; home 🏡', 'color': '#1BADF8'}");

    private static ObjectNode event(String id, String fields) {
        return Sheets.record("{'id': 'event:" + id + "', 'data_type': 'event', 'calendar_id': 'calendar:home',"
                + " 'title': 'Tea', 'all_day': false" + fields.replace("\n", " ") + "}");
    }

    private static ICalendar read(ObjectNode... records) throws Exception {
        var all = new ObjectNode[records.length + 1];
        all[0] = HOME;
        System.arraycopy(records, 0, all, 1, records.length);
        var text = Sheets.of(Form.ICALENDAR, all).text("calendar:home");
        var calendars = Biweekly.parse(text).all();
        assertThat(calendars).hasSize(1);
        assertThat(text.lines().map(line -> line.getBytes(java.nio.charset.StandardCharsets.UTF_8).length))
                .allMatch(length -> length <= 78);
        return calendars.getFirst();
    }

    private static VEvent only(ObjectNode record) throws Exception {
        return read(record).getEvents().getFirst();
    }

    private static String raw(VEvent event, String name) {
        var property = event.getExperimentalProperty(name);
        return property == null ? "" : property.getValue();
    }

    @Test
    void everyFieldOfAnEventIsInItsCalendar() throws Exception {
        var calendar = read(event("1", """
                , 'location': 'Quay, 3; left', 'description': 'Bring:\\n- tea\\n- 🍰', 'url': 'https://tea.example/?a=1,2',
                'local_start': '2026-08-20T14:05', 'local_end': '2026-08-20T15:35', 'time_zone': 'Europe/Berlin',
                'date_start': '2026-08-20T12:05:00.000Z', 'date_end': '2026-08-20T13:35:00.000Z', 'duration_s': 5400,
                'date_created': '2026-01-02T03:04:05.000Z', 'date_modified': '2026-02-03T04:05:06.000Z', 'read_only': true,
                'details_complete': false,
                'alarms': [{'id': 'a', 'type': 'message', 'is_location_based': false, 'offset_s': -900}],
                'invitees': [
                  {'name': 'Ada B', 'email': 'ada@sandbox.example', 'is_organizer': true, 'is_me': true,
                   'status': 'accepted', 'type': 'individual'},
                  {'name': 'Nobody', 'email': null, 'is_organizer': false, 'status': 'needs_action', 'type': 'room'}],
                'attachments': [{'id': 'x', 'name': 'menu.pdf', 'mime_type': 'application/pdf', 'size': 1234}]
                """));

        assertThat(calendar.getNames().getFirst().getValue()).isEqualTo("Home, sweet; home 🏡");
        assertThat(calendar.getExperimentalProperty("X-APPLE-CALENDAR-COLOR").getValue())
                .isEqualTo("#1BADF8");
        var event = calendar.getEvents().getFirst();
        assertThat(event.getUid().getValue()).isEqualTo("1");
        assertThat(event.getSummary().getValue()).isEqualTo("Tea");
        assertThat(event.getLocation().getValue()).isEqualTo("Quay, 3; left");
        assertThat(event.getDescription().getValue()).isEqualTo("Bring:\n- tea\n- 🍰");
        assertThat(event.getUrl().getValue()).isEqualTo("https://tea.example/?a=1,2");
        assertThat(event.getDateStart().getValue().toInstant()).isEqualTo(Instant.parse("2026-08-20T12:05:00Z"));
        assertThat(event.getDateEnd().getValue().toInstant()).isEqualTo(Instant.parse("2026-08-20T13:35:00Z"));
        assertThat(event.getDateStart().getParameter("TZID")).isNull(); // the library has taken it in
        assertThat(event.getCreated().getValue().toInstant()).isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
        assertThat(event.getLastModified().getValue().toInstant()).isEqualTo(Instant.parse("2026-02-03T04:05:06Z"));
        assertThat(event.getDateTimeStamp().getValue().toInstant()).isEqualTo(Instant.parse("2026-02-03T04:05:06Z"));
        var trigger = event.getAlarms().getFirst().getTrigger().getDuration();
        assertThat(trigger.toMillis()).isEqualTo(-900_000);
        assertThat(event.getOrganizer().getEmail()).isEqualTo("ada@sandbox.example");
        var guests = event.getAttendees();
        assertThat(guests.get(0).getCommonName()).isEqualTo("Ada B");
        assertThat(guests.get(0).getParticipationStatus()).isEqualTo(ParticipationStatus.ACCEPTED);
        assertThat(guests.get(0).getParameter("X-FERRY-ME")).isEqualTo("TRUE");
        assertThat(guests.get(1).getCommonName()).isEqualTo("Nobody");
        assertThat(guests.get(1).getParticipationStatus()).isEqualTo(ParticipationStatus.NEEDS_ACTION);
        assertThat(guests.get(1).getCalendarUserType().getValue()).isEqualToIgnoringCase("ROOM");
        var attachment = event.getExperimentalProperty("X-FERRY-ATTACHMENT");
        assertThat(attachment.getValue()).isEqualTo("menu.pdf");
        assertThat(attachment.getParameter("FMTTYPE")).isEqualTo("application/pdf");
        assertThat(attachment.getParameter("SIZE")).isEqualTo("1234");
        assertThat(raw(event, "X-FERRY-READ-ONLY")).isEqualTo("TRUE");
        assertThat(raw(event, "X-FERRY-DETAILS-COMPLETE")).isEqualTo("FALSE");
    }

    @Test
    void wholeDaysEndOnTheDayAfterTheLast() throws Exception {
        var event = only(Sheets.record("{'id': 'event:d', 'data_type': 'event', 'calendar_id': 'calendar:home',"
                + " 'title': 'Holiday', 'all_day': true, 'first_day': '2026-12-24', 'last_day': '2026-12-26'}"));

        assertThat(event.getDateStart().getValue().hasTime()).isFalse();
        assertThat(event.getDateStart().getValue().getRawComponents().toString(false, false))
                .isEqualTo("20261224");
        assertThat(event.getDateEnd().getValue().getRawComponents().toString(false, false))
                .isEqualTo("20261227");
    }

    @Test
    void aTimeWithoutAZoneIsTheSameTimeOfDayEverywhere() throws Exception {
        var calendar = read(event("f", ", 'local_start': '2026-03-29T02:30', 'local_end': '2026-03-29T03:00'"));
        var start = calendar.getEvents().getFirst().getDateStart();

        assertThat(calendar.getTimezoneInfo().isFloating(start)).isTrue();
        assertThat(start.getValue().getRawComponents().toString(true, false)).isEqualTo("20260329T023000");
    }

    @Test
    void anUnknownZoneIsWrittenInUtc() throws Exception {
        var event = only(event(
                "u",
                ", 'time_zone_raw': 'Mars/Olympus', 'local_start': '2026-03-29T02:30',"
                        + " 'date_start': '2026-03-29T01:30:00.000Z', 'duration_s': 60"));

        assertThat(event.getDateStart().getValue().toInstant()).isEqualTo(Instant.parse("2026-03-29T01:30:00Z"));
        assertThat(event.getDuration().getValue().toMillis()).isEqualTo(60_000);
        assertThat(raw(event, "X-FERRY-TIME-ZONE")).isEqualTo("Mars/Olympus");
    }

    @Test
    void aRecurringEventAndItsChangedOccurrenceAreOneEvent() throws Exception {
        var calendar = read(event("r", """
                        , 'local_start': '2026-01-05T09:00', 'local_end': '2026-01-05T10:00', 'time_zone': 'America/New_York',
                        'recurrence': {'frequency': 'weekly', 'interval': 2, 'count': null,
                          'date_until': '2026-12-31T23:59:00.000Z', 'week_start': 'MO', 'week_days': ['MO,WE'],
                          'frequency_days': [], 'excluded_dates': ['2026-01-07T09:00', '2026-07-06T09:00']}
                        """), event("r__20260309T130000Z", """
                        , 'master_id': 'event:r', 'occurrence': '20260309T130000Z', 'local_start': '2026-03-09T11:00',
                        'local_end': '2026-03-09T12:00', 'time_zone': 'America/New_York',
                        'recurrence': {'frequency': 'weekly', 'interval': 2, 'excluded_dates': null}
                        """));

        var master = calendar.getEvents().get(0);
        var rule = master.getRecurrenceRule().getValue();
        assertThat(rule.getFrequency()).isEqualTo(Frequency.WEEKLY);
        assertThat(rule.getInterval()).isEqualTo(2);
        assertThat(rule.getUntil().toInstant()).isEqualTo(Instant.parse("2026-12-31T23:59:00Z"));
        assertThat(rule.getByDay()).hasSize(2);
        assertThat(excluded(master))
                .containsExactly(Instant.parse("2026-01-07T14:00:00Z"), Instant.parse("2026-07-06T13:00:00Z"));
        var changed = calendar.getEvents().get(1);
        assertThat(changed.getRecurrenceRule()).isNull();
        assertThat(changed.getUid().getValue())
                .isEqualTo(master.getUid().getValue())
                .isEqualTo("r");
        assertThat(changed.getRecurrenceId().getValue().toInstant()).isEqualTo(Instant.parse("2026-03-09T13:00:00Z"));
        // In summer time, while the master begins in winter.
        assertThat(changed.getDateStart().getValue().toInstant()).isEqualTo(Instant.parse("2026-03-09T15:00:00Z"));
        assertThat(master.getDateStart().getValue().toInstant()).isEqualTo(Instant.parse("2026-01-05T14:00:00Z"));
    }

    private static List<Instant> excluded(VEvent event) {
        return event.getExceptionDates().stream()
                .flatMap(dates -> dates.getValues().stream())
                .map(Date::toInstant)
                .toList();
    }

    @Test
    void whatIsExcludedIsOfTheKindOfTheBeginning() throws Exception {
        var rule = ", 'recurrence': {'frequency': 'daily', 'excluded_dates': ['2026-03-30%s']}";
        var utc = only(event(
                "u",
                ", 'local_start': '2026-03-29T09:00', 'time_zone': 'UTC'," + " 'date_start': '2026-03-29T09:00:00.000Z'"
                        + rule.formatted("T09:00")));
        assertThat(excluded(utc)).containsExactly(Instant.parse("2026-03-30T09:00:00Z"));

        var floating = read(event("f", ", 'local_start': '2026-03-29T02:30'" + rule.formatted("T02:30")));
        var dates = floating.getEvents().getFirst().getExceptionDates().getFirst();
        assertThat(floating.getTimezoneInfo().isFloating(dates)).isTrue();
        assertThat(dates.getValues().getFirst().getRawComponents().toString(true, false))
                .isEqualTo("20260330T023000");

        var days = only(event("d", ", 'first_day': '2026-03-29', 'last_day': '2026-03-29'" + rule.formatted(""))
                .put("all_day", true));
        var day = days.getExceptionDates().getFirst().getValues().getFirst();
        assertThat(day.hasTime()).isFalse();
        assertThat(day.getRawComponents().toString(false, false)).isEqualTo("20260330");
    }

    @Test
    void aRuleThatNobodyKnowsIsKept() throws Exception {
        var event = only(event(
                "o",
                ", 'date_start': '2026-03-29T01:30:00.000Z',"
                        + " 'recurrence': {'frequency': 'other', 'frequency_raw': 'lunar', 'interval': 1}"));

        assertThat(event.getRecurrenceRule()).isNull();
        assertThat(raw(event, "X-FERRY-RECURRENCE")).contains("lunar");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Europe/London",
                "America/New_York",
                "Asia/Kolkata",
                "Australia/Lord_Howe",
                "Africa/Casablanca",
                "Asia/Jerusalem",
                "America/Sao_Paulo",
                "Pacific/Apia",
                "Europe/Dublin",
                "America/Caracas"
            })
    void aZoneIsDescribedAsJavaKnowsIt(String name) throws Exception {
        var zone = ZoneId.of(name);
        var calendar = read(event("z", ", 'local_start': '2026-01-05T09:00', 'time_zone': '" + name + "'"));
        var described = calendar.getTimezoneInfo().getTimezones().stream()
                .map(TimezoneAssignment::getTimeZone)
                .findFirst()
                .orElseThrow();

        for (int year : List.of(1975, 1988, 1999, 2006, 2010, 2016, 2026, 2040)) {
            for (int month = 1; month <= 12; month++) {
                var wall = LocalDateTime.of(year, month, 15, 12, 0);
                // Asked for an instant it would tell from today's offset alone.
                int told = described.getOffset(GregorianCalendar.AD, year, month - 1, 15, 1, 12 * 3600 * 1000);
                assertThat(told / 1000)
                        .as(wall.toString())
                        .isEqualTo(zone.getRules().getOffset(wall).getTotalSeconds());
            }
        }
    }

    @Test
    void eachCalendarWithEventsIsAFileThatIsNamedAfterIt() throws Exception {
        var other = event("x", ", 'date_start': '2026-03-29T01:30:00.000Z'").put("calendar_id", "calendar:work");
        var sheets = Sheets.of(
                Form.ICALENDAR,
                HOME,
                Sheets.record("{'id': 'calendar:work', 'data_type': 'calendar', 'title': 'Work'}"),
                Sheets.record("{'id': 'calendar:empty', 'data_type': 'calendar', 'title': 'Empty'}"),
                event("1", ", 'date_start': '2026-03-29T01:30:00.000Z'"),
                other,
                event("2", ", 'date_start': '2026-03-30T01:30:00.000Z'"),
                Sheets.record("{'id': 'event:gone', 'data_type': 'event', 'deleted': true}"));

        assertThat(sheets.sheets.keySet()).containsExactlyInAnyOrder("calendar:home", "calendar:work");
        assertThat(sheets.sheet("calendar:work").name()).isEqualTo("Work.ics");
        assertThat(Biweekly.parse(sheets.text("calendar:home")).first().getEvents())
                .hasSize(2);
        assertThat(Biweekly.parse(sheets.text("calendar:work")).first().getEvents())
                .hasSize(1);
    }

    @Test
    void anEventWithoutABeginningIsLeftOutAndCounted() throws Exception {
        var sheets = new Sheets();
        try (var writer = FormWriter.of(Form.ICALENDAR, "some.type", false, sheets)) {
            writer.item(event("none", ", 'local_start': null"));
            writer.finish();
            assertThat(writer.unfit()).isEqualTo(1);
        }
        assertThat(sheets.sheets).isEmpty();
    }

    @Test
    void manyEventsOfManyCalendarsComeTogetherByCalendar() throws Exception {
        var sheets = new Sheets();
        try (var writer = FormWriter.of(Form.ICALENDAR, "some.type", false, sheets)) {
            for (int i = 0; i < 6000; i++) {
                writer.item(event(
                                "e" + i,
                                ", 'date_start': '2026-03-29T01:30:00.000Z', 'description': '" + "x".repeat(1000) + "'")
                        .put("calendar_id", "calendar:" + i % 3));
            }
            assertThat(sheets.written).isZero();
            writer.finish();
        }
        assertThat(sheets.sheets).hasSize(3);
        assertThat(Biweekly.parse(sheets.text("calendar:1")).first().getEvents())
                .hasSize(2000);
    }
}
