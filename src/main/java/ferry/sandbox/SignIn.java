package ferry.sandbox;

import static ferry.sandbox.AuthSession.Stage.CODE_WANTED;
import static ferry.sandbox.AuthSession.Stage.DONE;
import static ferry.sandbox.AuthSession.Stage.OPEN;
import static ferry.sandbox.AuthSession.Stage.REPAIR_WANTED;

import ferry.sandbox.SecondFactor.Accepted;
import ferry.sandbox.SecondFactor.Codes;
import ferry.sandbox.SecondFactor.Push;
import ferry.sandbox.SecondFactor.SecurityKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Sign-in: everything below `/appleauth/auth` (`icloud-protocol 1.4` to `1.6`). Sees proofs of passwords, never
/// passwords.
final class SignIn {
    static final String SCNT = "scnt";
    static final String SESSION = "X-Apple-ID-Session-Id";
    static final String SESSION_TOKEN = "X-Apple-Session-Token";
    static final String TRUST_TOKEN = "X-Apple-TwoSV-Trust-Token";

    private static final int MOST_CODES_SENT = 5;
    private static final Duration TOKEN_LIFE = Duration.ofDays(60);
    private static final Duration TRUST_COOKIE_LIFE = Duration.ofDays(90);
    private static final List<Integer> ITERATIONS = List.of(20064, 20403, 20433, 20838);
    private static final List<String> EXTRAS =
            List.of("X-Apple-I-FD-Client-Info", "X-Apple-Offer-Security-Upgrade", "X-Apple-Auth-Attributes");

    private final Accounts accounts;
    private final WebSessions web;
    private final Tokens tokens;
    private final InstantSource clock;
    private final SandboxOptions options;
    private final Supplier<String> home;
    private final Hashcash hashcash;
    /// By every session id it ever had, so that an old one is known as old.
    private final Map<String, AuthSession> sessions = new ConcurrentHashMap<>();
    /// By the `c` of its exchange.
    private final Map<String, AuthSession> exchanges = new ConcurrentHashMap<>();
    private final Map<String, SrpServer.Verifier> verifiers = new ConcurrentHashMap<>();

    SignIn(
            Accounts accounts,
            WebSessions web,
            Tokens tokens,
            InstantSource clock,
            SandboxOptions options,
            Supplier<String> home) {
        this.accounts = accounts;
        this.web = web;
        this.tokens = tokens;
        this.clock = clock;
        this.options = options;
        this.home = home;
        this.hashcash = new Hashcash(tokens);
    }

    /// Answers one request.
    ///
    /// @param path what follows `/appleauth/auth`
    void handle(JournaledExchange exchange, String path) throws IOException {
        if (exchange.header("X-Apple-Widget-Key").isEmpty() && !path.startsWith("/authorize")) {
            html(exchange, 503, "<html><body>Service Temporary Unavailable</body></html>");
            return;
        }
        switch (exchange.method() + " " + path) {
            case "GET /authorize/signin" -> authorize(exchange);
            case "POST /federate" -> Replies.json(exchange, 200, Replies.object());
            case "GET /signin" -> html(exchange, 200, "<html><body>Sign in</body></html>");
            case "POST /signin" -> unavailable(exchange);
            case "POST /signin/init" -> init(exchange);
            case "POST /signin/complete" -> complete(exchange);
            case "GET ", "GET /" -> within(exchange, this::state);
            case "PUT /verify/trusteddevice/securitycode" -> within(exchange, this::showOnDevices);
            case "POST /verify/trusteddevice/securitycode" ->
                within(exchange, (it, session) -> check(it, session, false));
            case "PUT /verify/phone" -> within(exchange, this::sendToPhone);
            case "POST /verify/phone/securitycode" -> within(exchange, (it, session) -> check(it, session, true));
            case "POST /verify/security/key" -> within(exchange, SignIn::refuseKey);
            case "GET /2sv/trust" -> within(exchange, this::trust);
            case "POST /repair/complete" -> within(exchange, this::repair);
            case "POST /verify/trusteddevice" -> Replies.empty(exchange, 405);
            default -> Replies.empty(exchange, 404);
        }
    }

