package ferry.testing;

import ferry.connector.Limits;
import java.time.Duration;

/// An account that may be asked at any time.
///
/// @param parallel requests of each kind at once
public record NoLimits(int parallel) implements Limits {
    @Override
    public void turn(HostClass host) {}

    @Override
    public void throttled(HostClass host, Duration wait) {}

    @Override
    public int parallel(HostClass host) {
        return parallel;
    }
}
