package ferry.webhook;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import ferry.db.Database;
import ferry.event.EventState;
import ferry.event.Events;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
/// Two platform threads: one takes, one settles. An event is delivered at least once: what a node took and did not
/// settle within the lease is taken again, by whichever node. [#start] starts, [#close] stops.
public final class Dispatcher implements AutoCloseable {
    private static final System.Logger log = System.getLogger(Dispatcher.class.getName());

    /// Between two looks: while there is something to do, and when there was nothing for a while.
    private static final Duration BUSY = Duration.ofMillis(10);

    private static final Duration IDLE = Duration.ofMillis(50);
    /// Looks without a find until it counts as idle.
    private static final int BORED = 100;

    private static final Duration RETRIES_EVERY = Duration.ofMillis(100);
    private static final Duration EXPIRE_EVERY = Duration.ofSeconds(1);
    private static final Duration AWAY = Duration.ofSeconds(1);
    private static final int LARGEST_BATCH = 1000;
    /// Bodies that this node holds while it sends them; one that is longer is sent by itself.
    private static final long MOST_BYTES = 16 << 20;
    /// How long outcomes are gathered before they are written.
    private static final Duration GATHER = Duration.ofMillis(5);

    private static final Duration STOP_WAIT = Duration.ofSeconds(1);
    /// A retry comes up to so much earlier or later than the schedule says.
    private static final double JITTER = 0.2;

    private final Database db;
    private final Deliveries deliveries;
    private final WebhookConfigs configs;
    private final Events events;
    private final Sender sender;
    private final WebhookSettings settings;
    private final InstantSource clock;
    private final RandomGenerator dice;

    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicLong bytesUnderWay = new AtomicLong();
    private final LinkedBlockingQueue<Deliveries.Settled> outcomes = new LinkedBlockingQueue<>();
    private final Set<Thread> sending = ConcurrentHashMap.newKeySet();
    private final Semaphore wakes = new Semaphore(0);
    private final Thread taking;
    private final Thread settling;
    private volatile boolean closing;
    private volatile boolean takingOver;

    Dispatcher(
            Database db,
            Deliveries deliveries,
            WebhookConfigs configs,
            Events events,
            Sender sender,
            WebhookSettings settings,
            InstantSource clock,
            RandomGenerator dice) {
        this.db = db;
        this.deliveries = deliveries;
        this.configs = configs;
        this.events = events;
        this.sender = sender;
        this.settings = settings;
        this.clock = clock;
        this.dice = dice;
        this.taking = Thread.ofPlatform().name("ferry-take").daemon().unstarted(this::takeUntilClosed);
        this.settling = Thread.ofPlatform().name("ferry-settle").daemon().unstarted(this::settleUntilClosed);
    }

