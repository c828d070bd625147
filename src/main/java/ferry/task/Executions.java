package ferry.task;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import ferry.db.DatabaseException;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// What this node runs: each execution from the start of its attempt to what becomes of it. Thread-safe.
final class Executions {
    private static final System.Logger log = System.getLogger(Executions.class.getName());
    /// Pauses between tries to write an outcome. After the last the task is suspended.
    private static final List<Duration> SETTLE_AGAIN =
            List.of(Duration.ofMillis(50), Duration.ofMillis(250), Duration.ofSeconds(1), Duration.ofSeconds(2));

    private final Settlement settlement;
    private final TaskSettings settings;
    /// Two of one task where this node lost its lease and has it again: the older one must still be told to stop.
    private final Set<Attempt> running = ConcurrentHashMap.newKeySet();

    private volatile boolean closing;

    Executions(Settlement settlement, TaskSettings settings) {
        this.settlement = settlement;
        this.settings = settings;
    }

    /// The attempts under way.
    List<Attempt> running() {
        return List.copyOf(running);
    }

    /// How many they are.
    int count() {
        return running.size();
    }

    /// Runs one to its end, on a thread of its own. An exception means that the database is away; db-scheduler then
    /// runs the same execution again.
    void execute(String execution) {
        var attempt = settlement.start(Admission.task(execution), Admission.number(execution));
        if (attempt.isEmpty()) {
            log.log(DEBUG, "execution {0}: nothing to start any more", execution);
            return;
        }
        running.add(attempt.get());
        try {
            run(attempt.get());
        } finally {
            running.remove(attempt.get());
        }
    }

    private void run(Attempt attempt) {
        var task = attempt.task();
        if (task.cancelled()) {
            settle(attempt, Settlement.cancelled());
            return;
        }
        if (attempt.started().once() && attempt.number() > 1) {
            // Its payload went with the attempt that died: it is never revived.
            settle(attempt, interrupted());
            return;
        }
        var handler = settlement.handler(task.type());
        if (handler == null) {
            fault(attempt, new IllegalStateException("no handler for task type " + task.type()));
            return;
        }
        if (closing || !attempt.begin()) {
            giveBack(attempt);
            return;
        }
        try {
            var outcome = handler.run(attempt);
            var stop = attempt.end();
            if (stop.isPresent() && !(outcome instanceof Outcome.Succeeded)) {
                stopped(attempt, stop.get());
            } else {
                settle(attempt, outcome);
            }
        } catch (LeaseLost _) {
            var _ = attempt.end();
            dropped(attempt);
        } catch (Throwable failure) {
            // A handler that threw while it was told to stop is stopping, not failed.
            attempt.end().ifPresentOrElse(stop -> stopped(attempt, stop), () -> failed(attempt, failure));
        }
    }

    /// A database that is away is nobody's bug: the same execution comes again, however often.
    private void failed(Attempt attempt, Throwable failure) {
        if (failure instanceof DatabaseException.Away away) {
            throw away;
        }
        fault(attempt, failure);
    }

    private void stopped(Attempt attempt, Attempt.Stop why) {
        switch (why) {
            case CANCELLED -> settle(attempt, Settlement.cancelled());
            case LEASE_LOST -> dropped(attempt);
            case NODE_STOPS -> giveBack(attempt);
        }
    }

    private static Outcome.Failed interrupted() {
        return new Outcome.Failed(ErrorCode.SERVICE_UNAVAILABLE, "The worker stopped meanwhile; ask again.");
    }

    private void giveBack(Attempt attempt) {
        if (attempt.started().once()) {
            settle(attempt, interrupted());
        } else if (settlement.giveBack(attempt)) {
            log.log(INFO, "task {0}: given back, this node stops", attempt.id());
        }
    }

    private static void dropped(Attempt attempt) {
        log.log(WARNING, "task {0}: attempt {1} lost its lease, outcome dropped", attempt.id(), attempt.number());
    }

    private void fault(Attempt attempt, Throwable failure) {
        if (attempt.started().once() || attempt.started().faults() + 1 >= settings.faultsAllowed()) {
            log.log(ERROR, "task " + attempt.id() + ": attempt " + attempt.number() + " failed; given up", failure);
            settle(attempt, new Outcome.Failed(ErrorCode.INTERNAL, ErrorCode.INTERNAL.sentence()));
            return;
        }
        var wait = settlement.fault(attempt);
        log.log(
                ERROR,
                "task " + attempt.id() + ": attempt " + attempt.number() + " failed; "
                        + wait.map(w -> "tried again in " + w).orElse("its lease is lost, another has it"),
                failure);
    }

    /// Writes the outcome, trying again for a few seconds. If that does not help the task is suspended,
    /// however often: an outcome whose consequences cannot be written must not be lost.
    private void settle(Attempt attempt, Outcome outcome) {
        for (var pause : SETTLE_AGAIN) {
            try {
                if (!settlement.settle(attempt, outcome)) {
                    dropped(attempt);
                }
                return;
            } catch (RuntimeException e) {
                log.log(WARNING, "task " + attempt.id() + ": outcome not written; again in " + pause, e);
            }
            try {
                TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            } catch (InterruptedException _) {
                // The node is being forced to stop: whoever revives the task goes on.
                return;
            }
        }
        var wait = settlement.fault(attempt);
        log.log(
                ERROR,
                "task {0}: outcome not written; {1}",
                attempt.id(),
                wait.map(w -> "run again in " + w).orElse("its lease is lost, another has it"));
    }

    /// Begins none any more: what is started from here on is given back at once.
    void beginNoMore() {
        closing = true;
    }

    /// Interrupts what runs and gives its tasks back, so that other nodes take them at once. Waits as long as the
    /// settings say, and then leaves them: their leases are gone.
    void stop() {
        if (awaitEnd()) {
            return;
        }
        for (var attempt : running) {
            try {
                giveBack(attempt);
            } catch (RuntimeException e) {
                log.log(WARNING, "task " + attempt.id() + ": not given back; its lease will run out", e);
            }
        }
    }

    /// True once none runs any more. Interrupts again and again, since a blocking call may swallow one.
    private boolean awaitEnd() {
        var until = System.nanoTime() + settings.stopWait().toNanos();
        while (!running.isEmpty() && System.nanoTime() < until) {
            running.forEach(attempt -> attempt.stop(Attempt.Stop.NODE_STOPS));
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return running.isEmpty();
    }
}
