package ferry.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waits for what another thread is about to do.
public final class Eventually {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(5);

    private Eventually() {}

    /// Returns once `condition` holds; fails with `what` if it does not within twenty seconds.
    public static void eventually(String what, BooleanSupplier condition) {
        var until = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new AssertionError("never happened: " + what);
            }
            LockSupport.parkNanos(LOOK_AGAIN);
        }
    }
}
