package ferry.sandbox;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/// A clock that can be moved forward, so that what expires in an hour is seen in a moment. Thread-safe.
public final class SandboxClock implements InstantSource {
    private final InstantSource source;
    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    /// Runs with `source`, ahead of it by what it was advanced.
    public SandboxClock(InstantSource source) {
        this.source = source;
    }

    /// Stands still at `now` until it is advanced.
    public static SandboxClock standing(Instant now) {
        return new SandboxClock(InstantSource.fixed(now));
    }

    /// Moves it forward.
    public void advance(Duration duration) {
        ahead.updateAndGet(duration::plus);
    }

    @Override
    public Instant instant() {
        return source.instant().plus(ahead.get());
    }
}
