package ferry.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// One node's way to PostgreSQL: forwards bytes, and reads along which statements are sent. It can stand still,
/// as a stalled machine's does, and break towards the server alone, as a killed process's does for everyone but
/// itself.
final class Wire implements AutoCloseable {
    /// Hears where the node is. Called on the thread that forwards, before anything is forwarded.
    interface Watch {
        /// What becomes of a node that is here.
        ///
        /// @param commit whether this is the commit of the transaction in which the point was passed
        Fate at(Point point, boolean commit);
    }

    /// What becomes of the bytes at hand, and of the node.
    enum Fate {
        /// They go on, once the wire does not stand still (any more).
        FORWARD,
        /// They never arrive: the node is dead before.
        DEAD_BEFORE,
        /// They arrive, and nothing that is answered comes back: the node is dead after.
        DEAD_AFTER
    }

    private static final Map<Point, byte[]> STATEMENTS = statements();
    private static final byte[] COMMIT = "COMMIT".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket door;
    private final String host;
    private final int port;
    private final Watch watch;
    private final Set<Line> lines = ConcurrentHashMap.newKeySet();
    private boolean still;
    private boolean dead;

    Wire(String host, int port, Watch watch) {
        this.host = host;
        this.port = port;
        this.watch = watch;
        try {
            this.door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("wire").start(this::accept);
    }

    int port() {
        return door.getLocalPort();
    }

    /// Nothing is forwarded, either way, until [#goOn].
    synchronized void standStill() {
        still = true;
    }

    synchronized void goOn() {
        still = false;
        notifyAll();
    }

    /// The server sees the process gone. The process itself only ever waits.
    synchronized void die() {
        dead = true;
        lines.forEach(Line::leaveServer);
    }

    /// Breaks every connection; new ones are to be had at once.
    void hangUp() {
        lines.forEach(Line::close);
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        goOn();
        hangUp();
    }

    private synchronized boolean dead() {
        return dead;
    }

    private synchronized void awaitGoingOn() throws InterruptedException {
        while (still) {
            wait();
        }
    }

    private void accept() {
        try {
            while (true) {
                var client = door.accept();
                // A dead process's new connections are never answered.
                lines.add(new Line(client, dead() ? null : new Socket(host, port)));
            }
        } catch (IOException _) {
            // closed
        }
    }

    private static Map<Point, byte[]> statements() {
        var all = new EnumMap<Point, byte[]>(Point.class);
        for (var point : Point.values()) {
            if (!point.statement().isEmpty()) {
                all.put(point, point.statement().getBytes(StandardCharsets.US_ASCII));
            }
        }
        return all;
    }

    /// One connection.
    private final class Line {
        private final Socket client;
        private final @Nullable Socket server;
        /// The point passed in the transaction under way.
        private @Nullable Point passed;

        Line(Socket client, @Nullable Socket server) throws IOException {
            this.client = client;
            this.server = server;
            if (server != null) {
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> pump(client, server, true));
                Thread.ofVirtual().start(() -> pump(server, client, false));
            }
        }

        private void pump(Socket from, Socket to, boolean up) {
            var buffer = new byte[16 * 1024];
            try {
                var in = from.getInputStream();
                var out = to.getOutputStream();
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    var fate = up ? fate(buffer, read) : Fate.FORWARD;
                    if (fate == Fate.DEAD_BEFORE) {
                        die();
                        return;
                    }
                    awaitGoingOn();
                    out.write(buffer, 0, read);
                    if (fate == Fate.DEAD_AFTER) {
                        die();
                        return;
                    }
                }
            } catch (IOException _) {
                // one side is gone
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts a wire", e);
            }
            leaveServer();
            if (!dead()) {
                close();
            }
        }

        private Fate fate(byte[] bytes, int length) {
            for (var statement : STATEMENTS.entrySet()) {
                if (holds(bytes, length, statement.getValue())) {
                    passed = statement.getKey();
                    return watch.at(statement.getKey(), false);
                }
            }
            if (passed != null && holds(bytes, length, COMMIT)) {
                var point = passed;
                passed = null;
                return watch.at(point, true);
            }
            return Fate.FORWARD;
        }

        void leaveServer() {
            close(server);
        }

        void close() {
            close(server);
            close(client);
        }

        private static void close(@Nullable Socket socket) {
            try {
                if (socket != null) {
                    socket.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static boolean holds(byte[] bytes, int length, byte[] part) {
            for (int at = 0; at + part.length <= length; at++) {
                int same = 0;
                while (same < part.length && bytes[at + same] == part[same]) {
                    same++;
                }
                if (same == part.length) {
                    return true;
                }
            }
            return false;
        }
    }
}
