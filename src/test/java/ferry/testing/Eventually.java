package ferry.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// Waits for what another thread is about to do.
public final class Eventually {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final Duration LONG_DEADLINE = Duration.ofSeconds(60);
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

    /// What `look` gives once it is as wanted; fails with the last look if it never is within a minute.
    public static <T> T get(Supplier<T> look, Predicate<T> wanted) {
        var until = System.nanoTime() + LONG_DEADLINE.toNanos();
        while (true) {
            var seen = look.get();
            if (wanted.test(seen)) {
                return seen;
            }
            if (System.nanoTime() > until) {
                throw new AssertionError("never as wanted: " + seen);
            }
            LockSupport.parkNanos(4 * LOOK_AGAIN);
        }
    }
}
