package ferry.sandbox;

import static ferry.sandbox.AuthSession.Stage.CODE_WANTED;
import static ferry.sandbox.AuthSession.Stage.DONE;
import static ferry.sandbox.AuthSession.Stage.REPAIR_WANTED;

import ferry.sandbox.SecondFactor.Accepted;
import ferry.sandbox.SecondFactor.Codes;
import ferry.sandbox.SecondFactor.Push;
import ferry.sandbox.SecondFactor.SecurityKey;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/// What an account wants once its password is proven: a code, a repair, nothing (`icloud-protocol 1.6`). Every
/// call comes within a sign-in, whose lock is held.
final class SecondStep {
    private static final int MOST_CODES_SENT = 5;
    private static final Duration TOKEN_LIFE = Duration.ofDays(60);
    private static final Duration TRUST_COOKIE_LIFE = Duration.ofDays(90);
    private static final List<String> EXTRAS =
            List.of("X-Apple-I-FD-Client-Info", "X-Apple-Offer-Security-Upgrade", "X-Apple-Auth-Attributes");

    private final Accounts accounts;
    private final WebSessions web;
    private final Tokens tokens;
    private final InstantSource clock;
    private final Supplier<String> home;

    /// @param home where a browser would say that it comes from
    SecondStep(Accounts accounts, WebSessions web, Tokens tokens, InstantSource clock, Supplier<String> home) {
        this.accounts = accounts;
        this.web = web;
        this.tokens = tokens;
        this.clock = clock;
        this.home = home;
    }

    /// The password was right; what else does the account want?
    void proven(JournaledExchange exchange, AuthSession session, Account account, boolean trusted) {
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
        Refusals.logically(exchange, account, 409, secondFactor(session, account));
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

    /// Which second factors there are: as JSON, or as a page for who asks for one.
    void state(JournaledExchange exchange, AuthSession session) {
        var account = known(session);
        var json = exchange.header("Accept").orElse("").contains("json");
        if (json) {
            Replies.json(exchange, 200, secondFactor(session, account));
        } else {
            Replies.html(exchange, 200, BootArgs.page(account, securityCode(session, account, false)));
        }
    }

    /// Shows a code on the trusted devices.
    void showOnDevices(JournaledExchange exchange, AuthSession session) {
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

    /// Sends a code to a phone.
    void sendToPhone(JournaledExchange exchange, AuthSession session) throws IOException {
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
                    Refusals.refusal("-22406", "The phone number cannot be used.")
                            .put("hasError", true));
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

    /// Whether that is the code.
    void check(JournaledExchange exchange, AuthSession session, boolean byPhone) throws IOException {
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
            answer.setAll(Refusals.refusal("-21669", "Incorrect verification code."));
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
    static void refuseKey(JournaledExchange exchange, AuthSession session) {
        Replies.json(
                exchange,
                401,
                Refusals.refusal("-27479", "The security key could not be verified.")
                        .put("hasError", true));
    }

    /// Spares this client the next second factor.
    void trust(JournaledExchange exchange, AuthSession session) {
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
        exchange.set(SignIn.TRUST_TOKEN, token);
        Cookies.set(
                exchange,
                "DES" + tokens.next(30),
                tokens.next(60),
                clock.instant().plus(TRUST_COOKIE_LIFE));
        Replies.empty(exchange, 204);
    }

    /// What an account in need of repair has to do once.
    void repair(JournaledExchange exchange, AuthSession session) {
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

    private void grant(JournaledExchange exchange, Account account, boolean complete) {
        var now = clock.instant();
        var life = account.has(Trait.SIGNED_OUT) ? Setup.SHORT_LIFE : TOKEN_LIFE;
        exchange.set(SignIn.SESSION_TOKEN, web.grant(account, complete, now, now.plus(life)));
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
}
