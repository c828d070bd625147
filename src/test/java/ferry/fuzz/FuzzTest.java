package ferry.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Contract;
import ferry.testing.TestApp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Thousands of generated calls of two organisations at once: the service never fails, never answers what
/// `openapi.yaml` does not say, and shows neither organisation a byte of the other, or of those before them.
///
/// They come in rounds. Each has two new organisations, and ends with the erasure of all their users, so that the
/// last calls of a million find lists as long as the first ones did.
///
/// `-Dferry.fuzz.calls=…` makes more, `-Dferry.fuzz.seed=…` others. A failure names the seed and the calls of
/// its lane, which ends with it while the others go on; the order of the lanes among each other is the scheduler's.
class FuzzTest {
    private static final int LANES = 12;
    private static final long ROUND = 20_000;
    /// Calls among which each of the document is mostly done at least once.
    private static final long ENOUGH = 10_000;

    private static final int ENOUGH_FAILURES = 10;

    private static final long CALLS = Long.getLong("ferry.fuzz.calls", 10_000);
    private static final long SEED = Long.getLong("ferry.fuzz.seed", 1);

    private final Coverage coverage = new Coverage();
    private final Witness witness = new Witness(Contract.get());
    private final List<String> failures = new ArrayList<>();
    private final AtomicLong calls = new AtomicLong();
    private final long start = System.nanoTime();

    @Test
    void noCallFailsDriftsOrShowsTheOtherOrganisation() throws Exception {
        try (var hooks = new Hooks();
                var app = TestApp.start()) {
            for (int round = 0; goesOn() && failures.size() < ENOUGH_FAILURES; round++) {
                round(app, hooks, round);
            }
            System.out.printf(
                    "fuzz: seed %d, %,d calls in %.1f s, %d events told, %,d ids seen, answers %s, rarest %s%n",
                    SEED,
                    calls.get(),
                    (System.nanoTime() - start) / 1e9,
                    hooks.got(),
                    witness.ids(),
                    coverage.statuses(),
                    coverage.rarest());
            assertThat(failures).as("failures").isEmpty();
            assertThat(hooks.astray()).isEmpty();
            assertThat(hooks.got()).isPositive();
            if (CALLS >= ENOUGH) {
                assertThat(coverage.missing()).as("calls that never succeeded").isEmpty();
            }
        }
    }

    /// Some calls need what a busy machine is late with, such as a session that has become active: where one
    /// has not succeeded yet, there are more calls: a round at most beyond three times as many.
    private boolean goesOn() {
        boolean all = CALLS < ENOUGH || coverage.missing().isEmpty();
        return calls.get() < CALLS || (!all && calls.get() < 3 * CALLS);
    }

    /// Two organisations, until the round's calls are made.
    private void round(TestApp app, Hooks hooks, int round) throws InterruptedException {
        var parties = List.of(party(app, hooks, 2 * round), party(app, hooks, 2 * round + 1));
        long made = calls.get();
        long until = made < CALLS ? Math.min(CALLS, (round + 1) * ROUND) : made + ENOUGH;
        var lanes = new ArrayList<Lane>();
        for (int number = 0; number < LANES; number++) {
            var party = parties.get(number % 2);
            lanes.add(new Lane(
                    "seed %d, round %d, lane %d".formatted(SEED, round, number),
                    SEED * 1_000_000 + round * 100L + number,
                    app.url(),
                    party,
                    parties.get((number + 1) % 2),
                    witness,
                    coverage,
                    () -> app.token(party.organisation()),
                    () -> counted(until)));
        }
        atOnce(lanes, Lane::run);
        atOnce(lanes.subList(0, 2), Lane::tidy);
    }

    private static Party party(TestApp app, Hooks hooks, int number) {
        var canary = Canary.of(number);
        return new Party(number, app.organisation(canary, Scopes.ALL), canary, hooks.url(canary));
    }

    /// What a lane does.
    private interface Part {
        void of(Lane lane) throws IOException, InterruptedException;
    }

    private void atOnce(List<Lane> lanes, Part part) throws InterruptedException {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<?>>();
            for (var lane : lanes) {
                running.add(threads.submit(() -> {
                    part.of(lane);
                    return null;
                }));
            }
            for (var lane : running) {
                end(lane);
            }
        }
    }

    /// A lane that failed is over; the others, and later rounds, may find something else.
    private void end(Future<?> lane) throws InterruptedException {
        try {
            lane.get();
        } catch (ExecutionException e) {
            System.out.println("fuzz: failed: " + e.getCause());
            failures.add(String.valueOf(e.getCause()));
        }
    }

    /// Whether another call belongs to the round; it is counted then.
    private boolean counted(long until) {
        long made = calls.getAndUpdate(before -> before < until ? before + 1 : before) + 1;
        if (made > until) {
            return false;
        }
        if (made % 20_000 == 0) {
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf("fuzz: %,d of %,d calls, %.0f per second%n", made, CALLS, made / seconds);
        }
        return true;
    }
}
