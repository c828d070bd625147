package ferry.task;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import com.github.kagkarlsson.scheduler.logging.LogLevel;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import ferry.access.OrgId;
import ferry.db.Database;
import ferry.db.DatabaseException;
import ferry.db.Ids;
import ferry.error.ErrorCode;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// One node's share of the work: admits tasks, runs their handlers, writes what they did.
///
/// db-scheduler owns lease, heartbeat and revival; handlers run on its threads, which are virtual ones of
/// ours. Two platform threads stand beside it (an interrupt on a virtual one would close the database
/// connection it uses): one admits, one watches the attempts that run here. Both survive a database that is
/// away. [#start] starts, [#close] stops; until the first nothing runs, so that [#cancel] may be used
/// alone.
public final class Worker implements AutoCloseable {
    private static final System.Logger log = System.getLogger(Worker.class.getName());
    private static final String EXECUTION = "task";
    private static final Duration RETRY = Duration.ofSeconds(1);
    /// Pauses between tries to write an outcome. After the last the task is suspended.
    private static final List<Duration> SETTLE_AGAIN =
            List.of(Duration.ofMillis(50), Duration.ofMillis(250), Duration.ofSeconds(1), Duration.ofSeconds(2));

    private static final Duration LONGEST_POLL = Duration.ofMillis(250);

    private final UUID node;
    private final Database db;
    private final Settlement settlement;
    private final TaskSettings settings;
    private final InstantSource clock;
    private final InstantSource pulse;
    private final Admission admission;
    private final Scheduler scheduler;
    private final Semaphore wakes = new Semaphore(0);
    /// Two of one task where this node lost its lease and has it again: the older one must still be told to stop.
    private final Set<Attempt> running = ConcurrentHashMap.newKeySet();
    /// When a running attempt was first told that it is cancelled, by [System#nanoTime].
    private final Map<Attempt, Long> cancelledSince = new ConcurrentHashMap<>();

    private final Thread admitting;
    private final Thread watching;
    private volatile boolean closing;
    private volatile boolean started;

    /// @param handlers by task type
    /// @param clock what tasks are due by
    /// @param pulse what tells a dead node: it runs on evenly where `clock` may be moved, and is every node's
    public Worker(
            Database db,
            Map<String, TaskHandler> handlers,
            TaskSettings settings,
            InstantSource clock,
            InstantSource pulse) {
        this(db, handlers, settings, clock, pulse, RandomGenerator.getDefault());
    }

    Worker(
            Database db,
            Map<String, TaskHandler> handlers,
            TaskSettings settings,
            InstantSource clock,
            InstantSource pulse,
            RandomGenerator dice) {
        this.node = Ids.next(clock);
        this.db = db;
        this.settings = settings;
        this.clock = clock;
        this.pulse = pulse;
        this.settlement = new Settlement(db, Map.copyOf(handlers), settings, clock, pulse);
        var execution = execution(this::execute);
        this.admission = new Admission(db, execution, settings, clock, pulse, dice);
        this.scheduler = scheduler(execution);
        this.admitting = Thread.ofPlatform().name("ferry-admit").daemon().unstarted(this::admitUntilClosed);
        this.watching = Thread.ofPlatform().name("ferry-watch").daemon().unstarted(this::watchUntilClosed);
    }

    /// How db-scheduler runs one admitted task. What comes out of `run` as an exception was a database that
    /// is away.
    static OneTimeTask<Void> execution(java.util.function.Consumer<String> run) {
        return com.github.kagkarlsson.scheduler.task.helper.Tasks.oneTime(EXECUTION)
                .onFailure(new FailureHandler.OnFailureRetryLater<>(RETRY))
                .onDeadExecutionRevive()
                .execute((instance, _) -> run.accept(instance.getId()));
    }

    private Scheduler scheduler(OneTimeTask<Void> execution) {
        var slots = Math.max(1, settings.slots());
        var poll = settings.tick().compareTo(LONGEST_POLL) < 0 ? settings.tick() : LONGEST_POLL;
        return Scheduler.create(db.systemPool(), List.of(execution))
                .schedulerName(new SchedulerName.Fixed(node.toString()))
                .jdbcCustomization(new PostgreSqlJdbcCustomization(false, false))
                .clock(pulse::instant)
                .pollingInterval(poll)
                .heartbeatInterval(settings.heartbeat())
                .missedHeartbeatsLimit(settings.missedHeartbeats())
                .threads(slots)
                .executorService(new Slots(slots))
                // Exactly as many as there are slots: what a node picks beyond them would wait here, not elsewhere.
                .pollUsingLockAndFetch(0.5, 1.0)
                .shutdownMaxWait(Duration.ofSeconds(1))
                .failureLogging(LogLevel.WARN, false)
                .build();
    }

    /// The threads of the handlers. When one is free again, so is a slot: the next round of admission may
    /// begin.
    private final class Slots extends ThreadPoolExecutor {
        Slots(int number) {
            super(
                    number,
                    number,
                    0,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(),
                    Thread.ofVirtual().name("ferry-task-", 0).factory());
        }

        @Override
        protected void afterExecute(Runnable done, @Nullable Throwable thrown) {
            wake();
        }
    }

    /// Tasks that this process runs at once.
    public int slots() {
        return settings.slots();
    }

    /// Tasks that it runs now.
    public int busy() {
        return running.size();
    }

    /// Starts to work, unless the settings give this process no slots.
    public void start() {
        if (settings.slots() == 0) {
            return;
        }
        started = true;
        scheduler.start();
        admitting.start();
        watching.start();
    }

