package ferry.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.egress.EgressPolicy;
import ferry.event.EventState;
import ferry.event.Events;
import ferry.testing.Client;
import ferry.testing.TestApp;
import java.time.Duration;
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