    /// Starts to send, unless the settings give this process no connections.
    public void start() {
        if (settings.connections() > 0) {
            taking.start();
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
        wake();
        if (!taking.isAlive() && !settling.isAlive()) {
            return;
        }
        try {
            taking.join(STOP_WAIT);
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
        long retried = 0;
        long expired = 0;
        while (!closing) {
            int found = 0;
            try {
                deliveries.sequence();
                found = take(Deliveries.FIRST, free());
                if (elapsed(retried, RETRIES_EVERY)) {
                    found += take(Deliveries.AGAIN, Math.min(free(), Math.max(1, settings.connections() / 4)));
                    retried = System.nanoTime();
                }
                if (elapsed(expired, EXPIRE_EVERY)) {
                    db.systemDo(deliveries::expire);
                    expired = System.nanoTime();
                }
                away = false;
            } catch (Throwable e) {
                if (!away && !closing) {
                    log.log(WARNING, "taking events failed; trying again every " + AWAY, e);
                }
                away = true;
            }
            bored = found > 0 ? 0 : bored + 1;
            if (!pause(away ? AWAY : bored > BORED ? IDLE : BUSY)) {
                return;
            }
        }
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

    private int take(int lane, int atMost) {
        long bytes = MOST_BYTES - bytesUnderWay.get();
        if (atMost <= 0 || bytes <= 0) {
            return 0;
        }
        var taken = db.system(tx -> deliveries.take(tx, lane, Math.min(atMost, LARGEST_BATCH), bytes));
        for (var one : taken) {
            // First started, then counted: what cannot be started takes no slot, and its lease runs out.
            Thread.ofVirtual().name("ferry-webhook").start(() -> send(one));
            underWay.incrementAndGet();
            bytesUnderWay.addAndGet(bytes(one));
        }
        return taken.size();
    }

    private static long bytes(Deliveries.Taken taken) {
        return taken.event().data().length();
    }

    private void send(Deliveries.Taken taken) {
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
        outcomes.add(settled(taken, attempted));
    }

    /// What follows from an attempt.
    Deliveries.Settled settled(Deliveries.Taken taken, Attempted attempted) {
        if (attempted.delivered()) {
            return new Deliveries.Settled(taken, attempted, EventState.DELIVERED, Optional.empty());
        }
        var error = attempted.error().orElseThrow();
        if (error == AttemptError.INTERRUPTED) {
            return new Deliveries.Settled(taken, attempted, EventState.PENDING, Optional.of(clock.instant()));
        }
        int retries = taken.event().retries();
        if (error == AttemptError.GONE || retries >= taken.schedule().size()) {
            return new Deliveries.Settled(taken, attempted, EventState.FAILED, Optional.empty());
        }
        return new Deliveries.Settled(
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
        var batch = new ArrayList<Deliveries.Settled>();
        while (!takingOver || underWay.get() > 0) {
            try {
                gather(batch);
                if (!batch.isEmpty()) {
                    var outcome = List.copyOf(batch);
                    db.systemDo(tx -> settle(tx, outcome));
                    batch.clear();
                    underWay.addAndGet(-outcome.size());
                    outcome.forEach(one -> bytesUnderWay.addAndGet(-bytes(one.taken())));
                    wake();
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
        log.log(INFO, "no webhook is under way any more");
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
    private void gather(List<Deliveries.Settled> batch) throws InterruptedException {
        if (batch.isEmpty()) {
            var first = outcomes.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
            if (first == null) {
                return;
            }
            batch.add(first);
            TimeUnit.NANOSECONDS.sleep(GATHER.toNanos());
        }
        outcomes.drainTo(batch, Math.max(0, LARGEST_BATCH - batch.size()));
    }

    private void settle(Handle tx, List<Deliveries.Settled> all) {
        deliveries.settle(tx, all);
        for (var gone : all) {
            if (gone.attempted().error().filter(AttemptError.GONE::equals).isPresent()) {
                stop(tx, gone, WebhookConfigState.Stopped.GONE);
            }
        }
        var failed = all.stream()
                .filter(s -> !s.attempted().delivered())
                .map(s -> s.taken().config())
                .distinct()
                .toList();
        if (!failed.isEmpty()) {
            var over = deliveries.failingFor(tx, failed, settings.giveUp());
            for (var config : over) {
                all.stream()
                        .filter(s -> s.taken().config() == config)
                        .findFirst()
                        .ifPresent(s -> stop(tx, s, WebhookConfigState.Stopped.FAILING));
            }
        }
    }

    /// Switches a config off, once, with an event.
    private void stop(Handle tx, Deliveries.Settled why, WebhookConfigState.Stopped reason) {
        var organisation = why.taken().organisation();
        var before = configs.find(tx, organisation, why.taken().config()).orElseThrow();
        if (before.state() == WebhookConfigState.DEACTIVATED) {
            return;
        }
        var stopped = configs.deactivate(tx, organisation, before.id(), reason).orElseThrow();
        events.emit(
                tx,
                organisation,
                stopped.key(),
                "webhook_config",
                "deactivated",
                Long.toString(stopped.id()),
                WebhookConfigJson.of(organisation, stopped));
        log.log(INFO, "webhook config {0} was switched off: {1}", stopped.id(), reason.slug());
    }
}
