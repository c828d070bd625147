package ferry.crash;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// The line from every node to a store in the cloud, and what goes wrong on it. Reads along where each request begins
/// and ends, so that a fault meets a request at a known point; what is signed stays as it was. Thread-safe.
final class BucketLine implements AutoCloseable {
    private static final long SLOW = TimeUnit.MILLISECONDS.toNanos(150);
    private static final int LONGEST_HEAD = 64 * 1024;
    private static final Pattern UPLOAD = Pattern.compile("(?:<UploadId>|[?&]upload_id=)([^<\\s&]+)");
    private static final Pattern MENTIONED = Pattern.compile("^[A-Z]+ [^ ]*[?&](?:uploadId|upload_id)=([^& ]+)");

    private final ServerSocket door;
    private final int port;
    private final Said said;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Deque<Upset> waiting = new ArrayDeque<>();
    private final List<Upset> happened = new ArrayList<>();
    private int passed;
    private int lostUploads;
    /// Named in an answer, and in no request since.
    private final Set<String> unmentionedUploads = new HashSet<>();
    private volatile boolean away;

    /// What the store would say itself.
    ///
    /// @param busy the whole answer to a request that it is too busy for
    /// @param expired the whole answer to a request whose credentials have ended
    record Said(String busy, String expired) {}

    /// What goes wrong with one request.
    enum Kind {
        /// The line is cut in the middle of what is sent.
        CUT_WHILE_SENDING,
        /// The request arrives and is done; the line is cut before its answer comes.
        CUT_BEFORE_ANSWER,
        /// Refused as too busy before anything has happened.
        BUSY_BEFORE,
        /// Done, and answered all the same as if the store had been too busy.
        BUSY_AFTER,
        /// Half of what is sent comes late.
        SLOW,
        /// A byte of an object is another one when it arrives.
        SPOILT,
        /// The credentials have ended.
        EXPIRED
    }

    /// One thing that goes wrong.
    ///
    /// @param pass how many requests that it could meet pass unharmed before
    record Upset(Kind kind, int pass) {
        @Override
        public String toString() {
            return kind + (pass == 0 ? "" : " after " + pass);
        }
    }

