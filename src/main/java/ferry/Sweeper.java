package ferry;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs recurring duties, each on its own schedule and never twice at once in this process; none waits for
/// another, however long that takes. A duty that fails, in whatever way, is logged and runs again at its next
/// time; every node runs all of them, so each must be harmless when run twice.
final class Sweeper implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

    private final List<Duty> duties;
    private final ScheduledExecutorService threads;

    Sweeper(List<Duty> duties) {
        this.duties = duties;
        this.threads = Executors.newScheduledThreadPool(
                duties.size(), Thread.ofVirtual().name("ferry-sweep-", 1).factory());
    }

    /// Something to be done again and again.
    interface Action {
        void run() throws Exception;
    }

    /// @param name for the log
    /// @param every how long between two runs
    record Duty(String name, Duration every, Action action) {}

    void start() {
        duties.forEach(duty -> {
            var _ = threads.scheduleWithFixedDelay(
                    () -> run(duty), duty.every().toMillis(), duty.every().toMillis(), TimeUnit.MILLISECONDS);
        });
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    /// Whatever were thrown out of here would end the duty for good. What the close itself interrupts has not failed.
    private void run(Duty duty) {
        try {
            duty.action().run();
        } catch (Throwable e) {
            if (!threads.isShutdown()) {
                log.warn("sweeping {} failed; it runs again in {}", duty.name(), duty.every(), e);
            }
        }
    }
}
