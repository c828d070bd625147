package ferry.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Organisations;
import ferry.access.Scopes;
import ferry.access.Vault;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.event.EventState;
import ferry.event.Events;
import ferry.testing.Client;
import ferry.testing.TestApp;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The line of events under nodes that die and stand still, each step made by hand.
class LineTest {
    private static final WebhookSettings SETTINGS =
            WebhookSettings.of(EgressPolicy.of(List.of()).withLoopback(), 8, 0, Duration.ofDays(5));
    private static final Attempted TAKEN =
            new Attempted(Optional.of(200), Duration.ofMillis(3), Optional.empty(), Optional.empty());

    private final TestApp app = TestApp.start(setup -> setup.webhooks(SETTINGS));
    private final Placement placement = new Placement(app.db(), app.clock());
    private final Line line = new Line(app.clock(), app.clock(), SETTINGS);
    private final AttemptLog log = new AttemptLog(app.clock());
    private final Outcomes outcomes =
            new Outcomes(log, new WebhookConfigs(app.clock()), new Events(app.clock()), SETTINGS, app.clock());
    private final Backlogs backlogs = new Backlogs(app.db(), app.clock());
    private final Receiver receiver = Receiver.start();

    @BeforeEach
    void configs() {
        config(app.client());
    }

    @AfterEach
    void stop() {
        receiver.close();
        app.close();
    }

    private void config(Client client) {
        var made = client.post("/configs/webhook", "{'url': '" + receiver.url() + "'}")
                .expect(201);
        client.settled(
                "/configs/webhook/" + made.at("/id").asString(),
                c -> c.at("/state").asString().equals("valid"));
    }

    private UUID happened() {
        return UUID.fromString(Happened.emit(app, app.first().id(), "poll", "created"));
    }

    private List<Line.Taken> take(int lane, int atMost) {
        return take(lane, atMost, Long.MAX_VALUE);
    }

    private List<Line.Taken> take(int lane, int atMost, long bytes) {
        placement.sequence();
        return app.db().system(tx -> {
            Line.lock(tx, lane);
            return line.take(tx, lane, SETTINGS.firstTries(), atMost, bytes);
        });
    }

    private void settle(Line.Taken taken) {
        app.db()
                .systemDo(tx -> outcomes.settle(
                        tx, List.of(new Outcomes.Settled(taken, TAKEN, EventState.DELIVERED, Optional.empty()))));
    }

    private void settle(Line.Taken taken, AttemptError error, Optional<Instant> next) {
        var state = next.isPresent() ? EventState.PENDING : EventState.FAILED;
        app.db()
                .systemDo(tx -> outcomes.settle(
                        tx,
                        List.of(new Outcomes.Settled(
                                taken, Attempted.failed(error, Duration.ofMillis(3)), state, next))));
    }

    private void expire() {
        app.db().systemDo(line::expire);
    }

    private List<AttemptLog.Entry> attempts(UUID event) {
        return app.db()
                .tenant(app.first().id(), tx -> log.of(tx, app.first().id(), event))
                .items();
    }

    private String state(UUID event) {
        return app.client().get("/events/" + event).text("/state");
    }

    @Test
    void anAttemptIsWrittenBeforeItIsMadeAndWhatADeadNodeTookIsTakenAgain() {
        var event = happened();
        var first = take(Line.FIRST, 10);
        assertThat(first).hasSize(1);
        assertThat(attempts(event)).hasSize(1).allMatch(a -> !a.over());
        assertThat(take(Line.FIRST, 10)).isEmpty();

        app.clock().advance(SETTINGS.lease().plusSeconds(1));
        expire();
        var second = take(Line.FIRST, 10).getFirst();
        assertThat(second.attempt()).isEqualTo(2);
        settle(second);
        assertThat(state(event)).isEqualTo("delivered");
        assertThat(attempts(event)).extracting(AttemptLog.Entry::error).containsExactly(null, AttemptError.INTERRUPTED);
        assertThat(app.client().get("/events/" + event).text("/retries")).isEqualTo("0");
    }

    @Test
    void aNodeThatStoodStillWritesOverNobody() {
        var event = happened();
        var stalled = take(Line.FIRST, 10).getFirst();
        app.clock().advance(SETTINGS.lease().plusSeconds(1));
        expire();
        var second = take(Line.FIRST, 10).getFirst();

        settle(stalled);
        assertThat(state(event)).isEqualTo("pending");
        assertThat(take(Line.FIRST, 10)).isEmpty();
        settle(second);
        assertThat(state(event)).isEqualTo("delivered");
    }

    @Test
    void noMoreIsTakenThanThereIsRoomForButAlwaysOne() {
        var events = List.of(happened(), happened(), happened());
        var first = take(Line.FIRST, 10, 1);
        assertThat(first).hasSize(1);
        long two = 2L * first.getFirst().event().data().length();
        var rest = take(Line.FIRST, 10, two);
        assertThat(rest).hasSize(events.size() - 1);
    }

