package ferry.sandbox.photos;

import java.time.Duration;

/// Waits; a test's own takes no time.
@FunctionalInterface
interface Pause {
    void rest(Duration duration) throws InterruptedException;
}
