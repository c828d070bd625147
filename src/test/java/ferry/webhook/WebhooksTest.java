package ferry.webhook;

import static ferry.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.TestApp;
import ferry.webhook.Receiver.Got;
import ferry.webhook.Receiver.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Webhooks over HTTP: what an organisation that listens sees.
class WebhooksTest {
    private static final String TEST = "webhook_config.test";

    private final TestApp app = TestApp.start();
    private final Client client = app.client();
    private final Receiver receiver = Receiver.start();

    @AfterEach
    void stop() {
        receiver.close();
        app.close();
    }

    private JsonNode config(String url, String more) {
        var made = client.post("/configs/webhook", "{'url': '" + url + "'" + more + "}")
                .expect(201);
        tested(made);
        return made;
    }

    private JsonNode config() {
        return config(receiver.url(), "");
    }

    private JsonNode tested(JsonNode made) {
        return client.settled(path(made), c -> !state(c).equals("new"));
    }

    private static String path(JsonNode config) {
        return "/configs/webhook/" + config.at("/id").asString();
    }

    private static String state(JsonNode resource) {
        return resource.at("/state").asString();
    }

    private JsonNode poll() {
        client.storage("local://ours/results");
        var session = client.session(client.user("somebody"), "mocks.mock", "somebody", "'password': 'x'");
        return client.completedPoll(session.at("/id").asString(), "'data_types': ['mocks.notes']");
    }

    /// One event of a kind that every config gets, without a poll behind it.
    private String happened() {
        return Happened.emit(app, app.first().id(), "poll", "created");
    }

    private JsonNode event(String id) {
        return client.get("/events/" + id).expect(200);
    }

    private JsonNode settledEvent(String id, String state) {
        return client.settled("/events/" + id, e -> state(e).equals(state));
    }

    private JsonNode attempts(String id) {
        return client.get("/events/" + id + "/attempts").expect(200).at("/data");
    }

    private void eventuallyAttempted(String id, int times) {
        eventually(times + " attempts", () -> {
            var all = attempts(id);
            return all.size() == times && all.values().stream().noneMatch(a -> state(a).equals("pending"));
        });
    }

    @Test
    void everyDocumentedEventOfAPollArrivesWithBothSignatures() {
        var secret = config().at("/secret").asString();
        poll();
        eventually(
                "the poll's events arrive",
                () -> !receiver.of("poll.completed").isEmpty()
                        && !receiver.of("task.succeeded").isEmpty());

        assertThat(receiver.all())
                .extracting(Got::slug)
                .containsExactlyInAnyOrder(TEST, "poll.created", "task.created", "task.succeeded", "poll.completed");
        assertThat(receiver.all()).allSatisfy(got -> {
            assertThat(got.ricloudSigned(secret)).isTrue();
            assertThat(got.standardSigned(secret)).isTrue();
            assertThat(got.body().at("/id").asString()).isEqualTo(got.id());
            assertThat(new String(got.raw(), StandardCharsets.UTF_8)).doesNotContain(secret);
        });
        var completed = receiver.of("poll.completed").getFirst();
        var listed =
                client.get("/events?type=poll&action=completed").expect(200).at("/data/0");
        assertThat(listed.at("/data")).isEqualTo(completed.body().at("/data"));
        assertThat(state(settledEvent(completed.id(), "delivered"))).isEqualTo("delivered");
        assertThat(attempts(completed.id()).at("/0/status").asInt()).isEqualTo(200);

        attempted(completed.id(), 1000);
        var list = client.get("/events/" + completed.id() + "/attempts").expect(200);
        assertThat(list.at("/data").size()).isEqualTo(1000);
        assertThat(list.at("/data/0/number").asInt()).isEqualTo(1001);
        assertThat(list.at("/total_count").asInt()).isEqualTo(1001);
        assertThat(list.at("/has_more").asBoolean()).isTrue();
    }