    /// Looks for work now. Called after the commit of an enqueue, from any thread, as often as one likes.
    public void wake() {
        wakes.release();
    }

    /// Cancels a task in the caller's tenant transaction: one that waits fails with `cancelled` at once;
    /// one that runs is interrupted within a few seconds, on whatever node; one that is over stays as it
    /// is.
    ///
    /// @return the task as it then is, or empty if the organisation has no such task
    public Optional<Task> cancel(Handle tx, OrgId organisation, UUID id) {
        return settlement.cancel(tx, organisation, id);
    }

    private void admitUntilClosed() {
        var away = false;
        while (!closing) {
            try {
                seen();
                admission.admit();
                scheduler.triggerCheckForDueExecutions();
                away = false;
            } catch (RuntimeException e) {
                if (!away && !closing) {
                    log.log(WARNING, "admission failed; trying again every " + settings.tick(), e);
                }
                away = true;
            }
            if (!pause(wakes, settings.tick(), away)) {
                return;
            }
        }
    }

    /// Waits for a wake or a tick; for the whole tick where the database is away. False if interrupted.
    private static boolean pause(Semaphore wakes, Duration tick, boolean wholeTick) {
        try {
            if (wholeTick) {
                TimeUnit.NANOSECONDS.sleep(tick.toNanos());
            } else {
                var _ = wakes.tryAcquire(tick.toNanos(), TimeUnit.NANOSECONDS);
            }
            wakes.drainPermits();
            return true;
        } catch (InterruptedException _) {
            return false;
        }
    }

    private Instant lastSeen = Instant.MIN;

    /// The node's heartbeat; only the admitting thread calls it.
    private void seen() {
        var now = pulse.instant();
        if (now.isBefore(lastSeen) || !now.isBefore(later(lastSeen))) {
            db.system(tx -> {
                tx.createUpdate("""
                                insert into node (id, slots, date_seen) values (:id, :slots, :now)
                                on conflict (id) do update set date_seen = excluded.date_seen
                                """)
                        .bind("id", node)
                        .bind("slots", settings.slots())
                        .bind("now", now)
                        .execute();
                return tx.createUpdate("delete from node where date_seen < :long")
                        .bind("long", now.minus(Duration.ofHours(1)))
                        .execute();
            });
            lastSeen = now;
        }
    }

    private Instant later(Instant seen) {
        return seen.equals(Instant.MIN) ? seen : seen.plus(settings.heartbeat());
    }

    /// Runs on a thread of [Slots]. An exception means that the database is away; db-scheduler then runs
    /// the same execution again.
    private void execute(String execution) {
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
            cancelledSince.remove(attempt.get());
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

    private void watchUntilClosed() {
        var never = new Semaphore(0);
        var away = false;
        var lastSaved = System.nanoTime();
        var lastReconciled = System.nanoTime();
        while (pause(never, settings.tick(), false)) {
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

    /// @param beat the last heartbeat of its execution
    private record Seen(UUID id, int admission, int attempt, boolean cancel, Optional<Instant> beat) {}

    /// One statement for all attempts of this node: which are still ours, and which someone has cancelled.
    private void watch() {
        var attempts = List.copyOf(running);
        if (attempts.isEmpty()) {
            return;
        }
        var seen = db.system(tx -> tx.createQuery("""
                        select id, admission, attempt, cancel, last_heartbeat
                          from task left join scheduled_tasks s
                               on s.task_name = :execution and s.task_instance = task.id || '/' || admission
                         where state = 'processing' and id = any(:ids)
                        """)
                .bind("execution", EXECUTION)
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
        for (var attempt : running) {
            attempt.unsaved()
                    .ifPresent(mark -> db.system(tx -> {
                        Settlement.save(tx, attempt, mark);
                        return mark;
                    }));
        }
    }

    private void tidy() {
        var returned = db.system(tx -> Settlement.reconcile(tx, EXECUTION));
        if (returned > 0) {
            log.log(WARNING, "{0} tasks were admitted but not executed; pending again", returned);
            wake();
        }
        var limit = clock.instant().minus(settings.payloadKept());
        for (var left : db.system(tx -> Settlement.left(tx, limit))) {
            if (settlement.sweep(left.organisation(), left.id())) {
                log.log(WARNING, "task {0}: not started in time, payload erased, given up", left.id());
            }
        }
    }

    /// Stops: admits nothing more, interrupts the handlers and gives their tasks back, so that other nodes
    /// take them at once. Waits for the handlers as long as the settings say, and then leaves them: their
    /// leases are gone.
    @Override
    public void close() {
        if (closing) {
            return;
        }
        closing = true;
        if (!started) {
            return;
        }
        scheduler.pause();
        admitting.interrupt();
        watching.interrupt();
        leave();
        if (!awaitHandlers()) {
            for (var attempt : running) {
                try {
                    giveBack(attempt);
                } catch (RuntimeException e) {
                    log.log(WARNING, "task " + attempt.id() + ": not given back; its lease will run out", e);
                }
            }
        }
        scheduler.stop();
    }

    private void leave() {
        try {
            join(admitting);
            db.system(tx -> tx.createUpdate("delete from node where id = :id")
                    .bind("id", node)
                    .execute());
        } catch (RuntimeException e) {
            log.log(WARNING, "node " + node + " could not sign off; it counts until its lease has run out", e);
        }
    }

    private void join(Thread thread) {
        try {
            thread.join(settings.stopWait());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// True once none runs any more. Interrupts again and again, since a blocking call may swallow one.
    private boolean awaitHandlers() {
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
