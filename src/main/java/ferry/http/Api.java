package ferry.http;

import ferry.access.Caller;
import ferry.crypto.Secret;
import ferry.error.ErrorCode;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Turns a request into an answer: finds the route, asks who is there, reads the body, and writes JSON.
public final class Api implements WebServer.Handler {
    private static final Logger log = LoggerFactory.getLogger(Api.class);
    private static final int LARGEST_BODY = 4 << 20;
    private static final Duration LONGEST_AWAIT = Duration.ofSeconds(10);
    private static final String SCHEME = "Token ";
    /// Names the request in every line that is logged while it is answered.
    private static final String REQUEST = "request";

    private final Routes routes = new Routes();
    /// By token. Nothing is cached, so a key that was switched off lets nobody in, on any node.
    private final SharedReads<String, String, Caller> callers;
    private final RateLimits limits;
    private final RequestTimers timers;

    /// @param rooms whose routes are served; two routes that clash stop the start
    public Api(Authenticator authenticator, List<Endpoints> rooms) {
        this(authenticator, RateLimits.OFF, new CompositeMeterRegistry(), rooms);
    }

    /// @param limits how many requests each organisation and key may make
    /// @param meters where requests are timed
    public Api(Authenticator authenticator, RateLimits limits, MeterRegistry meters, List<Endpoints> rooms) {
        this.callers = new SharedReads<>((token, _) -> Map.of(token, authenticator.caller(new Secret(token))));
        this.limits = limits;
        this.timers = new RequestTimers(meters);
        rooms.forEach(room -> room.routes(routes));
    }

    /// The table of routes.
    public Routes routes() {
        return routes;
    }

    /// One request on its way: what is known of it so far.
    private static final class Way {
        private final String id = RequestId.next();
        private final Delivery delivery = new Delivery();
        private String route = "none";
        private String status = "open";
    }

    @Override
    public void handle(Exchange exchange) throws Exception {
        var way = new Way();
        exchange.set("X-Request-Id", way.id);
        MDC.put(REQUEST, way.id);
        try {
            route(exchange, way);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            answer(exchange, way, Errors.of(e, way.id));
        } finally {
            way.delivery.ends(false);
            long took = System.nanoTime() - way.delivery.arrived();
            timers.record(way.route, way.status, took);
            log.debug("{} {} took {} ms", exchange.method(), exchange.path(), took / 1_000_000);
            MDC.remove(REQUEST);
        }
    }

    private void route(Exchange exchange, Way way) throws Exception {
        var path = segments(exchange.path());
        var fitting = routes.fitting(path);
        var route = Routes.best(fitting, method(exchange)).orElseThrow(() -> astray(exchange, fitting));
        way.route = route.name();
        if (route.confidential()) {
            exchange.set("Connection", "close");
        }
        switch (route.action()) {
            case Routes.Action.Open(var endpoint) -> endpoint.handle(exchange, route.names(path));
            case Routes.Action.WithToken(var endpoint) ->
                answer(exchange, way, endpoint.handle(request(exchange, way, route.names(path))));
        }
    }

    /// A stranger learns nothing about which paths there are, but for those that are open to all, and nobody asks
    /// past the limits.
    private ApiException astray(Exchange exchange, List<Routes.Route> fitting) {
        if (fitting.isEmpty() || fitting.stream().anyMatch(Routes.Route::wantsToken)) {
            admitted(exchange);
        }
        return fitting.isEmpty()
                ? new ApiException(ErrorCode.NOT_FOUND, "There is nothing at this path.")
                : wrongMethod(exchange, fitting);
    }

    /// Writes an answer, and notes how it goes out.
    private static void answer(Exchange exchange, Way way, Answer answer) {
        var body = Json.MAPPER.writeValueAsBytes(answer.body());
        exchange.set("Content-Type", "application/json");
        way.status = Integer.toString(answer.status());
        way.delivery.begins();
        exchange.respond(answer.status(), body);
        way.delivery.ends(answer.status() < 500);
    }

    /// The server leaves out the body of what answers a HEAD.
    private static String method(Exchange exchange) {
        return exchange.method().equals("HEAD") ? "GET" : exchange.method();
    }

    private Request request(Exchange exchange, Way way, Map<String, String> names) {
        var caller = admitted(exchange);
        var bytes = bytes(exchange);
        return new Request(
                way.id,
                caller,
                names,
                query(exchange.query()),
                body(bytes),
                exchange.header("User-Agent").orElse(""),
                await(exchange),
                new Sent(
                        token(exchange),
                        exchange.method(),
                        exchange.path(),
                        bytes,
                        exchange.header("Idempotency-Key"),
                        way.delivery));
    }

    private static void refuse(Exchange exchange, Duration wait) {
        long seconds = Math.max(1, wait.plusSeconds(1).minusNanos(1).toSeconds());
        exchange.set("Retry-After", Long.toString(seconds));
        throw new ApiException(
                ErrorCode.RATE_LIMITED, "Too many requests; the next may come in " + seconds + " seconds.");
    }

    /// Who asks, counted against the limits.
    private Caller admitted(Exchange exchange) {
        var token = token(exchange).reveal();
        var caller = callers.find(token, token).orElseThrow();
        limits.count(caller).ifPresent(wait -> refuse(exchange, wait));
        return caller;
    }

    private static Secret token(Exchange exchange) {
        var header = exchange.header("Authorization").orElse("");
        if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw new ApiException(
                    ErrorCode.UNAUTHORIZED, "Send your key's token in the header: Authorization: Token <token>.");
        }
        return new Secret(header.substring(SCHEME.length()).strip());
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
    private static ObjectNode body(byte[] bytes) {
        if (bytes.length == 0) {
            return JsonNodeFactory.instance.objectNode();
        }
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
        var segments = inner.split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            segments[i] = decoded(segments[i]);
        }
        return List.of(segments);
    }

    private static Map<String, String> query(String raw) {
        if (raw.isEmpty()) {
            return Map.of();
        }
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
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return text;
        }
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text;
        }
    }

    /// Writes an answer of an open route as JSON.
    public static void respond(Exchange exchange, int status, Object body) {
        exchange.set("Content-Type", "application/json");
        exchange.respond(status, Json.MAPPER.writeValueAsBytes(body));
    }
}
