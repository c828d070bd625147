package ferry.sandbox;

import static ferry.sandbox.AuthSession.Stage.OPEN;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Sign-in: everything below `/appleauth/auth` (`icloud-protocol 1.4` to `1.6`), and of that the password
/// itself, of which proofs are seen, never the password. What comes after it is the [SecondStep]'s.
final class SignIn {
    static final String SCNT = "scnt";
    static final String SESSION = "X-Apple-ID-Session-Id";
    static final String SESSION_TOKEN = "X-Apple-Session-Token";
    static final String TRUST_TOKEN = "X-Apple-TwoSV-Trust-Token";

    private static final List<Integer> ITERATIONS = List.of(20064, 20403, 20433, 20838);

    private final Accounts accounts;
    private final Tokens tokens;
    private final InstantSource clock;
    private final SandboxOptions options;
    private final Hashcash hashcash;
    private final AuthSessions underWay;
    private final SecondStep second;
    /// By the `c` of its exchange.
    private final Map<String, AuthSession> exchanges = new ConcurrentHashMap<>();
    private final Map<String, SrpServer.Verifier> verifiers = new ConcurrentHashMap<>();

    SignIn(
            Accounts accounts,
            AuthSessions underWay,
            WebSessions web,
            Tokens tokens,
            InstantSource clock,
            SandboxOptions options,
            Supplier<String> home) {
        this.accounts = accounts;
        this.underWay = underWay;
        this.tokens = tokens;
        this.clock = clock;
        this.options = options;
        hashcash = new Hashcash(tokens);
        second = new SecondStep(accounts, web, tokens, clock, home);
    }

    /// Answers one request.
    ///
    /// @param path what follows `/appleauth/auth`
    void handle(JournaledExchange exchange, String path) throws IOException {
        if (exchange.header("X-Apple-Widget-Key").isEmpty() && !path.startsWith("/authorize")) {
            Replies.html(exchange, 503, "<html><body>Service Temporary Unavailable</body></html>");
            return;
        }
        switch (exchange.method() + " " + path) {
            case "GET /authorize/signin" -> authorize(exchange);
            case "POST /federate" -> Replies.json(exchange, 200, Replies.object());
            case "GET /signin" -> Replies.html(exchange, 200, "<html><body>Sign in</body></html>");
            case "POST /signin" -> unavailable(exchange);
            case "POST /signin/init" -> init(exchange);
            case "POST /signin/complete" -> complete(exchange);
            case "GET ", "GET /" -> underWay.within(exchange, second::state);
            case "PUT /verify/trusteddevice/securitycode" -> underWay.within(exchange, second::showOnDevices);
            case "POST /verify/trusteddevice/securitycode" ->
                underWay.within(exchange, (it, session) -> second.check(it, session, false));
            case "PUT /verify/phone" -> underWay.within(exchange, second::sendToPhone);
            case "POST /verify/phone/securitycode" ->
                underWay.within(exchange, (it, session) -> second.check(it, session, true));
            case "POST /verify/security/key" -> underWay.within(exchange, SecondStep::refuseKey);
            case "GET /2sv/trust" -> underWay.within(exchange, second::trust);
            case "POST /repair/complete" -> underWay.within(exchange, second::repair);
            case "POST /verify/trusteddevice" -> Replies.empty(exchange, 405);
            default -> Replies.empty(exchange, 404);
        }
    }

    private void authorize(JournaledExchange exchange) {
        underWay.rotate(exchange, opened());
        Replies.html(exchange, 200, "<html><body>Sign in</body></html>");
    }

    private AuthSession opened() {
        var now = clock.instant();
        exchanges.values().removeIf(session -> session.expired(now));
        return underWay.opened();
    }

