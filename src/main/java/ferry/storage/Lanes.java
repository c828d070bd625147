package ferry.storage;

import ferry.egress.Answer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// How many requests to one bucket this process has under way at once, whatever the number of tasks that publish there:
/// half as many once the store asks to slow down, one more for each round of answers in which it does not. So
/// publishing finds the pace of the bucket, and pulling, which is held up by it, finds it too. Thread-safe.
public final class Lanes {
    /// As many as connections are kept to one host.
    static final int MOST = 32;

    /// A request is signed before it waits, and S3 takes no signature that is older than a quarter of an hour. Whoever
    /// waited this long is sent away, and signs anew when it is tried again.
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    private final long longestWait;
    private @Nullable PartBuffers share;
    private int open = MOST;
    private int taken;
    private int answered;
    private int slowdowns;

    private Lanes() {
        this(LONGEST_WAIT);
    }

    Lanes(Duration longestWait) {
        this.longestWait = longestWait.toNanos();
    }

    /// The lanes to every bucket. Made once; thread-safe.
    public static final class ToBuckets {
        private static final int SWEPT_ABOVE = 1000;

        private final ConcurrentHashMap<String, WeakReference<Lanes>> all = new ConcurrentHashMap<>();

        /// Those to one, the same for everyone who publishes there now.
        ///
        /// @param bucket its store's host and its name
        public Lanes to(String bucket) {
            if (all.size() > SWEPT_ABOVE) {
                all.values().removeIf(lanes -> lanes.get() == null);
            }
            while (true) {
                var kept = all.compute(
                                bucket,
                                (_, old) -> old == null || old.get() == null ? new WeakReference<>(new Lanes()) : old)
                        .get();
                if (kept != null) {
                    return kept;
                }
            }
        }
    }

    /// Sends one request.
    @FunctionalInterface
    public interface Sending {
        Answer now() throws IOException;
    }

    /// What a request tells of the store.
    private enum Told {
        GO_ON,
        SLOW_DOWN,
        /// It was not answered.
        NOTHING
    }

    /// Waits for a lane, sends, and frees the lane once the answer's head is there.
    ///
    /// @throws InterruptedIOException where the thread was interrupted while it waited, which it then still is
    /// @throws IOException where no lane was free for five minutes, or what sending throws
    public Answer send(Sending sending) throws IOException {
        int before = take();
        var told = Told.NOTHING;
        try {
            var answer = sending.now();
            told = answer.status() == 429 || answer.status() == 503 ? Told.SLOW_DOWN : Told.GO_ON;
            return answer;
        } finally {
            free(told, before);
        }
    }

    /// What this bucket may hold of the memory for large objects, the same for everyone who publishes there now.
    ///
    /// @param all the process's
    public synchronized PartBuffers share(PartBuffers all) {
        var mine = share;
        if (mine == null) {
            mine = all.ofBucket();
            share = mine;
        }
        return mine;
    }

    /// How many requests may be under way now.
    synchronized int open() {
        return open;
    }

    private synchronized int take() throws IOException {
        long until = System.nanoTime() + longestWait;
        try {
            while (taken >= open) {
                long left = until - System.nanoTime();
                if (left <= 0) {
                    throw new IOException("the bucket answers too slowly for all that is sent to it");
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("stopped while waiting for a bucket");
        }
        taken++;
        return slowdowns;
    }

    /// Requests that were under way together are refused together: they count once.
    ///
    /// @param before how often it had slowed down when the request was sent
    private synchronized void free(Told told, int before) {
        taken--;
        switch (told) {
            case GO_ON -> {
                if (++answered >= open) {
                    open = Math.min(MOST, open + 1);
                    answered = 0;
                }
            }
            case SLOW_DOWN -> {
                if (before == slowdowns) {
                    slowdowns++;
                    open = Math.max(1, open / 2);
                    answered = 0;
                }
            }
            case NOTHING -> {}
        }
        notifyAll();
    }
}
