package ferry.task;

import ferry.crypto.Sealed;
import ferry.db.Database;
import ferry.db.Work;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// One start of a task, as its handler sees it. Thread-safe; of use until the handler returns.
public final class Attempt {
    /// Why a handler is told to stop.
    enum Stop {
        CANCELLED,
        LEASE_LOST,
        NODE_STOPS
    }

    /// What the start found.
    record Started(
            Task task,
            int admission,
            boolean once,
            int stalls,
            int faults,
            @Nullable Sealed payload,
            @Nullable JsonNode args,
            @Nullable JsonNode cursor) {}

    /// What changes while it runs.
    record Mark(Progress progress, @Nullable JsonNode cursor) {}

    private final Database db;
    private final Started started;
    private final InstantSource pulse;
    private volatile Instant heldUntil = Instant.MIN;
    private volatile Mark mark;
    private volatile Mark saved;

    // Guarded by this: an interrupt must reach the handler, never the settling after it.
    private @Nullable Thread thread;
    private @Nullable Stop stop;

    /// @param pulse the clock of leases, which nobody moves
    Attempt(Database db, Started started, InstantSource pulse) {
        this.db = db;
        this.started = started;
        this.pulse = pulse;
        this.mark = new Mark(started.task().progress(), started.cursor());
        this.saved = mark;
    }

    /// The task as it was at the start.
    public Task task() {
        return started.task();
    }

    /// 1 for the first start.
    public int number() {
        return started.task().attempt();
    }

    /// What the task was given in secret. The database holds it no more.
    public Optional<Sealed> payload() {
        return Optional.ofNullable(started.payload());
    }

    /// What the task was given to know.
    public Optional<JsonNode> args() {
        return Optional.ofNullable(started.args());
    }

    /// Where to go on, as the last attempt left it.
    public Optional<JsonNode> cursor() {
        return Optional.ofNullable(mark.cursor());
    }

    /// Says how far it is. Only remembered; the node saves it every few seconds and with the outcome, so
    /// call it per item. Getting further than any attempt before counts as progress when deciding whether
    /// to give up.
    ///
    /// @param itemsTotal null while not known
    public synchronized void progress(long items, @Nullable Long itemsTotal, long bytes) {
        mark = new Mark(new Progress(items, itemsTotal, bytes), mark.cursor());
    }

    /// Says where the next attempt should go on. Saved like the progress.
    public synchronized void cursor(JsonNode next) {
        mark = new Mark(mark.progress(), next);
    }

    /// Runs `work` in a transaction of the task's organisation that holds the task's row, if this attempt
    /// is still the current one. The only way to record what it found.
    ///
    /// @throws LeaseLost if it is not; nothing has happened then
    public <T> T fenced(Work<T> work) {
        return db.tenant(started.task().organisation(), tx -> {
            if (!holds(tx)) {
                throw new LeaseLost(id(), number());
            }
            return work.in(tx);
        });
    }

    /// Whether no other attempt can have begun yet, as far as can be told without asking the database: this one
    /// was seen to be the current one, less than half of its lease has gone by since its last heartbeat, and it
    /// was not told to stop, after which its task may be given to another one at once. False says nothing; only
    /// [#fenced] is certain whatever the nodes' clocks say.
    public synchronized boolean isSurelyCurrent() {
        return stop == null && pulse.instant().isBefore(heldUntil);
    }

    void heldUntil(Instant moment) {
        heldUntil = moment;
    }

    private boolean holds(Handle tx) {
        return tx.createQuery("""
                        select 1 from task
                         where organisation = :organisation and id = :id and state = 'processing'
                           and admission = :admission and attempt = :attempt
                           for update
                        """)
                .bind("organisation", started.task().organisation().value())
                .bind("id", id())
                .bind("admission", started.admission())
                .bind("attempt", number())
                .mapTo(Integer.class)
                .findOne()
                .isPresent();
    }

    UUID id() {
        return started.task().id();
    }

    Started started() {
        return started;
    }

    Mark mark() {
        return mark;
    }

    /// What is to be saved, or empty if nothing has changed since [#saved].
    Optional<Mark> unsaved() {
        var now = mark;
        return now.equals(saved) ? Optional.empty() : Optional.of(now);
    }

    void saved(Mark written) {
        saved = written;
    }

    /// Whether it got further than the attempts before.
    boolean progressed() {
        return mark.progress().items() > started.task().progress().items()
                || mark.progress().bytes() > started.task().progress().bytes()
                || !java.util.Objects.equals(mark.cursor(), started.cursor());
    }

    /// The handler begins on this thread. False if it was told to stop before.
    synchronized boolean begin() {
        if (stop != null) {
            return false;
        }
        thread = Thread.currentThread();
        return true;
    }

    /// The handler has ended: no interrupt reaches this thread any more. Returns why it was told to stop,
    /// if it was.
    synchronized Optional<Stop> end() {
        thread = null;
        // Ours has done its work; the settling that follows talks to the database and must not be cut off by it.
        var _ = Thread.interrupted();
        return Optional.ofNullable(stop);
    }

    /// Tells the handler to stop; again each time, since a blocking call may swallow one interrupt. The
    /// first reason stays, but that a lost lease overrules all.
    synchronized void stop(Stop why) {
        if (stop == null || why == Stop.LEASE_LOST) {
            stop = why;
        }
        if (thread != null) {
            thread.interrupt();
        }
    }
}
