package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Window;
import ferry.connector.icloud.web.KeptFeed;
import ferry.sandbox.calendars.Appointment;
import ferry.sandbox.calendars.CalendarStore;
import java.net.BindException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// The real connector reads the simulated calendars; and what the simulator itself answers.
class CalendarsAtSandboxTest {
    private final SignedIn there = new SignedIn();

    CalendarsAtSandboxTest() throws BindException {}

    @AfterEach
    void stop() {
        there.close();
    }

    private KeptFeed read(String name) throws Exception {
        return there.read(name, "icloud_calendars.events");
    }

    private CalendarStore store(String name) {
        return there.sandbox.calendars().of(there.account(name));
    }

    /// Every appointment once, and each moved occurrence.
    private static List<String> expected(CalendarStore store) {
        return store.appointments().stream()
                .flatMap(each -> Stream.concat(
                        Stream.of("event:" + each.guid()),
                        each.moved().keySet().stream().map(_ -> "event:" + each.guid() + "__")))
                .toList();
    }

    private static List<String> shortened(List<String> ids) {
        return ids.stream()
                .filter(id -> id.startsWith("event:"))
                .map(id -> id.replaceFirst("__.*", "__"))
                .toList();
    }

    private long asked(String path) {
        return there.sandbox.journal().count(entry -> entry.path().contains(path));
    }

    @ParameterizedTest
    @CsvSource({"plain, 62", "calendars-large, 68", "calendars-error, 63"})
    void everythingComesOnce(String name, int windows) throws Exception {
        var feed = read(name);
        assertThat(shortened(feed.ids())).containsExactlyInAnyOrderElementsOf(expected(store(name)));
        assertThat(feed.kind("calendar"))
                .extracting(each -> each.path("id").asString())
                .containsExactly(
                        "calendar:home", "calendar:work", "calendar:family", "calendar:team", "calendar:holidays");
        assertThat(feed.complete).isTrue();
        assertThat(asked("/ca/events")).isEqualTo(windows);
    }

    @Test
    void aMonthThatIsNeverAnsweredIsSaidAndTheRestComes() throws Exception {
        var feed = read("calendars-broken");
        assertThat(feed.complete).isFalse();
        assertThat(feed.sentences.get("window_unreadable")).contains("1 months: 2016-05.");
        var may = store("calendars-broken").appointments().stream()
                .filter(each -> each.start().toString().startsWith("2016-05"))
                .map(each -> "event:" + each.guid())
                .toList();
        var others = expected(store("calendars-broken")).stream()
                .filter(id -> !may.contains(id))
                .toList();
        assertThat(shortened(feed.ids())).containsAll(others);
    }

    @Test
    void oddEventsComeWithWhatCanBeRead() throws Exception {
        var feed = read("calendars-odd");
        assertThat(feed.item("event:odd-text-dates").path("date_start").asString())
                .isEqualTo("2022-02-04T09:00:00.000Z");
        assertThat(feed.item("event:odd-year-zero").path("date_start_raw").asString())
                .startsWith("[");
        assertThat(feed.item("event:odd-month-thirteen").path("date_end_raw").asString())
                .contains(",13,");
        assertThat(feed.item("event:odd-unknown-zone").path("time_zone_raw").asString())
                .isEqualTo("Mars/Olympus");
        assertThat(feed.item("event:odd-unknown-zone").path("date_start").asString())
                .isEqualTo("2022-02-13T09:00:00.000Z");
        assertThat(feed.item("event:odd-bare").path("title").isNull()).isTrue();
        assertThat(feed.item("event:odd-no-details").path("details_complete").asBoolean(true))
                .isFalse();
        assertThat(feed.item("event:odd-twice").path("title").asString()).isEqualTo("TWICE");
        assertThat(feed.item("calendar:odd").path("kind_raw").asString()).isEqualTo("moon-phases");
        assertThat(feed.refusals).containsExactly("event:unnamed not-retrievable");
        assertThat(feed.warnings).contains("details_missing", "years_read");
    }

    @Test
    void aSeriesIsItsMasterWithRuleAndItsExceptions() throws Exception {
        var feed = read("plain");
        var meeting = feed.item("event:weekly-meeting");
        assertThat(meeting.path("date_start").asString()).isEqualTo("2014-03-03T08:30:00.000Z");
        assertThat(meeting.path("duration_s").asLong()).isEqualTo(2700);
        assertThat(meeting.at("/recurrence/frequency").asString()).isEqualTo("weekly");
        assertThat(meeting.at("/recurrence/date_until").asString()).isEqualTo("2018-06-30T23:59:00.000Z");
        assertThat(meeting.path("description").asString()).startsWith("Please bring");
        assertThat(meeting.at("/invitees/1/email").asString()).isEqualTo("robin@sandbox.example");
        assertThat(meeting.at("/alarms/1/offset_s").asLong()).isEqualTo(-86_400);
        assertThat(feed.kind("event").stream()
                        .filter(each -> each.path("master_id").asString("").equals("event:weekly-meeting")))
                .hasSize(2)
                .allMatch(each -> !each.path("occurrence").isNull());
        assertThat(excluded(feed, "weekly-meeting")).isEqualTo("[\"2014-12-29T09:30\"]");
        assertThat(excluded(feed, "course")).isEqualTo("[\"2020-09-07T18:00\"]");
        assertThat(excluded(feed, "old-birthday")).isEqualTo("[]");
        assertThat(feed.kind("event").stream()
                        .filter(each -> each.path("master_id").isString()))
                .allMatch(each -> each.at("/recurrence/excluded_dates").isNull());
        assertThat(feed.item("event:old-birthday").path("first_day").asString()).isEqualTo("1941-05-17");
        assertThat(feed.item("event:course").path("date_start").asString()).isEqualTo("2020-09-08T01:00:00.000Z");
        assertThat(feed.item("event:new-years-eve").path("date_end").asString()).isEqualTo("2018-01-01T03:00:00.000Z");
        assertThat(feed.item("event:new-year").path("read_only").asBoolean()).isTrue();
    }

