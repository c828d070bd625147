package ferry.webhook;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Many endpoints on one port, as cheap as a server can be, so that the figures are the sender's. `/<n>/<id>`: every
/// fifth n hangs while [#hang] is set.
final class Endpoints500 implements AutoCloseable {
    private static final byte[] OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket server;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Map<Integer, AtomicInteger> under = new ConcurrentHashMap<>();
    /// When each event arrived first, by [System#nanoTime].
    final Map<UUID, Long> arrived = new ConcurrentHashMap<>();

    final AtomicLong answered = new AtomicLong();
    final AtomicInteger most = new AtomicInteger();
    volatile boolean hang;

    Endpoints500() {
        try {
            server = new ServerSocket();
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    String url(int endpoint) {
        return "http://127.0.0.1:" + server.getLocalPort() + "/" + endpoint;
    }

    private void accept() {
        try {
            while (true) {
                var socket = server.accept();
                socket.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException _) {
            return; // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
            while (true) {
                var first = line(in);
                if (first.isEmpty()) {
                    return;
                }
                long at = System.nanoTime();
                int length = 0;
                for (var line = line(in); !line.isEmpty(); line = line(in)) {
                    if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                        length = Integer.parseInt(line.substring(15).strip());
                    }
                }
                in.skipNBytes(length);
                answer(first, at);
                socket.getOutputStream().write(OK);
            }
        } catch (IOException _) {
            return; // the other side went
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(String first, long at) throws InterruptedException {
        var parts = first.split(" ", -1)[1].split("/", -1);
        int endpoint = Integer.parseInt(parts[1]);
        arrived.putIfAbsent(UUID.fromString(parts[2]), at);
        var now = under.computeIfAbsent(endpoint, _ -> new AtomicInteger());
        most.accumulateAndGet(now.incrementAndGet(), Math::max);
        if (hang && endpoint % 5 == 0) {
            closed.await();
        }
        now.decrementAndGet();
        answered.incrementAndGet();
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
