package ferry.storage;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// How often a call to a store is tried before its task has to wait.
///
/// @param attempts in all, the first included
/// @param first the longest wait before the second attempt; it doubles with each one
/// @param longest the longest wait of all
public record Retries(int attempts, Duration first, Duration longest) {
    /// Some twenty seconds in all; then the task waits, and comes back.
    public static final Retries DEFAULT = new Retries(6, Duration.ofMillis(300), Duration.ofSeconds(8));

    public Retries {
        if (attempts < 1) {
            throw new IllegalArgumentException("there must be one attempt at least, not " + attempts);
        }
    }

    /// A call that may be made again.
    @FunctionalInterface
    public interface Calling<T> {
        /// Makes it.
        ///
        /// @throws PublishException.Unavailable where another attempt may help
        T once() throws PublishException, InterruptedException;
    }

    /// Calls until it is answered, or one failed for good, or the attempts are used up.
    public <T> T call(Calling<T> calling) throws PublishException, InterruptedException {
        for (int failed = 1; ; failed++) {
            try {
                return calling.once();
            } catch (PublishException.Unavailable e) {
                if (failed >= attempts) {
                    throw e;
                }
            }
            Thread.sleep(wait(failed));
        }
    }

    /// A random wait before the next attempt, so that uploads that failed together do not come back together.
    ///
    /// @param failed how many attempts have failed
    public Duration wait(int failed) {
        long most = Math.min(longest.toMillis(), first.toMillis() << Math.min(failed - 1, 20));
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(most + 1));
    }
}
