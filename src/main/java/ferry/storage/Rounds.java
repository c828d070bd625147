package ferry.storage;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Goes round what is to be cleaned up in many buckets: of one storage config one thing after the other, of several
/// at once. A bucket that refuses or hangs is left for the next time at its first failure, and holds up nobody
/// else's.
public final class Rounds {
    private static final Logger log = LoggerFactory.getLogger(Rounds.class);

    /// Configs whose buckets are asked at once.
    private static final int AT_ONCE = 16;

    private Rounds() {}

    /// One thing that is to be done.
    @FunctionalInterface
    public interface Step<T> {
        /// Does it, on a thread of its config's.
        void run(T one) throws PublishException, InterruptedException;
    }

    /// Does all of it, or all that can be done.
    ///
    /// @param what is cleaned up, for the log
    /// @param config the number of the config that one belongs to
    /// @throws InterruptedException once all has stopped
    public static <T> void make(String what, List<T> all, ToLongFunction<T> config, Step<T> step)
            throws InterruptedException {
        var byConfig = new LinkedHashMap<Long, List<T>>();
        all.forEach(one -> byConfig.computeIfAbsent(config.applyAsLong(one), _ -> new ArrayList<>())
                .add(one));
        var turns = new Semaphore(AT_ONCE);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            byConfig.forEach((id, some) -> threads.execute(() -> run(what, id, some, step, turns)));
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("stopped while cleaning up: " + what);
        }
    }

    private static <T> void run(String what, long config, List<T> some, Step<T> step, Semaphore turns) {
        try {
            turns.acquire();
            try {
                for (var one : some) {
                    step.run(one);
                }
            } finally {
                turns.release();
            }
        } catch (PublishException e) {
            log.info("{} of storage config {}: {}", what, config, e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.warn("{} of storage config {} could not be cleaned up; it is tried again", what, config, e);
        }
    }
}
