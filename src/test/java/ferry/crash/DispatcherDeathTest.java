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

/// Nodes that send webhooks die and stall at moments that a seed decides, while receivers answer 500, close, or say
/// nothing.
///
/// 10 seeds in a normal run; `bench/webhook-crash` runs 200. `-Dferry.seeds=17` runs that one, `-Dferry.seeds=1-200`
/// these.
class DispatcherDeathTest {
    private static final int CLUSTERS = 5;

    private final Map<Strike.Kind, Integer> struck = new EnumMap<>(Strike.Kind.class);
    private final Map<Point, Integer> points = new EnumMap<>(Point.class);
    private int whileSending;
    private int unharmed;
    private long events;
    private long attempts;

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
    void whateverDiesOrStallsEachEventIsDeliveredAndEachAttemptAccountedFor() throws Exception {
        var ends = System.getProperty("ferry.seeds", Boolean.getBoolean("ferry.slow") ? "1-200" : "1-10")
                .split("-", 2);
        var next = new AtomicLong(Long.parseLong(ends[0]));
        long first = next.get();
        long last = Long.parseLong(ends[ends.length - 1]);
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(CLUSTERS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < Math.min(CLUSTERS, last - first + 1); i++) {
                int number = i;
                running.add(threads.submit(() -> {
                    run(number, next, last);
                    return null;
                }));
            }
            for (var each : running) {
                each.get();
            }
        }
        System.out.printf(
                "%d seeds in %.0f s: %s, by point %s; %d died in the middle of a request; %d seeds in which nobody was"
                        + " struck; %d events in %d attempts, each delivered, each attempt with its outcome%n",
                last - first + 1,
                (System.nanoTime() - start) / 1e9,
                struck,
                points,
                whileSending,
                unharmed,
                events,
                attempts);
        assertThat(unharmed).as("seeds in which nobody was struck").isZero();
    }

    private void run(int number, AtomicLong next, long last) throws Exception {
        try (var tellers = new Tellers(number)) {
            for (long seed = next.getAndIncrement(); seed <= last; seed = next.getAndIncrement()) {
                try {
                    count(tellers.suffer(seed));
                } catch (Throwable failure) {
                    next.set(last + 1);
                    throw new AssertionError(
                            "seed " + seed + " failed; again with -Dtest=DispatcherDeathTest -Dferry.seeds=" + seed,
                            failure);
                }
            }
        }
    }

    private synchronized void count(Tellers.Aftermath left) {
        whileSending += left.killedWhileSending();
        events += left.events();
        attempts += left.attempts();
        if (left.struck().isEmpty() && left.killedWhileSending() == 0) {
            unharmed++;
        }
        for (var strike : left.struck()) {
            struck.merge(strike.kind(), 1, Integer::sum);
            points.merge(strike.point(), 1, Integer::sum);
        }
    }
}
