package ferry.crash;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// Workers die and stall at moments that a seed decides, and whatever is left is compared with the model.
///
/// 50 seeds in a normal run; `bench/crash` runs a thousand. `-Dferry.seeds=17` runs that one, `-Dferry.seeds=1-200`
/// these.
class WorkerDeathTest {
    /// Each with a database of its own: a seed mostly waits for leases to run out.
    private static final int CLUSTERS = 4;

    private final Map<Strike.Kind, Integer> struck = new EnumMap<>(Strike.Kind.class);
    private final Map<Point, Integer> deaths = new EnumMap<>(Point.class);
    private final Map<Point, Integer> stalls = new EnumMap<>(Point.class);
    private int unharmed;
    private int swept;
    private int lateFeeds;

    /// The dead and their database complain without end.
    private final Logger logs = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

    private final Level level = logs.getLevel();

    @BeforeEach
    void silence() {
        logs.setLevel(Level.toLevel(System.getProperty("ferry.crash.log"), Level.OFF));
    }

    @AfterEach
    void speak() {
        logs.setLevel(level);
    }

    @Test
    void whateverDiesOrStallsNothingIsLostDoubledOrOverwritten() throws Exception {
        var seeds = seeds();
        var next = new AtomicLong(seeds.first());
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(CLUSTERS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < Math.min(CLUSTERS, seeds.last() - seeds.first() + 1); i++) {
                var number = i;
                running.add(threads.submit(() -> {
                    run(number, next, seeds.last());
                    return null;
                }));
            }
            for (var each : running) {
                each.get();
            }
        }
        long ran = seeds.last() - seeds.first() + 1;
        System.out.printf(
                "%d seeds in %.0f s: %s, by point: deaths %s, stalls %s; %d seeds in which nobody was struck;"
                        + " %d unfinished uploads of the dead swept, %d late feeds swept; nothing lost, doubled or"
                        + " overwritten%n",
                ran, (System.nanoTime() - start) / 1e9, struck, deaths, stalls, unharmed, swept, lateFeeds);
        assertThat(unharmed).as("seeds in which nobody was struck").isZero();
    }

    private record Seeds(long first, long last) {}

    private static Seeds seeds() {
        var all = System.getProperty("ferry.seeds", "");
        if (all.isEmpty()) {
            return new Seeds(1, Boolean.getBoolean("ferry.slow") ? 1000 : 50);
        }
        var ends = all.split("-", 2);
        return new Seeds(Long.parseLong(ends[0]), Long.parseLong(ends[ends.length - 1]));
    }

    private void run(int number, AtomicLong next, long last) throws Exception {
        try (var cluster = new Cluster(number)) {
            var checker = new Checker(cluster);
            for (long seed = next.getAndIncrement(); seed <= last; seed = next.getAndIncrement()) {
                var plan = Plan.of(seed);
                try {
                    var left = cluster.suffer(plan);
                    for (var poll : left.polls().entrySet()) {
                        checker.check(poll.getKey(), poll.getValue(), plan.changing());
                    }
                    count(left);
                    if (seed % 100 == 0) {
                        System.out.println("seed " + seed + " is done");
                    }
                } catch (Throwable failure) {
                    next.set(last + 1);
                    throw new AssertionError(
                            "seed " + seed + " failed: " + plan + "; again with -Dtest=WorkerDeathTest -Dferry.seeds="
                                    + seed,
                            failure);
                }
            }
            cluster.stop();
            checker.checkWhatIsLeft();
            synchronized (this) {
                lateFeeds += checker.lateFeedsSwept();
            }
        }
    }

    private synchronized void count(Cluster.Aftermath left) {
        swept += left.swept();
        if (left.struck().isEmpty()) {
            unharmed++;
        }
        for (var strike : left.struck()) {
            struck.merge(strike.kind(), 1, Integer::sum);
            switch (strike.kind()) {
                case DEATH -> deaths.merge(strike.point(), 1, Integer::sum);
                case STALL -> stalls.merge(strike.point(), 1, Integer::sum);
                case DATABASE_AWAY, DISK_AWAY -> {}
            }
        }
    }
}
