package ferry.connector.icloud;

import ferry.connector.Access;
import ferry.connector.FileAnswers;
import ferry.connector.Limits;
import ferry.connector.Reading;
import ferry.connector.icloud.web.Json;
import ferry.crypto.Secret;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.http.Exchange;
import ferry.http.WebServer;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Apple on one loopback port, scripted call by call, with a real SRP server. The account is `jane@example.com`, its
/// password `password`.
final class FakeApple implements AutoCloseable {
    static final String ACCOUNT = "jane@example.com";
    static final Secret PASSWORD = new Secret("password");
    static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    final InstantSource clock = () -> NOW;
    final Outbound outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());
    final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
    final List<Duration> throttled = Collections.synchronizedList(new ArrayList<>());
    final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());
    final FileAnswers fileAnswers = new FileAnswers();
    private final SrpServer srp;
    private final Map<String, Deque<Told>> scripts = new ConcurrentHashMap<>();
    private final Map<String, String> needed = new ConcurrentHashMap<>();
    private final AtomicInteger rotation = new AtomicInteger();
    private final WebServer server;

    /// One request as it came.
    record Asked(String call, String query, Map<String, String> headers, String body) {
        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    /// One answer as it is to be.
    record Told(int status, Map<String, List<String>> headers, String body) {
        static Told of(int status, String body) {
            return new Told(status, Map.of(), body);
        }

        Told with(String name, String... values) {
            var more = new LinkedHashMap<>(headers);
            more.put(name, List.of(values));
            return new Told(status, more, body);
        }
    }

    FakeApple() throws BindException {
        this("s2k");
    }

    FakeApple(String protocol) throws BindException {
        srp = SrpServer.of(ACCOUNT, PASSWORD.reveal(), protocol);
        server = WebServer.start("127.0.0.1", 0, this::handle);
        on("POST /auth/signin/init", init());
        on("POST /auth/signin/complete", token(Told.of(200, "{}")));
        on("GET /auth/2sv/trust", token(Told.of(204, "")).with("X-Apple-TwoSV-Trust-Token", "trust-1"));
        on("POST /setup/accountLogin", opened(account(true)));
        on("POST /setup/validate", opened(account(true)));
    }

    /// These answers, one after the other; the last one for ever.
    void on(String call, Told... answers) {
        scripts.put(call, new ArrayDeque<>(List.of(answers)));
    }

    /// The same numbers each time: one exchange in 128 would otherwise be started over.
    static SecureRandom random() {
        try {
            var random = SecureRandom.getInstance("SHA1PRNG");
            random.setSeed(42);
            return random;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /// The right answer to `init`.
    Told init() {
        return Told.of(200, srp.init().toString());
    }

    static Told token(Told answer) {
        return answer.with("X-Apple-Session-Token", "token-1").with("X-Apple-ID-Account-Country", "USA");
    }

    Told opened(ObjectNode account) {
        return Told.of(200, account.toString())
                .with(
                        "Set-Cookie",
                        "X-APPLE-WEBAUTH-TOKEN=\"v=2:t=EQ==BST~~\";Expires=Tue,16-Jan-2034 02:07:19 GMT;Path=/;HttpOnly",
                        "X-APPLE-WEBAUTH-USER=\"v=1:s=1:d=42\";Path=/");
    }

    /// Refuses this call with 401 as long as it comes without that cookie.
    void needs(String call, String cookie) {
        needed.put(call, cookie);
    }

    /// Answers nothing any more.
    void hangUp() {
        server.close();
    }

    /// The answer of accountLogin.
    ObjectNode account(boolean trusted) {
        var account = Json.object().put("hsaChallengeRequired", !trusted).put("hsaTrustedBrowser", trusted);
        account.putObject("dsInfo")
                .put("dsid", "42")
                .put("hsaVersion", 2)
                .put("firstName", "Jane")
                .put("lastName", "Doe")
                .put("fullName", "Jane Doe")
                .put("isWebAccessAllowed", true);
        var services = account.putObject("webservices");
        for (var name : List.of("account", "ckdatabasews", "drivews")) {
            services.putObject(name)
                    .put("url", url() + "/" + name)
                    .put("status", "active")
                    .put("pcsRequired", true);
        }
        return account;
    }

    String url() {
        return server.url();
    }

    ICloudSettings settings() {
        return ICloudSettings.of(
                URI.create(url() + "/auth"), URI.create(url() + "/setup"), URI.create(url() + "/home"));
    }

    /// The same with a second region below `/cn`.
    ICloudSettings twoRegions() {
        var one = settings();
        var china = new ICloudSettings.Region(
                URI.create(url() + "/cn/auth"), URI.create(url() + "/cn/setup"), URI.create(url() + "/cn/home"));
        return new ICloudSettings(
                one.world(),
                Optional.of(china),
                one.buildNumber(),
                one.masteringNumber(),
                one.userAgent(),
                false,
                one.callTimeout(),
                one.contentTimeout());
    }

    /// How often this was called.
    long count(String call) {
        return asked.stream().filter(each -> each.call().equals(call)).count();
    }

    Asked last(String call) {
        return asked.reversed().stream()
                .filter(each -> each.call().equals(call))
                .findFirst()
                .orElseThrow();
    }

    List<String> calls() {
        return asked.stream().map(Asked::call).toList();
    }

    Limits limits() {
        return new Limits() {
            @Override
            public void turn(HostClass host) {}

            @Override
            public void throttled(HostClass host, Duration wait) {
                throttled.add(wait);
            }

            @Override
            public int parallel(HostClass host) {
                return 1;
            }
        };
    }

    ServiceCalls calls(Access access) {
        return new ServiceCalls(
                outbound, settings(), clock, new Reading(ACCOUNT, access, limits()), pauses::add, fileAnswers);
    }

    /// The access of an open session.
    Secret access() {
        var session = WebSession.fresh(clock);
        session.set(WebSession.Held.SESSION_TOKEN, "token-1");
        session.set(WebSession.Held.TRUST_TOKEN, "trust-1");
        session.take(account(true), NOW);
        return session.seal();
    }

    @Override
    public void close() {
        server.close();
        outbound.close();
    }

    private void handle(Exchange exchange) throws IOException {
        var call = exchange.method() + " " + exchange.path();
        var body = new String(exchange.body().readAllBytes(), StandardCharsets.UTF_8);
        var headers = headers(exchange);
        asked.add(new Asked(call, exchange.query(), headers, body));
        var told = wrongProof(call, body);
        if (!headers.getOrDefault("Cookie", "").contains(needed.getOrDefault(call, ""))) {
            told = Told.of(401, "{}");
        }
        if (told == null) {
            told = next(call);
        }
        told.headers().forEach((name, values) -> values.forEach(value -> exchange.add(name, value)));
        if (call.contains("/auth")) {
            var turn = rotation.incrementAndGet();
            exchange.set("scnt", "scnt-" + turn).set("X-Apple-ID-Session-Id", "session-" + turn);
        }
        exchange.respond(told.status(), told.body().getBytes(StandardCharsets.UTF_8));
    }

    private Told next(String call) {
        var script = scripts.get(call);
        if (script == null) {
            return Told.of(404, "{\"error\":\"no such call in this test: " + call + "\"}");
        }
        synchronized (script) {
            return script.size() > 1 ? script.removeFirst() : script.getFirst();
        }
    }

    private @Nullable Told wrongProof(String call, String body) {
        if (!call.endsWith("/signin/complete")) {
            return null;
        }
        var init = asked.reversed().stream()
                .filter(each -> each.call().endsWith("/signin/init"))
                .findFirst()
                .orElseThrow();
        var proof = Json.MAPPER.readTree(body);
        var proves = srp.accepts(
                base64(Json.MAPPER.readTree(init.body()).path("a").asString("")),
                base64(proof.path("m1").asString("")),
                base64(proof.path("m2").asString("")));
        return proves ? null : Told.of(401, "{\"serviceErrors\":[{\"code\":\"-20101\"}],\"hasError\":true}");
    }

    private static Map<String, String> headers(Exchange exchange) {
        var headers = new HashMap<String, String>();
        for (var name : List.of(
                "scnt",
                "X-Apple-ID-Session-Id",
                "X-Apple-OAuth-State",
                "X-Apple-I-FD-Client-Info",
                "X-Apple-HC",
                "Origin",
                "Referer",
                "Cookie",
                "Content-Type",
                "Range",
                "Accept")) {
            exchange.header(name).ifPresent(value -> headers.put(name, value));
        }
        return headers;
    }

    private static byte[] base64(String text) {
        return Base64.getDecoder().decode(text);
    }

    /// An access that only this test stores.
    static final class MemoryAccess implements Access {
        private Secret current;

        MemoryAccess(Secret first) {
            current = first;
        }

        @Override
        public synchronized Secret current() {
            return current;
        }

        @Override
        public synchronized Secret replace(Secret expected, Secret fresh) {
            if (current.equals(expected)) {
                current = fresh;
            }
            return current;
        }
    }
}
