package ferry.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/// Runs seed after seed on a few clusters, and counts what happened in them.
final class SeededDeaths {
    /// Each with a database of its own: a seed mostly waits for leases to run out.
    private static final int CLUSTERS = 5;

    private final String test;
    private final Map<BucketLine.Kind, Integer> upset = new EnumMap<>(BucketLine.Kind.class);
    private final Map<Strike.Kind, Integer> struck = new EnumMap<>(Strike.Kind.class);
    private final Map<Point, Integer> deaths = new EnumMap<>(Point.class);
    private final Map<Point, Integer> stalls = new EnumMap<>(Point.class);
    private int unharmed;
    private int swept;
    private int lateObjects;

    /// @param test the class that a failing seed can be run with alone
    SeededDeaths(String test) {
        this.test = test;
    }

    /// Runs these seeds, each on whichever cluster is free.
    ///
    /// @param stores the store of a cluster, by its number
    void run(Seeds seeds, IntFunction<Cluster.Opening> stores) throws Exception {
        var next = new AtomicLong(seeds.first());
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(CLUSTERS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < Math.min(CLUSTERS, seeds.last() - seeds.first() + 1); i++) {
                var number = i;
                running.add(threads.submit(() -> {
                    run(stores.apply(number), next, seeds.last());
                    return null;
                }));
            }
            for (var each : running) {
                each.get();
            }
        }
        long ran = seeds.last() - seeds.first() + 1;
        System.out.printf(
                "%s: %d seeds in %.0f s: %s, by point: deaths %s, stalls %s; %d seeds in which nobody was struck; on the"
                        + " way to the store %s; %d unfinished uploads of the dead swept, %d late objects swept; nothing"
                        + " lost, doubled or overwritten%n",
                test,
                ran,
                (System.nanoTime() - start) / 1e9,
                struck,
                deaths,
                stalls,
                unharmed,
                upset,
                swept,
                lateObjects);
        assertThat(unharmed).as("seeds in which nobody was struck").isZero();
    }

    record Seeds(long first, long last) {}

    /// Those of `-Dferry.seeds`, or the first so many.
    static Seeds seeds(int normal, int slow) {
        var all = System.getProperty("ferry.seeds", "");
        if (all.isEmpty()) {
            return new Seeds(1, Boolean.getBoolean("ferry.slow") ? slow : normal);
        }
        var ends = all.split("-", 2);
        return new Seeds(Long.parseLong(ends[0]), Long.parseLong(ends[ends.length - 1]));
    }

    private void run(Cluster.Opening store, AtomicLong next, long last) throws Exception {
        try (var cluster = new Cluster(store)) {
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
                            "seed " + seed + " failed: " + plan + ", "
                                    + cluster.store().happened() + "; again with -Dtest=" + test + " -Dferry.seeds="
                                    + seed,
                            failure);
                }
            }
            checker.checkManifests();
            cluster.stop();
            checker.checkWhatIsLeft();
            synchronized (this) {
                lateObjects += checker.lateObjectsSwept();
            }
        }
    }

    private synchronized void count(Cluster.Aftermath left) {
        swept += left.swept();
        left.upset().forEach(each -> upset.merge(each.kind(), 1, Integer::sum));
        if (left.struck().isEmpty() && left.upset().isEmpty()) {
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
