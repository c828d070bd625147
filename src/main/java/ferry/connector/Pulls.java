package ferry.connector;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Several files of one task on their way at once. So many are pulled as the source allows, and twice as many may be
/// published meanwhile, which takes longer: a file that has been pulled hands its turn to the next one before it is
/// committed, so that the source does not stand idle while a bucket takes a file, and a slow bucket holds the pulling
/// up after that.
///
/// [#start] and [#finish] are called by one thread. What one file throws stops all others and comes out of the next
/// call of either. Closed by whoever made it.
public final class Pulls implements AutoCloseable {
    private static final int PUBLISHED_PER_PULLED = 2;

    private final int parallel;
    private final Semaphore pulling;
    private final Semaphore publishing;
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory());
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /// @param parallel files that are pulled at once, from 1
    public Pulls(int parallel) {
        this.parallel = parallel;
        this.pulling = new Semaphore(parallel);
        this.publishing = new Semaphore(PUBLISHED_PER_PULLED * parallel);
    }

    /// Pulls one file and commits it, on a thread of its own.
    @FunctionalInterface
    public interface Pull {
        void run(Turn turn) throws ConnectorException, InterruptedException;
    }

    /// One file's turn at the source.
    @FunctionalInterface
    public interface Turn {
        /// All of the file is here and verified: another one may be pulled. Waits while too many are being published.
        /// Calling it again does nothing; where it is not called, the turn ends with the file.
        void over() throws InterruptedException;
    }

    /// Starts a file, or waits until one of those under way has been pulled.
    public void start(Pull pull) throws ConnectorException, InterruptedException {
        pulling.acquire();
        try {
            throwFailure();
            threads.execute(() -> run(pull));
        } catch (RejectedExecutionException _) {
            pulling.release();
            throwFailure();
        } catch (Throwable e) {
            pulling.release();
            throw e;
        }
    }

    private void run(Pull pull) {
        var turn = new Held();
        try {
            pull.run(turn);
        } catch (Throwable e) {
            fail(e);
        } finally {
            turn.end();
        }
    }

    /// Waits for all files.
    public void finish() throws ConnectorException, InterruptedException {
        pulling.acquire(parallel);
        pulling.release(parallel);
        publishing.acquire(PUBLISHED_PER_PULLED * parallel);
        publishing.release(PUBLISHED_PER_PULLED * parallel);
        throwFailure();
    }

    /// Stops what is still under way, and waits for it.
    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }

    /// The first failure counts; those that follow from stopping the others don't.
    private void fail(Throwable e) {
        if (failure.compareAndSet(null, e)) {
            threads.shutdownNow();
        }
    }

    private void throwFailure() throws ConnectorException, InterruptedException {
        switch (failure.get()) {
            case null -> {}
            case ConnectorException e -> throw e;
            case InterruptedException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /// Used by the file's own thread alone.
    private final class Held implements Turn {
        private boolean pulled;

        @Override
        public void over() throws InterruptedException {
            if (!pulled) {
                publishing.acquire();
                pulled = true;
                pulling.release();
            }
        }

        void end() {
            (pulled ? publishing : pulling).release();
        }
    }
}
