package ferry.webhook;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/// Many endpoints on one port and one thread, as cheap as a server can be, so that the figures are the sender's.
/// `/<endpoint>/<event>`: every fifth endpoint hangs while [#hang] is set. The last eight digits of an event's id say
/// which one of the bench's it is; others are answered and not counted.
final class Endpoints500 implements AutoCloseable {
    static final int ENDPOINTS = 500;
    /// Events that can be told apart.
    static final int MOST = 4 << 20;

    private static final byte[] OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);
    /// Twice what a request of the bench takes: thousands that hang are not to weigh on the sender's heap.
    private static final int LONGEST = 4 * 1024;

    private final ServerSocketChannel server;
    private final Selector selector;
    private final AtomicIntegerArray under = new AtomicIntegerArray(ENDPOINTS + 1);
    /// When the first byte of each event came first, by [System#nanoTime].
    final AtomicLongArray arrived = new AtomicLongArray(MOST);

    /// Events that came, each counted once, of the endpoints that never hang and of those that may.
    final AtomicLong sound = new AtomicLong();
    final AtomicLong hanging = new AtomicLong();
    /// The most that was under way at one endpoint.
    final AtomicInteger most = new AtomicInteger();
    volatile boolean hang;

    Endpoints500() {
        try {
            server = ServerSocketChannel.open();
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
            server.configureBlocking(false);
            selector = Selector.open();
            server.register(selector, SelectionKey.OP_ACCEPT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().name("endpoints").daemon().start(this::serve);
    }

    String url(int endpoint) {
        return "http://127.0.0.1:" + server.socket().getLocalPort() + "/" + endpoint;
    }

    static boolean mayHang(int endpoint) {
        return endpoint % 5 == 0;
    }

    private static final class Connection {
        final byte[] bytes = new byte[LONGEST];
        final ByteBuffer in = ByteBuffer.wrap(bytes);
        long first;
        /// Of the one that hangs; 0 while none does.
        int hanging;
    }

    private void serve() {
        try {
            while (true) {
                selector.select(this::ready, 100);
                if (!hang) {
                    selector.keys().forEach(this::release);
                }
            }
        } catch (ClosedSelectorException _) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void ready(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                for (var socket = server.accept(); socket != null; socket = server.accept()) {
                    socket.configureBlocking(false);
                    socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    socket.register(selector, SelectionKey.OP_READ, new Connection());
                }
            } else {
                read(key, (SocketChannel) key.channel(), (Connection) key.attachment());
            }
        } catch (IOException _) {
            close(key);
        }
    }

    private void read(SelectionKey key, SocketChannel socket, Connection connection) throws IOException {
        if (connection.in.position() == 0) {
            connection.first = System.nanoTime();
        }
        if (socket.read(connection.in) < 0) {
            close(key);
            return;
        }
        if (isWhole(connection.bytes, connection.in.position())) {
            take(connection);
            connection.in.clear();
            if (connection.hanging == 0) {
                socket.write(ByteBuffer.wrap(OK));
            }
        }
    }

    /// One request at a time comes on a connection.
    private static boolean isWhole(byte[] bytes, int came) {
        for (int i = 3; i < came; i++) {
            if (bytes[i] == '\n' && bytes[i - 2] == '\n') {
                return came >= i + 1 + length(bytes, i);
            }
        }
        return false;
    }

    private static int length(byte[] bytes, int head) {
        for (int i = 0; i < head - LENGTH.length; i++) {
            if (bytes[i] == '\n' && isLength(bytes, i + 1)) {
                int length = 0;
                for (int d = i + 1 + LENGTH.length; bytes[d] != '\r'; d++) {
                    length = bytes[d] == ' ' ? length : length * 10 + bytes[d] - '0';
                }
                return length;
            }
        }
        return 0;
    }

    private static boolean isLength(byte[] bytes, int from) {
        for (int i = 0; i < LENGTH.length; i++) {
            if ((bytes[from + i] | 0x20) != (LENGTH[i] | 0x20)) {
                return false;
            }
        }
        return true;
    }

    /// `POST /<endpoint>/<36 characters> HTTP/1.1`
    private void take(Connection connection) {
        var bytes = connection.bytes;
        int at = "POST /".length();
        int endpoint = 0;
        for (; bytes[at] != '/'; at++) {
            endpoint = endpoint * 10 + bytes[at] - '0';
        }
        int event = 0;
        for (int i = at + 1 + 28; i < at + 1 + 36; i++) {
            event = event << 4 | Character.digit(bytes[i], 16);
        }
        if (event >= 0 && event < MOST && arrived.compareAndSet(event, 0, connection.first)) {
            (mayHang(endpoint) ? hanging : sound).incrementAndGet();
        }
        most.accumulateAndGet(under.incrementAndGet(endpoint), Math::max);
        if (hang && mayHang(endpoint)) {
            connection.hanging = endpoint;
        } else {
            under.decrementAndGet(endpoint);
        }
    }

    /// The other side may have gone long ago.
    private void release(SelectionKey key) {
        if (key.attachment() instanceof Connection connection && connection.hanging != 0) {
            under.decrementAndGet(connection.hanging);
            connection.hanging = 0;
            try {
                ((SocketChannel) key.channel()).write(ByteBuffer.wrap(OK));
            } catch (IOException _) {
                close(key);
            }
        }
    }

    private void close(SelectionKey key) {
        if (key.attachment() instanceof Connection connection && connection.hanging != 0) {
            under.decrementAndGet(connection.hanging);
            connection.hanging = 0;
        }
        key.cancel();
        try {
            key.channel().close();
        } catch (IOException _) {
            return; // it is gone either way
        }
    }

    @Override
    public void close() {
        try {
            selector.close();
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
