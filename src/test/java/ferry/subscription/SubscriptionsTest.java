package ferry.subscription;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Client;
import ferry.testing.Client.Answer;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Subscriptions over HTTP, in days that pass when the test says so.
class SubscriptionsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int DAY = 86_400;
    private static final String ENTRIES = "'data_types': ['diary.entries']";

    private final Diary diary = new Diary();
    private TestApp app;
    private Client client;

    @BeforeEach
    void start() {
        app = TestApp.start(setup -> setup.connector(diary));
        diary.livesIn(app.clock());
        client = app.client();
        client.storage("local://subscriptions/all");
    }

    @AfterEach
    void stop() {
        diary.release();
        app.close();
    }

    private String session(String identifier) {
        var session = client.session(client.user("writer"), Diary.TYPE, identifier, "'password': 'x'");
        assertThat(session.at("/state").asString()).isEqualTo("active");
        return session.at("/id").asString();
    }

    private JsonNode subscription(String session, String payload, String more) {
        return subscribe(client, session, payload, more).expect(201);
    }

    private static Answer subscribe(Client by, String session, String payload, String more) {
        return by.post("/subscriptions", "{'session': '%s', 'poll_payload': {%s}%s}".formatted(session, payload, more));
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    private JsonNode advance(Duration duration) {
        return client.post("/sandbox/clock/advance", "{'seconds': " + duration.toSeconds() + "}")
                .expect(200);
    }

    private JsonNode polls(String subscription) {
        return client.get("/polls?limit=100&requestor=subscription&subscription=" + subscription)
                .expect(200);
    }

    /// The newest of so many polls, completed.
    private JsonNode poll(String subscription, int count) {
        var all = Eventually.get(
                () -> polls(subscription),
                found -> found.at("/total_count").asInt() >= count
                        && found.at("/data/0/state").asString().equals("completed"));
        assertThat(all.at("/total_count").asInt()).isEqualTo(count);
        return all.at("/data/0");
    }

    private JsonNode feed(JsonNode poll) throws IOException {
        for (var result : poll.at("/results/data")) {
            if (result.at("/identifier").asString().startsWith("data:")) {
                return JSON.readTree(
                        Files.readString(Path.of(result.at("/url").asString().replace("local://", ""))));
            }
        }
        throw new AssertionError("the poll has no feed: " + poll);
    }

    private List<String> texts(JsonNode poll) throws IOException {
        var texts = new ArrayList<String>();
        feed(poll).at("/data").forEach(record -> texts.add(record.at("/text").asString()));
        return texts;
    }

    private List<String> events(String subscription) {
        return app.db()
                .system(tx -> tx.createQuery("select action from event where subject = :id order by id")
                        .bind("id", subscription)
                        .mapTo(String.class)
                        .list());
    }

    private JsonNode lastEvent(String subscription) {
        return app.db()
                .system(tx -> JSON.readTree(
                        tx.createQuery("select body from event where subject = :id order by id desc limit 1")
                                .bind("id", subscription)
                                .mapTo(String.class)
                                .one()));
    }

    private JsonNode shown(String subscription) {
        return client.get("/subscriptions/" + subscription).expect(200);
    }

    @Test
    void oneThatIsErasedWhileItIsChangedIsNotFound() throws Exception {
        var session = session("erased");
        var subscription = id(subscription(session, ENTRIES, ""));
        var held = new CountDownLatch(1);
        var erase = new Semaphore(0);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var erasure = threads.submit(() -> app.db().system(tx -> {
                tx.execute("select from session where id = ? for update", UUID.fromString(session));
                held.countDown();
                erase.acquireUninterruptibly();
                return tx.execute("delete from subscription where id = ?", UUID.fromString(subscription));
            }));
            held.await();
            var paused = threads.submit(() -> client.post("/subscriptions/" + subscription + "/pause", "{}"));
            Eventually.eventually(
                    "it waits for the session",
                    () -> app.db()
                            .system(tx ->
                                    tx.createQuery("""
                                    select exists (select from pg_locks join pg_stat_activity using (pid)
                                                    where not granted and datname = current_database())
                                    """).mapTo(boolean.class).one()));
            erase.release();
            assertThat(erasure.get()).isEqualTo(1);
            paused.get().expect(404);
        }
    }

    @Test
    void aTaskThatRunsWhileTheClockIsMovedIsNotBegunAnew() {
        diary.hold();
        diary.write("1", "one");
        var poll = client.post(
                        "/polls",
                        "{'session': '%s', 'payload': {'data_types': ['diary.entries']}}".formatted(session("held")))
                .expect(201);
        var path = "/polls/" + id(poll);
        client.settled(path, p -> p.at("/tasks_processing").size() == 1);
        for (int jump = 0; jump < 60; jump++) {
            advance(Duration.ofMinutes(10));
        }
        diary.release();
        client.settled(path, p -> p.at("/state").asString().equals("completed"));
        assertThat(attempts(id(poll))).containsExactly(1);
    }

    private List<Integer> attempts(String poll) {
        return app.db()
                .system(tx -> tx.createQuery("select attempt from task where poll = cast(:poll as uuid)")
                        .bind("poll", poll)
                        .mapTo(Integer.class)
                        .list());
    }

    @Test
    void aSubscriptionIsShownAsTheContractSays() {
        var made = subscription(session("a"), "'info_types': ['*'], 'resource': 'x', 'filters': {'resource': 'y'}", "");
        assertThat(made.at("/resource").asString()).isEqualTo("subscription");
        assertThat(made.at("/org").asString())
                .isEqualTo(made.at("/organisation").asString());
        assertThat(made.at("/interval").asInt()).isEqualTo(DAY);
        assertThat(made.at("/state").asString()).isEqualTo("active");
        assertThat(made.at("/poll_payload").toString()).isEqualTo("{\"info_types\":[\"*\"],\"filters\":{}}");
        for (var none : List.of("date_start", "date_end", "error")) {
            assertThat(made.get(none).isNull()).as(none).isTrue();
        }
        assertThat(client.get("/subscriptions?state=active&source="
                                + made.at("/source").asString())
                        .text("/data/0/id"))
                .isEqualTo(id(made));
        assertThat(client.get("/subscriptions?state=deleted").text("/total_count"))
                .isEqualTo("0");
        assertThat(client.get("/subscriptions?session=" + made.at("/session").asString())
                        .text("/total_count"))
                .isEqualTo("1");
        assertThat(client.get("/subscriptions?user=999").text("/total_count")).isEqualTo("0");
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        var session = session("b");
        assertThat(subscribe(client, session, "'info_types': ['*']", ", 'interval': 59.4")
                        .text("/params/interval/0"))
                .isEqualTo("is less than 60 seconds");
        assertThat(subscribe(client, session, "'info_types': ['*']", ", 'interval': 'daily'")
                        .status())
                .isEqualTo(400);
        assertThat(subscribe(client, session, "'data_types': ['made.up']", "")
                        .text("/params/poll_payload.data_types/0"))
                .isEqualTo("names an unknown type: made.up");
        assertThat(subscribe(client, session, "'files': ['made-up']", "").text("/params/poll_payload.files/0"))
                .startsWith("names a file that was not issued");
        assertThat(subscribe(
                                client,
                                session,
                                ENTRIES,
                                ", 'date_start': '2030-01-02T00:00:00Z', 'date_end': '2030-01-01T00:00:00Z'")
                        .body()
                        .at("/params")
                        .has("date_end"))
                .isTrue();
        for (var unreadable : List.of("-0001-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "9999-12-31T23:00:00-02:00")) {
            assertThat(subscribe(client, session, ENTRIES, ", 'date_start': '" + unreadable + "'")
                            .text("/params/date_start/0"))
                    .isEqualTo("is not an ISO 8601 date and time of the years 1 to 9999");
        }
        assertThat(subscribe(client, session, ENTRIES, ", 'date_start': '9999-01-01T00:00:00Z'")
                        .text("/params/date_start/0"))
                .isEqualTo("is not before the year 9999");
        assertThat(subscribe(client, session, ENTRIES, ", 'source': 4711")
                        .body()
                        .at("/params")
                        .has("source"))
                .isTrue();
        client.delete("/sessions/" + session).expect(200);
        assertThat(subscribe(client, session, ENTRIES, "").text("/error")).isEqualTo("session-expired");
    }

    @Test
    void itPollsAtOnceAndThenEveryIntervalAndTellsWhoAsked() {
        var subscription = subscription(session("c"), "'info_types': ['diary.owner']", ", 'interval': 3600.0");
        var first = poll(id(subscription), 1);
        assertThat(first.at("/subscription").asString()).isEqualTo(id(subscription));
        assertThat(client.get("/polls?requestor=api").text("/total_count")).isEqualTo("0");

        advance(Duration.ofMinutes(59));
        poll(id(subscription), 1);
        advance(Duration.ofMinutes(16));
        poll(id(subscription), 2);
        advance(Duration.ofHours(1));
        poll(id(subscription), 3);
        // Ten hours of nothing are one poll, not ten.
        advance(Duration.ofHours(10));
        poll(id(subscription), 4);
        advance(Duration.ofSeconds(1));
        poll(id(subscription), 4);
    }

    @Test
    void eachPollTakesWhatEarlierOnesHaveNotDelivered() throws IOException {
        diary.write("1", "one");
        diary.write("2", "two");
        var payload = ENTRIES + ", 'file_types': ['diary.scan']";
        var subscription = id(subscription(session("d"), payload, ", 'interval': 3600"));
        var first = poll(subscription, 1);
        assertThat(texts(first)).containsExactly("one", "two");
        assertThat(feed(first).at("/metadata/window/mode").asString()).isEqualTo("full");
        assertThat(first.at("/results/total_count").asInt()).isEqualTo(3);

        advance(Duration.ofMinutes(50));
        diary.write("3", "three, within the overlap");
        advance(Duration.ofMinutes(30));
        var second = poll(subscription, 2);
        assertThat(texts(second)).containsExactly("three, within the overlap");
        assertThat(feed(second).at("/metadata/window/mode").asString()).isEqualTo("incremental");
        assertThat(second.at("/results/total_count").asInt()).isEqualTo(2);

        diary.write("1", "one, changed");
        advance(Duration.ofHours(1));
        var third = poll(subscription, 3);
        assertThat(texts(third)).containsExactly("one, changed");
        assertThat(third.at("/results/total_count").asInt()).isEqualTo(2);

        advance(Duration.ofHours(1));
        var fourth = poll(subscription, 4);
        assertThat(texts(fourth)).isEmpty();
        assertThat(fourth.at("/results/total_count").asInt()).isEqualTo(1);
    }

    @Test
    void whatCouldNotBeReadComesWithALaterPoll() throws IOException {
        diary.write("1", "one");
        diary.write("2", "two");
        diary.unreadable().add("1");
        var subscription = id(subscription(session("e"), ENTRIES, ", 'interval': 3600"));
        assertThat(texts(poll(subscription, 1))).containsExactly("two");
        advance(Duration.ofHours(5));
        assertThat(texts(poll(subscription, 2))).isEmpty();
        diary.unreadable().clear();
        advance(Duration.ofHours(5));
        assertThat(texts(poll(subscription, 3))).containsExactly("one");
        advance(Duration.ofHours(5));
        assertThat(texts(poll(subscription, 4))).isEmpty();
    }

    @Test
    void anotherPayloadStartsOverOnlyWhereItAsksForMore() throws IOException {
        diary.write("1", "one");
        var subscription = id(subscription(session("f"), ENTRIES, ", 'interval': 3600"));
        poll(subscription, 1);
        client.post(
                        "/subscriptions/" + subscription,
                        "{'poll_payload': {'info_types': ['diary.owner'], " + ENTRIES + "}}")
                .expect(200);
        advance(Duration.ofHours(2));
        assertThat(texts(poll(subscription, 2))).isEmpty();
        client.post(
                        "/subscriptions/" + subscription,
                        "{'poll_payload': {" + ENTRIES + ", 'file_types': ['diary.scan']}}")
                .expect(200);
        advance(Duration.ofHours(2));
        assertThat(texts(poll(subscription, 3))).containsExactly("one");
        assertThat(events(subscription)).containsExactly("created", "updated", "updated");
    }

    @Test
    void aPollByHandReadsWithItsSessionAndMovesNothing() throws IOException {
        diary.write("1", "one");
        var subscription = id(subscription(session("g"), ENTRIES, ", 'date_start': '2090-01-01T00:00:00Z'"));
        for (int i = 0; i < 2; i++) {
            var made = client.postAndAwait(
                            "/polls", "{'subscription': '" + subscription + "', 'payload': {" + ENTRIES + "}}")
                    .expect(201);
            var poll = client.settled(
                    "/polls/" + id(made), p -> p.at("/state").asString().equals("completed"));
            assertThat(poll.at("/subscription").asString()).isEqualTo(subscription);
            assertThat(texts(poll)).containsExactly("one");
        }
        assertThat(polls(subscription).at("/total_count").asInt()).isZero();
        assertThat(client.get("/polls?requestor=api&subscription=" + subscription)
                        .text("/total_count"))
                .isEqualTo("2");
        client.delete("/subscriptions/" + subscription).expect(200);
        var refused = client.post("/polls", "{'subscription': '" + subscription + "', 'payload': {" + ENTRIES + "}}");
        assertThat(refused.body().at("/params").has("subscription")).isTrue();
    }

    @Test
    void noPollComesBeforeItsStartOrAfterItsEnd() {
        var now = app.clock().instant();
        var subscription = subscription(
                session("h"),
                "'info_types': ['diary.owner']",
                ", 'interval': 3600, 'date_start': '%s', 'date_end': '%s'"
                        .formatted(now.plusSeconds(86_400), now.plusSeconds(86_400 + 3 * 3600)));
        var next = Instant.parse(subscription.at("/date_next_poll").asString());
        assertThat(next).isBetween(now.plusSeconds(86_400), now.plusSeconds(86_400 + 900));
        advance(Duration.between(app.clock().instant(), next).minusSeconds(5));
        assertThat(polls(id(subscription)).at("/total_count").asInt()).isZero();
        for (int hour = 1; hour <= 3; hour++) {
            advance(hour == 1 ? Duration.ofSeconds(5) : Duration.ofHours(1));
            poll(id(subscription), hour);
        }
        assertThat(shown(id(subscription)).get("date_next_poll").isNull()).isTrue();
        advance(Duration.ofHours(20));
        poll(id(subscription), 3);
        // Nobody needs the session any more.
        advance(Duration.ofHours(25));
        assertThat(client.get("/sessions/" + subscription.at("/session").asString())
                        .text("/state"))
                .isEqualTo("expired");
    }

    @Test
    void whatMissedItsLastTurnIsNotPolledOnceItsEndHasPassed() {
        var end = app.clock().instant().plusSeconds(3 * 3600);
        var more = ", 'interval': 3600, 'date_end': '" + end + "'";
        var paused = id(subscription(session("ended"), "'info_types': ['diary.owner']", more));
        var without = id(subscription(session("lapsed"), "'info_types': ['diary.owner']", more));
        poll(paused, 1);
        poll(without, 1);
        client.post("/subscriptions/" + paused + "/pause", "{}").expect(200);
        client.delete("/sessions/" + shown(without).at("/session").asString()).expect(200);
        advance(Duration.ofHours(4));
        client.post("/subscriptions/" + paused + "/resume", "{}").expect(200);
        session("lapsed");
        advance(Duration.ofSeconds(1));
        for (var one : List.of(paused, without)) {
            poll(one, 1);
            assertThat(shown(one).get("date_next_poll").isNull()).isTrue();
            assertThat(shown(one).at("/state").asString()).isEqualTo("active");
        }
        // Nobody needs the session any more.
        advance(Duration.ofHours(25));
        assertThat(client.get("/sessions/" + shown(without).at("/session").asString())
                        .text("/state"))
                .isEqualTo("expired");
    }

    @Test
    void anotherIntervalCountsFromTheLastPoll() {
        var subscription = id(subscription(session("i"), "'info_types': ['diary.owner']", ""));
        poll(subscription, 1);
        advance(Duration.ofHours(2));
        client.post("/subscriptions/" + subscription, "{'interval': 3600}").expect(200);
        advance(Duration.ofSeconds(1));
        poll(subscription, 2);
        client.post("/subscriptions/" + subscription, "{'interval': 86400}").expect(200);
        advance(Duration.ofHours(23));
        poll(subscription, 2);
        advance(Duration.ofHours(8));
        poll(subscription, 3);
    }

    @Test
    void aPausedOneWaitsAndMakesUpForWhatItMissedWithOnePoll() {
        var subscription = id(subscription(session("j"), "'info_types': ['diary.owner']", ", 'interval': 3600"));
        poll(subscription, 1);
        for (int i = 0; i < 2; i++) {
            assertThat(client.post("/subscriptions/" + subscription + "/pause", "{}")
                            .text("/state"))
                    .isEqualTo("paused");
        }
        advance(Duration.ofHours(5));
        assertThat(polls(subscription).at("/total_count").asInt()).isEqualTo(1);
        for (int i = 0; i < 2; i++) {
            assertThat(client.post("/subscriptions/" + subscription + "/resume", "{}")
                            .text("/state"))
                    .isEqualTo("active");
        }
        advance(Duration.ofSeconds(1));
        poll(subscription, 2);
        assertThat(events(subscription)).containsExactly("created", "paused", "resumed");
    }

    @Test
    void aPollUnderWayOutlivesPauseAndDeletionAndIsNeverOvertaken() {
        diary.hold();
        var subscription = id(subscription(session("k"), ENTRIES, ", 'interval': 60"));
        Eventually.eventually(
                "the first poll is made",
                () -> polls(subscription).at("/total_count").asInt() == 1);
        // Small steps: a task under way must not seem to belong to a dead node.
        for (int i = 0; i < 10; i++) {
            app.clock().advance(Duration.ofMillis(600));
        }
        app.db().systemDo(tx -> tx.execute("update subscription set next_due = date_created"));
        Eventually.eventually(
                "its turn went by",
                () -> app.db()
                        .system(tx -> tx.createQuery("select next_due > :now from subscription")
                                .bind("now", app.clock().instant())
                                .mapTo(boolean.class)
                                .one()));
        assertThat(polls(subscription).at("/total_count").asInt()).isEqualTo(1);

        client.post("/subscriptions/" + subscription + "/pause", "{}").expect(200);
        client.post("/subscriptions/" + subscription + "/resume", "{}").expect(200);
        assertThat(client.delete("/subscriptions/" + subscription).text("/state"))
                .isEqualTo("deleted");
        diary.release();
        assertThat(poll(subscription, 1).at("/tasks_failed").size()).isZero();

        assertThat(client.delete("/subscriptions/" + subscription).text("/state"))
                .isEqualTo("deleted");
        assertThat(client.post("/subscriptions/" + subscription + "/resume", "{}")
                        .status())
                .isEqualTo(409);
        assertThat(client.post("/subscriptions/" + subscription, "{'interval': 90}")
                        .status())
                .isEqualTo(409);
        advance(Duration.ofDays(1));
        poll(subscription, 1);
        assertThat(events(subscription)).containsExactly("created", "paused", "resumed", "deleted");
        int kept = app.db()
                .system(tx -> tx.createQuery("select count(*) from delivered")
                        .mapTo(int.class)
                        .one());
        assertThat(kept).isZero();
    }

    @Test
    void anActiveSubscriptionKeepsItsSessionAndAPausedOneDoesNot() {
        var session = session("l");
        var subscription = id(subscription(session, "'info_types': ['diary.owner']", ", 'interval': " + 30 * DAY));
        poll(subscription, 1);
        advance(Duration.ofDays(5));
        assertThat(client.get("/sessions/" + session).text("/state")).isEqualTo("active");
        client.post("/subscriptions/" + subscription + "/pause", "{}").expect(200);
        advance(Duration.ofDays(1).plusSeconds(1));
        assertThat(client.get("/sessions/" + session).text("/error")).isEqualTo("api");
        assertThat(shown(subscription).at("/error").asString()).isEqualTo("api");
        // Resumed without a session it waits for one.
        client.post("/subscriptions/" + subscription + "/resume", "{}").expect(200);
        var fresh = session("l");
        assertThat(shown(subscription).at("/session").asString()).isEqualTo(fresh);
        assertThat(events(subscription)).containsExactly("created", "paused", "resumed", "restarted");
    }

    @Test
    void aSessionThatTheSourceEndsStopsItAndTheNextOneLetsItGoOn() throws IOException {
        diary.write("1", "one");
        var old = session("m");
        var subscription = id(subscription(old, ENTRIES, ""));
        poll(subscription, 1);
        diary.endSessions();
        diary.write("2", "two");
        advance(Duration.ofHours(31));
        poll(subscription, 2);
        assertThat(events(subscription)).containsExactly("created", "stopped");
        assertThat(lastEvent(subscription).at("/error").asString()).isEqualTo("service");
        assertThat(lastEvent(subscription).get("date_next_poll").isNull()).isTrue();
        advance(Duration.ofDays(3));
        poll(subscription, 2);

        diary.write("3", "three");
        var other = client.session(client.user("somebody else"), Diary.TYPE, "m", "'password': 'x'");
        assertThat(shown(subscription).at("/session").asString()).isEqualTo(old);
        assertThat(other.at("/state").asString()).isEqualTo("active");
        var fresh = session("m");
        assertThat(shown(subscription).at("/session").asString()).isEqualTo(fresh);
        assertThat(shown(subscription).get("error").isNull()).isTrue();
        advance(Duration.ofSeconds(1));
        assertThat(texts(poll(subscription, 3))).containsExactly("two", "three");
        assertThat(events(subscription)).containsExactly("created", "stopped", "restarted");
    }

    @Test
    void itWarnsOnceBeforeEachSessionIsExpectedToLapse() {
        diary.sessionsLast(Duration.ofDays(60));
        var subscription = id(subscription(session("n"), "'info_types': ['diary.owner']", ""));
        poll(subscription, 1);
        // The source says sixty days; experience says thirty.
        advance(Duration.ofDays(26));
        poll(subscription, 2);
        assertThat(events(subscription)).containsExactly("created");
        advance(Duration.ofDays(1));
        poll(subscription, 3);
        advance(Duration.ofDays(1));
        poll(subscription, 4);
        assertThat(events(subscription)).containsExactly("created", "session_expiring");
        client.delete("/sessions/" + shown(subscription).at("/session").asString())
                .expect(200);
        diary.sessionsLast(Duration.ofDays(4));
        session("n");
        advance(Duration.ofDays(1).plusSeconds(1));
        poll(subscription, 5);
        assertThat(events(subscription))
                .containsExactly("created", "session_expiring", "stopped", "restarted", "session_expiring");
        assertThat(app.db()
                        .<String>system(tx -> tx.createQuery("""
                                        select body ->> 'error' from event
                                         where subject = :id and action = 'stopped'
                                        """)
                                .bind("id", subscription)
                                .mapTo(String.class)
                                .one()))
                .isEqualTo("organisation");
    }

    @Test
    void whatAPollMayNotAskForIsRefusedAtEachTurnAndTriedAgain() {
        var subscription = id(subscription(session("o"), "'info_types': ['diary.owner']", ", 'interval': 3600"));
        poll(subscription, 1);
        var scopes = app.db()
                .<String>system(tx -> tx.createQuery("select scopes from organisation where organisation = :id")
                        .bind("id", app.first().id().value())
                        .mapTo(String.class)
                        .one());
        app.db()
                .systemDo(tx -> tx.createUpdate("update organisation set scopes = '{}' where organisation = :id")
                        .bind("id", app.first().id().value())
                        .execute());
        for (int i = 0; i < 2; i++) {
            advance(Duration.ofHours(2));
        }
        assertThat(shown(subscription).at("/error").asString()).isEqualTo("missing-scope");
        app.db()
                .systemDo(tx -> tx.createUpdate(
                                "update organisation set scopes = cast(:scopes as json) where organisation = :id")
                        .bind("scopes", scopes)
                        .bind("id", app.first().id().value())
                        .execute());
        advance(Duration.ofHours(2));
        poll(subscription, 2);
        assertThat(events(subscription)).containsExactly("created", "stopped", "restarted");
    }

    @Test
    void twoNodesMakeOnePollForEachSlot() throws Exception {
        app.another();
        var session = session("p");
        var all = new ArrayList<String>();
        for (int i = 0; i < 30; i++) {
            all.add(id(subscription(
                    i % 3 == 0 ? session("p" + i) : session, "'info_types': ['diary.owner']", ", 'interval': 3600")));
        }
        for (var one : all) {
            poll(one, 1);
        }
        for (int round = 2; round <= 3; round++) {
            app.clock().advance(Duration.ofMinutes(75));
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                IntStream.range(0, 8).forEach(_ -> threads.execute(() -> advance(Duration.ZERO)));
            }
            for (var one : all) {
                poll(one, round);
            }
        }
    }

    @Test
    void anothersSubscriptionCannotBeNamed() {
        var stranger = app.organisation("Stranger", Scopes.ALL).client();
        stranger.storage("local://stranger/all");
        var ours = session("q");
        var subscription = id(subscription(ours, ENTRIES, ""));
        assertThat(subscribe(stranger, ours, ENTRIES, "").body().at("/params").has("session"))
                .isTrue();
        assertThat(stranger.post("/polls", "{'subscription': '" + subscription + "', 'payload': {" + ENTRIES + "}}")
                        .body()
                        .at("/params")
                        .has("subscription"))
                .isTrue();
        assertThat(stranger.get("/polls?subscription=" + subscription).text("/total_count"))
                .isEqualTo("0");
    }

    @Test
    void theClockIsMovedByCallersOnly() {
        assertThat(client.post("/sandbox/clock/advance", "{}").text("/params/seconds/0"))
                .isEqualTo("is required");
        assertThat(client.post("/sandbox/clock/advance", "{'seconds': -1}").status())
                .isEqualTo(400);
        assertThat(client.post("/sandbox/clock/advance", "{'seconds': 1e12}").status())
                .isEqualTo(400);
        var stranger = new Client(app.url(), "x".repeat(43));
        assertThat(stranger.post("/sandbox/clock/advance", "{'seconds': 1}").status())
                .isEqualTo(401);
        var before = app.clock().instant();
        var after = Instant.parse(advance(Duration.ofDays(2)).at("/now").asString());
        assertThat(Duration.between(before, after)).isGreaterThanOrEqualTo(Duration.ofDays(2));
    }
}
