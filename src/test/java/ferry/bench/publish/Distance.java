package ferry.bench.publish;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/// A line to a server of this machine on which every byte is half of some milliseconds under way, in either direction,
/// as it would be to a store in another place. It holds up nothing else: what follows is under way meanwhile.
final class Distance {
    private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");

    private final long halfNanos;
    private final int port;

    private Distance(int port, int milliseconds) {
        this.port = port;
        this.halfNanos = milliseconds * 500_000L;
    }

    /// Where the server is found at that distance: at its own port where there is none.
    static int to(int port, int milliseconds) throws IOException {
        if (milliseconds == 0) {
            return port;
        }
        var line = new Distance(port, milliseconds);
        var listening = new ServerSocket(0, 100, HERE);
        Thread.ofVirtual().start(() -> line.accept(listening));
        return listening.getLocalPort();
    }

    private void accept(ServerSocket listening) {
        try {
            while (true) {
                var client = listening.accept();
                var server = new Socket(HERE, port);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                carry(client, server);
                carry(server, client);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Bytes on their way; none at the end.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Piece(byte[] bytes, long arrives) {}

    private void carry(Socket from, Socket to) throws IOException {
        var underWay = new LinkedBlockingQueue<Piece>();
        var in = from.getInputStream();
        var out = to.getOutputStream();
        Thread.ofVirtual().start(() -> depart(in, underWay));
        Thread.ofVirtual().start(() -> arrive(underWay, out, to));
    }

    private void depart(InputStream in, BlockingQueue<Piece> underWay) {
        var buffer = new byte[64 * 1024];
        try {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                underWay.add(new Piece(Arrays.copyOf(buffer, read), System.nanoTime() + halfNanos));
            }
        } catch (IOException _) {
            // the other end hung up
        }
        underWay.add(new Piece(new byte[0], System.nanoTime() + halfNanos));
    }

    private static void arrive(BlockingQueue<Piece> underWay, OutputStream out, Socket to) {
        try (to) {
            for (var piece = underWay.take(); piece.bytes().length > 0; piece = underWay.take()) {
                for (long left = piece.arrives() - System.nanoTime();
                        left > 0;
                        left = piece.arrives() - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                out.write(piece.bytes());
            }
            to.shutdownOutput();
        } catch (IOException _) {
            // the other end hung up
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
