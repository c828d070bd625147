package ferry.connector.icloud;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.SessionLost;
import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.Limits;
import ferry.connector.Limits.HostClass;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.SignIn;
import ferry.connector.icloud.SecondFactor.Phone;
import ferry.connector.icloud.WebSession.Held;
import ferry.connector.icloud.web.Json;
import ferry.crypto.Secret;
import ferry.egress.Outbound;
import ferry.error.ErrorCode;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/// Signs in to Apple: proves the password once, asks for the second factor, takes its code, opens the session
/// (icloud-protocol 1.1). Holds nothing between calls.
///
/// A refused password is never tried again, and nothing here makes a second attempt with a password (R1).
final class SignInFlow {
    /// How often an exchange is started over before any password was proved: for stale headers, or numbers on whose
    /// encoding clients differ.
    private static final int EXCHANGES = 5;
    /// Apple counts sign-ins over hours and tells no time.
    private static final Duration THROTTLE = Duration.ofHours(1);
    /// After too many wrong codes none is taken for a while, of which Apple tells no length either.
    private static final Duration CODES_LOCK = Duration.ofMinutes(15);

    private static final String WRONG_PASSWORD = "-20101";
    private static final String LOCKED = "-20209";
    private static final String WRONG_CODE = "-21669";

    private final Wire wire;
    private final ICloudSettings settings;
    private final InstantSource clock;
    private final SecureRandom random;
    private final Setup setup;

    SignInFlow(Outbound outbound, ICloudSettings settings, InstantSource clock, SecureRandom random) {
        wire = new Wire(outbound, settings);
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        setup = new Setup(wire, settings, clock);
    }

    /// What goes with every step of one call.
    private record Context(WebSession session, AuthClient auth, Limits limits) {}

    /// The source's no, from wherever in the flow.
    private static final class Ended extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Login.Refused login;

