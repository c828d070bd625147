package ferry.compat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executors;

/// Stands between a client and the server, lets every request through, and loses the answers of the first tries:
/// what a broken load balancer does. The server has done what was asked.
final class ForgetfulProxy implements AutoCloseable {
    /// How an answer gets lost.
    enum Loss {
        /// The client is told 502.
        BAD_GATEWAY,
        /// The connection ends without an answer.
        CUT
    }

    private static final List<String> PASSED = List.of("Authorization", "User-Agent", "Ricloud-Await");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ConcurrentMap<String, Integer> tries = new ConcurrentHashMap<>();
    private final HttpServer server;
    private final String target;
    private final Loss loss;

    /// @param target the server's URL
    ForgetfulProxy(String target, Loss loss) throws IOException {
        this.target = target;
        this.loss = loss;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::pass);
        server.start();
    }

    /// Where it answers.
    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// How many requests came with this body.
    int tries(String body) {
        return tries.getOrDefault(body, 0);
    }

    private void pass(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = exchange.getRequestBody().readAllBytes();
            var answer = forward(exchange, body);
            var isLast = tries.merge(new String(body, StandardCharsets.UTF_8), 1, Integer::sum) > RicloudPy.MAX_RETRIES;
            if (isLast) {
                exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
                exchange.getResponseBody().write(answer.body());
            } else if (loss == Loss.BAD_GATEWAY) {
                exchange.sendResponseHeaders(502, -1);
            }
        }
    }

    private HttpResponse<byte[]> forward(HttpExchange exchange, byte[] body) throws IOException {
        var request = HttpRequest.newBuilder(URI.create(target + exchange.getRequestURI()))
                .method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body));
        for (var name : PASSED) {
            var value = exchange.getRequestHeaders().getFirst(name);
            if (value != null) {
                request.header(name, value);
            }
        }
        try {
            return http.send(request.build(), BodyHandlers.ofByteArray());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        http.close();
    }
}
