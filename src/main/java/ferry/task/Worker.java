package ferry.task;

import static java.lang.System.Logger.Level.WARNING;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import com.github.kagkarlsson.scheduler.logging.LogLevel;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import ferry.access.OrgId;
import ferry.db.Database;
import ferry.db.Ids;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// One node's share of the work: admits tasks, has them executed ([Executions]) and watched ([Watch]), starts and
/// stops all of it.
///
/// db-scheduler owns lease, heartbeat and revival; handlers run on its threads, which are virtual ones of
/// ours. Two platform threads stand beside it (an interrupt on a virtual one would close the database
/// connection it uses): one admits, one watches the attempts that run here. Both survive a database that is
/// away. [#start] starts, [#close] stops; until the first nothing runs, so that [#cancel] may be used
/// alone.
public final class Worker implements AutoCloseable {
    private static final System.Logger log = System.getLogger(Worker.class.getName());
    static final String EXECUTION = "task";
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_POLL = Duration.ofMillis(250);

    private final UUID node;
    private final Database db;
    private final Settlement settlement;
    private final TaskSettings settings;
    private final InstantSource pulse;
    private final Executions executions;
    private final Watch watch;
    private final Presence presence;
    private final Admission admission;
    private final Scheduler scheduler;
    private final Semaphore wakes = new Semaphore(0);
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
        this.pulse = pulse;
        this.settlement = new Settlement(db, Map.copyOf(handlers), settings, clock, pulse);
        this.executions = new Executions(settlement, settings);
        this.watch = new Watch(db, settlement, executions, settings, clock, this::wake);
        this.presence = new Presence(db, node, settings, pulse);
        var execution = execution(executions::execute);
        this.admission = new Admission(db, execution, settings, clock, pulse, dice);
        this.scheduler = scheduler(execution);
        this.admitting = Thread.ofPlatform().name("ferry-admit").daemon().unstarted(this::admitUntilClosed);
        this.watching = Thread.ofPlatform().name("ferry-watch").daemon().unstarted(watch::untilClosed);
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
        return executions.count();
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
                presence.renew();
                admission.admit();
                scheduler.triggerCheckForDueExecutions();
                away = false;
            } catch (RuntimeException e) {
                if (!away && !closing) {
                    log.log(WARNING, "admission failed; trying again every " + settings.tick(), e);
                }
                away = true;
            }
            if (!pause(away)) {
                return;
            }
        }
    }

    /// Waits for a wake or a tick; for the whole tick where the database is away. False if interrupted.
    private boolean pause(boolean wholeTick) {
        long tick = settings.tick().toNanos();
        try {
            if (wholeTick) {
                TimeUnit.NANOSECONDS.sleep(tick);
            } else {
                var _ = wakes.tryAcquire(tick, TimeUnit.NANOSECONDS);
            }
            wakes.drainPermits();
            return true;
        } catch (InterruptedException _) {
            return false;
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
        executions.beginNoMore();
        watch.close();
        if (!started) {
            return;
        }
        scheduler.pause();
        admitting.interrupt();
        watching.interrupt();
        leave();
        executions.stop();
        scheduler.stop();
    }

    private void leave() {
        try {
            join(admitting);
            presence.end();
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
}
