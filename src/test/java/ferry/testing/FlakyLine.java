package ferry.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/// A line to a server that fails as it is told to, once for each [#next]: later connections pass. Works on bytes, so
/// that what is signed stays as it was.
public final class FlakyLine implements AutoCloseable {
    /// How a connection fails.
    public sealed interface Fault {
        /// The line is cut when so many bytes have gone to the server.
        record CutAfterSending(long bytes) implements Fault {}

        /// The request arrives, and is answered; instead of bringing the answer the line is cut.
        record CutBeforeAnswer() implements Fault {}

        /// Answered with a status by something in between.
        record Answer(int status) implements Fault {}
    }

    private final ServerSocket socket;
    private final int port;
    private final ConcurrentLinkedQueue<Fault> faults = new ConcurrentLinkedQueue<>();

    private final AtomicReference<Optional<String>> unanswered = new AtomicReference<>(Optional.empty());

    /// A line to a port of this machine.
    public FlakyLine(int port) throws IOException {
        this.port = port;
        this.socket = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
        Thread.ofVirtual().start(this::accept);
    }

    /// The near end.
    public URI url() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    /// The next connection that is opened fails like this.
    public void next(Fault fault) {
        faults.add(fault);
    }

    /// The next request whose head holds this arrives, on whatever connection, and is answered; instead of bringing
    /// the answer the line is cut.
    public void loseAnswerTo(String head) {
        unanswered.set(Optional.of(head));
    }

    /// Whether all faults have happened.
    public boolean isThrough() {
        return faults.isEmpty() && unanswered.get().isEmpty();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                var near = socket.accept();
                Thread.ofVirtual().start(() -> carry(near));
            } catch (IOException _) {
                return; // closed
            }
        }
    }

    private void carry(Socket near) {
        try (near;
                var far = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
            // a line that waits idle must not swallow the fault
            int first = near.getInputStream().read();
            if (first < 0) {
                return;
            }
            var fault = faults.poll();
            if (fault instanceof Fault.Answer(int status)) {
                near.getOutputStream()
                        .write(("HTTP/1.1 " + status + " Not now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                near.shutdownOutput();
                near.getInputStream().transferTo(OutputStream.nullOutputStream());
                return;
            }
            far.getOutputStream().write(first);
            var cut = new AtomicBoolean(fault instanceof Fault.CutBeforeAnswer);
            var back = Thread.ofVirtual().start(() -> back(far, near, cut));
            long limit = fault instanceof Fault.CutAfterSending(long bytes) ? bytes : Long.MAX_VALUE;
            forth(near.getInputStream(), far.getOutputStream(), limit, cut);
            if (limit == Long.MAX_VALUE) {
                back.join();
            }
        } catch (IOException | InterruptedException _) {
            // cut
        }
    }

    private void forth(InputStream from, OutputStream to, long limit, AtomicBoolean cut) throws IOException {
        var buffer = new byte[16 * 1024];
        for (long sent = 1; sent < limit; ) {
            int n = from.read(buffer, 0, (int) Math.min(buffer.length, limit - sent));
            if (n < 0) {
                return;
            }
            var text = new String(buffer, 0, n, StandardCharsets.ISO_8859_1);
            var wanted = unanswered.get();
            if (wanted.filter(text::contains).isPresent() && unanswered.compareAndSet(wanted, Optional.empty())) {
                cut.set(true);
            }
            to.write(buffer, 0, n);
            sent += n;
        }
    }

    private static void back(Socket far, Socket near, AtomicBoolean cut) {
        var buffer = new byte[16 * 1024];
        try (near;
                far) {
            for (int n; (n = far.getInputStream().read(buffer)) >= 0; ) {
                if (cut.get()) {
                    return;
                }
                near.getOutputStream().write(buffer, 0, n);
            }
        } catch (IOException _) {
            // cut
        }
    }
}
