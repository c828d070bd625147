package ferry.compat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Receives webhooks as ricloud-py's listener does (ricloud-api 16, 20): the route is `/webhooks/<uuid>`, the content
/// type must be JSON, and where it has a secret the signature must be right and fresh.
final class Listener implements AutoCloseable {
    private static final Pattern ROUTE =
            Pattern.compile("/webhooks/([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})");
    private static final long DELTA = 600;

    private final List<JsonNode> received = new CopyOnWriteArrayList<>();
    private final List<String> refused = new CopyOnWriteArrayList<>();
    private final AtomicReference<Optional<String>> secret = new AtomicReference<>(Optional.empty());
    private final HttpServer server;

    Listener() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::receive);
        server.start();
    }

    /// What to register as a webhook config's `url`.
    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/webhooks";
    }

    /// From now on it verifies.
    void verify(String withSecret) {
        secret.set(Optional.of(withSecret));
    }

    /// The events that it took.
    List<JsonNode> received() {
        return received;
    }

    /// Why it took others not.
    List<String> refused() {
        return refused;
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = exchange.getRequestBody().readAllBytes();
            var problem = problem(exchange, body);
            problem.ifPresent(refused::add);
            if (problem.isEmpty()) {
                received.add(JsonMapper.shared().readTree(body));
            }
            var answer = problem.isEmpty() ? "OK".getBytes(StandardCharsets.UTF_8) : new byte[0];
            exchange.sendResponseHeaders(problem.isEmpty() ? 200 : 400, answer.length == 0 ? -1 : answer.length);
            if (answer.length > 0) {
                exchange.getResponseBody().write(answer);
            }
        }
    }

    private Optional<String> problem(HttpExchange exchange, byte[] body) {
        if (!exchange.getRequestMethod().equals("POST")
                || !ROUTE.matcher(exchange.getRequestURI().getRawPath()).matches()) {
            return Optional.of("no route for " + exchange.getRequestMethod() + " "
                    + exchange.getRequestURI().getRawPath());
        }
        var type = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-Type"))
                .orElse("");
        if (!type.startsWith("application/json")) {
            return Optional.of("content type " + type);
        }
        var key = secret.get();
        return key.isEmpty()
                ? Optional.empty()
                : signatureProblem(
                        key.get(),
                        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Ricloud-Signature"))
                                .orElse(""),
                        body);
    }

    private static Optional<String> signatureProblem(String key, String header, byte[] body) {
        var parts = header.split(",", 2);
        if (parts.length < 2) {
            return Optional.of("no signature");
        }
        var t = parts[0].substring(2);
        var s = parts[1].substring(2);
        if (!MessageDigest.isEqual(
                s.getBytes(StandardCharsets.UTF_8), signature(key, t, body).getBytes(StandardCharsets.UTF_8))) {
            return Optional.of("wrong signature");
        }
        return Instant.now().getEpochSecond() - Long.parseLong(t) > DELTA
                ? Optional.of("stale signature")
                : Optional.empty();
    }

    /// Of the time, a full stop and the raw body (ricloud-api 16.1).
    static String signature(String key, String t, byte[] body) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            mac.update((t + ".").getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
