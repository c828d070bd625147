package ferry.subscription;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A season of a daily subscription in seconds: the same story twice.
class NinetyDaysTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Pattern DATE = Pattern.compile("(\"\\w*\"\\s*:\\s*\"|)(\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z)");
    private static final Pattern HOUR = Pattern.compile("hour (\\d+)");
    private static final Pattern VOLATILE =
            Pattern.compile("\"(url|checksum|sha256|signed_url|object_key)\":(\"[^\"]*\"|\\{[^}]*})");
    private static final int LOST = 40;
    private static final int REPAIRED = 45;
    private static final int DAYS = 90;

    /// What came of a season.
    ///
    /// @param events in the order of the list; names stand for ids, and for dates how long after the beginning
    private record Season(List<String> events, List<String> delivered, Duration took) {}

    @Test
    void ninetyDaysAreToldTwiceInTheSameWords() throws IOException {
        var first = season();
        var second = season();
        assertThat(second.events()).isEqualTo(first.events());
        assertThat(second.delivered()).isEqualTo(first.delivered());

        var diary = new ArrayList<String>();
        for (int day = 0; day <= DAYS; day++) {
            diary.add("day " + day);
        }
        assertThat(first.delivered()).isEqualTo(diary);
        assertThat(first.events().stream()
                        .map(event -> event.substring(0, event.indexOf(' ')))
                        .filter(name -> name.startsWith("subscription.")))
                .containsExactly(
                        "subscription.created",
                        "subscription.session_expiring",
                        "subscription.stopped",
                        "subscription.restarted",
                        "subscription.session_expiring");
        assertThat(first.events().stream()
                        .filter(event -> event.startsWith("poll.created "))
                        .map(NinetyDaysTest::day))
                .containsExactlyElementsOf(polledOn());
        System.out.printf(
                "90 days took %d ms and %d ms%n",
                first.took().toMillis(), second.took().toMillis());
        assertThat(first.took()).isLessThan(Duration.ofSeconds(10));
        assertThat(second.took()).isLessThan(Duration.ofSeconds(10));
    }

    private static long day(String event) {
        var hour = HOUR.matcher(event).results().findFirst().orElseThrow();
        return Long.parseLong(hour.group(1)) / 24;
    }

    /// At once, and from the second day on each day but those on which it had no session; with a new one at once again.
    private static List<Long> polledOn() {
        return LongStream.rangeClosed(0, DAYS)
                .filter(day -> day != 1 && (day <= LOST || day >= REPAIRED - 1))
                .boxed()
                .toList();
    }

    private static Season season() throws IOException {
        var diary = new Diary();
        diary.sessionsLast(Duration.ofDays(LOST));
        try (var app = TestApp.start(setup -> setup.connector(diary))) {
            var beginning = app.clock().instant();
            diary.livesIn(app.clock());
            var client = app.client();
            client.storage("local://ninety/days");
            var session = client.session(client.user("writer"), Diary.TYPE, "diary", "'password': 'x'");
            diary.write("0", "day 0");
            var subscription = client.post(
                            "/subscriptions",
                            "{'session': '%s', 'poll_payload': {'data_types': ['diary.entries']}}"
                                    .formatted(session.at("/id").asString()))
                    .expect(201)
                    .at("/id")
                    .asString();
            long start = System.nanoTime();
            int polls = 1;
            settled(client, subscription, polls);
            for (int day = 1; day <= DAYS; day++) {
                diary.write(Integer.toString(1000 + day), "day " + day);
                if (day == LOST) {
                    diary.endSessions();
                }
                if (day == REPAIRED) {
                    client.session(client.user("writer"), Diary.TYPE, "diary", "'password': 'x'");
                    polls++;
                    settled(client, subscription, polls);
                }
                client.post("/sandbox/clock/advance", "{'seconds': 86400}").expect(200);
                // The second turn is a quarter of a day late at most, and so are all that follow.
                if (day >= 2 && (day <= LOST || day >= REPAIRED)) {
                    polls++;
                    settled(client, subscription, polls);
                }
            }
            var took = Duration.ofNanos(System.nanoTime() - start);
            return new Season(events(app, beginning), delivered(client, subscription), took);
        }
    }

    private static void settled(Client client, String subscription, int polls) {
        var path = "/polls?limit=1&requestor=subscription&subscription=" + subscription;
        Eventually.eventually("poll " + polls + " is completed", () -> {
            var found = client.get(path).expect(200);
            return found.at("/total_count").asInt() == polls
                    && found.at("/data/0/state").asString().equals("completed");
        });
    }

    private static List<String> delivered(Client client, String subscription) throws IOException {
        var all = new ArrayList<String>();
        var path = "/polls?limit=100&subscription=" + subscription;
        for (JsonNode poll : client.get(path).expect(200).at("/data")) {
            for (var result : poll.at("/results/data")) {
                var file = Path.of(result.at("/url").asString().replace("local://", ""));
                var texts = new ArrayList<String>();
                JSON.readTree(Files.readString(file))
                        .at("/data")
                        .forEach(record -> texts.add(record.at("/text").asString()));
                all.addAll(0, texts);
            }
        }
        return all;
    }

    private static List<String> events(TestApp app, Instant beginning) {
        var names = new HashMap<String, String>();
        app.client().get("/events?limit=1").expect(200);
        return app.db().system(tx -> tx.createQuery("""
                                select type || '.' || action || ' ' || json_build_object('date', to_char(
                                         date_created at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) || ' ' || body
                                  from event join delivery on delivery.event = event.id order by sequence
                                """).mapTo(String.class).list()).stream()
                .map(event -> named(names, event, beginning))
                .toList();
    }

    private static String named(Map<String, String> names, String event, Instant beginning) {
        var plain = VOLATILE.matcher(dated(event, beginning)).replaceAll("\"$1\":\"\"");
        return ID.matcher(plain).replaceAll(id -> names.computeIfAbsent(id.group(), _ -> "id" + names.size()));
    }

    /// In whole hours. When the next poll is due is told in whole days: how much later than a day the id decides, which
    /// is another one each time.
    private static String dated(String event, Instant beginning) {
        return DATE.matcher(event).replaceAll(date -> {
            var after = Duration.between(beginning, Instant.parse(date.group(2)));
            return date.group(1)
                    + (date.group(1).contains("next_poll")
                            ? "day " + Math.floorDiv(after.toSeconds(), 86_400)
                            : "hour " + Math.floorDiv(after.toSeconds(), 3600));
        });
    }
}