    @Test
    void configsTakeTurnsAndNoneGetsMoreThanItsShare() {
        var others = new ArrayList<TestApp.Organisation>();
        for (int i = 0; i < 3; i++) {
            var other = app.organisation("Other " + i, Scopes.ALL);
            config(other.client());
            others.add(other);
        }
        for (int i = 0; i < 200; i++) {
            happened();
        }
        others.forEach(other -> Happened.emit(app, other.id(), "poll", "created"));

        var taken = take(Line.FIRST, 4);
        assertThat(taken).extracting(Line.Taken::organisation).doesNotHaveDuplicates();
        assertThat(take(Line.FIRST, 100)).hasSize(SETTINGS.firstTries() - 1);
        assertThat(take(Line.FIRST, 100)).isEmpty();
    }

    @Test
    void anEndpointThatDoesNotAnswerGetsAQuarterOfItsShareUntilItDoes() {
        var stuck = new ArrayList<Line.Taken>();
        for (int i = 0; i < 2; i++) {
            happened();
            stuck.addAll(take(Line.FIRST, 100));
        }
        assertThat(stuck).hasSize(2);
        app.clock().advance(Duration.ofSeconds(3));
        happened();
        assertThat(take(Line.FIRST, 100)).isEmpty();

        stuck.forEach(this::settle);
        happened();
        assertThat(take(Line.FIRST, 100)).hasSize(2);
    }

    @Test
    void noReaderOfTheListIsOvertakenByACommitThatComesLater() {
        var late = app.db().tenant(app.first().id(), tx -> {
            var first = Happened.emit(tx, app, app.first().id());
            // Another thread: a transaction within one on the same thread is the same.
            var second = CompletableFuture.supplyAsync(this::happened).join();
            assertThat(app.client().get("/events?limit=1").text("/data/0/id")).isEqualTo(second.toString());
            return first;
        });
        var listed = app.client().get("/events").expect(200).at("/data");
        assertThat(listed.at("/0/id").asString()).isEqualTo(late);
    }

    @Test
    void aConfigThatFailsFiveTimesIsSentOneAtATimeWithPausesThatDoubleUntilItTakesOne() {
        for (int i = 0; i < 30; i++) {
            happened();
        }
        var first = take(Line.FIRST, 100);
        assertThat(first).hasSizeGreaterThan(Line.BROKEN);
        first.forEach(taken -> settle(taken, AttemptError.STATUS, Optional.empty()));
        // Six failures: the fifth pauses for 5 s, the sixth for 10.
        for (long pause : new long[] {10, 20, 40, 80, 160, 300, 300}) {
            app.clock().advance(Duration.ofSeconds(pause / 2));
            assertThat(take(Line.FIRST, 100)).as("before %d s", pause).isEmpty();
            app.clock().advance(Duration.ofSeconds(pause / 2));
            var one = take(Line.FIRST, 100);
            assertThat(one).as("after %d s", pause).hasSize(1);
            settle(one.getFirst(), AttemptError.TIMEOUT, Optional.empty());
        }
        app.clock().advance(Duration.ofMinutes(5));
        settle(take(Line.FIRST, 100).getFirst());
        assertThat(take(Line.FIRST, 100)).hasSize(SETTINGS.firstTries());
    }