    @Test
    void aConfigThatAsksForOursGetsThemAndNothingElse() {
        config(receiver.url(), ", 'events': ['session.*', 'result.created']");
        poll();
        eventually("all arrive", () -> receiver.all().size() >= 3);
        assertThat(receiver.all())
                .extracting(Got::slug)
                .containsExactlyInAnyOrder(TEST, "session.active", "result.created");
    }

    @Test
    void aClientFindsTheEventOfItsLastCallNewestFirstAndByCursor() {
        for (int i = 0; i < 5; i++) {
            var id = happened();
            assertThat(client.get("/events?limit=1").text("/data/0/id")).isEqualTo(id);
        }
        var all = client.get("/events").expect(200);
        assertThat(all.at("/total_count").asInt()).isEqualTo(5);
        var second = all.at("/data/1/id").asString();
        var rest = client.get("/events?after_id=" + second).expect(200);
        assertThat(rest.at("/data").size()).isEqualTo(3);
        assertThat(rest.at("/data/0/id")).isEqualTo(all.at("/data/2/id"));
        assertThat(client.get("/events?before_id=" + second).text("/data/0/id"))
                .isEqualTo(all.at("/data/0/id").asString());
        assertThat(client.get("/events?state=delivered").text("/total_count")).isEqualTo("0");
        assertThat(client.get("/events?action=completed").text("/total_count")).isEqualTo("0");
    }

    @Test
    void theFirstValidConfigIsTheDefaultAndGetsWhatHappenedSinceItWasCreated() {
        var before = happened();
        receiver.answering(got -> Reply.of(got.slug().equals(TEST) ? 503 : 200));
        var made = client.post("/configs/webhook", "{'url': '" + receiver.url() + "'}")
                .expect(201);
        var meanwhile = happened();
        eventually("a test came", () -> !receiver.of(TEST).isEmpty());
        assertThat(client.get("/organisation")
                        .body()
                        .at("/webhook_config_default")
                        .isNull())
                .isTrue();
        receiver.answering(_ -> Reply.of(200));

        assertThat(state(tested(made))).isEqualTo("valid");
        settledEvent(meanwhile, "delivered");
        assertThat(state(event(before))).isEqualTo("pending");
        var organisation = client.get("/organisation").expect(200);
        assertThat(organisation.at("/webhook_config_default")).isEqualTo(made.at("/id"));
        assertThat(organisation.at("/webhook_configs/data/0/secret").isNull()).isTrue();
    }

