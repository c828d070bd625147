package ferry.http;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.Client.Answer;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A create happens once, however often it is sent; what is meant twice happens twice.
class ResendsTest {
    private static final String RICLOUD_PY = "ricloud-py/3.2.0";

    private static TestApp app;
    private static Client client;
    private static TestApp.Node other;
    /// The same organisation at another node.
    private static Client node;
    private static String user;
    private static String session;

    @BeforeAll
    static void start() throws IOException {
        app = TestApp.start();
        client = app.client();
        other = app.node(app.db(), app.master());
        node = new Client(other.url(), token());
        user = client.user("somebody");
        client.storage("local://resends");
        session = client.session(user, "mocks.mock", "account", "'password': 'password'")
                .at("/id")
                .asString();
    }

    @AfterAll
    static void stop() {
        other.close();
        app.close();
    }

    /// How a faulty server treats the answer to a create, which has been committed.
    private enum Fault {
        ANSWERS_500,
        DROPS_THE_CONNECTION
    }

    /// Lets the first so many answers of 201 fail.
    private static final class Faulty implements WebServer.Handler {
        private final Fault fault;
        private final AtomicInteger left;

        Faulty(Fault fault, int times) {
            this.fault = fault;
            this.left = new AtomicInteger(times);
        }

        @Override
        public void handle(Exchange exchange) throws Exception {
            app.app().api().handle(new Broken(exchange));
        }

        private final class Broken implements Exchange {
            private final Exchange exchange;
            private boolean dropped;

            Broken(Exchange exchange) {
                this.exchange = exchange;
            }

            @Override
            public void respond(int status, byte[] body) {
                if (status == 201 && left.getAndDecrement() > 0) {
                    dropped = fault == Fault.DROPS_THE_CONNECTION;
                    throw new UncheckedIOException(new IOException("the answer fails, as the test asks"));
                }
                if (dropped) {
                    throw new CloseConnectionException("the connection fails, as the test asks");
                }
                exchange.respond(status, body);
            }

            @Override
            public String method() {
                return exchange.method();
            }

            @Override
            public String path() {
                return exchange.path();
            }

            @Override
            public String query() {
                return exchange.query();
            }

            @Override
            public Optional<String> header(String name) {
                return exchange.header(name);
            }

            @Override
            public List<String> headers(String name) {
                return exchange.headers(name);
            }

            @Override
            public InputStream body() {
                return exchange.body();
            }

            @Override
            public Exchange set(String name, String value) {
                exchange.set(name, value);
                return this;
            }

            @Override
            public Exchange add(String name, String value) {
                exchange.add(name, value);
                return this;
            }

            @Override
            public OutputStream respond(int status, long length) throws IOException {
                return exchange.respond(status, length);
            }
        }
    }

    private static String token() {
        return client.request("/key")
                .build()
                .headers()
                .firstValue("Authorization")
                .orElseThrow()
                .replaceFirst("Token ", "");
    }

    private static WebServer faulty(Fault fault, int times) throws BindException {
        return WebServer.start("127.0.0.1", 0, new Faulty(fault, times));
    }

    private static long total(String list) {
        return client.get(list).expect(200).at("/total_count").asLong();
    }

    private static String session(String identifier) {
        return "{'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': '%s'}, 'payload': {'password': 'password'}}"
                .formatted(user, identifier);
    }

    private static String poll(int since) {
        return "{'session': '%s', 'payload': {'info_types': ['*'], 'since': '2020-01-01T00:00:%02d'}}"
                .formatted(session, since);
    }

    private static String storage(int number) {
        return "{'url': 'local://resends/" + number + "'}";
    }

    /// A create of the storm.
    private record Create(String path, String body) {}

    /// Sends until it is answered as it should be, four times at most: as the blind client does.
    private static String stubborn(Client through, Create create) {
        for (int i = 0; i < 4; i++) {
            try {
                var answer = through.post(create.path(), create.body());
                if (answer.status() < 500) {
                    return answer.expect(201).at("/id").asString();
                }
            } catch (UncheckedIOException _) {
                // dropped; once more
            }
        }
        throw new AssertionError("never answered: " + create.path());
    }