    /// What would be accepted as a code now, in any open sign-in of the account. For tests and the console of the
    /// sandbox.
    Optional<String> shown(Account account) {
        var now = clock.instant();
        return sessions.values().stream()
                .filter(session -> account.equals(session.account))
                .sorted(Comparator.comparing((AuthSession session) -> session.opened)
                        .reversed())
                .flatMap(session -> session.shown(now).stream())
                .findFirst();
    }

    // ---- the password

    private void authorize(JournaledExchange exchange) {
        var session = opened();
        rotate(exchange, session);
        html(exchange, 200, "<html><body>Sign in</body></html>");
    }

    private AuthSession opened() {
        var now = clock.instant();
        sessions.values().removeIf(session -> session.expired(now));
        exchanges.values().removeIf(session -> session.expired(now));
        return new AuthSession(tokens.next(80), now);
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
        if (exchange.header(SESSION).isPresent() && current(exchange).isEmpty()) {
            ended(exchange);
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
        var session = current(exchange).orElseGet(this::opened);
        synchronized (session) {
            session.stage = OPEN;
            session.name = name;
            session.account = account.orElse(null);
            session.offer = offer.get();
            exchanges.remove(session.c);
            session.c = "d-" + tokens.generator().nextInt(100, 1000) + "-" + tokens.uuid() + ":MSA";
            exchanges.put(session.c, session);
            rotate(exchange, session);
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
            if (!echoes(exchange, session)) {
                ended(exchange);
                return;
            }
            var offer = session.offer;
            session.offer = null;
            if (offer == null || !session.name.equals(body.path("accountName").asString(""))) {
                Replies.empty(exchange, 400);
                return;
            }
            rotate(exchange, session);
            var memory = accounts.memory(session.name);
            if (memory.locked(options.wrongPasswords()) || (account != null && account.has(Trait.LOCKED))) {
                logically(exchange, account, 403, lockedBody());
                return;
            }
            if (account == null || !offer.proven(session.name, m1, m2)) {
                memory.passwordRefused();
                logically(
                        exchange,
                        account,
                        401,
                        refusal("-20101", "Enter the email or phone number and password for your Apple Account."));
                return;
            }
            memory.passwordProven();
            var trusted = body.path("trustTokens")
                    .valueStream()
                    .anyMatch(token -> memory.trusts(token.asString(""), clock.instant()));
            proven(exchange, session, account, trusted);
        }
    }

    /// The password was right; what else does the account want?
    private void proven(JournaledExchange exchange, AuthSession session, Account account, boolean trusted) {
        var memory = accounts.memory(account);
        var repair = account.has(Trait.REPAIR_STUCK) || (account.has(Trait.REPAIR) && !memory.repaired());
        if (repair) {
            session.stage = REPAIR_WANTED;
            grant(exchange, account, account.secondFactor() instanceof SecondFactor.None);
            exchange.set("X-Apple-TwoSV-Trust-Eligible", "true");
            exchange.set("Location", "/auth");
            Replies.json(exchange, 412, Replies.object().put("auth_type", "sa"));
            return;
        }
        if (trusted || account.secondFactor() instanceof SecondFactor.None) {
            session.stage = DONE;
            grant(exchange, account, true);
            Replies.json(exchange, 200, Replies.object());
            return;
        }
        session.stage = CODE_WANTED;
        if (account.secondFactor() instanceof Codes codes && codes.push() == Push.AUTOMATIC) {
            push(session, account, codes);
        }
        grant(exchange, account, false);
        exchange.set("X-Apple-TwoSV-Trust-Eligible", "true");
        exchange.set("Location", "/auth");
        logically(exchange, account, 409, secondFactor(session, account));
    }

    /// Until spring 2026 the code came by itself: on the devices, or by message where there is but one phone.
    private void push(AuthSession session, Account account, Codes codes) {
        if (codes.trustedDevices()) {
            show(session, account, 0);
        } else if (codes.phones().size() == 1) {
            show(session, account, codes.phones().getFirst().id());
        }
    }

    private void show(AuthSession session, Account account, int phone) {
        var digits = accounts.memory(account).newCode(account.has(Trait.CHANGING_CODES));
        session.show(digits, phone, clock.instant());
    }

    // ---- the second factor

    private void state(JournaledExchange exchange, AuthSession session) {
        var account = known(session);
        var json = exchange.header("Accept").orElse("").contains("json");
        if (json) {
            Replies.json(exchange, 200, secondFactor(session, account));
        } else {
            html(exchange, 200, BootArgs.page(account, securityCode(session, account, false)));
        }
    }

    private void showOnDevices(JournaledExchange exchange, AuthSession session) {
        var account = known(session);
        if (refusedHeaders(exchange, account) || tooMany(exchange, session, account)) {
            return;
        }
        if (session.stage != CODE_WANTED
                || !(account.secondFactor() instanceof Codes codes)
                || !codes.trustedDevices()) {
            Replies.json(exchange, 403, secondFactor(session, account));
            return;
        }
        show(session, account, 0);
        Replies.json(exchange, 202, secondFactor(session, account));
    }

    private void sendToPhone(JournaledExchange exchange, AuthSession session) throws IOException {
        var account = known(session);
        if (refusedHeaders(exchange, account) || tooMany(exchange, session, account)) {
            return;
        }
        var body = Replies.body(exchange);
        var id = body.path("phoneNumber").path("id").asInt(0);
        var mode = body.path("mode").asString("");
        var known = account.secondFactor() instanceof Codes codes
                && codes.phones().stream().anyMatch(phone -> phone.id() == id);
        if (session.stage != CODE_WANTED || !known || !(mode.equals("sms") || mode.equals("voice"))) {
            Replies.json(
                    exchange,
                    400,
                    refusal("-22406", "The phone number cannot be used.").put("hasError", true));
            return;
        }
        show(session, account, id);
        Replies.json(exchange, 200, secondFactor(session, account));
    }

    private boolean tooMany(JournaledExchange exchange, AuthSession session, Account account) {
        if (session.codesSent < MOST_CODES_SENT) {
            return false;
        }
        Replies.json(exchange, 403, secondFactor(session, account));
        return true;
    }

    private void check(JournaledExchange exchange, AuthSession session, boolean byPhone) throws IOException {
        var account = known(session);
        if (refusedHeaders(exchange, account)) {
            return;
        }
        if (session.stage != CODE_WANTED || !(account.secondFactor() instanceof Codes codes)) {
            Replies.json(exchange, 403, secondFactor(session, account));
            return;
        }
        var memory = accounts.memory(account);
        var now = clock.instant();
        if (codesLocked(account)) {
            Replies.json(exchange, 403, secondFactor(session, account));
            return;
        }
        var body = Replies.body(exchange);
        var phone = byPhone ? body.path("phoneNumber").path("id").asInt(0) : 0;
        if (!session.accepts(body.path("securityCode").path("code").asString(""), phone, now)) {
            memory.codeRefused(now);
            var answer = secondFactor(session, account);
            answer.setAll(refusal("-21669", "Incorrect verification code."));
            Replies.json(exchange, 400, answer.put("hasError", true));
            return;
        }
        memory.codeAccepted();
        accepted(exchange, session, account, codes.accepted(), byPhone);
    }

    private void accepted(
            JournaledExchange exchange, AuthSession session, Account account, Accepted way, boolean byPhone) {
        session.stage = way == Accepted.VALID_412 ? REPAIR_WANTED : DONE;
        if (way != Accepted.VALID_409_WITHOUT_TOKEN && way != Accepted.VALID_412) {
            grant(exchange, account, true);
        }
        switch (way) {
            // By phone even the oldest profile answers 200 with the state.
            case NO_CONTENT_204 -> {
                if (byPhone) {
                    Replies.json(exchange, 200, valid(session, account));
                } else {
                    Replies.empty(exchange, 204);
                }
            }
            case OK_200 -> Replies.json(exchange, 200, valid(session, account));
            case VALID_409, VALID_409_WITHOUT_TOKEN -> {
                exchange.set("X-Apple-Edp", "true");
                exchange.set("X-Apple-I-Rscd", "409");
                Replies.json(exchange, 409, valid(session, account));
            }
            case VALID_412 -> Replies.json(exchange, 412, valid(session, account));
        }
    }

    private ObjectNode valid(AuthSession session, Account account) {
        var state = secondFactor(session, account);
        state.set("securityCode", securityCode(session, account, true));
        return state;
    }

    /// Nobody but the owner can touch a key; any assertion is wrong here.
    private static void refuseKey(JournaledExchange exchange, AuthSession session) {
        Replies.json(
                exchange,
                401,
                refusal("-27479", "The security key could not be verified.").put("hasError", true));
    }

    private void trust(JournaledExchange exchange, AuthSession session) {
        var account = known(session);
        if (refusedHeaders(exchange, account)) {
            return;
        }
        if (session.stage != DONE) {
            Replies.json(exchange, session.stage == REPAIR_WANTED ? 412 : 409, secondFactor(session, account));
            return;
        }
        grant(exchange, account, true);
        var token = "HSARMTKNSRVXWFla" + tokens.next(80);
        accounts.memory(account).trust(token, clock.instant());
        exchange.set(TRUST_TOKEN, token);
        Cookies.set(
                exchange,
                "DES" + tokens.next(30),
                tokens.next(60),
                clock.instant().plus(TRUST_COOKIE_LIFE));
        Replies.empty(exchange, 204);
    }

    private void repair(JournaledExchange exchange, AuthSession session) {
        var account = known(session);
        if (session.stage != REPAIR_WANTED || account.has(Trait.REPAIR_STUCK)) {
            Replies.json(exchange, 412, Replies.object().put("auth_type", "sa"));
            return;
        }
        accounts.memory(account).repair();
        session.stage = DONE;
        grant(exchange, account, true);
        Replies.json(exchange, 200, Replies.object());
    }

    // ---- what every call within a sign-in shares

    @FunctionalInterface
    private interface Step {
        void take(JournaledExchange exchange, AuthSession session) throws IOException;
    }

    /// Finds the sign-in the request belongs to. An old scnt or session id is refused, each answer brings new
    /// ones.
    private void within(JournaledExchange exchange, Step step) throws IOException {
        var id = exchange.header(SESSION);
        var session = id.map(sessions::get).orElse(null);
        if (session == null || session.expired(clock.instant())) {
            Replies.json(exchange, 421, Replies.object().put("hasError", true));
            return;
        }
        synchronized (session) {
            var account = session.account;
            if (account == null || session.stage == OPEN) {
                ended(exchange);
                return;
            }
            exchange.of(account);
            var cookie = Cookies.of(exchange, "aasp").filter(session.cookie::equals);
            if (!current(exchange, session) || cookie.isEmpty()) {
                ended(exchange);
                return;
            }
            rotate(exchange, session);
            step.take(exchange, session);
        }
    }

    private Optional<AuthSession> current(JournaledExchange exchange) {
        return exchange.header(SESSION)
                .map(sessions::get)
                .filter(session -> !session.expired(clock.instant()))
                .filter(session -> current(exchange, session));
    }

    private static boolean current(JournaledExchange exchange, AuthSession session) {
        return exchange.header(SESSION).filter(session.sessionId::equals).isPresent()
                && exchange.header(SCNT).filter(session.scnt::equals).isPresent();
    }

    /// At `complete` some clients send no session headers yet, since `c` names the exchange; what is sent
    /// must be new.
    private static boolean echoes(JournaledExchange exchange, AuthSession session) {
        return exchange.header(SESSION).map(session.sessionId::equals).orElse(true)
                && exchange.header(SCNT).map(session.scnt::equals).orElse(true);
    }

    private void rotate(JournaledExchange exchange, AuthSession session) {
        session.sessionId = tokens.next(96);
        session.scnt = tokens.next(120);
        sessions.put(session.sessionId, session);
        exchange.set(SESSION, session.sessionId);
        exchange.set(SCNT, session.scnt);
        exchange.set("X-Apple-Auth-Attributes", tokens.next(64));
        exchange.set("X-Apple-I-Request-ID", tokens.uuid());
        Cookies.set(exchange, "dslang", "US-EN");
        Cookies.set(exchange, "site", "USA");
        Cookies.set(exchange, "acn01", tokens.next(40) + "=");
        Cookies.set(exchange, "aasp", session.cookie);
    }

    private void grant(JournaledExchange exchange, Account account, boolean complete) {
        var now = clock.instant();
        var life = account.has(Trait.SIGNED_OUT) ? Setup.SHORT_LIFE : TOKEN_LIFE;
        exchange.set(SESSION_TOKEN, web.grant(account, complete, now, now.plus(life)));
        exchange.set("X-Apple-ID-Account-Country", account.has(Trait.CHINA) ? "CHN" : "USA");
        exchange.set("X-Apple-OAuth-Grant-Code", tokens.next(48));
    }

    private boolean refusedHeaders(JournaledExchange exchange, Account account) {
        var asAtHome = exchange.header("Origin").filter(home.get()::equals).isPresent()
                && exchange.header("Referer").orElse("").startsWith(home.get())
                && EXTRAS.stream().allMatch(name -> exchange.header(name).isEmpty());
        if (!account.has(Trait.STRICT_HEADERS) || asAtHome) {
            return false;
        }
        Replies.json(exchange, 412, Replies.object());
        return true;
    }

    private static Account known(AuthSession session) {
        var account = session.account;
        if (account == null) {
            throw new IllegalStateException("a sign-in without an account went past its password");
        }
        return account;
    }

    // ---- bodies

    private ObjectNode secondFactor(AuthSession session, Account account) {
        return switch (account.secondFactor()) {
            case SecondFactor.None _ -> Replies.object().put("authType", "sa");
            case SecurityKey key -> SecondFactorJson.key(key, tokens);
            case Codes codes -> SecondFactorJson.codes(codes, securityCode(session, account, false));
        };
    }

    private ObjectNode securityCode(AuthSession session, Account account, boolean valid) {
        var locked = codesLocked(account);
        var code = Replies.object()
                .put("length", 6)
                .put("tooManyCodesSent", session.codesSent >= MOST_CODES_SENT)
                .put("tooManyCodesValidated", locked)
                .put("securityCodeLocked", locked)
                .put("securityCodeCooldown", false);
        return valid ? code.put("valid", true) : code;
    }

    private boolean codesLocked(Account account) {
        return account.has(Trait.CODES_LOCKED) || accounts.memory(account).codesLocked(clock.instant());
    }

    private static ObjectNode refusal(String code, String message) {
        var body = Replies.object();
        body.putArray("serviceErrors")
                .addObject()
                .put("code", code)
                .put("message", message)
                .put("suppressDismissal", false);
        return body;
    }

    private static ObjectNode lockedBody() {
        var body = Replies.object();
        body.putArray("serviceErrors")
                .addObject()
                .put("code", "-20209")
                .put("title", "This Apple Account has been locked for security reasons")
                .put("message", "You must unlock your account before signing in.")
                .put("suppressDismissal", false);
        return body.put("hasError", true);
    }

    /// The status in HTTP, or, as old recordings show it, 200 in HTTP and the status beside it.
    private static void logically(JournaledExchange exchange, @Nullable Account account, int status, JsonNode body) {
        exchange.set("X-Apple-I-Rscd", String.valueOf(status));
        Replies.json(exchange, account != null && account.has(Trait.LOGICAL_STATUS) ? 200 : status, body);
    }

    /// A sign-in that is no more, or headers that are not the newest.
    private static void ended(JournaledExchange exchange) {
        Replies.json(exchange, 401, Replies.object().put("hasError", true));
    }

    private static void unavailable(JournaledExchange exchange) {
        Replies.json(exchange, 503, Replies.object().put("reason", "Service Temporary Unavailable"));
    }

    private static void html(JournaledExchange exchange, int status, String page) {
        exchange.set("Content-Type", "text/html;charset=UTF-8");
        exchange.respond(status, page.getBytes(StandardCharsets.UTF_8));
    }

    private static byte @Nullable [] decoded(JsonNode text) {
        try {
            return text.isString() ? Base64.getDecoder().decode(text.asString()) : null;
        } catch (IllegalArgumentException _) {
            return null;
        }
    }
}