        Ended(Login.Refused login) {
            super(login.why().slug(), null, false, false);
            this.login = login;
        }
    }

    /// The world's host is throttling, or is not where the account signs in: there a wrong region shows so
    /// (icloud-protocol 1.2).
    private static final class Elsewhere extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Reply throttled;

        Elsewhere(Reply throttled) {
            super("maybe in the other region", null, false, false);
            this.throttled = throttled;
        }
    }

    /// The server's answer to `init`, and the exchange it belongs to, which is closed after the proof.
    private record Started(Srp exchange, Srp.Challenge challenge, JsonNode token) {}

    @FunctionalInterface
    private interface Step {
        Login take() throws Ended, IOException, ConnectorException, InterruptedException;
    }

    /// See [ferry.connector.Connector#signIn].
    Login signIn(SignIn signIn, Limits limits) throws ConnectorException, InterruptedException {
        var password = signIn.payload().get("password");
        if (password == null || password.reveal().isEmpty()) {
            return refused(ErrorCode.CREDENTIALS_INVALID);
        }
        var session =
                signIn.trust().map(trust -> WebSession.open(trust, clock)).orElseGet(() -> WebSession.fresh(clock));
        var context = context(session, limits);
        var account = signIn.identifier().strip().toLowerCase(Locale.ROOT);
        return ending(() -> afterProof(context, prove(context, account, password)));
    }

    /// See [ferry.connector.Connector#proceed].
    Login proceed(Secret open, NextStep step, Limits limits) throws ConnectorException, InterruptedException {
        var json = WebSession.tree(open);
        var context = context(WebSession.of(json.path("session"), clock), limits);
        var factor = SecondFactor.fromJson(json.path("second_factor"));
        try {
            return ending(() -> switch (step) {
                case NextStep.Code(var code) -> check(context, factor, code);
                case NextStep.Send(var method, var phone) ->
                    codeRequired(context, factor.allows(method, phone) ? ask(context, factor, method, phone) : factor);
            });
        } finally {
            // An open connection holds the last bytes that went over it, and so the code.
            context.auth().forgetConnection();
        }
    }

    private Context context(WebSession session, Limits limits) {
        return new Context(session, new AuthClient(wire, settings, clock, session, limits), limits);
    }

    private Login ending(Step step) throws ConnectorException, InterruptedException {
        try {
            return step.take();
        } catch (Ended e) {
            return e.login;
        } catch (Refused e) {
            return refused(e.code());
        } catch (IOException _) {
            Wire.throwIfInterrupted();
            throw new Unavailable(
                    Duration.ofMinutes(1),
                    ErrorCode.SERVICE_UNAVAILABLE,
                    "The source could not be reached to sign in.");
        }
    }

    /// Proves the password: exactly one `complete`. An account that the world's host throttles is looked for in the
    /// other region once. Unless it is at home there the answer stays that it is throttled: who is unknown there is
    /// told that the password is wrong.
    private Reply prove(Context context, String account, Secret password)
            throws Ended, IOException, ConnectorException, InterruptedException {
        try {
            return proveThere(context, account, password);
        } catch (Elsewhere world) {
            context.session().signInInChina();
            try {
                var reply = proveThere(context, account, password);
                if (reply.isSuccess() || reply.meant() == 409 || reply.meant() == 412) {
                    return reply;
                }
            } catch (Elsewhere | Ended | Unavailable | IOException _) {
                Wire.throwIfInterrupted();
            }
            throw new Ended(throttled(context, world.throttled));
        }
    }

    private Reply proveThere(Context context, String account, Secret password)
            throws Ended, Elsewhere, IOException, ConnectorException, InterruptedException {
        for (var restarts = 0; restarts < EXCHANGES; restarts++) {
            var started = start(context, account);
            try (var exchange = started.exchange()) {
                var proof = exchange.prove(account, password, started.challenge());
                if (proof.isPresent()) {
                    return complete(context, account, proof.orElseThrow(), started.token());
                }
            } catch (IllegalArgumentException e) {
                throw oddAnswer("signin/init: " + e.getMessage());
            }
        }
        throw oddAnswer("signin/init");
    }

    /// Opens an exchange. Stale headers are dropped once.
    private Started start(Context context, String account)
            throws Ended, Elsewhere, IOException, ConnectorException, InterruptedException {
        for (var tries = 1; ; tries++) {
            var exchange = Srp.start(random);
            var reply = context.auth().post("/signin/init", initBody(account, exchange));
            if (reply.isSuccess()) {
                return started(exchange, reply);
            }
            exchange.close();
            if (reply.meant() == 503
                    && settings.china().isPresent()
                    && !context.session().authInChina()) {
                throw new Elsewhere(reply);
            }
            if (tries > 2 || !mayStartAgain(context, reply)) {
                throw signInFailed(context, reply);
            }
        }
    }

    private boolean mayStartAgain(Context context, Reply reply) {
        var session = context.session();
        if (reply.meant() != 401 && reply.meant() != 421 && reply.meant() != 450) {
            return false;
        }
        if (reply.hasServiceError(WRONG_PASSWORD) || reply.hasServiceError(LOCKED)) {
            return false;
        }
        context.auth().forgetConnection();
        session.set(Held.SCNT, null);
        session.set(Held.SESSION_ID, null);
        return true;
    }

    private static JsonNode initBody(String account, Srp exchange) {
        var body = Json.object().put("a", base64(exchange.clientValue())).put("accountName", account);
        body.putArray("protocols").add("s2k").add("s2k_fo");
        return body;
    }

    private static Started started(Srp exchange, Reply reply) throws Unavailable {
        var answer = reply.tree();
        try {
            var challenge = new Srp.Challenge(
                    answer.path("protocol").asString(""),
                    (int) Json.number(answer, "iteration").orElse(0),
                    Base64.getDecoder().decode(answer.path("salt").asString("")),
                    Base64.getDecoder().decode(answer.path("b").asString("")));
            return new Started(exchange, challenge, answer.path("c"));
        } catch (IllegalArgumentException _) {
            exchange.close();
            throw oddAnswer("signin/init");
        }
    }

    private static Reply complete(Context context, String account, Srp.Proof proof, JsonNode token)
            throws IOException, ConnectorException, InterruptedException {
        var body = Json.object().put("accountName", account).put("rememberMe", true);
        var trust = context.session().get(Held.TRUST_TOKEN);
        var trustTokens = body.putArray("trustTokens");
        if (trust != null) {
            trustTokens.add(trust);
        }
        body.put("m1", base64(proof.m1())).put("m2", base64(proof.m2()));
        body.set("c", token);
        return context.auth().post("/signin/complete?isRememberMeEnabled=true", body);
    }

    private Login afterProof(Context context, Reply reply)
            throws Ended, IOException, ConnectorException, InterruptedException {
        if (reply.isSuccess()) {
            return open(context, reply.tree(), true);
        }
        return switch (reply.meant()) {
            case 409 -> askForFactor(context, reply.tree());
            case 412 -> {
                repair(context);
                yield open(context, reply.tree(), true);
            }
            default -> throw signInFailed(context, reply);
        };
    }

    /// Apple wants to talk to the owner; it may let that be put off once (R12).
    private void repair(Context context) throws Ended, IOException, ConnectorException, InterruptedException {
        if (!context.auth().post("/repair/complete", Json.object()).isSuccess()) {
            throw new Ended(refused(ErrorCode.OWNER_ACTION_REQUIRED));
        }
    }

    /// @param factorPossible whether a second factor may still be asked for; not after one was given
    private Login open(Context context, JsonNode told, boolean factorPossible)
            throws Ended, IOException, ConnectorException, InterruptedException {
        var session = context.session();
        return switch (setup.login(session, context.limits())) {
            case Setup.State.Ready _ -> new Login.Opened(session.seal(), session.trust(), session.expires());
            case Setup.State.FactorNeeded(var legacy) -> {
                if (legacy) {
                    yield refused(ErrorCode.SECOND_FACTOR_UNSUPPORTED);
                }
                if (!factorPossible) {
                    throw oddAnswer("accountLogin after the second factor");
                }
                yield askForFactor(context, told);
            }
            case Setup.State.Rejected(var status) ->
                status == 412
                        ? refused(ErrorCode.OWNER_ACTION_REQUIRED)
                        // Often the hidden consequence of a lock (icloud-protocol 1.7): nothing tries again by itself.
                        : refused(ErrorCode.SERVICE_UNAVAILABLE);
        };
    }

    private Login askForFactor(Context context, JsonNode told)
            throws Ended, IOException, ConnectorException, InterruptedException {
        var options = options(context);
        if (SecondFactor.hasSecurityKeys(told, options)) {
            return refused(ErrorCode.SECOND_FACTOR_UNSUPPORTED);
        }
        if (SecondFactor.isLocked(told) || SecondFactor.isLocked(options)) {
            return codesLocked(context);
        }
        var factor = SecondFactor.of(options, told);
        if (factor.devices()) {
            return codeRequired(context, ask(context, factor, "device", Optional.empty()));
        }
        if (factor.phones().isEmpty()) {
            return refused(ErrorCode.OWNER_ACTION_REQUIRED);
        }
        return codeRequired(context, ask(context, factor, "sms", Optional.empty()));
    }

    /// What the account offers: as JSON, which alone shows security keys, else from the page.
    private static JsonNode options(Context context) throws IOException, ConnectorException, InterruptedException {
        var reply = context.auth().get("");
        var told = reply.json().orElseGet(() -> SecondFactor.bootArgs(reply.body()));
        if (SecondFactor.isTold(told)) {
            return told;
        }
        var page = context.auth().page("");
        var onPage = page.json().orElseGet(() -> SecondFactor.bootArgs(page.body()));
        return SecondFactor.isTold(onPage) ? onPage : MissingNode.getInstance();
    }

    /// Has a code sent. Since spring 2026 no device shows one unasked (R2).
    private SecondFactor ask(Context context, SecondFactor factor, String method, Optional<String> phoneId)
            throws Ended, IOException, ConnectorException, InterruptedException {
        if (method.equals("device")) {
            var reply = context.auth().put("/verify/trusteddevice/securitycode", null);
            refuseIfNoMoreCodes(context, reply);
            // Whatever else it answered: the owner can also make a code on a device by hand.
            return factor.asked("device", null);
        }
        var phone = factor.phone(phoneId).orElseThrow(() -> new Ended(refused(ErrorCode.SECOND_FACTOR_UNSUPPORTED)));
        var number = phone.toRequest().put("nonFTEU", phone.nonFteu());
        var body = Json.object().put("mode", method);
        body.set("phoneNumber", number);
        var reply = context.auth().put("/verify/phone", body);
        refuseIfNoMoreCodes(context, reply);
        if (!reply.isSuccess() && (reply.meant() != 409 || reply.hasServiceErrors())) {
            throw oddAnswer("verify/phone");
        }
        return factor.asked(method, phone);
    }

    private void refuseIfNoMoreCodes(Context context, Reply reply) throws Ended, SessionLost {
        if (reply.hasServiceError(LOCKED)) {
            throw new Ended(refused(ErrorCode.SOURCE_LOCKED));
        }
        if (SecondFactor.isLocked(reply.tree())) {
            throw new Ended(codesLocked(context));
        }
        switch (reply.meant()) {
            case 403, 429, 503 -> throw new Ended(throttled(context, reply));
            case 401, 421, 450 -> throw new SessionLost("The source has closed the open sign-in.");
            default -> {}
        }
    }

    private Login check(Context context, SecondFactor factor, Secret code)
            throws Ended, IOException, ConnectorException, InterruptedException {
        var digits = code.reveal().replaceAll("[\\s-]", "");
        if (!digits.matches("\\d{4,12}")) {
            return codeRequired(context, factor, true); // not worth one of the few tries
        }
        var reply = submit(context, factor, digits);
        return switch (CodeAnswer.of(reply)) {
            case ACCEPTED -> trust(context);
            case ACCEPTED_REPAIR -> {
                repair(context);
                yield trust(context);
            }
            case WRONG -> codeRequired(context, factor, true);
            case CODES_LOCKED -> codesLocked(context);
            case LOCKED -> refused(ErrorCode.SOURCE_LOCKED);
            case THROTTLED -> throttled(context, reply);
            case GONE -> throw new SessionLost("The source has closed the open sign-in.");
            case ODD -> throw oddAnswer("verify");
        };
    }

    private static Reply submit(Context context, SecondFactor factor, String digits)
            throws IOException, ConnectorException, InterruptedException {
        var body = Json.object();
        body.putObject("securityCode").put("code", digits);
        Phone phone = factor.phone();
        if (phone == null) {
            return context.auth().post("/verify/trusteddevice/securitycode", body);
        }
        body.set("phoneNumber", phone.toRequest());
        body.put("mode", factor.method());
        return context.auth().post("/verify/phone/securitycode", body);
    }

    /// What became of a code, told by the body rather than by the status (R3).
    private enum CodeAnswer {
        ACCEPTED,
        ACCEPTED_REPAIR,
        WRONG,
        CODES_LOCKED,
        LOCKED,
        THROTTLED,
        GONE,
        ODD;

        static CodeAnswer of(Reply reply) {
            var valid = valid(reply);
            if (Boolean.TRUE.equals(valid) && !reply.hasServiceErrors()) {
                return reply.meant() == 412 ? ACCEPTED_REPAIR : ACCEPTED;
            }
            if (reply.hasServiceError(SignInFlow.LOCKED)) {
                return LOCKED;
            }
            if (SecondFactor.isLocked(reply.tree())) {
                return CODES_LOCKED;
            }
            if (reply.hasServiceError(WRONG_CODE) || Boolean.FALSE.equals(valid)) {
                return WRONG;
            }
            if (reply.isSuccess()) {
                return ACCEPTED;
            }
            return switch (reply.meant()) {
                case 400 -> WRONG;
                // Accompanies the 409 of a correct code whose body says nothing.
                case 409 -> reply.header("x-apple-edp").filter("true"::equals).isPresent() ? ACCEPTED : ODD;
                case 401, 421, 450 -> GONE;
                case 403, 429, 503 -> THROTTLED;
                default -> ODD;
            };
        }

        private static @Nullable Boolean valid(Reply reply) {
            var above = Json.maybeFlag(reply.tree().path("securityCode"), "valid");
            return above != null
                    ? above
                    : Json.maybeFlag(
                            reply.tree().path("phoneNumberVerification").path("securityCode"), "valid");
        }
    }

    /// Makes this browser a trusted one, so that the next sign-in asks for no code. The session token may come here or
    /// have come with the code; without trust the session still opens.
    private Login trust(Context context) throws Ended, IOException, ConnectorException, InterruptedException {
        var reply = context.auth().get("/2sv/trust");
        if (reply.meant() == 412) {
            repair(context);
            context.auth().get("/2sv/trust");
        }
        return open(context, MissingNode.getInstance(), false);
    }

    private Login codeRequired(Context context, SecondFactor factor) {
        return codeRequired(context, factor, false);
    }

    private static Login codeRequired(Context context, SecondFactor factor, boolean wrong) {
        var open = Json.object();
        open.set("session", context.session().toJson());
        open.set("second_factor", factor.toJson());
        return new Login.CodeRequired(new Secret(open.toString()), factor.toChallenge(), wrong);
    }

    /// How `init` or `complete` said no (icloud-protocol 1.5).
    private Ended signInFailed(Context context, Reply reply) throws Unavailable {
        if (reply.hasServiceError(LOCKED)) {
            return new Ended(refused(ErrorCode.SOURCE_LOCKED));
        }
        if (reply.hasServiceError(WRONG_PASSWORD)) {
            return new Ended(refused(ErrorCode.CREDENTIALS_INVALID));
        }
        return switch (reply.meant()) {
            case 401 -> new Ended(refused(ErrorCode.CREDENTIALS_INVALID));
            case 403 -> new Ended(refused(ErrorCode.SOURCE_LOCKED));
            case 429, 503 -> new Ended(throttled(context, reply));
            default -> throw oddAnswer("sign-in (" + reply.meant() + ")");
        };
    }

    private Login.Refused throttled(Context context, Reply reply) {
        context.auth().forgetConnection();
        var wait = reply.retryAfter(clock.instant()).orElse(THROTTLE);
        context.limits().throttled(HostClass.AUTH, wait);
        return new Login.Refused(
                ErrorCode.THROTTLED, Optional.of(clock.instant().plus(wait)));
    }

    /// The account itself is not locked, only its second factor: that passes by itself if nobody asks (R4).
    private Login.Refused codesLocked(Context context) {
        context.limits().throttled(HostClass.AUTH, CODES_LOCK);
        return new Login.Refused(
                ErrorCode.CODES_LOCKED, Optional.of(clock.instant().plus(CODES_LOCK)));
    }

    private static Login.Refused refused(ErrorCode why) {
        return new Login.Refused(why, Optional.empty());
    }

    private static Unavailable oddAnswer(String where) {
        return new Unavailable(
                Duration.ofMinutes(5),
                ErrorCode.SERVICE_UNAVAILABLE,
                "The source answered unlike itself at " + where + ".");
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