    @Test
    void onlyWhatChangedSinceComes() throws Exception {
        var plain = store("plain");
        var since = there.clock.instant();
        there.clock.advance(Duration.ofMinutes(5));
        plain.rename("rent", "Rent, raised");
        plain.put(Appointment.plain(
                "added", "home", "New", "UTC", LocalDateTime.of(2027, 1, 1, 9, 0), 60, there.clock.instant()));
        plain.remove("new-year");
        var window = new Window(Optional.of(since), Optional.empty());
        var feed = there.read("plain", "icloud_calendars.events", window);
        assertThat(feed.kind("event"))
                .extracting(each -> each.path("id").asString())
                .containsExactlyInAnyOrder("event:rent", "event:added");
        assertThat(feed.item("event:rent").path("title").asString()).isEqualTo("Rent, raised");
        assertThat(asked("/ca/eventdetail")).isZero();
    }

    @Test
    void anOccurrenceThatIsMovedOrRemovedIsSeenNextTime() throws Exception {
        var plain = store("plain");
        var rent = LocalDateTime.of(2021, 12, 31, 8, 0);
        plain.removeOccurrence("rent", rent);
        plain.move("rent", rent.plusMonths(2), rent.plusMonths(2).plusDays(3));
        plain.removeOccurrence("new-year", LocalDateTime.of(2020, 1, 1, 0, 0));
        var feed = read("plain");
        assertThat(excluded(feed, "new-year")).isEqualTo("[\"2020-01-01\"]");
        assertThat(excluded(feed, "rent")).isEqualTo("null"); // the simulator has one in months without a 31st
        assertThat(feed.item("event:rent").path("local_start").asString()).isEqualTo("2021-12-31T08:00");
        assertThat(feed.item("event:rent__20220228T080000Z").path("local_start").asString())
                .isEqualTo("2022-03-03T08:00");
        assertThat(feed.complete).isTrue();
    }

    private static String excluded(KeptFeed feed, String guid) {
        return feed.item("event:" + guid).at("/recurrence/excluded_dates").toString();
    }

    // ---- the simulator itself

    @Test
    void theServiceKeepsItsRules() {
        var client = new ScriptedClient(there.sandbox);
        client.signIn("plain@sandbox.example", "password");
        var login = client.accountLogin().json();
        var base = login.at("/webservices/calendar/url").asString() + "/ca/";
        var dsid = "dsid=" + login.at("/dsInfo/dsid").asString();
        var year = "&startDate=2014-01-01&endDate=2014-12-31";
        assertThat(client.service(base + "events?x=1" + year).status()).isEqualTo(421);
        assertThat(client.service(base + "events?" + dsid).status()).isEqualTo(400);
        assertThat(client.service(base + "events?" + dsid + "&startDate=2014-02-30&endDate=2014-12-31")
                        .status())
                .isEqualTo(400);
        assertThat(client.service(base + "events?" + dsid + "&usertz=Nowhere" + year)
                        .status())
                .isEqualTo(400);
        assertThat(client.service(base + "eventdetail/home/weekly-meeting?" + dsid)
                        .status())
                .isEqualTo(404);
        assertThat(client.service(base + "events?" + dsid + "&startDate=1930-01-01&endDate=1930-12-31")
                        .json())
                .isEmpty();

        var listed = client.service(base + "events?" + dsid + "&usertz=US/Pacific" + year)
                .json();
        var meeting = find(listed.path("Event"), "weekly-meeting");
        assertThat(meeting.path("startDate").path(4).asInt()).isEqualTo(9);
        assertThat(meeting.path("localStartDate").path(4).asInt()).isEqualTo(0);
        assertThat(meeting.path("startDateTZOffset").asString()).isEqualTo("+0100");
        assertThat(meeting.path("extendedDetailsAreIncluded").asBoolean(true)).isFalse();
        assertThat(meeting.has("description")).isFalse();
        assertThat(listed.has("Invitee")).isFalse();
        assertThat(listed.path("Event")
                        .valueStream()
                        .filter(each -> each.path("guid").asString().startsWith("weekly-meeting__")))
                .hasSize(42);

        var detail =
                client.service(base + "eventdetail/work/weekly-meeting?" + dsid).json();
        assertThat(detail.at("/Event/0/description").asString()).startsWith("Please bring");
        assertThat(detail.path("Invitee")).hasSize(2);
        var startup = client.service(base + "startup?" + dsid + year).json();
        assertThat(startup.path("Collection")).hasSize(5);
        assertThat(startup.path("Event")).hasSameSizeAs(listed.path("Event"));
    }

    private static JsonNode find(JsonNode events, String guid) {
        return events.valueStream()
                .filter(each -> each.path("guid").asString().equals(guid))
                .findFirst()
                .orElseThrow();
    }
}
