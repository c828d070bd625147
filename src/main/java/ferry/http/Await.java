package ferry.http;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/// Holds a response until the work it reports is done, or the client's patience is (`Ricloud-Await`).
public final class Await {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private Await() {}

    /// Looks at once, then every 50 ms, until there is an answer or the time is up.
    ///
    /// @param patience how long; zero looks once
    /// @param look a short read of its own; empty while the work goes on
    public static <T> Optional<T> until(Duration patience, Supplier<Optional<T>> look) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            var done = look.get();
            if (done.isPresent() || System.nanoTime() >= deadline) {
                return done;
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
    }
}
