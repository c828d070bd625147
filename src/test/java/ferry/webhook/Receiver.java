package ferry.webhook;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A receiver of webhooks that behaves as ricloud-py's listener does (ricloud-api 20): its route, its check for
/// JSON, its signature. Beside it verifies the Standard Webhooks headers. Both are written from the
/// specifications, with nothing of the service.
final class Receiver implements AutoCloseable {
    private static final Pattern ROUTE =
            Pattern.compile("/webhooks/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpServer server;
    private final List<Got> all = new CopyOnWriteArrayList<>();
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private volatile Function<Got, Reply> answer = _ -> Reply.of(200);

    private Receiver(HttpServer server) {
        this.server = server;
    }

    /// One request. Its bytes are never compared.
    @SuppressWarnings("ArrayRecordComponent")
    record Got(String path, Map<String, List<String>> headers, byte[] raw, JsonNode body) {
        String id() {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        String slug() {
            return body.at("/type").asString() + "." + body.at("/action").asString();
        }

        String header(String name) {
            return headers.entrySet().stream()
                    .filter(h -> h.getKey().equalsIgnoreCase(name))
                    .map(h -> h.getValue().getFirst())
                    .findFirst()
                    .orElse("");
        }

        /// As ricloud-py judges it: split on the first comma, two letters dropped of each part, recomputed over the
        /// raw bytes.
        boolean ricloudSigned(String secret) {
            var parts = header("Ricloud-Signature").split(",", 2);
            if (parts.length != 2) {
                return false;
            }
            var t = parts[0].substring(2);
            var s = parts[1].substring(2);
            return age(t) <= 600 && s.equals(hmac(secret.getBytes(StandardCharsets.UTF_8), t + ".", raw));
        }

        /// As the Standard Webhooks specification says.
        boolean standardSigned(String secret) {
            var key = Base64.getDecoder().decode(secret.replace("whsec_", ""));
            var wanted = "v1," + hmac(key, header("webhook-id") + "." + header("webhook-timestamp") + ".", raw);
            return header("webhook-id").equals(id())
                    && age(header("webhook-timestamp")) <= 300
                    && List.of(header("webhook-signature").split(" ", -1)).contains(wanted);
        }

        /// In seconds, by the clock that receivers have, whatever the service's says; what comes from the future is as
        /// bad, to the libraries of Standard Webhooks.
        private static long age(String timestamp) {
            return Math.abs(InstantSource.system().instant().getEpochSecond() - Long.parseLong(timestamp));
        }

        private static String hmac(byte[] key, String prefix, byte[] body) {
            try {
                var mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(key, "HmacSHA256"));
                mac.update(prefix.getBytes(StandardCharsets.UTF_8));
                return Base64.getEncoder().encodeToString(mac.doFinal(body));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /// What it answers.
    record Reply(int status, Map<String, String> headers) {
        static Reply of(int status) {
            return new Reply(status, Map.of());
        }

        Reply with(String name, String value) {
            return new Reply(status, Map.of(name, value));
        }
    }

    static Receiver start() {
        return start(0);
    }

    static Receiver start(int port) {
        try {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            var receiver = new Receiver(server);
            server.createContext("/", receiver::handle);
            server.start();
            return receiver;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    /// As ricloud-py registers it: without a slash at the end.
    String url() {
        return "http://127.0.0.1:" + port() + "/webhooks";
    }

    /// What to answer from now on. May block.
    Receiver answering(Function<Got, Reply> how) {
        answer = how;
        return this;
    }

    /// Every request, in the order they came.
    List<Got> all() {
        return List.copyOf(all);
    }

    /// The requests that carried an event of this kind.
    List<Got> of(String slug) {
        var these = new ArrayList<Got>();
        all.stream().filter(got -> got.slug().equals(slug)).forEach(these::add);
        return these;
    }

    /// The most requests that were ever under way at once.
    int most() {
        return most.get();
    }

    private void handle(HttpExchange exchange) throws IOException {
        most.accumulateAndGet(now.incrementAndGet(), Math::max);
        try (exchange) {
            var raw = exchange.getRequestBody().readAllBytes();
            var type = exchange.getRequestHeaders().getFirst("Content-Type");
            if (!exchange.getRequestMethod().equals("POST")
                    || !ROUTE.matcher(exchange.getRequestURI().getPath()).matches()
                    || type == null
                    || !type.startsWith("application/json")) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            var got = new Got(
                    exchange.getRequestURI().getPath(),
                    Map.copyOf(exchange.getRequestHeaders()),
                    raw,
                    JSON.readTree(raw));
            all.add(got);
            var reply = answer.apply(got);
            reply.headers().forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(reply.status(), -1);
        } finally {
            now.decrementAndGet();
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