    private static void storm(Fault fault, String name, int from) throws Exception {
        var creates = new ArrayList<Create>();
        for (int i = from; i < from + 8; i++) {
            creates.add(new Create("/sessions", session(name + i)));
            creates.add(new Create("/polls", poll(i)));
            creates.add(new Create("/configs/storage", storage(i)));
        }
        long sessions = total("/sessions");
        long polls = total("/polls");
        long configs = total("/configs/storage");
        long tasks = total("/tasks?type=session.initialise");
        // Each of them fails three times.
        var servers = new ArrayList<WebServer>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var ids = new ArrayList<Future<String>>();
            for (var create : creates) {
                var server = faulty(fault, 3);
                servers.add(server);
                ids.add(threads.submit(() -> stubborn(new Client(server.url(), token()), create)));
            }
            var different = new HashSet<String>();
            for (var id : ids) {
                assertThat(different.add(id.get())).isTrue();
            }
        } finally {
            servers.forEach(WebServer::close);
        }
        assertThat(total("/sessions")).isEqualTo(sessions + 8);
        assertThat(total("/polls")).isEqualTo(polls + 8);
        assertThat(total("/configs/storage")).isEqualTo(configs + 8);
        assertThat(total("/tasks?type=session.initialise")).isEqualTo(tasks + 8);
    }

    @Test
    void aStormOfCreatesThatAreAnswered500LeavesOneResourceEach() throws Exception {
        storm(Fault.ANSWERS_500, "five-hundred", 0);
    }

    @Test
    void aStormOfCreatesWhoseConnectionsDropLeavesOneResourceEach() throws Exception {
        storm(Fault.DROPS_THE_CONNECTION, "dropped", 20);
    }

    private static Set<String> atOnce(int times, Callable<Answer> send) throws Exception {
        var start = new CountDownLatch(1);
        var ids = new HashSet<String>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = IntStream.range(0, times)
                    .mapToObj(_ -> threads.submit(() -> {
                        start.await();
                        return send.call();
                    }))
                    .toList();
            start.countDown();
            for (var answer : answers) {
                ids.add(answer.get().expect(201).at("/id").asString());
            }
        }
        return ids;
    }

    @Test
    void aRepeatWhileTheFirstIsInFlightWaitsForIt() throws Exception {
        // The first is answered only when its poll is completed, or after ten seconds.
        var body = poll(50);
        var ids = atOnce(6, () -> client.postAndAwait("/polls", body));
        assertThat(ids).hasSize(1);
    }

    @Test
    void whatWasAnsweredHappensAnewWhenItIsSentAgain() {
        var body = session("again");
        for (int i = 0; i < 20; i++) {
            var first = client.post("/sessions", body).expect(201).at("/id").asString();
            var second = client.post("/sessions", body).expect(201).at("/id").asString();
            assertThat(second).isNotEqualTo(first);
        }
    }

    private static Answer ricloudPy(String path, String body) {
        return ricloudPy(client, path, body);
    }

    private static Answer ricloudPy(Client who, String path, String body) {
        return Client.send(who.request(path)
                .header("User-Agent", RICLOUD_PY)
                .POST(BodyPublishers.ofString(body.replace('\'', '"'))));
    }

    @Test
    void ricloudPyGetsTheSameForFiveSeconds() {
        var body = session("ricloud-py");
        var first = ricloudPy("/sessions", body).expect(201).at("/id").asString();
        assertThat(ricloudPy("/sessions", body).text("/id")).isEqualTo(first);
        app.clock().advance(Duration.ofSeconds(4));
        assertThat(ricloudPy("/sessions", body).text("/id")).isEqualTo(first);
        app.clock().advance(Duration.ofSeconds(2));
        assertThat(ricloudPy("/sessions", body).text("/id")).isNotEqualTo(first);
    }

    @Test
    void afterAFailureTheSameIsAnsweredForThirtySeconds() throws Exception {
        var body = session("failed");
        long before = total("/sessions");
        try (var server = faulty(Fault.ANSWERS_500, 1)) {
            assertThat(new Client(server.url(), token()).post("/sessions", body).status())
                    .isEqualTo(500);
        }
        app.clock().advance(Duration.ofSeconds(25));
        client.post("/sessions", body).expect(201);
        assertThat(total("/sessions")).isEqualTo(before + 1);
        app.clock().advance(Duration.ofSeconds(31));
        client.post("/sessions", body).expect(201);
        assertThat(total("/sessions")).isEqualTo(before + 2);
    }

    @Test
    void anotherBodyPathOrKeyIsAnotherRequest() throws Exception {
        var other = app.key(app.first());
        try (var server = faulty(Fault.ANSWERS_500, 1)) {
            new Client(server.url(), token()).post("/sessions", session("one"));
        }
        long before = total("/sessions");
        other.post("/sessions", session("one")).expect(201);
        client.post("/sessions", session("two")).expect(201);
        assertThat(total("/sessions")).isEqualTo(before + 2);
    }

    private static Answer keyed(Client who, String key, String path, String body) {
        return Client.send(who.request(path)
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(body.replace('\'', '"'))));
    }

    @Test
    void anIdempotencyKeyIsKeptForSevenDays() {
        var body = session("keyed");
        var first =
                keyed(client, "k-1", "/sessions", body).expect(201).at("/id").asString();
        assertThat(keyed(client, "k-1", "/sessions", body).text("/id")).isEqualTo(first);
        assertThat(keyed(client, "k-2", "/sessions", body).text("/id")).isNotEqualTo(first);
        var other = app.key(app.first());
        assertThat(keyed(other, "k-1", "/sessions", body).text("/id")).isNotEqualTo(first);

        var conflict = keyed(client, "k-1", "/sessions", session("keyed differently"));
        assertThat(conflict.status()).isEqualTo(409);
        assertThat(conflict.text("/error")).isEqualTo("conflict");
        assertThat(keyed(client, "k-1", "/configs/storage", storage(900)).status())
                .isEqualTo(409);
        assertThat(keyed(client, "x".repeat(256), "/sessions", body).status()).isEqualTo(400);
    }

    @Test
    void whatIsSentAtOnceUnderOneIdempotencyKeyHappensOnce() throws Exception {
        var body = session("keyed at once");
        assertThat(atOnce(8, () -> keyed(client, "at-once", "/sessions", body))).hasSize(1);
    }

    @Test
    void aCreateThatIsRefusedMayBeSentAgainUnderItsIdempotencyKey() {
        assertThat(keyed(client, "refused", "/sessions", "{}").status()).isEqualTo(400);
        keyed(client, "refused", "/sessions", session("after a refusal")).expect(201);
    }

    @Test
    void aSecretIsForgottenAndItsKeyThenConflicts() {
        try (var own = TestApp.start()) {
            var with = own.client();
            var first = keyed(with, "made", "/keys", "{}").expect(201);
            assertThat(first.at("/token").asString()).startsWith("ferry_");
            own.clock().advance(Duration.ofMinutes(59));
            own.app().resends().sweep();
            assertThat(keyed(with, "made", "/keys", "{}").expect(201)).isEqualTo(first);
            own.clock().advance(Duration.ofMinutes(2));
            assertThat(keyed(with, "made", "/keys", "{}").status()).isEqualTo(409);
            own.app().resends().sweep();
            assertThat(keyed(with, "made", "/keys", "{}").status()).isEqualTo(409);
            assertThat(with.get("/keys").text("/total_count")).isEqualTo("2");
            own.clock().advance(Duration.ofDays(7).minusMinutes(62));
            assertThat(keyed(with, "made", "/keys", "{}").status()).isEqualTo(409);
            own.clock().advance(Duration.ofMinutes(2));
            assertThat(keyed(with, "made", "/keys", "{}").expect(201).at("/id")).isNotEqualTo(first.at("/id"));
        }
    }

    @Test
    void aTokenIsRepeatedForThirtySecondsAndThenForgotten() throws Exception {
        long before = total("/keys");
        try (var server = faulty(Fault.ANSWERS_500, 1)) {
            assertThat(new Client(server.url(), token()).post("/keys", "{}").status())
                    .isEqualTo(500);
        }
        app.clock().advance(Duration.ofSeconds(25));
        assertThat(client.post("/keys", "{}").expect(201).at("/token").isString())
                .isTrue();
        assertThat(total("/keys")).isEqualTo(before + 1);
        app.clock().advance(Duration.ofSeconds(6));
        app.app().resends().sweep();
        assertThat(count("answer is not null and date_erase is not null and not keyed"))
                .isZero();
        client.post("/keys", "{}").expect(201);
        assertThat(total("/keys")).isEqualTo(before + 2);
    }

    @Test
    void aRepeatThatReachesAnotherNodeFindsWhatTheFirstMade() throws Exception {
        long before = total("/sessions");
        for (var fault : Fault.values()) {
            var create = new Create("/sessions", session("another node " + fault));
            try (var server = faulty(fault, 1)) {
                new Client(server.url(), token()).post(create.path(), create.body());
            } catch (UncheckedIOException _) {
                // dropped
            }
            var id = stubborn(node, create);
            app.clock().advance(Duration.ofSeconds(20));
            assertThat(client.get("/sessions/" + id).status()).isEqualTo(200);
        }
        assertThat(total("/sessions")).isEqualTo(before + 2);
    }

    @Test
    void aRepeatAtAnotherNodeWaitsForAFirstThatIsInFlight() throws Exception {
        var turn = new AtomicInteger();
        var body = poll(51);
        var ids = atOnce(6, () -> (turn.getAndIncrement() % 2 == 0 ? client : node).postAndAwait("/polls", body));
        assertThat(ids).hasSize(1);
    }

    @Test
    void whatOneNodeHasAnsweredAnotherMakesAnew() throws Exception {
        var body = session("answered elsewhere");
        for (int i = 0; i < 5; i++) {
            var first = client.post("/sessions", body).expect(201).at("/id").asString();
            var second = node.post("/sessions", body).expect(201).at("/id").asString();
            assertThat(second).isNotEqualTo(first);
        }
    }

    @Test
    void anIdempotencyKeyAndRicloudPysFiveSecondsHoldAcrossNodes() throws Exception {
        var body = session("keyed elsewhere");
        var first =
                keyed(client, "across", "/sessions", body).expect(201).at("/id").asString();
        assertThat(keyed(node, "across", "/sessions", body)
                        .expect(201)
                        .at("/id")
                        .asString())
                .isEqualTo(first);
        assertThat(keyed(node, "across", "/sessions", session("other")).status())
                .isEqualTo(409);

        var again = session("ricloud-py elsewhere");
        var answered = ricloudPy("/sessions", again).expect(201).at("/id").asString();
        assertThat(ricloudPy(node, "/sessions", again).expect(201).at("/id").asString())
                .isEqualTo(answered);
        app.clock().advance(Duration.ofSeconds(6));
        assertThat(ricloudPy(node, "/sessions", again).expect(201).at("/id").asString())
                .isNotEqualTo(answered);
    }

    @Test
    void aTestOfAConfigThatIsSentAgainHappensOnce() throws Exception {
        var config = client.storage("local://resends/tested").at("/id").asString();
        long before = total("/tasks?type=storage_config.test");
        try (var server = faulty(Fault.ANSWERS_500, 2)) {
            stubborn(new Client(server.url(), token()), new Create("/configs/storage/" + config + "/test", "null"));
        }
        assertThat(total("/tasks?type=storage_config.test")).isEqualTo(before + 1);
    }

    @Test
    void nothingStoredShowsWhatWasSent() {
        ricloudPy("/sessions", session("hidden-identifier")).expect(201);
        long rows = app.db()
                .system(tx -> tx.createQuery("""
                                select count(*) from resend
                                 where position(convert_to(:text, 'UTF8') in coalesce(answer, '')) > 0
                                    or position(convert_to(:text, 'UTF8') in content) > 0
                                """)
                        .bind("text", "password")
                        .mapTo(long.class)
                        .one());
        assertThat(rows).isZero();
    }

    @Test
    void outcomesReachTheDatabaseAndOldRowsGo() {
        client.post("/sessions", session("swept")).expect(201);
        Eventually.eventually("outcomes are written", () -> count("date_ended is null and not keyed") == 0);
        app.clock().advance(Duration.ofMinutes(2));
        Eventually.eventually("rows are swept", () -> count("not keyed") == 0);
    }

    private static long count(String condition) {
        return app.db()
                .system(tx -> tx.createQuery("select count(*) from resend where " + condition)
                        .mapTo(long.class)
                        .one());
    }
}
