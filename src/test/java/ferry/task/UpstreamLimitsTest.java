package ferry.task;

import static ferry.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.Limits;
import ferry.connector.Limits.HostClass;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpstreamLimitsTest {
    private final Queue queue = new Queue();
    private final UpstreamSettings settings = new UpstreamSettings(50, 2, 4, Duration.ofSeconds(5));

    @AfterEach
    void close() {
        queue.close();
    }

    private UpstreamLimits limits(String account, UpstreamSettings by) {
        return new UpstreamLimits(queue.db, account, by, queue.clock);
    }

    @Test
    void twoNodesTogetherKeepToTheRateOfAnAccount() throws Exception {
        var one = limits("a", settings);
        var two = limits("a", settings);
        var start = Instant.now();

        for (var i = 0; i < 30; i++) {
            one.turn(HostClass.LISTING);
            two.turn(HostClass.LISTING);
        }

        // 60 turns at 50 a second, less the last batch.
        assertThat(Duration.between(start, Instant.now())).isGreaterThan(Duration.ofMillis(600));
    }

    @Test
    void aThrottledAccountStopsOnEveryNodeButNotForItsOtherHosts() throws Exception {
        limits("a", settings).throttled(HostClass.LISTING, Duration.ofMinutes(1));

        assertThatThrownBy(() -> limits("a", settings).turn(HostClass.LISTING))
                .isInstanceOfSatisfying(
                        ConnectorException.Unavailable.class,
                        busy -> assertThat(busy.retryAfter())
                                .isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60)));
        limits("a", settings).turn(HostClass.CONTENT);
        limits("b", settings).turn(HostClass.LISTING);
    }

    @Test
    void theRateFallsToHalfOncePerPauseAndRisesAgain() throws Exception {
        var limits = limits("a", settings);
        limits.throttled(HostClass.LISTING, Duration.ofMinutes(1));
        limits.throttled(HostClass.LISTING, Duration.ofMinutes(1));
        assertThat(rate()).isEqualTo(25);

        queue.clock.advance(Duration.ofMinutes(2));
        limits.turn(HostClass.LISTING);

        assertThat(rate()).isEqualTo(50);
    }

    @Test
    void withoutACeilingNothingWaitsUntilTheSourceComplains() throws Exception {
        var limits = limits("a", new UpstreamSettings(0, 2, 4, Duration.ofSeconds(5)));
        var start = Instant.now();

        for (var i = 0; i < 2000; i++) {
            limits.turn(HostClass.LISTING);
        }

        assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void whatOneNodeIsToldReachesTheOtherWithinASecond() throws Exception {
        var unlimited = new UpstreamSettings(0, 2, 4, Duration.ofSeconds(5));
        var one = limits("a", unlimited);
        var two = new UpstreamLimits(queue.another(), "a", unlimited, queue.clock);
        two.turn(HostClass.CLOUDKIT);

        one.throttled(HostClass.CLOUDKIT, Duration.ofMinutes(1));
        queue.clock.advance(Duration.ofSeconds(1));

        assertThatThrownBy(() -> two.turn(HostClass.CLOUDKIT))
                .isInstanceOfSatisfying(
                        ConnectorException.Unavailable.class,
                        busy -> assertThat(busy.code()).isEqualTo(ErrorCode.THROTTLED));
        two.turn(HostClass.LISTING);
    }

    @Test
    void aTurnThatWasTakenBeforeAPauseIsNotUsedInIt() throws Exception {
        var slow = new UpstreamSettings(0.9, 2, 4, Duration.ofSeconds(5));
        var one = limits("a", slow);
        var two = new UpstreamLimits(queue.another(), "a", slow, queue.clock);
        one.turn(HostClass.LISTING);

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting = threads.submit(() -> {
                two.turn(HostClass.LISTING); // a little more than a second ahead
                return true;
            });
            eventually(
                    "the other has taken its turn",
                    () -> taken().isAfter(queue.clock.instant().plusMillis(1500)));
            one.throttled(HostClass.LISTING, Duration.ofMinutes(1));

            assertThatThrownBy(waiting::get).hasCauseInstanceOf(ConnectorException.Unavailable.class);
        }
    }

    @Test
    void theRateThatOneNodeWasToldIsTheOthersToo() throws Exception {
        var one = limits("a", settings);
        var two = new UpstreamLimits(queue.another(), "a", settings, queue.clock);
        one.throttled(HostClass.LISTING, Duration.ofSeconds(2));
        two.throttled(HostClass.LISTING, Duration.ofSeconds(2));
        assertThat(rate()).isEqualTo(25);

        queue.clock.advance(Duration.ofSeconds(2));
        two.turn(HostClass.LISTING);

        // Two seconds, each an eighth of the ceiling.
        assertThat(rate()).isBetween(37.0, 39.5);
    }

    @Test
    void twoNodesShareTheStreamsOfAnAccount() throws Exception {
        var nodes = List.of(limits("a", settings), new UpstreamLimits(queue.another(), "a", settings, queue.clock));
        var underWay = new AtomicInteger();
        var most = new AtomicInteger();
        var ended = List.of(new CountDownLatch(100), new CountDownLatch(100));

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int each = 0; each < 16; each++) {
                int node = each % 2;
                all.add(threads.submit(() -> {
                    while (ended.stream().anyMatch(latch -> latch.getCount() > 0)) {
                        try (var _ = nodes.get(node).stream(HostClass.CONTENT)) {
                            most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                            TimeUnit.MILLISECONDS.sleep(5);
                            underWay.decrementAndGet();
                        }
                        ended.get(node).countDown();
                    }
                    return null;
                }));
            }
            for (var each : all) {
                each.get(20, TimeUnit.SECONDS);
            }
        }

        assertThat(most).hasValue(4);
        eventually("what is not used is given back", () -> leases() == 0);
    }

    @Test
    void whoWaitsLongestIsNextWhereNodesAreMoreThanStreams() throws Exception {
        var single = new UpstreamSettings(0, 1, 1, Duration.ofSeconds(5));
        var served = List.of(new CountDownLatch(1), new CountDownLatch(1), new CountDownLatch(1));

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (var own : served) {
                var node = limits("a", single);
                all.add(threads.submit(() -> {
                    while (served.stream().anyMatch(latch -> latch.getCount() > 0)) {
                        try (var _ = node.stream(HostClass.LISTING)) {
                            TimeUnit.MILLISECONDS.sleep(5);
                        }
                        own.countDown();
                    }
                    return null;
                }));
            }
            for (var each : all) {
                each.get(20, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void theStreamsOfANodeThatWasKilledLapse() throws Exception {
        var other = queue.another();
        var killed = new UpstreamLimits(other, "a", settings, queue.clock);
        var cut = new ArrayList<Limits.Stream>();
        for (int each = 0; each < 4; each++) {
            cut.add(killed.stream(HostClass.CONTENT));
        }
        other.close();

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting = threads.submit(() -> limits("a", settings).stream(HostClass.CONTENT));
            eventually("another waits", () -> leases() == 2);
            assertThat(waiting.isDone()).isFalse();
            limits("a", settings).stream(HostClass.LISTING).close();
            limits("b", settings).stream(HostClass.CONTENT).close();

            queue.clock.advance(UpstreamStreams.LEASE);
            waiting.get(10, TimeUnit.SECONDS).close();
        }
        cut.forEach(Limits.Stream::close);
    }

    @Test
    void aNodeAloneAsksForItsStreamsSeldom() throws Exception {
        // Each look at the leases reads the clock once: those of this thread, and those of the one that renews.
        var asked = new AtomicInteger();
        var renewed = new AtomicInteger();
        var here = Thread.currentThread();
        var one = new UpstreamLimits(queue.db, "a", settings, () -> {
            (Thread.currentThread().equals(here) ? asked : renewed).incrementAndGet();
            return queue.clock.instant();
        });

        // Three at a time, of two tasks: nobody waits, and nobody asks again but where a renewal gave one back.
        try (var _ = one.stream(HostClass.CONTENT);
                var _ = one.stream(HostClass.CONTENT)) {
            for (int each = 0; each < 20_000; each++) {
                one.stream(HostClass.CONTENT).close();
            }
            assertThat(asked.get()).isBetween(3, 3 + renewed.get());
        }
    }

    @Test
    void whoIsInterruptedWhileItWaitsLeavesItsPlace() throws Exception {
        var one = limits("a", new UpstreamSettings(0, 1, 1, Duration.ofSeconds(5)));
        var first = one.stream(HostClass.LISTING);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting = Thread.ofVirtual().start(() -> {
                try {
                    one.stream(HostClass.LISTING).close();
                } catch (InterruptedException _) {
                    return; // which leaves its place
                }
            });
            eventually("it waits", () -> waiting.getState() == Thread.State.TIMED_WAITING);
            var behind = threads.submit(() -> {
                one.stream(HostClass.LISTING).close();
                return true;
            });
            waiting.interrupt();
            first.close();
            first.close();
            assertThat(behind.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void whoWaitsIsInterruptedThoughTheDatabaseHangs() throws Exception {
        var one = limits("a", settings);
        var hangs = new Semaphore(0);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                var _ = threads.submit(() -> queue.db.system(tx -> {
                    tx.execute("select pg_advisory_xact_lock(hashtextextended('streams LISTINGa', 0))");
                    hangs.acquireUninterruptibly();
                    return true;
                }));
                eventually("the database hangs", () -> locks(true) == 1);
                var _ = threads.submit(() -> one.stream(HostClass.LISTING));
                eventually("it is asked", () -> locks(false) == 1);
                var ended = new CountDownLatch(1);
                var waiting = Thread.ofVirtual().start(() -> {
                    try {
                        one.stream(HostClass.LISTING).close();
                    } catch (InterruptedException _) {
                        ended.countDown();
                    }
                });
                eventually(
                        "another waits",
                        () -> waiting.getState() == Thread.State.TIMED_WAITING
                                || waiting.getState() == Thread.State.BLOCKED);
                waiting.interrupt();
                assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
            } finally {
                hangs.release();
            }
        }
    }

    @Test
    void theDefaultsArePolite() {
        assertThat(UpstreamSettings.DEFAULT.rate()).isEqualTo(8);
        assertThat(limits("a", UpstreamSettings.DEFAULT).parallel(HostClass.CLOUDKIT))
                .isEqualTo(2);
        assertThat(limits("a", UpstreamSettings.DEFAULT).parallel(HostClass.LISTING))
                .isEqualTo(2);
        assertThat(limits("a", UpstreamSettings.DEFAULT).parallel(HostClass.CONTENT))
                .isEqualTo(4);
        assertThat(limits("a", UpstreamSettings.DEFAULT).parallel(HostClass.AUTH))
                .isEqualTo(1);
    }

    /// Advisory locks of transactions that are granted, or waited for.
    private int locks(boolean granted) {
        return queue.db.system(tx -> tx.createQuery("""
                        select count(*) from pg_locks
                         where locktype = 'advisory' and granted = :granted
                           and database = (select oid from pg_database where datname = current_database())
                        """)
                .bind("granted", granted)
                .mapTo(Integer.class)
                .one());
    }

    private int leases() {
        return queue.db.system(tx -> tx.createQuery("select count(*) from upstream_stream where host = 'CONTENT'")
                .mapTo(Integer.class)
                .one());
    }

    private Instant taken() {
        return queue.db.system(tx -> tx.createQuery("select taken_until from upstream where host = 'LISTING'")
                .map((row, _) -> row.getTimestamp("taken_until").toInstant())
                .one());
    }

    private double rate() {
        return queue.db.system(tx -> tx.createQuery("select rate from upstream where host = 'LISTING'")
                .mapTo(Double.class)
                .one());
    }
}
