package ferry.task;

import static java.lang.System.Logger.Level.WARNING;

import ferry.db.Database;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/// Looks after the attempts that run on this node: which are still ours, which someone has cancelled, how far they
/// are. And after tasks that nobody looks after any more, wherever they were.
///
/// One thread alone calls [#untilClosed].
final class Watch {
    private static final System.Logger log = System.getLogger(Watch.class.getName());

    private final Database db;
    private final Settlement settlement;
    private final Executions executions;
    private final TaskSettings settings;
    private final InstantSource clock;
    private final Runnable wake;
    /// When a running attempt was first told that it is cancelled, by [System#nanoTime].
    private final Map<Attempt, Long> cancelledSince = new HashMap<>();

    private volatile boolean closing;

    /// @param wake called where tasks are pending again
    Watch(
            Database db,
            Settlement settlement,
            Executions executions,
            TaskSettings settings,
            InstantSource clock,
            Runnable wake) {
        this.db = db;
        this.settlement = settlement;
        this.executions = executions;
        this.settings = settings;
        this.clock = clock;
        this.wake = wake;
    }

    /// From here on failures are nobody's business. Whoever calls this interrupts the thread too.
    void close() {
        closing = true;
    }

    /// Looks again and again, until it is closed or its thread interrupted. Survives a database that is away.
    void untilClosed() {
        var away = false;
        var lastSaved = System.nanoTime();
        var lastReconciled = System.nanoTime();
        while (pause()) {
            if (closing) {
                return;
            }
            try {
                watch();
                if (System.nanoTime() - lastSaved >= settings.progressEvery().toNanos()) {
                    saveProgress();
                    lastSaved = System.nanoTime();
                }
                if (System.nanoTime() - lastReconciled >= settings.reconcile().toNanos()) {
                    tidy();
                    lastReconciled = System.nanoTime();
                }
                away = false;
            } catch (RuntimeException e) {
                if (!away && !closing) {
                    log.log(WARNING, "could not look after running tasks; trying again every " + settings.tick(), e);
                }
                away = true;
            }
        }
    }

    /// False if interrupted.
    private boolean pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(settings.tick().toNanos());
            return true;
        } catch (InterruptedException _) {
            return false;
        }
    }

    /// @param beat the last heartbeat of its execution
    private record Seen(UUID id, int admission, int attempt, boolean cancel, Optional<Instant> beat) {}

    /// One statement for all attempts of this node: which are still ours, and which someone has cancelled.
    private void watch() {
        var attempts = executions.running();
        cancelledSince.keySet().retainAll(attempts);
        if (attempts.isEmpty()) {
            return;
        }
        var seen = db.system(tx -> tx.createQuery("""
                        select id, admission, attempt, cancel, last_heartbeat
                          from task left join scheduled_tasks s
                               on s.task_name = :execution and s.task_instance = task.id || '/' || admission
                         where state = 'processing' and id = any(:ids)
                        """)
                .bind("execution", Worker.EXECUTION)
                .bind("ids", attempts.stream().map(Attempt::id).toArray(UUID[]::new))
                .map((row, _, _) -> new Seen(
                        row.getObject("id", UUID.class),
                        row.getInt("admission"),
                        row.getInt("attempt"),
                        row.getBoolean("cancel"),
                        Optional.ofNullable(row.getTimestamp("last_heartbeat")).map(Timestamp::toInstant)))
                .list());
        for (var attempt : attempts) {
            var current = seen.stream()
                    .filter(s -> s.id().equals(attempt.id())
                            && s.admission() == attempt.started().admission()
                            && s.attempt() == attempt.number())
                    .findFirst();
            if (current.isEmpty()) {
                attempt.stop(Attempt.Stop.LEASE_LOST);
                continue;
            }
            current.get()
                    .beat()
                    .ifPresent(
                            beat -> attempt.heldUntil(beat.plus(settings.lease().dividedBy(2))));
            if (current.get().cancel()) {
                cancelled(attempt);
            }
        }
    }

    /// Interrupts it, and once it has had its time settles the task without it: what it still does cannot
    /// be recorded.
    private void cancelled(Attempt attempt) {
        attempt.stop(Attempt.Stop.CANCELLED);
        var since = cancelledSince.computeIfAbsent(attempt, _ -> System.nanoTime());
        if (System.nanoTime() - since > settings.cancelGrace().toNanos()
                && settlement.settle(attempt, Settlement.cancelled())) {
            log.log(WARNING, "task {0}: cancelled, though its handler has not stopped yet", attempt.id());
        }
    }

    private void saveProgress() {
        for (var attempt : executions.running()) {
            attempt.unsaved()
                    .ifPresent(mark -> db.system(tx -> {
                        Settlement.save(tx, attempt, mark);
                        return mark;
                    }));
        }
    }

    private void tidy() {
        var returned = db.system(tx -> Settlement.reconcile(tx, Worker.EXECUTION));
        if (returned > 0) {
            log.log(WARNING, "{0} tasks were admitted but not executed; pending again", returned);
            wake.run();
        }
        var limit = clock.instant().minus(settings.payloadKept());
        for (var left : db.system(tx -> Settlement.left(tx, limit))) {
            if (settlement.sweep(left.organisation(), left.id())) {
                log.log(WARNING, "task {0}: not started in time, payload erased, given up", left.id());
            }
        }
    }
}
