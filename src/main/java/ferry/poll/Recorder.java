package ferry.poll;

import ferry.result.Results;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Writes results down behind the files' backs: a file whose object is in the bucket makes room for the next one, and
/// is recorded with all that came while the database was busy or a moment was waited for company, in one transaction.
/// Nothing counts before it is recorded, and nobody is done before [#settle] returns.
///
/// What one batch throws is what everybody gets from then on. Closed by whoever made it. Thread-safe.
final class Recorder implements AutoCloseable {
    /// Of one transaction, which holds the task's row.
    static final int AT_ONCE = 200;

    /// Objects that lie in the bucket without a result; beyond that files wait.
    static final int AT_MOST = 2 * AT_ONCE;

    private static final long COMPANY_MILLIS = 20;

    private final Batch batch;
    private List<Waiting> waiting = new ArrayList<>();
    private int unrecorded;
    private int settling;
    private boolean running;
    private @Nullable Throwable failure;

    /// @param batch is called on a thread of its own, never twice at once
    Recorder(Batch batch) {
        this.batch = batch;
    }

    /// Records several at once.
    @FunctionalInterface
    interface Batch {
        /// Either all of them, or none where it throws.
        void record(List<Results.Published> objects);
    }

    /// @param then hears whether it was recorded
    private record Waiting(Results.Published object, Consumer<Boolean> then) {}

    /// Takes a result that is to be recorded. Waits only while too many are.
    ///
    /// @param then is told on another thread whether it was recorded, once that is known; must not throw or block.
    ///     Not told where this throws
    void add(Results.Published object, Consumer<Boolean> then) throws InterruptedException {
        synchronized (this) {
            while (failure == null && unrecorded >= AT_MOST) {
                wait();
            }
            throwFailure();
            waiting.add(new Waiting(object, then));
            unrecorded++;
            if (!running) {
                running = true;
                Thread.ofVirtual().name("recorder").start(this::run);
            } else if (waiting.size() == AT_ONCE) {
                notifyAll();
            }
        }
    }

    /// Waits until all is recorded.
    ///
    /// @throws RuntimeException what a batch threw, such as [ferry.task.LeaseLost]
    void settle() throws InterruptedException {
        synchronized (this) {
            settling++;
            notifyAll();
            try {
                while (running) {
                    wait();
                }
            } finally {
                settling--;
            }
            throwFailure();
        }
    }

    /// Throws what a batch threw, if one did.
    synchronized void throwFailure() {
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /// Waits until all that was added is recorded or has failed, whatever interrupts: what lies in the bucket should
    /// have its result.
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        synchronized (this) {
            settling++;
            notifyAll();
            while (running) {
                try {
                    wait();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
            settling--;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        for (var next = next(); !next.isEmpty(); next = next()) {
            done(next.size(), thrownBy(next));
        }
    }

    private @Nullable Throwable thrownBy(List<Waiting> next) {
        boolean recorded = false;
        @Nullable Throwable thrown = null;
        try {
            throwFailure();
            batch.record(next.stream().map(Waiting::object).toList());
            recorded = true;
        } catch (Throwable e) {
            thrown = e;
        }
        for (var each : next) {
            each.then().accept(recorded);
        }
        return thrown;
    }

    private synchronized void done(int count, @Nullable Throwable thrown) {
        unrecorded -= count;
        if (failure == null) {
            failure = thrown;
        }
        notifyAll();
    }

    /// What is recorded next; empty where nothing waits, and then this thread ends.
    private synchronized List<Waiting> next() {
        if (!waiting.isEmpty() && waiting.size() < AT_ONCE && settling == 0) {
            awaitCompany();
        }
        if (waiting.isEmpty()) {
            running = false;
            notifyAll();
            return List.of();
        }
        int count = Math.min(AT_ONCE, waiting.size());
        var next = List.copyOf(waiting.subList(0, count));
        waiting = new ArrayList<>(waiting.subList(count, waiting.size()));
        return next;
    }

    @SuppressWarnings("WaitNotInLoop") // to be woken too early does no harm
    private synchronized void awaitCompany() {
        try {
            wait(COMPANY_MILLIS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a recorder", e);
        }
    }
}
