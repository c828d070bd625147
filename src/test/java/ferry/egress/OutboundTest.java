package ferry.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class OutboundTest {
    private final AtomicInteger connections = new AtomicInteger();
    private final List<String> heads = Collections.synchronizedList(new ArrayList<>());
    private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());
    private ServerSocket server;
    private Outbound outbound;
    private volatile Script script = (_, out) -> ok(out, "hello");

    /// What the server does once a request's head has come.
    @FunctionalInterface
    private interface Script {
        void answer(String head, OutputStream out) throws Exception;
    }

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 100, InetAddress.ofLiteral("127.0.0.1"));
        Thread.ofVirtual().start(this::accept);
        outbound = Outbound.open(EgressPolicy.of(List.of("127.0.0.1:" + server.getLocalPort())));
    }

    @AfterEach
    void stop() throws IOException {
        outbound.close();
        server.close();
        for (var socket : List.copyOf(sockets)) {
            socket.close();
        }
    }

    @Test
    void aConnectionIsUsedAgain() throws IOException {
        for (int i = 0; i < 3; i++) {
            assertThat(text(Call.get(url("/")))).isEqualTo("hello");
        }
        assertThat(connections).hasValue(1);
    }

    @Test
    void anAnswerWhoseShortBodyNobodyReadGivesItsConnectionBack() throws Exception {
        for (int i = 0; i < 3; i++) {
            try (var answer = outbound.send(Call.get(url("/")))) {
                assertThat(answer.status()).isEqualTo(200);
            }
        }
        assertThat(connections).hasValue(1);
    }

    @Test
    void aForgottenOriginIsConnectedToAnew() throws IOException {
        text(Call.get(url("/")));
        outbound.forget(url("/whatever"));
        text(Call.get(url("/")));
        assertThat(connections).hasValue(2);
    }

    @Test
    void aConnectionInUseIsForgottenWhenItComesBack() throws Exception {
        try (var answer = outbound.send(Call.get(url("/")))) {
            outbound.forget(url("/"));
            answer.bytes(10);
        }
        text(Call.get(url("/")));
        text(Call.get(url("/")));
        assertThat(connections).hasValue(2);
    }

    @Test
    void anotherOriginIsNotForgotten() throws IOException {
        text(Call.get(url("/")));
        outbound.forget(URI.create("http://127.0.0.1:1/"));
        text(Call.get(url("/")));
        assertThat(connections).hasValue(1);
    }

    @Test
    void aConnectionTheServerClosedIsNotUsed() throws Exception {
        var closed = new CountDownLatch(1);
        script = (_, out) -> {
            ok(out, "bye");
            sockets.getLast().shutdownOutput();
            closed.countDown();
        };
        text(Call.get(url("/")));
        closed.await();
        // The look at an idle connection comes after a quarter of a second.
        var until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(400);
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(text(Call.get(url("/")))).isEqualTo("bye");
        assertThat(connections).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 201, 299, 302, 307, 330, 401, 403, 407, 409, 421, 423, 450, 499, 500, 503, 599, 999})
    void anyStatusIsANumber(int status) throws Exception {
        script = (_, out) -> raw(out, "HTTP/1.1 " + status + " Odd\r\nLocation: /there\r\nContent-Length: 2\r\n\r\nno");
        try (var answer = outbound.send(Call.get(url("/")))) {
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.header("LOCATION")).contains("/there");
            assertThat(answer.bytes(2)).hasSize(2);
        }
        assertThat(heads).hasSize(1);
    }

    @Test
    void aChallengeIsNotAnsweredAndACookieNotKept() throws Exception {
        script = (_, out) -> raw(
                out,
                String.join(
                        "\r\n",
                        "HTTP/1.1 401 No",
                        "WWW-Authenticate: Basic realm=x",
                        "Set-Cookie: a=\"1\"; Path=/",
                        "Set-Cookie: b=2; Path=/",
                        "Content-Length: 0",
                        "",
                        ""));
        for (int i = 0; i < 2; i++) {
            try (var answer = outbound.send(Call.get(url("/")))) {
                assertThat(answer.headers("set-cookie")).containsExactly("a=\"1\"; Path=/", "b=2; Path=/");
            }
        }
        assertThat(heads).hasSize(2).noneMatch(it -> it.contains("Cookie:"));
    }

    @Test
    void onlyWhatTheCallSaysIsSent() throws IOException {
        text(Call.get(url("/a%2Fb//c/../d?x=%20&y=z")).with("X-One", "1"));
        var head = heads.getFirst();
        assertThat(head).startsWith("GET /a%2Fb//c/../d?x=%20&y=z HTTP/1.1\r\n");
        assertThat(head.lines().map(it -> it.replaceAll(":.*", "")).skip(1))
                .containsExactlyInAnyOrder("X-One", "Host", "Connection", "");
        assertThat(head).contains("Host: 127.0.0.1:" + server.getLocalPort() + "\r\n");
    }

    @Test
    void aPutWithoutABodySaysSo() throws IOException {
        text(new Call("PUT", url("/"), List.of(), java.util.Optional.empty(), Call.PATIENCE));
        text(Call.put(url("/"), new byte[0], "text/plain"));
        assertThat(heads).hasSize(2).allMatch(it -> it.contains("Content-Length: 0\r\n"));
        assertThat(heads).noneMatch(it -> it.contains("Transfer-Encoding"));
    }

    @Test
    void aRangeResumesWhereTheFirstAttemptBroke() throws Exception {
        script = (head, out) -> {
            if (head.contains("Range: bytes=5-")) {
                raw(out, "HTTP/1.1 206 Part\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789");
            } else {
                raw(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
                sockets.getLast().close();
            }
        };
        var got = new ByteArrayOutputStream();
        try (var answer = outbound.send(Call.get(url("/")))) {
            assertThatThrownBy(() -> answer.body().transferTo(got)).isInstanceOf(IOException.class);
        }
        try (var answer = outbound.send(Call.get(url("/")).with("Range", "bytes=" + got.size() + "-"))) {
            assertThat(answer.status()).isEqualTo(206);
            answer.body().transferTo(got);
        }
        assertThat(got.toString(StandardCharsets.US_ASCII)).isEqualTo("0123456789");
    }

    @Test
    void aBodyLongerThanAllowedIsRefused() throws Exception {
        try (var answer = outbound.send(Call.get(url("/")))) {
            assertThatThrownBy(() -> answer.bytes(4))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("4 bytes");
        }
        assertThat(text(Call.get(url("/")))).isEqualTo("hello");
    }

    @Test
    void closingAHalfReadBodyOfGigabytesIsFast() throws Exception {
        script = (_, out) -> endless(out);
        var started = System.nanoTime();
        try (var answer = outbound.send(Call.get(url("/")))) {
            assertThat(answer.body().readNBytes(1 << 20)).hasSize(1 << 20);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
    }

    /// Reading is done on the reader's own thread, so what that thread allocates is all there is, whatever the heap.
    @Test
    void aBodyOfAnyLengthStreamsThroughLittleMemory() throws Exception {
        script = (_, out) -> endless(out);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (var answer = outbound.send(Call.get(url("/")))) {
            var piece = new byte[64 * 1024];
            long read = answer.body().read(piece);
            long allocated = threads.getCurrentThreadAllocatedBytes();
            while (read < 300L << 20) {
                read += answer.body().read(piece);
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - allocated).isLessThan(4L << 20);
        }
    }

    @Test
    void aServerThatSaysNothingTimesOut() {
        script = (_, _) -> {};
        assertThatThrownBy(() -> outbound.send(Call.get(url("/")).within(Duration.ofMillis(200))))
                .isInstanceOf(EgressTimedOut.class);
    }

    @Test
    void aHeadThatDripsTimesOut() {
        script = (_, out) -> drip(out, "HTTP/1.1 200 OK\r\nX: ");
        assertThatThrownBy(() -> outbound.send(Call.get(url("/")).within(Duration.ofMillis(500))))
                .isInstanceOf(EgressTimedOut.class);
    }

    @Test
    void aWholeBodyThatDripsTimesOut() throws Exception {
        script = (_, out) -> drip(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        try (var answer = outbound.send(Call.get(url("/")).within(Duration.ofMillis(500)))) {
            assertThatThrownBy(() -> answer.bytes(1 << 20)).isInstanceOf(EgressTimedOut.class);
        }
    }

    @Test
    void anEndlessHeadIsRefused() {
        script = (_, out) -> {
            raw(out, "HTTP/1.1 200 OK\r\nX: ");
            while (true) {
                out.write(new byte[1024]);
            }
        };
        assertThatThrownBy(() -> outbound.send(Call.get(url("/")))).isInstanceOf(IOException.class);
    }

    @Test
    void anInterruptEndsACallThatWaitsForItsAnswer() throws Exception {
        var arrived = new CountDownLatch(1);
        script = (_, _) -> arrived.countDown();
        var failure = new CompletableFuture<Throwable>();
        var caller = Thread.ofVirtual().start(() -> {
            try {
                outbound.send(Call.get(url("/")));
            } catch (IOException e) {
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
                failure.complete(e);
            }
        });
        arrived.await();
        caller.interrupt();
        assertThat(failure.get(3, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
    }

    @Test
    void anInterruptEndsAReadOfTheBody() throws Exception {
        var reading = new CountDownLatch(1);
        script = (_, out) -> raw(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1");
        var failure = new CompletableFuture<Throwable>();
        var caller = Thread.ofVirtual().start(() -> {
            try (var answer = outbound.send(Call.get(url("/")))) {
                answer.body().read();
                reading.countDown();
                answer.body().readAllBytes();
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        reading.await();
        caller.interrupt();
        assertThat(failure.get(3, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
    }

    @Test
    void aCompressedBodyIsOpenedOnlyIfAskedFor() throws Exception {
        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write("plain text".getBytes(StandardCharsets.US_ASCII));
        }
        script = (_, out) -> {
            raw(out, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + packed.size() + "\r\n\r\n");
            out.write(packed.toByteArray());
        };
        assertThat(text(Call.get(url("/")).acceptingGzip())).isEqualTo("plain text");
        try (var answer = outbound.send(Call.get(url("/")))) {
            assertThat(answer.bytes(1000)).isEqualTo(packed.toByteArray());
        }
        assertThat(connections).hasValue(1);
    }

    @Test
    void aFailureTellsNeitherPathNorQuery() throws IOException {
        // Taken, so that nobody else listens there, and not listened to.
        try (var taken = new Socket();
                var anywhere = Outbound.open(EgressPolicy.of(List.of()).withLoopback())) {
            taken.bind(new InetSocketAddress(address("127.0.0.1"), 0));
            var nobody = URI.create("http://127.0.0.1:" + taken.getLocalPort() + "/signed?token=hush");
            assertThatThrownBy(() -> anywhere.send(Call.get(nobody)))
                    .isInstanceOf(IOException.class)
                    .hasStackTraceContaining("127.0.0.1")
                    .satisfies(e -> {
                        for (Throwable at = e; at != null; at = at.getCause()) {
                            assertThat(at.toString()).doesNotContain("hush").doesNotContain("signed");
                        }
                    });
        }
        assertThat(Call.get(url("/signed?token=hush"))
                        .with("Authorization", "hush")
                        .toString())
                .doesNotContain("hush")
                .doesNotContain("signed");
    }

    @Test
    void whatIsNotHttpIsAFailureThatDoesNotQuoteIt() {
        script = (_, out) -> {
            raw(out, "HTTP/1.1 hush\r\n\r\n");
            sockets.getLast().shutdownOutput();
        };
        assertThatThrownBy(() -> outbound.send(Call.get(url("/"))))
                .isInstanceOf(IOException.class)
                .satisfies(e -> {
                    for (Throwable at = e; at != null; at = at.getCause()) {
                        assertThat(at.toString()).doesNotContain("hush");
                    }
                });
    }

    @Test
    void aRequestIsNeverSentTwice() {
        script = (_, _) -> sockets.getLast().close();
        assertThatThrownBy(() -> outbound.send(Call.get(url("/")))).isInstanceOf(IOException.class);
        assertThat(heads).hasSize(1);
    }

    @Test
    void theCheckedAddressIsTheOneConnectedTo() throws IOException {
        var answers = new ArrayDeque<>(List.of(address("127.0.0.1"), address("127.0.0.2")));
        var policy = EgressPolicy.of(List.of("127.0.0.1:" + server.getLocalPort()));
        try (var rebound = Outbound.open(policy, _ -> List.of(answers.removeFirst()));
                var answer = rebound.send(Call.get(url("rebind.example", "/")))) {
            assertThat(answer.bytes(10)).isEqualTo("hello".getBytes(StandardCharsets.US_ASCII));
        }
        assertThat(answers).hasSize(1); // asked once, by the guard alone
    }

    @Test
    void aNameThatTurnsInwardIsRefusedAtTheNextConnection() {
        var answers = new ArrayDeque<>(List.of(address("192.0.3.1"), address("127.0.0.1")));
        var asked = new AtomicInteger();
        try (var rebound = Outbound.open(EgressPolicy.of(List.of()), _ -> {
            asked.incrementAndGet();
            return List.of(answers.removeFirst());
        })) {
            assertThat(catchCheck(rebound, url("rebind.example", "/"))).isNull();
            assertThatThrownBy(() -> rebound.send(Call.get(url("rebind.example", "/"))))
                    .isInstanceOf(EgressRefused.class);
        }
        assertThat(asked).hasValue(2);
        assertThat(connections).hasValue(0);
    }

    @Test
    void oneForbiddenAddressAmongManyRefusesThemAll() {
        var both = List.of(address("93.184.216.34"), address("127.0.0.1"));
        try (var guarded = Outbound.open(EgressPolicy.of(List.of()), _ -> both)) {
            assertThatThrownBy(() -> guarded.send(Call.get(url("both.example", "/"))))
                    .isInstanceOf(EgressRefused.class);
        }
        assertThat(connections).hasValue(0);
    }

    @Test
    void aNameWithoutAnAddressIsRefused() {
        try (var guarded = Outbound.open(EgressPolicy.of(List.of()), host -> {
            throw new java.net.UnknownHostException(host);
        })) {
            assertThatThrownBy(() -> guarded.send(Call.get(url("nowhere.example", "/"))))
                    .isInstanceOf(EgressRefused.class)
                    .hasMessageContaining("has no address");
        }
    }

    private static @org.jspecify.annotations.Nullable Throwable catchCheck(Outbound outbound, URI url) {
        return org.assertj.core.api.Assertions.catchThrowable(() -> outbound.check(url));
    }

    private String text(Call call) throws IOException {
        try (var answer = outbound.send(call)) {
            return new String(answer.bytes(1000), StandardCharsets.UTF_8);
        }
    }

    private URI url(String path) {
        return url("127.0.0.1", path);
    }

    private URI url(String host, String path) {
        return URI.create("http://" + host + ":" + server.getLocalPort() + path);
    }

    private static InetAddress address(String literal) {
        return InetAddress.ofLiteral(literal);
    }

    private void accept() {
        try {
            while (true) {
                var socket = server.accept();
                connections.incrementAndGet();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException _) {
            return; // the test is over
        }
    }

    private void serve(Socket socket) {
        try {
            var in = new BufferedInputStream(socket.getInputStream());
            for (var head = head(in); !head.isEmpty(); head = head(in)) {
                heads.add(head);
                script.answer(head, socket.getOutputStream());
            }
        } catch (Exception _) {
            return; // the client went away
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            int c = in.read();
            if (c < 0) {
                return "";
            }
            head.append((char) c);
        }
        return head.toString();
    }

    private static void ok(OutputStream out, String body) throws IOException {
        raw(out, "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    private static void raw(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void endless(OutputStream out) throws IOException {
        raw(out, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        while (true) {
            out.write(new byte[64 * 1024]);
        }
    }

    private static void drip(OutputStream out, String start) throws Exception {
        raw(out, start);
        var pause = new CountDownLatch(1);
        while (!pause.await(50, TimeUnit.MILLISECONDS)) {
            out.write('x');
            out.flush();
        }
    }
}