    /// A line to a port of this machine.
    BucketLine(int port, Said said) {
        try {
            this.door = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.port = port;
        this.said = said;
        Thread.ofVirtual().name("bucket line").start(this::accept);
    }

    /// The near end.
    URI url() {
        return URI.create("http://127.0.0.1:" + door.getLocalPort());
    }

    /// From now on this goes wrong, one after the other.
    synchronized void arm(List<Upset> upsets) {
        waiting.clear();
        happened.clear();
        waiting.addAll(upsets);
        passed = 0;
    }

    /// What has gone wrong since [#arm].
    synchronized List<Upset> happened() {
        return List.copyOf(happened);
    }

    /// Uploads in parts that were begun since [#forgetUploads], and that whoever asked for them cannot give up: the
    /// answer that names them was lost, or came when nobody listened any more.
    synchronized int unknownUploads() {
        return lostUploads + unmentionedUploads.size();
    }

    /// Whatever was begun until now is swept next.
    synchronized void forgetUploads() {
        lostUploads = 0;
        unmentionedUploads.clear();
    }

    private synchronized void lostUpload() {
        lostUploads++;
    }

    /// @return whether the answer names an upload
    private synchronized boolean named(String answer) {
        var id = UPLOAD.matcher(answer);
        return id.find() && unmentionedUploads.add(id.group(1));
    }

    private synchronized void mentioned(Head head) {
        var id = MENTIONED.matcher(head.text());
        if (id.find()) {
            unmentionedUploads.remove(URLDecoder.decode(id.group(1), StandardCharsets.UTF_8));
        }
    }

    /// Nobody gets through any more, or again.
    void away(boolean yes) {
        away = yes;
        if (yes) {
            sockets.forEach(BucketLine::shut);
        }
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sockets.forEach(BucketLine::shut);
    }

    /// What goes wrong with a request, if anything does.
    private synchronized @org.jspecify.annotations.Nullable Kind next(Head head) {
        var upset = waiting.peek();
        if (upset == null || !head.canMeet(upset.kind())) {
            return null;
        }
        if (passed < upset.pass()) {
            passed++;
            return null;
        }
        passed = 0;
        happened.add(waiting.remove());
        return upset.kind();
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                var near = door.accept();
                Thread.ofVirtual().start(() -> carry(near));
            } catch (IOException _) {
                return; // closed
            }
        }
    }

    private void carry(Socket near) {
        try (near;
                var far = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
            sockets.add(near);
            sockets.add(far);
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            var instead = new AtomicReference<Kind>();
            var begins = new AtomicBoolean();
            var back = Thread.ofVirtual().start(() -> back(far, near, instead, begins));
            var in = near.getInputStream();
            try {
                for (var head = Head.read(in); head != null && !away; head = Head.read(in)) {
                    mentioned(head);
                    begins.set(head.beginsUpload());
                    if (!forth(head, in, near.getOutputStream(), far.getOutputStream(), instead)) {
                        break;
                    }
                }
            } finally {
                if (begins.get()) {
                    lostUpload();
                }
            }
            if (instead.get() != null) {
                back.join();
            }
        } catch (IOException | InterruptedException _) {
            // one side is gone
        } finally {
            sockets.remove(near);
        }
    }

    /// @return whether another request may come on this line
    private boolean forth(Head head, InputStream in, OutputStream near, OutputStream far, AtomicReference<Kind> instead)
            throws IOException {
        var body = in.readNBytes(head.length());
        switch (next(head)) {
            case null -> send(far, head, body, body.length);
            case CUT_WHILE_SENDING -> {
                send(far, head, body, body.length / 2);
                return false;
            }
            case CUT_BEFORE_ANSWER -> {
                instead.set(Kind.CUT_BEFORE_ANSWER);
                send(far, head, body, body.length);
                return false;
            }
            case BUSY_AFTER -> {
                instead.set(Kind.BUSY_AFTER);
                send(far, head, body, body.length);
                return false;
            }
            case BUSY_BEFORE -> near.write(said.busy().getBytes(StandardCharsets.US_ASCII));
            case EXPIRED -> near.write(said.expired().getBytes(StandardCharsets.US_ASCII));
            case SLOW -> {
                send(far, head, body, body.length / 2);
                LockSupport.parkNanos(SLOW);
                far.write(body, body.length / 2, body.length - body.length / 2);
                far.flush();
            }
            case SPOILT -> {
                body[head.ofObject(body.length)] ^= 1;
                send(far, head, body, body.length);
            }
        }
        return true;
    }

    private static void send(OutputStream far, Head head, byte[] body, int length) throws IOException {
        far.write(head.bytes());
        far.write(body, 0, length);
        far.flush();
    }

    /// @param begins whether an upload is being begun that nobody was told of yet
    private void back(Socket far, Socket near, AtomicReference<Kind> instead, AtomicBoolean begins) {
        var buffer = new byte[16 * 1024];
        try (near;
                far) {
            for (int n; (n = far.getInputStream().read(buffer)) >= 0; ) {
                if (instead.get() == Kind.BUSY_AFTER) {
                    near.getOutputStream().write(said.busy().getBytes(StandardCharsets.US_ASCII));
                    near.shutdownOutput();
                    return;
                }
                if (instead.get() != null || away) {
                    return;
                }
                if (begins.get() && named(new String(buffer, 0, n, StandardCharsets.ISO_8859_1))) {
                    begins.set(false);
                }
                near.getOutputStream().write(buffer, 0, n);
            }
        } catch (IOException _) {
            // one side is gone
        } finally {
            sockets.remove(far);
        }
    }

    private static void shut(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What a request begins with.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Head(byte[] bytes, String text, int length) {
        static @org.jspecify.annotations.Nullable Head read(InputStream in) throws IOException {
            var bytes = new ByteArrayOutputStream();
            int ends = 0;
            while (ends < 4) {
                int one = in.read();
                if (one < 0 || bytes.size() > LONGEST_HEAD) {
                    return null;
                }
                bytes.write(one);
                ends = one == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : one == '\r' ? 1 : 0;
            }
            var text = bytes.toString(StandardCharsets.ISO_8859_1);
            int length = text.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                    .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                    .findFirst()
                    .orElse(0);
            return new Head(bytes.toByteArray(), text, length);
        }

        /// Reads change nothing that could go wrong; only an object's bytes are worth spoiling.
        boolean canMeet(Kind kind) {
            boolean changes = text.startsWith("PUT ") || text.startsWith("POST ") || text.startsWith("DELETE ");
            return switch (kind) {
                case SPOILT -> length > 200 && (text.startsWith("PUT ") || text.contains("uploadType=multipart"));
                case EXPIRED -> changes && !text.contains("upload_id="); // a session's URL is its own permission
                default -> changes;
            };
        }

        boolean beginsUpload() {
            var first = text.lines().findFirst().orElse("");
            return text.startsWith("POST ") && (first.contains("?uploads") || first.contains("?uploadType=resumable"));
        }

        /// A byte of the object itself: of Google's two bodies in one it is the second, which ends with a boundary.
        int ofObject(int length) {
            return text.contains("uploadType=multipart") ? length - 51 : length / 2;
        }
    }
}
