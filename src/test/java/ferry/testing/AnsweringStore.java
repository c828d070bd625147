package ferry.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// An S3 store that answers as it is told to, in the words of Amazon's own: for refusals that no other server can be
/// brought to utter. What it is not told about it takes, remembering one object. Thread-safe.
public final class AnsweringStore implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final Queue<Map.Entry<String, Answer>> once = new ConcurrentLinkedQueue<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final AtomicInteger deleted = new AtomicInteger();
    private volatile byte[] object = new byte[0];

    private record Answer(int status, Map<String, String> headers, String body) {}

    private AnsweringStore() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    /// Starts one.
    public static AnsweringStore start() {
        try {
            return new AnsweringStore();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where it answers.
    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /// Answers the next request of that method like this, before anything else.
    public void saysOnce(String method, int status) {
        once.add(Map.entry(method, new Answer(status, Map.of(), "")));
    }

    /// Answers every request of that method like this.
    ///
    /// @param method alone, or with a space and something that the query must hold
    public void says(String method, int status, Map<String, String> headers, String body) {
        answers.put(method, new Answer(status, headers, body));
    }

    /// Refuses every request of that method with one of Amazon's codes.
    public void refuses(
            String method, int status, String code, String message, Map<String, String> headers, String more) {
        says(method, status, headers, """
                <?xml version="1.0" encoding="UTF-8"?>
                <Error><Code>%s</Code><Message>%s</Message>%s<RequestId>4442587FB7D0A2F9</RequestId></Error>
                """.formatted(code, message, more).strip());
    }

    /// The same in words that do not matter.
    public void refuses(String method, int status, String code) {
        refuses(method, status, code, "As Amazon says it.", Map.of(), "");
    }

    /// The bodies of all posts.
    public List<String> posted() {
        return bodies;
    }

    /// How many objects were deleted.
    public int deleted() {
        return deleted.get();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var method = exchange.getRequestMethod();
            var body = exchange.getRequestBody().readAllBytes();
            if (method.equals("POST")) {
                bodies.add(new String(body, StandardCharsets.UTF_8));
            }
            var told = told(method, String.valueOf(exchange.getRequestURI().getRawQuery()));
            if (told != null) {
                told.headers().forEach(exchange.getResponseHeaders()::set);
                var bytes = told.body().getBytes(StandardCharsets.UTF_8);
                boolean none = bytes.length == 0 || method.equals("HEAD");
                exchange.sendResponseHeaders(told.status(), none ? -1 : bytes.length);
                if (!none) {
                    exchange.getResponseBody().write(bytes);
                }
                return;
            }
            if (method.equals("PUT")) {
                object = body;
            } else if (method.equals("DELETE")) {
                deleted.incrementAndGet();
            }
            exchange.getResponseHeaders().set("ETag", "\"" + md5(object) + "\"");
            if (method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Content-Length", Integer.toString(object.length));
            }
            if (method.equals("GET")) {
                get(exchange);
                return;
            }
            exchange.sendResponseHeaders(method.equals("DELETE") ? 204 : 200, -1);
        }
    }

    private void get(HttpExchange exchange) throws IOException {
        var query = String.valueOf(exchange.getRequestURI().getRawQuery());
        var body = query.contains("list-type")
                ? "<ListBucketResult/>".getBytes(StandardCharsets.UTF_8)
                : query.contains("uploads") ? "<ListMultipartUploadsResult/>".getBytes(StandardCharsets.UTF_8) : object;
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private @Nullable Answer told(String method, String query) {
        var next = once.stream().filter(each -> each.getKey().equals(method)).findFirst();
        if (next.isPresent() && once.remove(next.get())) {
            return next.get().getValue();
        }
        for (var each : answers.entrySet()) {
            var named = each.getKey().split(" ", 2);
            if (named.length == 2 && named[0].equals(method) && query.contains(named[1])) {
                return each.getValue();
            }
        }
        return answers.get(method);
    }

    private static String md5(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
