package ferry.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A plain HTTP/1.1 server: every request goes to one handler, on a virtual thread of its own. Started by [#start],
/// stopped by [#close], which lets requests under way finish for a moment.
public final class WebServer implements AutoCloseable {
    private static final int LONGEST_REQUEST_LINE = 16 << 10;
    private static final int LONGEST_HEADERS = 16 << 10;
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);

    private final io.helidon.webserver.WebServer server;
    private final String host;

    private WebServer(io.helidon.webserver.WebServer server, String host) {
        this.server = server;
        this.host = host;
    }

    /// Answers every request. Must respond exactly once; an exception that escapes is answered 500.
    @FunctionalInterface
    public interface Handler {
        /// Handles one request and responds.
        void handle(Exchange exchange) throws Exception;
    }

    /// Starts to listen.
    ///
    /// @param host the address to listen on, such as `127.0.0.1`
    /// @param port the port, 0 for a free one
    /// @throws BindException where the port is taken or not allowed
    public static WebServer start(String host, int port, Handler handler) throws BindException {
        return start(host, port, READ_TIMEOUT, handler);
    }

    /// @param patience how long to wait for more of a request that has begun
    static WebServer start(String host, int port, Duration patience, Handler handler) throws BindException {
        var server = io.helidon.webserver.WebServer.builder()
                .host(host)
                .port(port)
                .shutdownHook(false)
                .shutdownGracePeriod(Duration.ofSeconds(2))
                // A short body that is streamed would wait for the other side's delayed acknowledgement of the head, 40
                // ms.
                .connectionOptions(options -> options.tcpNoDelay(true))
                // Clients send a query such as `date_created[gte]=…` as it is, and an identifier of the greatest length
                // percent-encoded.
                .addProtocol(Http1Config.builder()
                        .validatePrologue(false)
                        .maxPrologueLength(LONGEST_REQUEST_LINE)
                        .maxHeadersSize(LONGEST_HEADERS)
                        .build())
                .directHandlers(new Refusals(LONGEST_REQUEST_LINE, LONGEST_HEADERS).handlers())
                .routing(routing -> routing.any(
                        (request, response) -> answer(handler, new HelidonExchange(request, response, patience))))
                .build();
        try {
            server.start();
        } catch (UncheckedIOException | IllegalStateException e) {
            var busy = new BindException(
                    "cannot listen on " + host + ":" + port + ": " + deepest(e).getMessage());
            busy.initCause(e);
            throw busy;
        }
        return new WebServer(server, host);
    }

    /// The port it listens on.
    public int port() {
        return server.port();
    }

    /// Where it answers, such as `http://127.0.0.1:8080`.
    public String url() {
        return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port();
    }

    @Override
    public void close() {
        server.stop();
    }

    /// The library keeps a connection open though one side has asked to have it closed; this ends it.
    private static void answer(Handler handler, HelidonExchange exchange) throws Exception {
        try {
            handler.handle(exchange);
        } catch (BrokenOff e) {
            throw new CloseConnectionException("broken off", e);
        }
        if (exchange.isLast()) {
            throw new CloseConnectionException("asked to close");
        }
    }

    private static Throwable deepest(Throwable e) {
        var cause = e.getCause();
        return cause == null ? e : deepest(cause);
    }

    private record HelidonExchange(ServerRequest request, ServerResponse response, Duration patience)
            implements Exchange {
        @Override
        public String method() {
            return request.prologue().method().text();
        }

        @Override
        public String path() {
            return request.path().rawPath();
        }

        @Override
        public String query() {
            return request.query().rawValue();
        }

        @Override
        public Optional<String> header(String name) {
            return request.headers().first(HeaderNames.create(name));
        }

        @Override
        public List<String> headers(String name) {
            return request.headers().all(HeaderNames.create(name), List::of);
        }

        @Override
        public InputStream body() {
            return request.content().hasEntity()
                    ? new PatientBody(request.content().inputStream(), patience)
                    : InputStream.nullInputStream();
        }

        @Override
        public Exchange set(String name, String value) {
            response.headers().set(HeaderNames.create(name), value);
            return this;
        }

        @Override
        public Exchange add(String name, String value) {
            HeaderName header = HeaderNames.create(name);
            var values = new ArrayList<>(
                    response.headers().contains(header) ? response.headers().all(header, List::of) : List.of());
            values.add(value);
            response.headers().set(header, values);
            return this;
        }

        @Override
        public void respond(int status, byte[] body) {
            start(status);
            if (method().equals("HEAD")) {
                // The library would send the body, which a client takes for the next answer.
                response.headers().contentLength(body.length);
                response.send();
            } else {
                response.send(body);
            }
        }

        @Override
        public OutputStream respond(int status, long length) throws IOException {
            start(status);
            response.headers().contentLength(length);
            if (method().equals("HEAD")) {
                response.send();
                return OutputStream.nullOutputStream();
            }
            return response.outputStream();
        }

        private void start(int status) {
            response.status(Status.create(status));
            if (headers("Connection").stream().anyMatch("close"::equalsIgnoreCase)) {
                response.headers().set(HeaderValues.CONNECTION_CLOSE);
            }
        }

        /// Whether this was the connection's last request.
        boolean isLast() {
            return response.isSent() && response.headers().contains(HeaderValues.CONNECTION_CLOSE);
        }
    }
}
