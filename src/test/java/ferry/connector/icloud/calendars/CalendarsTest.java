package ferry.connector.icloud.calendars;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.Window;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.KeptFeed;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The reader and answers of every oddity.
class CalendarsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final int YEARS = 2031 - 1970 + 1;

    private final FakeCalendar source = new FakeCalendar();
    private final KeptFeed feed = new KeptFeed();

    private void read() throws ConnectorException, InterruptedException {
        read(Window.ALL);
    }

    private void read(Window window) throws ConnectorException, InterruptedException {
        new Calendars(source, InstantSource.fixed(NOW)).events(window, feed, Differences.Before.NOTHING);
    }

    /// The record of one event of 2024.
    private JsonNode event(String more) throws Exception {
        source.year(2024, "{'Event': [{'guid': 'E', 'pGuid': 'home'" + more + "}]}");
        read();
        return feed.item("event:E");
    }

    private static String text(JsonNode record, String name) {
        return record.path(name).isNull() ? "null" : record.path(name).asString();
    }

    private static Refused refused() {
        return new Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered 400.");
    }

    private static Unavailable busy() {
        return new Unavailable(Duration.ofSeconds(20), ErrorCode.SERVICE_UNAVAILABLE, "The source is busy.");
    }

    // ---- years

    @Test
    void theYearsFrom1970ToFiveAheadAreAskedForOnceEach() throws Exception {
        read();
        assertThat(source.asked).hasSize(1 + YEARS).startsWith("/ca/allcollections", "1970-01-01 1970-12-31");
        assertThat(source.asked.getLast()).isEqualTo("2031-01-01 2031-12-31");
        assertThat(feed.complete).isTrue();
        assertThat(feed.ids()).isEmpty();
        assertThat(feed.warnings).containsExactly("years_read");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{'Event': null}", "{'Event': []}", "{'Event': null, 'Alarm': null, 'Recurrence': {}}"})
    void aYearWithoutEventsIsNoError(String answer) throws Exception {
        source.year(2024, answer);
        read();
        assertThat(feed.complete).isTrue();
        assertThat(source.asked).hasSize(1 + YEARS);
    }

    @Test
    void aYearThatIsRefusedIsAskedForInHalvesDownToItsMonth() throws Exception {
        source.failing = request -> request.compareTo("2016-05-31") < 0
                        && request.startsWith("2016-")
                        && request.substring(11).compareTo("2016-05-01") >= 0
                ? refused()
                : null;
        source.answers.put("2016-07-01 2016-12-31", FakeCalendar.json("{'Event': [{'guid': 'July'}]}"));
        read();
        assertThat(source.asked.stream().filter(each -> each.startsWith("2016")))
                .containsExactly(
                        "2016-01-01 2016-12-31",
                        "2016-01-01 2016-06-30",
                        "2016-01-01 2016-03-31",
                        "2016-04-01 2016-06-30",
                        "2016-04-01 2016-04-30",
                        "2016-05-01 2016-06-30",
                        "2016-05-01 2016-05-31",
                        "2016-06-01 2016-06-30",
                        "2016-07-01 2016-12-31");
        assertThat(feed.ids()).containsExactly("event:July");
        assertThat(feed.complete).isFalse();
        assertThat(feed.sentences.get("window_unreadable")).contains("1 months: 2016-05.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'error': 1}",
                "{'success': false}",
                "{'errorReason': 'x', 'uuid': 'y'}",
                "[]",
                "{'Event': 'none'}",
                "{'serverErrorCode': 'UNKNOWN'}"
            })
    void anErrorInAGoodAnswersClothesIsNoEmptyYear(String answer) throws Exception {
        source.year(2016, answer);
        read();
        assertThat(source.asked("2016-")).isEqualTo(3);
        assertThat(feed.complete).isTrue();
    }

    @Test
    void aVeryBigYearIsAskedForInHalves() throws Exception {
        source.answers.put("2016-01-01 2016-12-31", many());
        source.answers.put("2016-01-01 2016-06-30", FakeCalendar.json("{'Event': [{'guid': 'one'}]}"));
        read();
        assertThat(feed.ids()).containsExactly("event:one");
        assertThat(source.asked("2016-")).isEqualTo(3);
    }

    @Test
    void aVeryBigMonthIsTakenAndReadByTheDayToo() throws Exception {
        source.answers.put("2016-01-01 2016-12-31", many());
        source.answers.put("2016-01-01 2016-06-30", many());
        source.answers.put("2016-01-01 2016-03-31", many());
        source.answers.put("2016-02-01 2016-03-31", many());
        source.answers.put("2016-02-01 2016-02-29", many());
        source.answers.put("2016-02-15 2016-02-29", FakeCalendar.json("{'Event': [{'guid': 'one more'}]}"));
        read();
        assertThat(feed.ids()).hasSize(Walk.VERY_MANY + 1).contains("event:one more");
        assertThat(source.asked("2016-02")).isEqualTo(4);
        assertThat(feed.warnings).containsExactly("years_read");
        assertThat(feed.complete).isTrue();
    }

    @Test
    void aDayThatIsAsFullAsAnAnswerMayBeIsSaid() throws Exception {
        for (var span : List.of(
                "2016-01-01 2016-12-31",
                "2016-01-01 2016-06-30",
                "2016-01-01 2016-03-31",
                "2016-01-01 2016-01-31",
                "2016-01-01 2016-01-15",
                "2016-01-01 2016-01-07",
                "2016-01-01 2016-01-03",
                "2016-01-01 2016-01-01")) {
            source.answers.put(span, many());
        }
        read();
        assertThat(feed.ids()).hasSize(Walk.VERY_MANY);
        assertThat(feed.sentences.get("window_overfull")).endsWith("for 1 days: 2016-01-01.");
        assertThat(feed.complete).isFalse();
    }

    private static JsonNode many() {
        var many = FakeCalendar.json("{'Event': []}");
        for (int i = 0; i < Walk.VERY_MANY; i++) {
            many.withArray("Event").addObject().put("guid", "E" + i);
        }
        return many;
    }

    @Test
    void aYearThatIsBusyForEverIsHalvedWhereOthersAreAnswered() throws Exception {
        source.failing = request -> request.equals("2016-01-01 2016-12-31") ? busy() : null;
        source.answers.put("2016-01-01 2016-06-30", FakeCalendar.json("{'Event': [{'guid': 'one'}]}"));
        read();
        assertThat(feed.ids()).containsExactly("event:one");
        assertThat(feed.complete).isTrue();
    }

    @Test
    void aSourceThatIsBusyForAllIsLeftForLater() {
        source.failing = _ -> source.asked("2016-") > 0 ? busy() : null;
        assertThatThrownBy(this::read).isInstanceOf(Unavailable.class);
        assertThat(source.asked("2016-")).isEqualTo(1);
        assertThat(source.asked.getLast()).isEqualTo("2015-01-01 2015-01-31");
    }

    @Test
    void aServiceThatRefusesEverythingFailsSoon() {
        source.failing = _ -> refused();
        assertThatThrownBy(this::read).isInstanceOf(Refused.class);
        assertThat(source.asked.size()).isLessThan(60);
    }

    @Test
    void aServiceThatTheAccountLacksIsSaidAtOnce() {
        source.failing = _ -> new Refused(ErrorCode.NOT_ACTIVATED, "never opened");
        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_ACTIVATED));
        assertThat(source.asked).hasSize(1);
    }

    @Test
    void halvesOfAYearMeet() {
        for (var half : Span.year(2024).halves()) {
            assertThat(half.halves().getFirst().from()).isEqualTo(half.from());
            assertThat(half.halves().getFirst().to().plusDays(1))
                    .isEqualTo(half.halves().getLast().from());
            assertThat(half.halves().getLast().to()).isEqualTo(half.to());
        }
        assertThat(Span.month(LocalDate.of(2024, 2, 9)))
                .isEqualTo(new Span(LocalDate.of(2024, 2, 1), LocalDate.of(2024, 2, 29)));
    }

    // ---- calendars

    @Test
    void calendarsComeFirstAndOnce() throws Exception {
        source.answers.put("/ca/allcollections", FakeCalendar.json("""
                {'Collection': [
                  {'guid': 'home', 'title': 'Home', 'color': '#fff', 'order': '1', 'enabled': 1, 'isDefault': true,
                   'objectType': 'personal', 'readOnly': 'false', 'supportedType': ['Event', 7]},
                  {'guid': 'moon', 'objectType': 'lunar', 'supportedType': 'Event'},
                  {'guid': 'home'}, {'title': 'nameless'}, null, 3]}
                """));
        source.year(2024, "{'Event': [{'guid': 'E'}]}");
        read();
        assertThat(feed.ids()).containsExactly("calendar:home", "calendar:moon", "event:E");
        assertThat(feed.item("calendar:home").toString().replace('"', '\''))
                .isEqualTo("{'id':'calendar:home',"
                        + "'data_type':'calendar','title':'Home','kind':'personal','color':'#fff','symbolic_color':null,"
                        + "'position':1,'enabled':true,'is_default':true,'is_family':null,'read_only':false,"
                        + "'share_type':null,'supported_types':['Event','7']}");
        assertThat(feed.item("calendar:moon").path("kind").asString()).isEqualTo("other");
        assertThat(feed.item("calendar:moon").path("kind_raw").asString()).isEqualTo("lunar");
        assertThat(feed.item("calendar:moon").path("enabled").isNull()).isTrue();
        assertThat(feed.refusals).hasSize(3).allMatch(each -> each.equals("calendar:unnamed not-retrievable"));
    }

    @Test
    void eventsComeWithoutTheListOfCalendars() throws Exception {
        source.failing = request -> request.equals("/ca/allcollections") ? refused() : null;
        source.year(2024, "{'Event': [{'guid': 'E', 'pGuid': 'home'}]}");
        read();
        assertThat(feed.ids()).containsExactly("event:E");
        assertThat(feed.warnings).contains("calendars_unavailable");
        assertThat(feed.complete).isFalse();
    }

    // ---- once

    @Test
    void anEventOverNewYearComesOnce() throws Exception {
        source.year(2023, "{'Event': [{'guid': 'E'}]}");
        source.year(2024, "{'Event': [{'guid': 'E'}, {'guid': 'E'}]}");
        read();
        assertThat(feed.ids()).containsExactly("event:E");
    }

    @Test
    void aSeriesComesAsItsMasterAndItsExceptions() throws Exception {
        source.year(2023, """
                {'Event': [
                  {'guid': 'S__20231227T090000Z', 'recurrence': 'R', 'recurrenceMaster': false},
                  {'guid': 'S', 'pGuid': 'home', 'recurrence': 'R', 'recurrenceMaster': true,
                   'startDate': [20231220, 2023, 12, 20, 9, 0, 540], 'tz': 'UTC'}],
                 'Recurrence': [{'guid': 'R', 'freq': 'WEEKLY', 'interval': '2', 'weekDays': 'WE'}]}
                """);
        source.year(2024, """
                {'Event': [
                  {'guid': 'S__20240103T090000Z', 'recurrence': 'R'},
                  {'guid': 'S__20240110T090000Z', 'recurrence': 'R', 'recurrenceException': 1, 'title': 'Moved'}]}
                """);
        source.year(2025, "{'Event': [{'guid': 'S__20240110T090000Z', 'recurrenceException': true}]}");
        read();
        assertThat(feed.ids()).containsExactly("event:S__20240110T090000Z", "event:S");
        var master = feed.item("event:S");
        assertThat(master.at("/recurrence/frequency").asString()).isEqualTo("weekly");
        assertThat(master.at("/recurrence/interval").asInt()).isEqualTo(2);
        assertThat(master.at("/recurrence/week_days/0").asString()).isEqualTo("WE");
        assertThat(master.path("master_id").isNull()).isTrue();
        assertThat(feed.item("event:S__20240110T090000Z").path("master_id").asString())
                .isEqualTo("event:S");
        assertThat(feed.item("event:S__20240110T090000Z").path("occurrence").asString())
                .isEqualTo("20240110T090000Z");
        assertThat(source.asked("/ca/eventdetail")).isZero();
        assertThat(feed.complete).isTrue();
    }

    // ---- what was removed

    /// Lists a series of half an hour, first its master, then one occurrence for each stamp.
    private void series(String first, String more, String rule, String... stamps) {
        var events = new StringBuilder("{'guid': 'S', 'pGuid': 'home', 'recurrence': 'R', 'recurrenceMaster': true,"
                + " 'duration': 30, 'startDate': " + first + more + "}");
        for (var stamp : stamps) {
            events.append(", {'guid': 'S__").append(stamp).append("', 'pGuid': 'home', 'recurrence': 'R'}");
        }
        source.year(2024, "{'Event': [" + events + "], 'Recurrence': [{'guid': 'R'" + rule + "}]}");
    }

    private String excluded() throws Exception {
        read();
        return feed.item("event:S").at("/recurrence/excluded_dates").toString().replace('"', '\'');
    }

    private static final String WEEKLY = ", 'freq': 'weekly', 'count': 5";
    private static final String MONDAY = "[20240101, 2024, 1, 1, 23, 30, 1410]";
    private static final String NEW_YORK = ", 'tz': 'America/New_York'";

    @Test
    void whatTheRuleHasAndTheSourceDoesNotListWasRemoved() throws Exception {
        series(MONDAY, NEW_YORK, WEEKLY, "20240109T043000Z", "20240116T043000Z", "20240130T043000Z");
        assertThat(excluded()).isEqualTo("['2024-01-22T23:30']");
        assertThat(feed.schemaErrors("icloud_calendars.events")).isEmpty();
    }

    @Test
    void whatWasMovedIsNotRemovedWheneverItIsNow() throws Exception {
        series(MONDAY, NEW_YORK, WEEKLY, "20240109T043000Z", "20240123T043000Z", "20240130T043000Z");
        source.year(
                2026, "{'Event': [{'guid': 'S__20240116T043000Z', 'recurrence': 'R', 'recurrenceException': true}]}");
        assertThat(excluded()).isEqualTo("[]");
    }

    @Test
    void whatIsListedLaterMayBeMissingAndWhatIsToComeMayNotBeListedYet() throws Exception {
        var stamps = Stream.iterate(LocalDate.of(2024, 1, 2), day -> day.plusDays(1))
                .limit(365)
                .filter(day -> day.getDayOfMonth() != 29)
                .map(day -> day.format(DateTimeFormatter.BASIC_ISO_DATE))
                .toArray(String[]::new);
        series(
                "[20240101, 2024, 1, 1, 0, 0, 0]",
                ", 'allDay': true",
                ", 'freq': 'daily', 'until': [0, 2027, 1, 1]",
                stamps);
        source.year(2025, "{'Event': [" + plain(2025) + "]}");
        source.year(2026, "{'Event': [" + plain(2026) + "]}");
        // Listed up to the 30th of November, which is after today.
        assertThat(excluded())
                .contains("'2024-02-29'", "'2026-10-29'", "'2026-11-29'")
                .doesNotContain("2026-12", "2027");
    }

    private static String plain(int year) {
        return Stream.iterate(LocalDate.of(year, 1, 1), day -> day.plusDays(1))
                .limit(334)
                .filter(day -> year < 2026 || day.getDayOfMonth() != 29)
                .map(day -> "{'guid': 'S__" + day.format(DateTimeFormatter.BASIC_ISO_DATE) + "', 'recurrence': 'R'}")
                .collect(Collectors.joining(", "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "'weekly', 'interval': 2, 'count': 3; 20240115 20240129; []",
                "'weekly', 'weekDays': ['MO,WE'], 'count': 4; 20240103 20240110; ['2024-01-08T23:30']",
                "'monthly', 'frequencyDays': '1,15', 'count': 4; 20240115 20240215; ['2024-02-01T23:30']",
                "'monthly', 'weekDays': '+1MO', 'count': 3; 20240205; ['2024-03-04T23:30']",
                "'yearly', 'until': [0, 2026, 1, 2, 12, 0, 0]; 20250101; ['2026-01-01T23:30']",
                "'yearly', 'until': [0, 2026, 1, 1, 12, 0, 0]; 20250101; []",
                // What is not certain.
                "'lunar'; 20240108; null",
                "'weekly', 'weekDays': 'TU'; 20240108; null",
                "'weekly', 'weekDays': 'every'; 20240108; null",
                "'weekly', 'weekStart': 'someday'; 20240108; null",
                "'yearly', 'weekDays': 'MO'; 20240108; null",
                "'weekly', 'count': 3; 20240109; null",
                "'weekly', 'count': 9; 20240108 20240115; null",
                "'weekly', 'until': 'never'; 20240108; null",
                "'weekly', 'recurrenceMasterStartDate': [0, 2023, 1, 2, 23, 30]; 20240108; null",
            })
    void onlyRulesThatAreUnderstoodTellWhatWasRemoved(String rule, String stamps, String removed) throws Exception {
        series(MONDAY, "", ", 'freq': " + rule, stamps.split(" "));
        assertThat(excluded()).isEqualTo(removed);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {"true; ['2025-05-05T23:30']", "false; null"})
    void whereNotAllWasReadNothingIsSaidToBeRemoved(boolean answered, String removed) throws Exception {
        series(
                MONDAY,
                NEW_YORK,
                ", 'freq': 'weekly', 'count': 105",
                IntStream.rangeClosed(1, 104)
                        .filter(week -> week != 70)
                        .mapToObj(week -> LocalDate.of(2024, 1, 1).plusWeeks(week))
                        .map(day -> day.format(DateTimeFormatter.BASIC_ISO_DATE))
                        .toArray(String[]::new));
        source.failing = request -> !answered
                        && request.startsWith("2025-0")
                        && request.compareTo("2025-05-31") < 0
                        && request.substring(11).compareTo("2025-05-01") >= 0
                ? refused()
                : null;
        assertThat(excluded()).isEqualTo(removed);
        assertThat(feed.complete).isEqualTo(answered);
    }

    @Test
    void aMasterThatIsNotListedIsLookedUpOnce() throws Exception {
        for (int year = 1970; year < 2030; year++) {
            source.year(year, "{'Event': [{'guid': 'B__" + year + "0517', 'pGuid': 'a b/c', 'recurrence': 'R'}]}");
        }
        source.details("a%20b%2Fc", "B", """
                {'Event': [{'guid': 'B', 'title': 'Birthday', 'allDay': true, 'duration': 1440,
                  'startDate': [19410517, 1941, 5, 17, 0, 0, 0], 'recurrence': 'R'}],
                 'Recurrence': [{'guid': 'R', 'freq': 'yearly'}]}
                """);
        read();
        assertThat(feed.ids()).containsExactly("event:B");
        assertThat(feed.item("event:B").path("first_day").asString()).isEqualTo("1941-05-17");
        assertThat(feed.item("event:B").path("last_day").asString()).isEqualTo("1941-05-17");
        assertThat(source.asked("/ca/eventdetail")).isEqualTo(1);
        assertThat(feed.complete).isTrue();
    }

    @Test
    void aMasterThatCannotBeHadIsMadeOfAnOccurrence() throws Exception {
        source.year(2024, """
                {'Event': [{'guid': 'B__20240517', 'pGuid': 'home', 'title': 'Birthday', 'recurrence': 'R', 'tz': 'UTC',
                  'startDate': [20240517, 2024, 5, 17, 8, 0, 480], 'duration': 30}],
                 'Recurrence': [{'guid': 'R', 'recurrenceMasterStartDate': ['19410517', 1941, 5, 17, 8, 0, 480]}]}
                """);
        read();
        var master = feed.item("event:B");
        assertThat(master.path("date_start").asString()).isEqualTo("1941-05-17T08:00:00.000Z");
        assertThat(master.path("date_end").asString()).isEqualTo("1941-05-17T08:30:00.000Z");
        assertThat(master.path("details_complete").asBoolean()).isFalse();
        assertThat(feed.warnings).contains("master_inferred");
        assertThat(feed.complete).isFalse();
    }

    @Test
    void occurrencesWithoutSuffixAreToldApart() throws Exception {
        source.year(2024, """
                {'Event': [
                  {'guid': 'S', 'recurrence': 'R', 'recurrenceMaster': false, 'startDate': [0, 2024, 2, 9, 9, 0, 0]},
                  {'guid': 'S', 'recurrence': 'R', 'recurrenceException': true, 'startDate': [0, 2024, 2, 8, 9, 0, 0]},
                  {'guid': 'S', 'recurrence': 'R', 'recurrenceMaster': true, 'startDate': [0, 2024, 2, 1, 9, 0, 0]}]}
                """);
        read();
        assertThat(feed.ids()).containsExactly("event:S__20240208T090000", "event:S");
    }

    @Test
    void anEventWithoutAnIdIsRefusedAndTheRestComes() throws Exception {
        source.year(2024, "{'Event': [{'title': 'x'}, null, 'text', 3, {'guid': ''}, {'guid': 17}]}");
        read();
        assertThat(feed.ids()).containsExactly("event:17");
        assertThat(feed.refusals).hasSize(5).allMatch(each -> each.equals("event:unnamed not-retrievable"));
    }

    // ---- details

    @Test
    void detailsAreFetchedOnlyWhereTheListingSaysThatItLacksThem() throws Exception {
        source.year(2024, """
                {'Event': [
                  {'guid': 'A', 'pGuid': 'home', 'title': 'Listed', 'extendedDetailsAreIncluded': false, 'alarms': ['a1'],
                   'invitees': ['i1']},
                  {'guid': 'B', 'pGuid': 'home', 'extendedDetailsAreIncluded': true, 'description': 'All of it'},
                  {'guid': 'C', 'pGuid': 'home'}],
                 'Alarm': [{'guid': 'a1', 'messageType': 'message', 'measurement': {'before': true, 'hours': '1', 'minutes': 5}}]}
                """);
        source.details("home", "A", """
                {'Event': [{'guid': 'A', 'title': null, 'description': 'Long', 'attachments': ['x', {'filename': 'a.pdf', 'size': '12'}]}],
                 'Invitee': [{'guid': 'i1', 'commonName': 'Robin', 'email': 'r@example.com', 'isOrganizer': 0,
                   'inviteeStatus': 'NEEDS-ACTION', 'cutype': 'ALIEN'}]}
                """);
        read();
        assertThat(source.asked("/ca/eventdetail")).isEqualTo(1);
        var event = feed.item("event:A");
        assertThat(event.path("title").asString()).isEqualTo("Listed");
        assertThat(event.path("description").asString()).isEqualTo("Long");
        assertThat(event.at("/alarms/0/offset_s").asLong()).isEqualTo(-3900);
        assertThat(event.at("/attachments/0/id").asString()).isEqualTo("x");
        assertThat(event.at("/attachments/1/name").asString()).isEqualTo("a.pdf");
        assertThat(event.at("/attachments/1/size").asLong()).isEqualTo(12);
        assertThat(event.at("/invitees/0/status").asString()).isEqualTo("needs_action");
        assertThat(event.at("/invitees/0/type").asString()).isEqualTo("other");
        assertThat(event.at("/invitees/0/type_raw").asString()).isEqualTo("ALIEN");
        assertThat(event.at("/invitees/0/is_organizer").asBoolean(true)).isFalse();
        assertThat(feed.item("event:B").path("description").asString()).isEqualTo("All of it");
        assertThat(feed.complete).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEventWithoutItsDetailsComesAsItIsListed(boolean busy) throws Exception {
        source.year(2024, """
                {'Event': [{'guid': 'A', 'pGuid': 'home', 'title': 'Listed', 'extendedDetailsAreIncluded': 'false',
                  'invitees': ['i1']}]}
                """);
        source.failing = request -> !request.startsWith("/ca/eventdetail") ? null : busy ? busy() : refused();
        read();
        assertThat(feed.item("event:A").path("details_complete").asBoolean()).isFalse();
        assertThat(feed.item("event:A").at("/invitees/0/id").asString()).isEqualTo("i1");
        assertThat(feed.item("event:A").at("/invitees/0/email").isNull()).isTrue();
        assertThat(feed.warnings).contains("details_missing");
        assertThat(feed.complete).isFalse();
    }

    // ---- windows of change

    @Test
    void whatHasNotChangedInTheWindowIsLeftOutWithoutAskingForIt() throws Exception {
        source.year(2024, """
                {'Event': [
                  {'guid': 'old', 'pGuid': 'h', 'extendedDetailsAreIncluded': false,
                   'createdDate': [0, 2024, 1, 1, 0, 0, 0], 'lastModifiedDate': [0, 2024, 2, 1, 0, 0, 0]},
                  {'guid': 'new', 'createdDate': [0, 2024, 1, 1, 0, 0, 0], 'lastModifiedDate': [0, 2026, 2, 1, 0, 0, 0]},
                  {'guid': 'S__20240101', 'pGuid': 'h', 'lastModifiedDate': [0, 2024, 2, 1, 0, 0, 0]},
                  {'guid': 'silent'}]}
                """);
        read(new Window(Optional.of(Instant.parse("2026-01-01T00:00:00Z")), Optional.empty()));
        assertThat(feed.ids()).containsExactly("event:new", "event:silent");
        assertThat(source.asked("/ca/eventdetail")).isZero();
    }

    @Test
    void sinceNobodyKnowsInWhichZoneChangesAreWrittenAWindowIsWidened() throws Exception {
        source.year(2024, """
                {'Event': [
                  {'guid': 'A', 'lastModifiedDate': [0, 2025, 12, 31, 9, 59, 0]},
                  {'guid': 'B', 'lastModifiedDate': [0, 2025, 12, 31, 10, 0, 0]},
                  {'guid': 'C', 'lastModifiedDate': [0, 2026, 1, 2, 13, 59, 0]},
                  {'guid': 'D', 'lastModifiedDate': [0, 2026, 1, 2, 14, 0, 0]}]}
                """);
        read(new Window(
                Optional.of(Instant.parse("2026-01-01T00:00:00Z")),
                Optional.of(Instant.parse("2026-01-02T00:00:00Z"))));
        assertThat(feed.ids()).containsExactly("event:B", "event:C");
    }

    // ---- times

    @ParameterizedTest
    @CsvSource({
        "Europe/Berlin, , 2024-07-01T08:30:00.000Z, Europe/Berlin",
        "US/Pacific, , 2024-07-01T17:30:00.000Z, US/Pacific",
        "Mars/Olympus, -0400, 2024-07-01T14:30:00.000Z, ",
        "Mars/Olympus, , 2024-07-01T11:11:00.000Z, ",
        ", GMT+5:30, 2024-07-01T05:00:00.000Z, ",
        ", +99:99, , ",
        ", , , ",
        "floating, , , "
    })
    void aMomentIsFoundByZoneThenOffsetThenTheZoneThatWasAskedFor(
            String zone, String offset, String moment, String known) throws Exception {
        var event = event((zone == null ? "" : ", 'tz': '" + zone + "'")
                + (offset == null ? "" : ", 'startDateTZOffset': '" + offset + "'")
                + ", 'startDate': [20240701, 2024, 7, 1, 10, 30, 630], 'duration': 45"
                + ", 'localStartDate': [20240701, 2024, 7, 1, 11, 11, 630]");
        assertThat(text(event, "date_start")).isEqualTo(moment == null ? "null" : moment);
        assertThat(text(event, "time_zone")).isEqualTo(known == null ? "null" : known);
        assertThat(event.path("local_start").asString()).isEqualTo("2024-07-01T10:30");
        assertThat(event.path("local_end").asString()).isEqualTo("2024-07-01T11:15");
        assertThat(event.path("duration_s").asLong()).isEqualTo(2700);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[\"20240701\",\"2024\",\"7\",\"1\",\"10\",\"30\",\"630\"]; 2024-07-01T10:30:00.000Z",
                "[20240701,2024.0,7,1,10,30]; 2024-07-01T10:30:00.000Z",
                "[null,2024,7,1]; 2024-07-01T00:00:00.000Z",
                "[0,2024,7,1,24,0,1440]; 2024-07-02T00:00:00.000Z",
                "[0,1604,2,29,0,0,0]; 1604-02-29T00:00:00.000Z",
            })
    void aDateIsReadFromElementsOneToFive(String date, String moment) throws Exception {
        var event = event(", 'tz': 'UTC', 'startDate': " + date);
        assertThat(event.path("date_start").asString()).isEqualTo(moment);
        assertThat(event.has("date_start_raw")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[0,0,7,1,10,30,0]",
                "[0,2024,13,1,10,30,0]",
                "[0,2024,2,30,10,30,0]",
                "[0,2024,7,1,25,0,0]",
                "[40010101,4001,1,1,0,0,0]",
                "[0,2024.5,7,1,10,30,0]",
                "[0,99999999999,7,1,10,30,0]",
                "[]",
                "{}",
                "'yesterday'",
                "1719829800000",
                "[0,'x',7,1,0,0,0]",
                "[0,null,null,null,null,null,null]",
                "true"
            })
    void anAbsurdDateIsNullAndKeptAsItWas(String date) throws Exception {
        var event = event(", 'tz': 'UTC', 'startDate': " + date + ", 'lastModifiedDate': " + date);
        assertThat(event.path("date_start").isNull()).isTrue();
        assertThat(event.path("local_start").isNull()).isTrue();
        var raw = FakeCalendar.json(date);
        assertThat(event.path("date_start_raw").asString()).isEqualTo(raw.isString() ? raw.asString() : raw.toString());
        assertThat(event.path("date_modified_raw").isString()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "2880; [0,2024,7,3,0,0,0]; 2024-07-02",
                "2880; ; 2024-07-02",
                "; [0,2024,7,3,0,0,0]; 2024-07-02",
                "; [0,2024,7,2,23,59,0]; 2024-07-02",
                "; [0,2024,7,1,0,0,0]; 2024-07-01",
                "; ; 2024-07-01",
                "0; [0,2024,6,1,0,0,0]; 2024-07-01",
            })
    void wholeDaysHaveDaysAndNoMoments(String duration, String end, String last) throws Exception {
        var event = event(", 'allDay': 1, 'tz': 'Europe/Berlin', 'startDate': [0,2024,7,1,0,0,0]"
                + (duration == null ? "" : ", 'duration': " + duration)
                + (end == null ? "" : ", 'endDate': " + end));
        assertThat(event.path("first_day").asString()).isEqualTo("2024-07-01");
        assertThat(event.path("last_day").asString()).isEqualTo(last);
        assertThat(event.path("date_start").isNull()).isTrue();
        assertThat(event.path("local_start").isNull()).isTrue();
    }

    @Test
    void anEventOfNothingButAnIdHasEveryKey() throws Exception {
        var bare = (ObjectNode) event("");
        assertThat(bare.path("alarms").isEmpty()).isTrue();
        assertThat(bare.path("recurrence").isNull()).isTrue();
        assertThat(bare.path("title").isNull()).isTrue();
        assertThat(bare.path("all_day").isBoolean()).isTrue();
        assertThat(bare.propertyStream().map(Map.Entry::getKey)).hasSize(26).noneMatch(key -> key.endsWith("_raw"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ", 'alarms': null, 'invitees': null, 'attachments': null, 'recurrence': null, 'tz': null, 'duration': null",
                ", 'alarms': {}, 'invitees': 'x', 'attachments': 3, 'recurrence': [], 'tz': 5, 'duration': -1",
                ", 'alarms': [null, 1, 'a'], 'invitees': [[]], 'attachments': [null], 'recurrence': '', 'duration': 'x'",
                ", 'alarms': [{'measurement': 'soon'}, {'measurement': {'weeks': 99999999999}}], 'title': ['a'], 'url': {}",
                ", 'recurrence': {'freq': 'lunar', 'until': 'never', 'weekDays': [true, null, {}], 'count': 1e3}"
            })
    void noOddityOfOneEventFailsTheRest(String more) throws Exception {
        source.year(2025, "{'Event': [{'guid': 'after'}]}");
        event(more);
        assertThat(feed.ids()).contains("event:after");
        assertThat(feed.refusals).isEmpty();
    }
}