    private void init(JournaledExchange exchange) throws IOException {
        var body = Replies.body(exchange);
        var name = body.path("accountName").asString("");
        var a = decoded(body.path("a"));
        var offered =
                body.path("protocols").valueStream().map(JsonNode::asString).toList();
        if (name.isEmpty() || a == null || a.length == 0 || a.length > SrpServer.BYTES || offered.isEmpty()) {
            Replies.empty(exchange, 400);
            return;
        }
        var account = accounts.find(name);
        account.ifPresent(exchange::of);
        // Stale headers are no bad password: 401 without a service error (icloud-protocol 1.5).
        if (exchange.header(SESSION).isPresent() && underWay.current(exchange).isEmpty()) {
            Refusals.ended(exchange);
            return;
        }
        if (account.filter(who -> who.has(Trait.HASHCASH)).isPresent() && !hashcash.paid(exchange)) {
            hashcash.demand(exchange);
            unavailable(exchange);
            return;
        }
        var memory = accounts.memory(name);
        if (account.filter(who -> who.has(Trait.THROTTLED)).isPresent()
                || !memory.signInAllowed(clock.instant(), options.signInsPerHour())) {
            unavailable(exchange);
            return;
        }
        var verifier = verifiers.computeIfAbsent(name.toLowerCase(Locale.ROOT), this::verifier);
        var zero = account.filter(who -> who.has(Trait.LEADING_ZERO)).isPresent() && memory.everyOther();
        var offer = SrpServer.Offer.open(verifier, SrpServer.number(a), tokens.generator(), zero);
        if (offer.isEmpty() || !offered.contains(verifier.protocol())) {
            Replies.empty(exchange, 400);
            return;
        }
        var session = underWay.current(exchange).orElseGet(this::opened);
        synchronized (session) {
            session.stage = OPEN;
            session.name = name;
            session.account = account.orElse(null);
            session.offer = offer.get();
            exchanges.remove(session.c);
            session.c = "d-" + tokens.generator().nextInt(100, 1000) + "-" + tokens.uuid() + ":MSA";
            exchanges.put(session.c, session);
            underWay.rotate(exchange, session);
            // As recorded: JSON that calls itself HTML.
            exchange.set("Content-Type", "text/html;charset=UTF-8");
            exchange.respond(
                    200,
                    Replies.object()
                            .put("iteration", verifier.iterations())
                            .put("salt", verifier.salt())
                            .put("protocol", verifier.protocol())
                            .put("version", 1)
                            .put(
                                    "b",
                                    Base64.getEncoder()
                                            .encodeToString(
                                                    SrpServer.padded(offer.get().b())))
                            .put("c", session.c)
                            .toString()
                            .getBytes(StandardCharsets.UTF_8));
        }
    }

    /// The same for the same name, known or not, so that the answer does not tell which.
    private SrpServer.Verifier verifier(String name) {
        var seed = SrpServer.hash(("salt " + options.seed() + " " + name).getBytes(StandardCharsets.UTF_8));
        var iterations = ITERATIONS.get(Math.floorMod(seed[16], ITERATIONS.size()));
        var protocol = seed[17] % 2 == 0 ? "s2k" : "s2k_fo";
        var password = accounts.find(name).isPresent() ? accounts.password(name) : tokens.next(40);
        return SrpServer.Verifier.of(password, protocol, Arrays.copyOf(seed, 16), iterations);
    }

    private void complete(JournaledExchange exchange) throws IOException {
        var body = Replies.body(exchange);
        var m1 = decoded(body.path("m1"));
        var m2 = decoded(body.path("m2"));
        var session = exchanges.remove(body.path("c").asString(""));
        if (session == null || m1 == null || m2 == null || session.expired(clock.instant())) {
            Replies.empty(exchange, 400);
            return;
        }
        synchronized (session) {
            var account = session.account;
            if (account != null) {
                exchange.of(account);
            }
            if (!AuthSessions.echoes(exchange, session)) {
                Refusals.ended(exchange);
                return;
            }
            var offer = session.offer;
            session.offer = null;
            if (offer == null || !session.name.equals(body.path("accountName").asString(""))) {
                Replies.empty(exchange, 400);
                return;
            }
            underWay.rotate(exchange, session);
            var memory = accounts.memory(session.name);
            if (memory.locked(options.wrongPasswords()) || (account != null && account.has(Trait.LOCKED))) {
                Refusals.logically(exchange, account, 403, Refusals.locked());
                return;
            }
            if (account == null || !offer.proven(session.name, m1, m2)) {
                memory.passwordRefused();
                Refusals.logically(
                        exchange,
                        account,
                        401,
                        Refusals.refusal(
                                "-20101", "Enter the email or phone number and password for your Apple Account."));
                return;
            }
            memory.passwordProven();
            var trusted = body.path("trustTokens")
                    .valueStream()
                    .anyMatch(token -> memory.trusts(token.asString(""), clock.instant()));
            second.proven(exchange, session, account, trusted);
        }
    }

    private static void unavailable(JournaledExchange exchange) {
        Replies.json(exchange, 503, Replies.object().put("reason", "Service Temporary Unavailable"));
    }

    private static byte @Nullable [] decoded(JsonNode text) {
        try {
            return text.isString() ? Base64.getDecoder().decode(text.asString()) : null;
        } catch (IllegalArgumentException _) {
            return null;
        }
    }
}
