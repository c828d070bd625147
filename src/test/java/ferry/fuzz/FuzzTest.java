package ferry.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Contract;
import ferry.testing.TestApp;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Thousands of generated calls of two organisations at once: the service never fails, never answers what
/// `openapi.yaml` does not say, and shows neither organisation a byte of the other.
///
/// `-Dferry.fuzz.calls=…` makes more, `-Dferry.fuzz.seed=…` others. A failure names the seed and the calls of
/// its lane; the order of the lanes among each other is the scheduler's.
class FuzzTest {
    private static final int LANES = 8;
    /// Calls among which each of the document is done at least once.
    private static final long ENOUGH = 10_000;

    private static final String ONE = "qxjvone";
    private static final String TWO = "zkwptwo";
    private static final long CALLS = Long.getLong("ferry.fuzz.calls", 10_000);
    private static final long SEED = Long.getLong("ferry.fuzz.seed", 1);

    @Test
    void noCallFailsDriftsOrShowsTheOtherOrganisation() throws Exception {
        try (var hooks = new Hooks(ONE, TWO);
                var app = TestApp.start()) {
            var one = new Party(app.organisation(ONE, Scopes.ALL), ONE, hooks.url(ONE));
            var two = new Party(app.organisation(TWO, Scopes.ALL), TWO, hooks.url(TWO));
            var coverage = new Coverage();
            var witness = new Witness(Contract.get());
            var calls = new AtomicLong();
            long start = System.nanoTime();
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                var lanes = new ArrayList<Future<?>>();
                for (int number = 0; number < LANES; number++) {
                    var party = number % 2 == 0 ? one : two;
                    var lane = new Lane(
                            "seed " + SEED + ", lane " + number,
                            SEED * 1000 + number,
                            app.url(),
                            party,
                            number % 2 == 0 ? two : one,
                            witness,
                            coverage,
                            () -> app.token(party.organisation()),
                            () -> counted(calls, start));
                    lanes.add(threads.submit(() -> {
                        lane.run();
                        return null;
                    }));
                }
                for (var lane : lanes) {
                    end(lane, calls);
                }
            }
            assertThat(calls.get()).isGreaterThanOrEqualTo(CALLS);
            System.out.printf(
                    "fuzz: seed %d, %,d calls in %.1f s, %d events told, answers %s%n",
                    SEED, CALLS, (System.nanoTime() - start) / 1e9, hooks.got(), coverage.statuses());
            assertThat(hooks.astray()).isEmpty();
            assertThat(hooks.got()).isPositive();
            if (CALLS >= ENOUGH) {
                assertThat(coverage.missing()).as("calls that never succeeded").isEmpty();
            }
        }
    }

    /// The first lane that fails ends the others.
    private static void end(Future<?> lane, AtomicLong calls) throws InterruptedException {
        try {
            lane.get();
        } catch (ExecutionException e) {
            calls.set(CALLS);
            throw new AssertionError(String.valueOf(e.getCause()), e);
        }
    }

    private static boolean counted(AtomicLong calls, long start) {
        long made = calls.incrementAndGet();
        if (made % 20_000 == 0) {
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf("fuzz: %,d of %,d calls, %.0f per second%n", made, CALLS, made / seconds);
        }
        return made <= CALLS;
    }
}
