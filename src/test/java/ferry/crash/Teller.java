package ferry.crash;

import ferry.access.Organisations;
import ferry.access.Vault;
import ferry.crypto.MasterKey;
import ferry.db.Database;
import ferry.event.Events;
import ferry.testing.Databases;
import ferry.webhook.WebhookConfigs;
import ferry.webhook.WebhookSettings;
import ferry.webhook.Webhooks;
import java.time.InstantSource;

/// One node that sends webhooks, as far as one JVM can hold several: it reaches the database through a [Wire] of its
/// own, where it is struck.
final class Teller implements AutoCloseable {
    private final Wire wire;
    private final Database db;
    private final Webhooks webhooks;

    /// Hears where a node is, and says what becomes of it there.
    interface Watch {
        Wire.Fate at(Teller node, Point point, boolean commit);
    }

    /// Starts to send.
    Teller(Databases.Logins logins, InstantSource clock, MasterKey master, WebhookSettings settings, Watch watch) {
        this.wire = Node.wireTo(logins, (point, commit) -> watch.at(this, point, commit));
        this.db = Database.open(Node.through(wire, logins.tenant()), Node.through(wire, logins.system()), 3);
        var vault = new Vault(db, new Organisations(clock, master.sealer()), master.sealer());
        this.webhooks = new Webhooks(db, new WebhookConfigs(clock), new Events(clock), vault, settings, clock, clock);
        webhooks.start();
    }

    /// It stands still; what it is sending goes on, and is not written.
    void stall() {
        wire.standStill();
    }

    /// It wakes up and knows of nothing.
    void wake() {
        wire.goOn();
    }

    /// It is gone for everyone else.
    void die() {
        wire.die();
    }

    /// Takes what is left of a dead one out of this JVM.
    void bury() {
        wire.close();
        webhooks.close();
        db.close();
    }

    /// Stops it as an operator would.
    @Override
    public void close() {
        webhooks.close();
        db.close();
        wire.close();
    }
}
