package ferry.fuzz;

import ferry.http.Exchange;
import ferry.http.WebServer;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/// Where all organisations' webhooks go: `/<canary>/<behaviour>`. Keeps what came to the wrong one. Thread-safe;
/// closed by the test.
final class Hooks implements AutoCloseable {
    private static final int[] STATUSES = {200, 200, 200, 500, 410, 302};

    private final WebServer server;
    private final AtomicLong got = new AtomicLong();
    private final Queue<String> astray = new ConcurrentLinkedQueue<>();

    Hooks() throws BindException {
        this.server = WebServer.start("127.0.0.1", 0, this::handle);
    }

    /// Of the organisation with this canary, to be followed by a digit of 0 to 5.
    String url(String canary) {
        return server.url() + "/" + canary;
    }

    /// Events that came.
    long got() {
        return got.get();
    }

    /// Events that show what is the other organisation's.
    Queue<String> astray() {
        return astray;
    }

    private void handle(Exchange exchange) throws Exception {
        got.incrementAndGet();
        var path = exchange.path();
        var body = new String(exchange.body().readAllBytes(), StandardCharsets.UTF_8);
        if (!Canary.strangers(body, path.split("/", -1)[1]).isEmpty()) {
            astray.add(path + ": " + body);
        }
        int behaviour = path.charAt(path.length() - 1) - '0';
        exchange.respond(behaviour < 0 || behaviour > 5 ? 200 : STATUSES[behaviour], new byte[0]);
    }

    @Override
    public void close() {
        server.close();
    }
}
