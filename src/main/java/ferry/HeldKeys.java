package ferry;

import ferry.access.MasterKeys;
import ferry.crypto.MasterKey;
import ferry.db.Database;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the operator's commands which master keys this node holds, so that a rotation uses none before every node
/// has it. On a thread of its own: a node that works must not look as if it had stopped.
final class HeldKeys implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HeldKeys.class);
    private static final Duration EVERY = Duration.ofSeconds(2);

    private final UUID node = UUID.randomUUID();
    private final Database db;
    private final MasterKeys keys;
    private final MasterKey master;
    private final Sweeper saying;

    HeldKeys(Database db, MasterKeys keys, MasterKey master) {
        this.db = db;
        this.keys = keys;
        this.master = master;
        this.saying = new Sweeper(List.of(new Sweeper.Duty("which master keys are held", EVERY, this::announce)));
    }

    /// Says it at once, before anything is opened with them, and again and again.
    void start() {
        announce();
        saying.start();
    }

    private void announce() {
        db.systemDo(tx -> keys.announce(tx, node, master));
    }

    @Override
    public void close() {
        saying.close();
        try {
            db.systemDo(tx -> keys.leave(tx, node));
        } catch (RuntimeException e) {
            log.warn("this node counts as running for half a minute more", e);
        }
    }
}
