package ferry.testing.replay;

import ferry.connector.Access;
import ferry.crypto.Secret;
import java.util.concurrent.atomic.AtomicReference;

/// A session's access in memory.
final class HeldAccess implements Access {
    private final AtomicReference<Secret> held;

    HeldAccess(Secret first) {
        held = new AtomicReference<>(first);
    }

    @Override
    public Secret current() {
        return held.get();
    }

    @Override
    public Secret replace(Secret expected, Secret fresh) {
        return held.updateAndGet(now -> now.equals(expected) ? fresh : now);
    }
}
