package ferry.http;

import ferry.access.Caller;
import ferry.crypto.Secret;
import ferry.error.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Turns a request into an answer: finds the route, asks who is there, reads the body, and writes JSON.
public final class Api implements WebServer.Handler {
    private static final Logger log = LoggerFactory.getLogger(Api.class);
    private static final int LARGEST_BODY = 4 << 20;
    private static final Duration LONGEST_AWAIT = Duration.ofSeconds(10);
    private static final String SCHEME = "Token ";

    private final Routes routes = new Routes();
    private final Authenticator authenticator;

    /// @param rooms whose routes are served; two routes that clash stop the start
    public Api(Authenticator authenticator, List<Endpoints> rooms) {
        this.authenticator = authenticator;
        rooms.forEach(room -> room.routes(routes));
    }

    /// The table of routes.
    public Routes routes() {
        return routes;
    }

    @Override
    public void handle(Exchange exchange) throws Exception {
        var id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        long start = System.nanoTime();
        exchange.set("X-Request-Id", id);
        try {
            route(exchange, id);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            write(exchange, Errors.of(e, id));
        } finally {
            log.debug(
                    "request {} {} {} took {} ms",
                    id,
                    exchange.method(),
                    exchange.path(),
                    (System.nanoTime() - start) / 1_000_000);
        }
    }

    private void route(Exchange exchange, String id) throws Exception {
        var path = segments(exchange.path());
        var fitting = routes.all().stream().filter(route -> route.isFor(path)).toList();
        if (fitting.isEmpty()) {
            // A stranger learns nothing about which paths there are.
            caller(exchange);
            throw new ApiException(ErrorCode.NOT_FOUND, "There is nothing at this path.");
        }
        var route = fitting.stream()
                .filter(r -> r.method().equals(method(exchange)))
                .max((a, b) -> Long.compare(a.literals(), b.literals()))
                .orElseThrow(() -> wrongMethod(exchange, fitting));
        if (route.confidential()) {
            exchange.set("Connection", "close");
        }
        switch (route.action()) {
            case Routes.Action.Open(var endpoint) -> endpoint.handle(exchange, route.names(path));
            case Routes.Action.WithToken(var endpoint) ->
                write(exchange, endpoint.handle(request(exchange, id, route.names(path))));
        }
    }

    /// The server leaves out the body of what answers a HEAD.
    private static String method(Exchange exchange) {
        return exchange.method().equals("HEAD") ? "GET" : exchange.method();
    }

    private Request request(Exchange exchange, String id, Map<String, String> names) {
        return new Request(
                id,
                caller(exchange),
                names,
                query(exchange.query()),
                body(exchange),
                exchange.header("User-Agent").orElse(""),
                await(exchange));
    }

    private Caller caller(Exchange exchange) {
        var header = exchange.header("Authorization").orElse("");
        if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw new ApiException(
                    ErrorCode.UNAUTHORIZED, "Send your key's token in the header: Authorization: Token <token>.");
        }
        return authenticator.caller(new Secret(header.substring(SCHEME.length()).strip()));
    }

    private static ApiException wrongMethod(Exchange exchange, List<Routes.Route> fitting) {
        var allowed = new LinkedHashSet<String>();
        fitting.forEach(route -> allowed.add(route.method()));
        exchange.set("Allow", String.join(", ", allowed));
        return new ApiException(
                ErrorCode.METHOD_NOT_ALLOWED,
                "This path knows " + String.join(", ", allowed) + ", not " + exchange.method() + ".");
    }

    /// The body as an object, whatever its Content-Type says: ricloud-py sends none, and `null` for no parameters.
    private static ObjectNode body(Exchange exchange) {
        var bytes = bytes(exchange);
        if (bytes.length > LARGEST_BODY) {
            throw new ApiException(
                    ErrorCode.INVALID_BODY, "The request's body is larger than " + LARGEST_BODY + " bytes.");
        }
        var text = text(bytes);
        if (text.isBlank()) {
            return JsonNodeFactory.instance.objectNode();
        }
        var node = Json.MAPPER.readTree(text);
        if (node.isNull()) {
            return JsonNodeFactory.instance.objectNode();
        }
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw new ApiException(ErrorCode.INVALID_BODY, "The request's body is not a JSON object.");
    }

    private static byte[] bytes(Exchange exchange) {
        try {
            return exchange.body().readNBytes(LARGEST_BODY + 1);
        } catch (IOException | UncheckedIOException e) {
            // The client is slow, or gone: whatever it sees of this answer, its connection ends.
            log.debug("a body did not come", e);
            exchange.set("Connection", "close");
            throw new ApiException(ErrorCode.INVALID_BODY, "The request's body did not come in full, or not in time.");
        }
    }

    /// UTF-8, or Latin-1 as older clients send it (ricloud-api 1).
    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException _) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    private static Duration await(Exchange exchange) {
        try {
            var seconds =
                    exchange.header("Ricloud-Await").map(Double::parseDouble).orElse(0.0);
            var wait = Duration.ofMillis((long) (Math.clamp(seconds, 0.0, (double) LONGEST_AWAIT.toSeconds()) * 1000));
            return wait.compareTo(LONGEST_AWAIT) > 0 ? LONGEST_AWAIT : wait;
        } catch (NumberFormatException _) {
            return Duration.ZERO;
        }
    }

    private static List<String> segments(String path) {
        var inner = path.startsWith("/") ? path.substring(1) : path;
        if (inner.endsWith("/")) {
            inner = inner.substring(0, inner.length() - 1);
        }
        return List.of(inner.split("/", -1)).stream().map(Api::decoded).toList();
    }

    private static Map<String, String> query(String raw) {
        var query = new HashMap<String, String>();
        for (var pair : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                query.putIfAbsent(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
            }
        }
        return query;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text;
        }
    }

    /// Writes an answer as JSON.
    static void write(Exchange exchange, Answer answer) {
        exchange.set("Content-Type", "application/json");
        exchange.respond(answer.status(), Json.MAPPER.writeValueAsBytes(answer.body()));
    }

    /// Writes an answer of an open route as JSON.
    public static void respond(Exchange exchange, int status, Object body) {
        write(exchange, new Answer(status, body));
    }
}
