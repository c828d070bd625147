package ferry.crash;

import ferry.App;
import ferry.AppSettings;
import ferry.crypto.MasterKey;
import ferry.db.Database;
import ferry.db.Login;
import ferry.testing.Databases;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// One worker process, as far as one JVM can hold several: an [App] with its own connections and its own connector.
/// Whatever it does to the world it does through its [Wire] or past its gate, so both are where it is struck.
final class Node implements AutoCloseable {
    private final Wire wire;
    private final CrashSource source;
    private final Database db;
    private final App app;
    private boolean still;
    private boolean buried;

    /// Starts to work.
    ///
    /// @param watch hears where the database's points are passed, and the connector's
    Node(
            Databases.Logins logins,
            InstantSource clock,
            MasterKey master,
            AppSettings settings,
            Library library,
            AtomicInteger signIns,
            Watch watch) {
        this.wire = wireTo(logins, (point, commit) -> watch.at(this, point, commit));
        this.source = new CrashSource(library, this::pass, signIns);
        this.watch = watch;
        this.db = Database.open(through(wire, logins.tenant()), through(wire, logins.system()), 4);
        this.app = new App(db, clock, master, List.of(source), settings);
        app.start();
    }

    private final Watch watch;

    /// Hears where a node is, and says what becomes of it there.
    interface Watch {
        Wire.Fate at(Node node, Point point, boolean commit);
    }

    /// A wire to the server of these logins.
    static Wire wireTo(Databases.Logins logins, Wire.Watch watch) {
        var server = URI.create(logins.tenant().url().substring("jdbc:".length()));
        return new Wire(server.getHost(), server.getPort(), watch);
    }

    /// With the text in every statement, and with a server that lets go of a stalled transaction soon.
    static Login through(Wire wire, Login login) {
        var database = login.url().replaceFirst("//[^/]*/", "//127.0.0.1:" + wire.port() + "/");
        return new Login(
                database + (database.contains("?") ? "&" : "?") + "prepareThreshold=0"
                        + "&options=-c%20idle_in_transaction_session_timeout=300",
                login.user(),
                login.password());
    }

    /// It stands still; its heartbeats too.
    void stall() {
        wire.standStill();
        synchronized (this) {
            still = true;
        }
    }

    /// It is gone for everyone else.
    void die() {
        wire.die();
        synchronized (this) {
            still = true;
        }
    }

    /// It wakes up and knows of nothing.
    void wake() {
        wire.goOn();
        synchronized (this) {
            still = false;
            notifyAll();
        }
    }

    /// Its connections break; it may make new ones.
    void loseConnections() {
        wire.hangUp();
    }

    /// How many reads of the source are under way.
    int busy() {
        return source.busy();
    }

    /// Takes what is left of a dead one out of this JVM. It can reach nothing any more.
    void bury() {
        synchronized (this) {
            buried = true;
            notifyAll();
        }
        wire.close();
        db.close();
        app.close();
    }

    /// Stops it as an operator would.
    @Override
    public void close() {
        app.close();
        db.close();
        wire.close();
    }

    private void pass(Point point) throws InterruptedException {
        if (watch.at(this, point, false) != Wire.Fate.FORWARD) {
            die();
        }
        synchronized (this) {
            while (still && !buried) {
                wait();
            }
            if (buried) {
                throw new IllegalStateException("this node is dead");
            }
        }
    }
}
