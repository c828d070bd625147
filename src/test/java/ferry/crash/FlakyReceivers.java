package ferry.crash;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Receivers of webhooks on one port, `/<anything>/<event id>`, that take most events, and answer 500, close the
/// connection or say nothing to the rest. Closed by the test.
final class FlakyReceivers implements AutoCloseable {
    private final ServerSocket server;
    private final Random dice;
    private final long hang;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Map<UUID, AtomicInteger> arrived = new ConcurrentHashMap<>();
    private final Map<UUID, AtomicInteger> taken = new ConcurrentHashMap<>();
    private final AtomicLong requests = new AtomicLong();
    private volatile Runnable atEach = () -> {};
    private volatile boolean sound;

    /// @param hangMillis how long it says nothing where it hangs; longer than the sender waits
    FlakyReceivers(long seed, long hangMillis) {
        this.dice = new Random(seed);
        this.hang = hangMillis;
        try {
            this.server = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("receivers").start(this::accept);
    }

    String url(String name) {
        return "http://127.0.0.1:" + server.getLocalPort() + "/" + name;
    }

    /// Whether it takes everything from now on.
    void sound(boolean takesAll) {
        sound = takesAll;
    }

    /// What is done while a request waits for its answer.
    void atEach(Runnable what) {
        atEach = what;
    }

    /// How often an event came, whatever was answered.
    int arrived(UUID event) {
        return arrived.getOrDefault(event, new AtomicInteger()).get();
    }

    /// How often an event was answered 200.
    int taken(UUID event) {
        return taken.getOrDefault(event, new AtomicInteger()).get();
    }

    /// Requests in all.
    long requests() {
        return requests.get();
    }

    private void accept() {
        try {
            while (true) {
                var socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException _) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = new BufferedInputStream(socket.getInputStream());
            for (var first = line(in); !first.isEmpty(); first = line(in)) {
                int length = 0;
                for (var line = line(in); !line.isEmpty(); line = line(in)) {
                    if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                        length = Integer.parseInt(line.substring(15).strip());
                    }
                }
                in.skipNBytes(length);
                if (!answer(UUID.fromString(first.split(" ", -1)[1].replaceAll(".*/", "")), socket)) {
                    return;
                }
            }
        } catch (IOException _) {
            // the other side went
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean answer(UUID event, Socket socket) throws IOException, InterruptedException {
        requests.incrementAndGet();
        arrived.computeIfAbsent(event, _ -> new AtomicInteger()).incrementAndGet();
        atEach.run();
        int fate = sound ? 0 : next();
        if (fate >= 94) {
            var _ = closed.await(hang, TimeUnit.MILLISECONDS);
            return false;
        }
        if (fate >= 88) {
            return false;
        }
        if (fate < 80) {
            taken.computeIfAbsent(event, _ -> new AtomicInteger()).incrementAndGet();
        }
        var status = fate < 80 ? "200 OK" : "500 No";
        socket.getOutputStream()
                .write(("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        return true;
    }

    private int next() {
        synchronized (dice) {
            return dice.nextInt(100);
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder(64);
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