    @Test
    void aTestWaitsForAReceiverThatStartsLate() throws IOException {
        int port = freePort();
        var made = client.post("/configs/webhook", "{'url': 'http://127.0.0.1:" + port + "/webhooks'}")
                .expect(201);
        var task = client.get("/tasks?type=webhook_config.test").text("/data/0/id");
        eventually(
                "a first try failed",
                () -> client.get("/events/" + task + "/attempts").status() == 200
                        && attempts(task).size() > 0);
        try (var late = Receiver.start(port)) {
            var config = tested(made);
            assertThat(state(config)).isEqualTo("valid");
            assertThat(config.at("/last_test/status").asInt()).isEqualTo(200);
            assertThat(late.all()).hasSize(1);
        }
        assertThat(attempts(task).get(attempts(task).size() - 1).at("/error").asString())
                .isEqualTo("connection");
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    @Test
    void aTestThatFailsTellsStatusAndTimeAndNeverTheBody() {
        receiver.answering(_ -> Reply.of(404));
        var made = client.post("/configs/webhook", "{'url': '" + receiver.url() + "'}")
                .expect(201);
        for (int tries = 1; tries < 6; tries++) {
            int soFar = tries;
            eventually("try " + tries, () -> receiver.all().size() >= soFar);
            // What is only then written down as waiting would wait for real.
            client.settled(
                    "/tasks?type=" + TEST, t -> t.at("/data/0/state").asString().equals("suspended"));
            app.clock().advance(Duration.ofSeconds(20));
        }
        var config = tested(made);
        assertThat(state(config)).isEqualTo("invalid");
        assertThat(config.at("/message").asString()).startsWith("The receiver answered 404, after ");

        assertThat(client.get("/events?type=webhook_config&action=invalid").text("/total_count"))
                .as("one that never was valid stops nothing")
                .isEqualTo("0");

        receiver.answering(_ -> Reply.of(204));
        var task = client.postAndAwait(path(made) + "/test", "null").expect(201);
        assertThat(state(task)).isEqualTo("succeeded");
        assertThat(state(client.get(path(made)).body())).isEqualTo("valid");
    }

    @Test
    void aTestThatFailsStopsAConfigWithAnEventAndOneCallResumesIt() {
        var made = config();
        receiver.answering(_ -> Reply.of(503));
        var test =
                client.post(path(made) + "/test", "null").expect(201).at("/id").asString();
        for (int tries = 1; tries < 6; tries++) {
            int soFar = tries + 1;
            eventually("try " + tries, () -> receiver.all().size() >= soFar);
            // What is only then written down as waiting would wait for real.
            client.settled("/tasks/" + test, t -> state(t).equals("suspended"));
            app.clock().advance(Duration.ofSeconds(20));
        }
        client.settled(path(made), c -> state(c).equals("invalid"));
        assertThat(client.get("/events?type=webhook_config&action=invalid").text("/data/0/data/id"))
                .isEqualTo(made.at("/id").asString());
        var waits = happened();
        receiver.answering(_ -> Reply.of(200));
        assertThat(client.post(path(made) + "/resume", "{}").text("/state")).isEqualTo("new");
        settledEvent(waits, "delivered");
        assertThat(state(client.get(path(made)).body())).isEqualTo("valid");
    }

    @Test
    void plainHttpGoesOnlyToWhatTheOperatorNames() {
        for (var url : List.of(
                "http://hooks.example.com/x",
                "http://10.1.2.3/x",
                "ftp://127.0.0.1/x",
                "/x",
                "nothing at all",
                "https://user:password@hooks.example.com/x",
                "https://hooks.example.com/x#y")) {
            var answer = client.post("/configs/webhook", "{'url': '" + url + "'}");
            assertThat(answer.status()).as(url).isEqualTo(400);
            assertThat(answer.body().at("/params").has("url")).as(url).isTrue();
        }
        assertThat(client.post("/configs/webhook", "{'url': 'https://x.example', 'events': ['Poll!']}")
                        .status())
                .isEqualTo(400);
        assertThat(client.post("/configs/webhook", "{'url': 'https://x.example', 'retries': [0]}")
                        .status())
                .isEqualTo(400);
        assertThat(client.post("/configs/webhook", "{}").status()).isEqualTo(400);
    }

    @Test
    void retriesFollowTheScheduleAndThenTheEventHasFailed() {
        config(receiver.url(), ", 'retries': [60, 3600]");
        receiver.answering(_ -> Reply.of(500));
        var id = happened();
        eventuallyAttempted(id, 1);
        app.clock().advance(Duration.ofSeconds(47));
        receiver.answering(_ -> Reply.of(302));
        app.clock().advance(Duration.ofSeconds(26));
        eventuallyAttempted(id, 2);
        assertThat(event(id).at("/retries").asInt()).isEqualTo(2);
        assertThat(state(event(id))).isEqualTo("pending");
        app.clock().advance(Duration.ofMinutes(78));
        assertThat(settledEvent(id, "failed").at("/retries").asInt()).isEqualTo(2);

        assertThat(attempts(id).values())
                .extracting(a -> a.at("/error").asString(""))
                .containsExactly("redirect", "redirect", "status");
        var signed = receiver.of("poll.created");
        assertThat(signed).extracting(got -> got.header("Ricloud-Signature")).doesNotHaveDuplicates();
        assertThat(signed).extracting(Got::id).containsOnly(id);
    }

    /// As of an event that was sent again for years.
    private void attempted(String id, int times) {
        app.db()
                .systemDo(tx ->
                        tx.createUpdate("""
                        insert into webhook_attempt (event, number, organisation, config, date_created, date_completed)
                        select event, number + n, organisation, config, date_created, date_completed
                          from webhook_attempt, generate_series(1, :times) n
                         where event = cast(:id as uuid) and number = 1
                        """).bind("times", times).bind("id", id).execute());
    }

    @Test
    void theSandboxsClockMovesRetriesAndCutsOffNothingThatIsUnderWay() {
        config(receiver.url(), ", 'retries': [3600, 86400]");
        receiver.answering(_ -> Reply.of(500));
        var failing = happened();
        eventuallyAttempted(failing, 1);
        var heldBack = new CountDownLatch(1);
        receiver.answering(got -> {
            await(heldBack);
            return Reply.of(200);
        });
        var slow = happened();
        eventually("it is under way", () -> receiver.of("poll.created").size() == 2);

        advance(Duration.ofHours(2));
        eventually("the retry is made", () -> receiver.of("poll.created").size() == 3);
        var dead = happened();
        eventually("it is under way", () -> receiver.of("poll.created").size() == 4);
        advance(Duration.ofDays(1));
        dies(dead);
        eventually("what a dead node sent is taken again", () -> attempts(dead).size() == 2);
        assertThat(attempts(slow)).hasSize(1);
        heldBack.countDown();
        settledEvent(slow, "delivered");
        settledEvent(failing, "delivered");
        assertThat(attempts(slow)).hasSize(1);
        assertThat(attempts(failing)).hasSize(2);
    }

    private void advance(Duration duration) {
        client.post("/sandbox/clock/advance", "{'seconds': " + duration.toSeconds() + "}")
                .expect(200);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Its node is taken for dead, by a clock that nobody moves.
    private void dies(String event) {
        app.db()
                .systemDo(tx -> tx.createUpdate("update delivery set lease = :lease where event = cast(:event as uuid)")
                        .bind("lease", InstantSource.system().instant().minusSeconds(1))
                        .bind("event", event)
                        .execute());
    }

    @Test
    void aRetryAfterIsObeyed() {
        config(receiver.url(), ", 'retries': [1, 1, 1]");
        receiver.answering(_ -> Reply.of(429).with("Retry-After", "7200"));
        var id = happened();
        eventuallyAttempted(id, 1);
        receiver.answering(_ -> Reply.of(200));
        app.clock().advance(Duration.ofSeconds(7100));
        // Whatever else happens to the config meanwhile waits as well.
        var other = happened();
        assertThat(client.get("/events?limit=1").text("/data/0/id")).isEqualTo(other);
        assertThat(attempts(id)).hasSize(1);
        app.clock().advance(Duration.ofMinutes(2));
        settledEvent(id, "delivered");
        settledEvent(other, "delivered");
        assertThat(receiver.of("poll.created")).hasSize(3);
    }

    @Test
    void aReceiverThatIsGoneIsSwitchedOffAndResumedByOneCall() {
        var made = config();
        receiver.answering(_ -> Reply.of(410));
        var first = happened();
        settledEvent(first, "failed");
        var config = client.settled(path(made), c -> state(c).equals("deactivated"));
        assertThat(config.at("/message").asString()).contains("410");
        assertThat(client.get("/events?type=webhook_config&action=deactivated").text("/total_count"))
                .isEqualTo("1");
        assertThat(client.post(path(made) + "/test", "null").status()).isEqualTo(409);

        receiver.answering(_ -> Reply.of(200));
        var second = happened();
        client.post(path(made) + "/resume", "{}").expect(200);
        settledEvent(second, "delivered");
        assertThat(state(event(first))).isEqualTo("failed");
        client.post("/events/" + first + "/redeliver", "{}").expect(200);
        settledEvent(first, "delivered");
    }

    @Test
    void aConfigThatFailsForDaysIsSwitchedOffWithAnEventAndLosesNothing() {
        var made = config(receiver.url(), ", 'retries': [86400, 86400, 86400, 86400, 86400, 86400]");
        receiver.answering(_ -> Reply.of(500));
        var id = happened();
        for (int tries = 1; tries <= 6; tries++) {
            eventuallyAttempted(id, tries);
            app.clock().advance(Duration.ofHours(29));
        }
        client.settled(path(made), c -> state(c).equals("deactivated"));
        assertThat(state(event(id))).isEqualTo("pending");
        var more = happened();
        receiver.answering(_ -> Reply.of(200));
        client.post(path(made) + "/resume", "{}").expect(200);
        settledEvent(more, "delivered");
        app.clock().advance(Duration.ofHours(29));
        settledEvent(id, "delivered");
    }

    @Test
    void twoFailuresWithDaysOfQuietBetweenThemSwitchNothingOff() {
        var made = config(receiver.url(), ", 'retries': []");
        for (int failures = 1; failures <= 5; failures++) {
            receiver.answering(_ -> Reply.of(502));
            settledEvent(happened(), "failed");
            assertThat(state(client.get(path(made)).body()))
                    .as(failures + " failures")
                    .isEqualTo(failures < 5 ? "valid" : "deactivated");
            app.clock().advance(Duration.ofDays(6));
        }
    }

    @Test
    void whatTheOldUrlSaysLateDoesNotSwitchTheNewOneOff() {
        var made = config();
        var gone = new CountDownLatch(1);
        receiver.answering(_ -> {
            await(gone);
            return Reply.of(410);
        });
        var late = happened();
        eventually("it is under way", () -> receiver.of("poll.created").size() == 1);
        try (var other = Receiver.start()) {
            client.post(path(made), "{'url': '" + other.url() + "'}").expect(200);
            assertThat(state(tested(made))).isEqualTo("valid");
            gone.countDown();
            settledEvent(late, "failed");
            assertThat(state(client.get(path(made)).body())).isEqualTo("valid");
            settledEvent(happened(), "delivered");
        }
    }

    @Test
    void bothSecretsSignDuringARotationAndTheNewOneAloneAfterIt() {
        var made = config();
        var old = made.at("/secret").asString();
        var fresh = client.post(path(made) + "/rotate", "{'overlap': 3600}").text("/secret");
        assertThat(fresh).startsWith("whsec_").isNotEqualTo(old);
        settledEvent(happened(), "delivered");
        var during = receiver.of("poll.created").getLast();
        assertThat(during.standardSigned(old)).isTrue();
        assertThat(during.standardSigned(fresh)).isTrue();
        assertThat(during.ricloudSigned(fresh)).isTrue();

        app.clock().advance(Duration.ofHours(2));
        settledEvent(happened(), "delivered");
        var after = receiver.of("poll.created").getLast();
        assertThat(after.standardSigned(old)).isFalse();
        // Whatever the service's clock says by now, the receiver's is the world's.
        assertThat(after.standardSigned(fresh)).isTrue();
        assertThat(after.ricloudSigned(fresh)).isTrue();
    }

    @Test
    void aRotationThatIsSentAgainMakesNoOtherSecret() {
        var made = config();
        var old = made.at("/secret").asString();
        var first = rotatedUnder("one", made).text("/secret");
        assertThat(rotatedUnder("one", made).text("/secret")).isEqualTo(first).isNotEqualTo(old);
        settledEvent(happened(), "delivered");
        assertThat(receiver.of("poll.created").getLast().standardSigned(old)).isTrue();
    }

    private Client.Answer rotatedUnder(String key, JsonNode config) {
        return Client.send(client.request(path(config) + "/rotate")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString("{}")));
    }

    @Test
    void aTestThatIsUnderWayIsNotJoinedByAnother() {
        var release = new CountDownLatch(1);
        receiver.answering(_ -> {
            hold(release);
            return Reply.of(200);
        });
        try {
            var made = client.post("/configs/webhook", "{'url': '" + receiver.url() + "'}")
                    .expect(201);
            var first = client.post(path(made) + "/test", "{}").expect(201).at("/id");
            assertThat(client.post(path(made) + "/test", "{}").expect(201).at("/id"))
                    .isEqualTo(first);
            release.countDown();
            tested(made);
            client.settled("/tasks/" + first.asString(), task -> state(task).equals("succeeded"));
            assertThat(client.post(path(made) + "/test", "{}").expect(201).at("/id"))
                    .isNotEqualTo(first);
        } finally {
            release.countDown();
        }
    }

    @Test
    void whatADeletedConfigMissedIsSentAgainByFilter() {
        var made = config();
        assertThat(state(client.delete(path(made)).expect(200))).isEqualTo("deactivated");
        var start = app.clock().instant().minusSeconds(5);
        var missed = List.of(happened(), happened(), happened());
        assertThat(client.post("/events/" + missed.getFirst() + "/redeliver", "{}")
                        .status())
                .isEqualTo(400);

        config();
        var answer = client.post("/events/redeliver", "{'since': '%s', 'type': 'poll'}".formatted(start));
        assertThat(answer.expect(200).at("/redelivered").asInt()).isEqualTo(3);
        assertThat(answer.body().at("/has_more").asBoolean()).isFalse();
        assertThat(answer.text("/last_id")).isEqualTo(missed.getLast());
        missed.forEach(id -> settledEvent(id, "delivered"));
        var rest = client.post(
                "/events/redeliver",
                "{'since': '%s', 'type': 'poll', 'after_id': '%s'}".formatted(start, missed.get(1)));
        assertThat(rest.expect(200).at("/redelivered").asInt()).isEqualTo(1);
        assertThat(client.post("/events/redeliver", "{'since': '%s', 'after_id': 'x'}".formatted(start))
                        .status())
                .isEqualTo(400);
        assertThat(client.post("/events/redeliver", "{}").status()).isEqualTo(400);
        assertThat(client.post(
                                "/events/redeliver",
                                "{'since': '%s'}".formatted(Instant.now().plusSeconds(60)))
                        .body()
                        .at("/redelivered")
                        .asInt())
                .isZero();
    }

    @Test
    void aReceiverThatHangsNeitherGetsMoreThanItsShareNorSlowsAnother() throws InterruptedException {
        var release = new CountDownLatch(1);
        var other = app.organisation("Other", ferry.access.Scopes.ALL);
        try (var hanging = Receiver.start()) {
            config();
            var theirs = other.client()
                    .post("/configs/webhook", "{'url': '" + hanging.url() + "'}")
                    .expect(201);
            other.client().settled(path(theirs), c -> state(c).equals("valid"));
            hanging.answering(_ -> {
                hold(release);
                return Reply.of(200);
            });
            for (int i = 0; i < 500; i++) {
                Happened.emit(app, other.id(), "poll", "created");
            }
            eventually("it hangs", () -> hanging.all().size() > 5);
            for (int i = 0; i < 20; i++) {
                long start = System.nanoTime();
                settledEvent(happened(), "delivered");
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            }
            assertThat(hanging.most()).isLessThanOrEqualTo(8);
            release.countDown();
            eventually(
                    "all of it is delivered", () -> hanging.of("poll.created").size() >= 500);
            assertThat(hanging.most()).isLessThanOrEqualTo(8);
        } finally {
            release.countDown();
        }
    }

    private static void hold(CountDownLatch release) {
        try {
            var _ = release.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aKeysOwnConfigOverridesTheDefault() {
        config();
        try (var own = Receiver.start()) {
            var made = config(own.url(), "");
            app.db()
                    .systemDo(tx -> tx.createUpdate("update api_key set webhook_config = :config")
                            .bind("config", Long.parseLong(made.at("/id").asString()))
                            .execute());
            settledEvent(happened(), "delivered");
            assertThat(own.of("poll.created")).hasSize(1);
            assertThat(receiver.of("poll.created")).isEmpty();
        }
    }
}
