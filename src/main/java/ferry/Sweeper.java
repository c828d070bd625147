package ferry;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs small recurring duties on one platform thread. A duty that fails is logged and runs again at its next time;
/// every node runs all of them, so each must be harmless when run twice.
final class Sweeper implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

    private final Map<String, Duty> duties;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("ferry-sweep").daemon().factory());

    Sweeper(Map<String, Duty> duties) {
        this.duties = duties;
    }

    /// Something to be done again and again.
    interface Action {
        void run() throws Exception;
    }

    /// @param every how long between two runs
    record Duty(Duration every, Action action) {}

    void start() {
        duties.forEach((name, duty) -> {
            var _ = thread.scheduleWithFixedDelay(
                    () -> run(name, duty), duty.every().toMillis(), duty.every().toMillis(), TimeUnit.MILLISECONDS);
        });
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private static void run(String name, Duty duty) {
        try {
            duty.action().run();
        } catch (Exception e) {
            log.warn("sweeping {} failed; it runs again in {}", name, duty.every(), e);
        }
    }
}
