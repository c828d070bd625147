package ferry.webhook;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import ferry.db.Database;
import ferry.event.EventState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/// One node's share of the sending: takes events in batches, sends each on a virtual thread, and writes the
/// outcomes in batches.
///
/// Three platform threads: one takes first tries, one what is tried again and sees to [Backlogs], one settles. An
/// event is delivered at least once: what a node took and did not settle within the lease is taken again, by
/// whichever node. [#start] starts, [#close] stops.
public final class Dispatcher implements AutoCloseable {
    private static final System.Logger log = System.getLogger(Dispatcher.class.getName());

    /// Between two looks: while there is something to do, and when there was nothing for a while.
    private static final Duration BUSY = Duration.ofMillis(10);

    private static final Duration IDLE = Duration.ofMillis(50);
    /// Looks without a find until it counts as idle.
    private static final int BORED = 100;

    private static final Duration EVERYTHING_EVERY = Duration.ofMillis(50);
    private static final Duration RETRIES_EVERY = Duration.ofMillis(100);
    private static final Duration EXPIRE_EVERY = Duration.ofSeconds(1);
    private static final Duration AWAY = Duration.ofSeconds(1);
    private static final int LARGEST_BATCH = 1000;
    /// Bodies that this node holds while it sends them; one that is longer is sent by itself.
    private static final long MOST_BYTES = 16 << 20;
    /// How long outcomes are gathered before they are written.
    private static final Duration GATHER = Duration.ofMillis(10);
    /// How long a node that has few slots left waits for more before it takes.
    private static final Duration GATHER_SLOTS = Duration.ofMillis(50);

    private static final Duration STOP_WAIT = Duration.ofSeconds(1);
    /// A retry comes up to so much earlier or later than the schedule says.
    private static final double JITTER = 0.2;

    private final Database db;
    private final Placement placement;
    private final Backlogs backlogs;
    private final Line line;
    private final Outcomes outcomes;
    private final Sender sender;
    private final WebhookSettings settings;
    private final InstantSource clock;
    private final RandomGenerator dice;

    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicLong bytesUnderWay = new AtomicLong();
    private final LinkedBlockingQueue<Outcomes.Settled> settled = new LinkedBlockingQueue<>();
    private final Set<Thread> sending = ConcurrentHashMap.newKeySet();
    private final Semaphore wakes = new Semaphore(0);
    private final CountDownLatch closed = new CountDownLatch(1);
    /// By [System#nanoTime]; of the thread that takes first tries alone.
    private long tookFirst;

    private long tookEverything;

    private final Thread taking;
    private final Thread takingAgain;
    private final Thread settling;
    private volatile boolean closing;
    private volatile boolean takingOver;

    Dispatcher(
            Database db,
            Placement placement,
            Backlogs backlogs,
            Line line,
            Outcomes outcomes,
            Sender sender,
            WebhookSettings settings,
            InstantSource clock,
            RandomGenerator dice) {
        this.db = db;
        this.placement = placement;
        this.backlogs = backlogs;
        this.line = line;
        this.outcomes = outcomes;
        this.sender = sender;
        this.settings = settings;
        this.clock = clock;
        this.dice = dice;
        this.taking = Thread.ofPlatform().name("ferry-take").daemon().unstarted(this::takeUntilClosed);
        this.takingAgain = Thread.ofPlatform().name("ferry-take-again").daemon().unstarted(this::takeAgainUntilClosed);
        this.settling = Thread.ofPlatform().name("ferry-settle").daemon().unstarted(this::settleUntilClosed);
    }

    /// Starts to send, unless the settings give this process no connections.
    public void start() {
        if (settings.connections() > 0) {
            taking.start();
            takingAgain.start();
            settling.start();
        }
    }

    /// Looks for work now. From any thread, as often as one likes.
    public void wake() {
        wakes.release();
    }