    @Test
    void anOutcomeSaysHowTheReceiverAnswered() throws IOException {
        happened();
        var taken = take(Line.FIRST, 1).getFirst();
        assertThat(SETTINGS.timeout()).isEqualTo(Duration.ofSeconds(15));
        try (var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var outbound = Outbound.open(SETTINGS.egress())) {
            var sender = sender(outbound, Duration.ofMillis(300));
            // Sound from its head, whatever follows: an endless body, or one that drips.
            for (var endless : List.of(true, false)) {
                answering(server, out -> body(out, endless));
                var found = send(sender, taken, "http", server);
                assertThat(found.status()).contains(200);
                assertThat(found.error()).isEmpty();
            }
            answering(server, out -> drip(out, "HTTP/1.1 200 OK\r\nX: "));
            assertThat(send(sender, taken, "http", server).error()).contains(AttemptError.TIMEOUT);
            answering(server, _ -> {});
            assertThat(send(sender, taken, "http", server).error()).contains(AttemptError.TIMEOUT);
            answering(server, out -> out.write("HTTP/1.1 400 No TLS here\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
            var patient = sender(outbound, Duration.ofSeconds(9));
            assertThat(send(patient, taken, "https", server).error()).contains(AttemptError.TLS);
        }
    }

    /// As the service's, but with less patience.
    private Sender sender(Outbound outbound, Duration patience) {
        var sealer = app.master().sealer();
        var vault = new Vault(app.db(), new Organisations(app.clock(), sealer), sealer);
        return new Sender(outbound, vault, app.clock(), app.clock(), patience);
    }

    private static Attempted send(Sender sender, Line.Taken taken, String scheme, ServerSocket to) {
        long start = System.nanoTime();
        var found = sender.send(
                taken.organisation(),
                taken.config(),
                scheme + "://127.0.0.1:" + to.getLocalPort() + "/webhooks",
                taken.secrets(),
                taken.event());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        return found;
    }

    private interface Script {
        void to(OutputStream out) throws IOException, InterruptedException;
    }

    /// Takes one connection, reads some of what comes and answers.
    private static void answering(ServerSocket server, Script script) {
        Thread.ofVirtual().start(() -> {
            try (var socket = server.accept()) {
                var _ = socket.getInputStream().read(new byte[65_536]);
                script.to(socket.getOutputStream());
                // until the sender hangs up
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException | InterruptedException _) {
                return; // the other side has hung up
            }
        });
    }

    private static void body(OutputStream out, boolean endless) throws IOException, InterruptedException {
        out.write("HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        while (endless) {
            out.write(new byte[4096]);
        }
        drip(out, "");
    }

    private static void drip(OutputStream out, String start) throws IOException, InterruptedException {
        out.write(start.getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < 1000; i++) {
            out.write('x');
            out.flush();
            Thread.sleep(50);
        }
    }

    @Test
    void aFirstConfigAdoptsAndADeletedOneDropsInBatches() {
        var other = app.organisation("Other", Scopes.ALL);
        int all = 2 * Backlogs.AT_ONCE + 1;
        app.db().tenantDo(other.id(), tx -> {
            for (int i = 0; i < all; i++) {
                Happened.emit(tx, app, other.id());
            }
        });
        placement.sequence();
        config(other.client());
        var made = app.db().tenant(other.id(), tx -> {
            tx.execute("update webhook_config set date_created = date_created - interval '1 hour'");
            var config = new WebhookConfigs(app.clock())
                    .find(
                            tx,
                            other.id(),
                            tx.createQuery("select id from webhook_config")
                                    .mapTo(long.class)
                                    .one())
                    .orElseThrow();
            Line.lock(tx, Line.FIRST);
            backlogs.adopt(tx, config);
            return config;
        });
        assertThat(waiting(made)).isEqualTo(Backlogs.AT_ONCE);
        assertThat(backlogs.step()).isTrue();
        assertThat(waiting(made)).isEqualTo(2 * Backlogs.AT_ONCE);
        assertThat(backlogs.step()).isTrue();
        assertThat(waiting(made)).isEqualTo(all);
        assertThat(backlogs.step()).isFalse();

        var taken = take(Line.FIRST, 1).getFirst();
        other.client().delete("/configs/webhook/" + made.id()).expect(200);
        for (int left : new int[] {all - 1 - Backlogs.AT_ONCE, 0}) {
            assertThat(backlogs.step()).isTrue();
            assertThat(waiting(made)).isEqualTo(left);
        }
        assertThat(backlogs.step())
                .as("nothing can be done until what is under way is over")
                .isFalse();
        // What was under way comes back to be tried again.
        settle(taken, AttemptError.STATUS, Optional.of(app.clock().instant()));
        assertThat(waiting(made)).isEqualTo(1);
        assertThat(backlogs.step()).isTrue();
        assertThat(waiting(made)).isZero();
        assertThat(backlogs.step()).isFalse();
        assertThat(other.client().get("/events?state=pending&limit=1").text("/total_count"))
                .isEqualTo(Integer.toString(all));
    }

    private long waiting(WebhookConfig config) {
        return app.db()
                .system(tx -> tx.createQuery(
                                "select count(*) from delivery where line = 'waiting' and config = :config")
                        .bind("config", config.id())
                        .mapTo(long.class)
                        .one());
    }

    @Test
    void whateverDiesEachEventIsDeliveredAndEachAttemptAccountedFor() {
        for (int seed = 1; seed <= 10; seed++) {
            deaths(new Random(seed));
        }
    }

    /// Nodes that take, and then die before the call, die after it, stand still for longer than their lease, or
    /// work.
    private void deaths(Random dice) {
        var events = new HashSet<UUID>();
        for (int i = 0; i < 40; i++) {
            events.add(happened());
        }
        Map<UUID, Integer> arrived = new HashMap<>();
        var stalled = new ArrayList<Line.Taken>();
        for (int round = 0; (round < 400 && !arrived.keySet().containsAll(events)) || round < 5; round++) {
            for (var taken : take(Line.FIRST, 1 + dice.nextInt(6))) {
                int fate = dice.nextInt(10);
                if (fate == 0) {
                    continue;
                }
                arrived.merge(taken.event().id(), 1, Integer::sum);
                if (fate == 2) {
                    stalled.add(taken);
                } else if (fate > 2) {
                    settle(taken);
                }
            }
            if (dice.nextInt(5) == 0) {
                app.clock().advance(SETTINGS.lease().plusSeconds(1));
                expire();
                stalled.forEach(this::settle);
                stalled.clear();
            }
        }
        drain();
        assertThat(events).allSatisfy(event -> {
            assertThat(state(event)).isEqualTo("delivered");
            assertThat(attempts(event)).allMatch(AttemptLog.Entry::over);
        });
    }

    private void drain() {
        for (int i = 0; i < 20; i++) {
            app.clock().advance(SETTINGS.lease().plusSeconds(1));
            expire();
            take(Line.FIRST, 100).forEach(this::settle);
        }
    }
}
