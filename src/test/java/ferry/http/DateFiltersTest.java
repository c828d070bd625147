package ferry.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Client;
import ferry.testing.TestApp;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Lists can be narrowed by dates, in every spelling.
class DateFiltersTest {
    private static TestApp app;
    private static Client client;
    private static String second;
    private static String exact;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
        for (var name : List.of("a", "b", "c")) {
            client.user(name);
        }
        app.db()
                .systemDo(
                        tx -> tx.execute(
                                "update end_user set date_created = timestamptz '2020-01-01T00:00:00.5Z' + interval '1 day' * (ascii(identifier) - 97)"));
        second = "2020-01-02T00:00:00";
        exact = "2020-01-02T00:00:00.500000Z";
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static String found(String query) {
        var page = client.get("/users?" + query).expect(200);
        var found = new StringBuilder();
        page.at("/data").forEach(user -> found.append(user.at("/identifier").asString()));
        assertThat(page.at("/total_count").asLong()).isEqualTo(found.length());
        return found.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "2020-01-02, b",
        "2020-01-02T00:00, b",
        "2020-01-02T00:00:00, b",
        "2020-01-02 00:00:00Z, b",
        "2020-01-02T00:00:00.5, b",
        "2020-01-02T00:00:00.500000Z, b",
        "2020-01-02T01:00:00+01:00, b",
        "2020-01-02T01:00:00 01:00, b",
        "2020-01-02T00:00:01, ''",
        "2020-01-02T00:00:00.4, ''",
    })
    void aBareDateMatchesAtThePrecisionGiven(String date, String expected) {
        assertThat(found("date_created=" + URLEncoder.encode(date, StandardCharsets.UTF_8)))
                .isEqualTo(expected);
    }

    @Test
    void comparisonsComeInBothSpellings() {
        for (var spelling : List.of("date_created%5B{}%5D=", "date_created__{}=")) {
            assertThat(found(spelling.replace("{}", "gt") + exact)).isEqualTo("c");
            assertThat(found(spelling.replace("{}", "gte") + exact)).isEqualTo("cb");
            assertThat(found(spelling.replace("{}", "lt") + exact)).isEqualTo("a");
            assertThat(found(spelling.replace("{}", "lte") + exact)).isEqualTo("ba");
            assertThat(found(spelling.replace("{}", "gt") + second)).isEqualTo("cb");
        }
        assertThat(found("date_created__gte=2020-01-02&date_created__lt=2020-01-03&identifier=b"))
                .isEqualTo("b");
        assertThat(found("date_created__gte=2020-01-02&identifier=a")).isEmpty();
    }

    @Test
    void whatIsNoDateIsNamed() {
        for (var name : List.of("date_created", "date_created__gt", "date_created%5Blte%5D")) {
            for (var date : List.of("yesterday", "2020-02-31", "2020-1-1", "20200101", "2020-01-01T25:00", "1e9")) {
                var answer = client.get("/users?" + name + "=" + date);
                assertThat(answer.status()).as(name + date).isEqualTo(400);
                assertThat(answer.text("/error")).isEqualTo("invalid-parameter");
                assertThat(answer.body()
                                .at("/params")
                                .has(name.replace("%5B", "[").replace("%5D", "]")))
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"date_made=x", "date_created__near=x", "date_created=", "date_created[=x", "date_=1"})
    void whatIsNoFilterIsIgnored(String query) {
        assertThat(found(query.replace("[", "%5B"))).isEqualTo("cba");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/users",
                "/sources",
                "/sessions",
                "/polls",
                "/tasks",
                "/results",
                "/configs/storage",
                "/polls?date_completed__gte=2020-01-01",
                "/tasks?date_started=2020-01-01&date_completed__lt=2020-01-01",
                "/sessions?date_expired__lt=2020-01-01",
                "/results?date_consumed=2020-01-01&date_deleted__gt=2020-01-01"
            })
    void everyListHasThem(String list) {
        var before = client.get(list + (list.contains("?") ? "&" : "?") + "date_created__lt=2019-01-01")
                .expect(200);
        assertThat(before.at("/total_count").asLong()).isZero();
    }

    @Test
    void nanosecondsAreCutToWhatIsKept() {
        var conditions =
                DateFilters.of(Map.of("date_created", "c"), Map.of("date_created", "2020-01-01T00:00:00.123456789Z"));
        assertThat(conditions)
                .containsExactly(
                        new DateFilters.Condition("c", ">=", Instant.parse("2020-01-01T00:00:00.123456Z")),
                        new DateFilters.Condition("c", "<", Instant.parse("2020-01-01T00:00:00.123457Z")));
        assertThatThrownBy(() -> DateFilters.of(Map.of("date_created", "c"), Map.of("date_created", "0000-00-00")))
                .isInstanceOf(ApiException.class);
    }
}
