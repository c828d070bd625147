package ferry.egress;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Listens on every address this machine has, on one free port and on 80 and 443 where it may, and counts who comes.
/// Closed by the test.
public final class Sinks implements AutoCloseable {
    private static final int REACHED_WITHIN_MILLIS = 2000;

    private final List<ServerSocket> servers = new ArrayList<>();
    private final List<SocketAddress> arrivals = new CopyOnWriteArrayList<>();

    /// Starts to listen.
    public Sinks() {
        listen(0);
        for (int port : List.of(80, 443)) {
            try {
                listen(port);
            } catch (UncheckedIOException e) {
                if (!(e.getCause() instanceof BindException)) {
                    throw e;
                }
            }
        }
    }

    private void listen(int port) {
        try {
            var server = new ServerSocket();
            server.bind(new InetSocketAddress(port), 500);
            servers.add(server);
            Thread.ofVirtual().start(() -> accept(server));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The free one.
    public int port() {
        return servers.getFirst().getLocalPort();
    }

    /// Who came, by the address they came to.
    public List<SocketAddress> arrivals() {
        return List.copyOf(arrivals);
    }

    /// Whether a plain connection to this address ends here: then the count means something for it.
    public boolean reachedAt(InetAddress address) {
        int before = arrivals.size();
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port()), REACHED_WITHIN_MILLIS);
        } catch (IOException _) {
            return false;
        }
        return ferry.testing.Eventually.get(arrivals::size, n -> n > before) > before;
    }

    /// Whether this machine has the address, so that a connection to it stays here.
    public static boolean isHere(InetAddress address) {
        if (address.isMulticastAddress()) {
            return false;
        }
        try (var probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(address, 0));
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private void accept(ServerSocket server) {
        try {
            while (true) {
                try (var socket = server.accept()) {
                    arrivals.add(socket.getLocalSocketAddress());
                }
            }
        } catch (IOException _) {
            // closed
        }
    }

    @Override
    public void close() {
        for (var server : servers) {
            try {
                server.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
