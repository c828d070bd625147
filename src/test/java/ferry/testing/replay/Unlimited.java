package ferry.testing.replay;

import ferry.connector.Limits;
import java.time.Duration;

/// Nobody slows anyone down.
final class Unlimited implements Limits {
    @Override
    public void turn(HostClass host) {}

    @Override
    public void throttled(HostClass host, Duration wait) {
        throw new AssertionError(host + " was throttled, which no recording does");
    }

    @Override
    public int parallel(HostClass host) {
        return 4;
    }
}