    /// Stops taking, lets what is under way end for a moment, interrupts the rest and gives it back.
    @Override
    public void close() {
        closing = true;
        closed.countDown();
        wake();
        if (!taking.isAlive() && !settling.isAlive()) {
            return;
        }
        try {
            taking.join(STOP_WAIT);
            takingAgain.join(STOP_WAIT);
            takingOver = true;
            long until = System.nanoTime() + STOP_WAIT.toNanos();
            while (underWay.get() > 0 && System.nanoTime() < until) {
                settling.join(Duration.ofMillis(20));
            }
            sending.forEach(Thread::interrupt);
            settling.join(STOP_WAIT.multipliedBy(3));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void takeUntilClosed() {
        var away = false;
        int bored = 0;
        while (!closing) {
            int found = 0;
            try {
                found = look();
                away = false;
            } catch (Throwable e) {
                complain(away, e);
                away = true;
            }
            bored = found > 0 ? 0 : bored + 1;
            if (!pause(away ? AWAY : bored > BORED ? IDLE : BUSY)) {
                return;
            }
        }
    }

    private void takeAgainUntilClosed() {
        var away = false;
        long expired = 0;
        try {
            do {
                try {
                    if (elapsed(expired, EXPIRE_EVERY)) {
                        db.systemDo(line::expire);
                        expired = System.nanoTime();
                    }
                    takeAgain();
                    var _ = backlogs.step();
                    away = false;
                } catch (Throwable e) {
                    complain(away, e);
                    away = true;
                }
            } while (!closed.await((away ? AWAY : RETRIES_EVERY).toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Once, however long it lasts.
    private void complain(boolean already, Throwable e) {
        if (!already && !closing) {
            log.log(WARNING, "taking events failed; trying again every " + AWAY, e);
        }
    }

    /// Events that were placed or taken. A look costs the database the same whatever it finds, so a node that has
    /// few slots left gathers some before it takes.
    private int look() {
        if (free() < settings.connections() / 8 && !elapsed(tookFirst, GATHER_SLOTS)) {
            return 1;
        }
        tookFirst = System.nanoTime();
        return takeFirst();
    }

    /// New events get their place in the same transaction, so that those with a free slot leave at once. What else
    /// may go, as its config has a slot again or its pause is over, is looked for now and then.
    private int takeFirst() {
        var placed = new AtomicInteger();
        boolean everything = elapsed(tookEverything, EVERYTHING_EVERY);
        int taken = take(settings.connections(), (tx, room) -> {
            Line.lock(tx, Line.FIRST);
            var fresh = placement.arrange(tx);
            placed.set(fresh.count());
            return everything ? take(tx, Line.FIRST, settings.firstTries(), room) : takeOf(tx, fresh.configs(), room);
        });
        if (everything) {
            tookEverything = System.nanoTime();
        }
        return placed.get() + taken;
    }

    private void takeAgain() {
        var _ = take(Math.max(1, settings.connections() / 4), (tx, room) -> {
            Line.lock(tx, Line.AGAIN);
            return take(tx, Line.AGAIN, settings.again(), room);
        });
    }

    /// What may be taken.
    ///
    /// @param slots kept free for it meanwhile
    /// @param scarce whether more than half of all slots are in use
    private record Room(int slots, boolean scarce, long bytes) {
        boolean isNone() {
            return slots == 0 || bytes <= 0;
        }

        /// Once half of the slots are in use nobody gets more than a quarter of its share, so that receivers which
        /// take long to answer, or never do, leave slots for the others.
        int of(int share) {
            return scarce ? Math.max(1, share / 4) : share;
        }
    }

    /// Takes, in a transaction, no more than there is room for.
    private interface Take {
        List<Line.Taken> in(Handle tx, Room room);
    }

    /// Takes and starts; slots that it kept and did not fill are free again.
    ///
    /// @return how many
    private int take(int atMost, Take take) {
        var room = keep(Math.min(atMost, LARGEST_BATCH));
        int started = 0;
        try {
            for (var one : db.system(tx -> take.in(tx, room))) {
                start(one);
                started++;
            }
        } finally {
            underWay.addAndGet(started - room.slots());
        }
        return started;
    }

    private synchronized Room keep(int atMost) {
        int free = free();
        int slots = Math.clamp(free, 0, atMost);
        underWay.addAndGet(slots);
        return new Room(slots, free < settings.connections() / 2, MOST_BYTES - bytesUnderWay.get());
    }

    private List<Line.Taken> take(Handle tx, int lane, int share, Room room) {
        return room.isNone() ? List.of() : line.take(tx, lane, room.of(share), room.slots(), room.bytes());
    }

    private List<Line.Taken> takeOf(Handle tx, Set<Long> configs, Room room) {
        return configs.isEmpty() || room.isNone()
                ? List.of()
                : line.takeOf(tx, configs, Line.FIRST, room.of(settings.firstTries()), room.slots(), room.bytes());
    }

    /// What cannot be started takes no slot, and its lease runs out.
    private void start(Line.Taken one) {
        Thread.ofVirtual().name("ferry-webhook").start(() -> send(one));
        bytesUnderWay.addAndGet(bytes(one));
    }

    private static boolean elapsed(long since, Duration time) {
        return since == 0 || System.nanoTime() - since >= time.toNanos();
    }

    private boolean pause(Duration time) {
        try {
            var _ = wakes.tryAcquire(time.toNanos(), TimeUnit.NANOSECONDS);
            wakes.drainPermits();
            return true;
        } catch (InterruptedException _) {
            return false;
        }
    }

    private int free() {
        return settings.connections() - underWay.get();
    }

    private static long bytes(Line.Taken taken) {
        return taken.event().data().length();
    }

    private void send(Line.Taken taken) {
        var thread = Thread.currentThread();
        sending.add(thread);
        Attempted attempted;
        try {
            attempted = closing && takingOver
                    ? Attempted.failed(AttemptError.INTERRUPTED, Duration.ZERO)
                    : sender.send(taken.organisation(), taken.config(), taken.url(), taken.secrets(), taken.event());
        } catch (Throwable e) {
            log.log(ERROR, "event " + taken.event().id() + ": attempt " + taken.attempt() + " failed; tried again", e);
            attempted = Attempted.failed(AttemptError.CONNECTION, Duration.ZERO);
        } finally {
            sending.remove(thread);
        }
        settled.add(settled(taken, attempted));
    }

    /// What follows from an attempt.
    Outcomes.Settled settled(Line.Taken taken, Attempted attempted) {
        if (attempted.delivered()) {
            return new Outcomes.Settled(taken, attempted, EventState.DELIVERED, Optional.empty());
        }
        var error = attempted.error().orElseThrow();
        if (error == AttemptError.INTERRUPTED) {
            return new Outcomes.Settled(taken, attempted, EventState.PENDING, Optional.of(clock.instant()));
        }
        int retries = taken.event().retries();
        if (error == AttemptError.GONE || retries >= taken.schedule().size()) {
            return new Outcomes.Settled(taken, attempted, EventState.FAILED, Optional.empty());
        }
        return new Outcomes.Settled(
                taken,
                attempted,
                EventState.PENDING,
                Optional.of(next(taken.schedule().get(retries), attempted.retryAfter())));
    }

    /// A receiver that asks for a time is not asked earlier.
    private Instant next(Duration wait, Optional<Duration> asked) {
        var scattered = Duration.ofMillis((long) (wait.toMillis() * (1 + JITTER * (2 * dice.nextDouble() - 1))));
        return clock.instant()
                .plus(asked.filter(a -> a.compareTo(scattered) > 0).orElse(scattered));
    }

    private void settleUntilClosed() {
        var batch = new ArrayList<Outcomes.Settled>();
        while (!takingOver || underWay.get() > 0) {
            try {
                gather(batch);
                if (!batch.isEmpty()) {
                    var outcome = List.copyOf(batch);
                    db.systemDo(tx -> outcomes.settle(tx, outcome));
                    batch.clear();
                    underWay.addAndGet(-outcome.size());
                    outcome.forEach(one -> bytesUnderWay.addAndGet(-bytes(one.taken())));
                }
            } catch (InterruptedException _) {
                return;
            } catch (Throwable e) {
                // What cannot be written is sent again once its lease is over.
                log.log(WARNING, "outcomes of " + batch.size() + " attempts could not be written; trying again", e);
                if (closing || !pauseSettling()) {
                    return;
                }
            }
        }
        log.log(DEBUG, "no webhook is under way any more");
    }

    private static boolean pauseSettling() {
        try {
            TimeUnit.NANOSECONDS.sleep(AWAY.toNanos());
            return true;
        } catch (InterruptedException _) {
            return false;
        }
    }

    /// Adds what has come in, after a moment in which more may.
    private void gather(List<Outcomes.Settled> batch) throws InterruptedException {
        if (batch.isEmpty()) {
            var first = settled.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
            if (first == null) {
                return;
            }
            batch.add(first);
            TimeUnit.NANOSECONDS.sleep(GATHER.toNanos());
        }
        settled.drainTo(batch, Math.max(0, LARGEST_BATCH - batch.size()));
    }
}
