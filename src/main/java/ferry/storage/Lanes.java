package ferry.storage;

import ferry.egress.Answer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;

/// How many requests to one bucket this process has under way at once, whatever the number of tasks that publish there:
/// half as many once the store asks to slow down, one more for each round of answers in which it does not. So
/// publishing
/// finds the pace of the bucket, and pulling, which is held up by it, finds it too. Thread-safe.
public final class Lanes {
    /// As many as connections are kept to one host.
    static final int MOST = 32;

    private int open = MOST;
    private int taken;
    private int answered;
    private int slowdowns;

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

    /// Waits for a lane, sends, and frees the lane once the answer's head is there.
    ///
    /// @throws InterruptedIOException where the thread was interrupted while it waited, which it then still is
    public Answer send(Sending sending) throws IOException {
        int before = take();
        boolean slow = false;
        try {
            var answer = sending.now();
            slow = answer.status() == 429 || answer.status() == 503;
            return answer;
        } finally {
            free(slow, before);
        }
    }

    /// How many requests may be under way now.
    public synchronized int open() {
        return open;
    }

    private synchronized int take() throws InterruptedIOException {
        try {
            while (taken >= open) {
                wait();
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
    private synchronized void free(boolean slow, int before) {
        taken--;
        if (slow && before == slowdowns) {
            slowdowns++;
            open = Math.max(1, open / 2);
            answered = 0;
        } else if (!slow && ++answered >= open) {
            open = Math.min(MOST, open + 1);
            answered = 0;
        }
        notifyAll();
    }
}
