package ferry.connector.icloud;

import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.Limits;
import ferry.connector.Limits.HostClass;
import ferry.connector.icloud.WebSession.Held;
import ferry.connector.icloud.web.Json;
import ferry.egress.Header;
import ferry.error.ErrorCode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// The setup service: turns a session token into cookies and a map of services, and tells whether they still hold
/// (icloud-protocol 1.7, 1.8). Never needs the password. Thread-safe.
final class Setup {
    private static final Duration UNASKED_WAIT = Duration.ofSeconds(30);

    private final Wire wire;
    private final ICloudSettings settings;
    private final InstantSource clock;

    Setup(Wire wire, ICloudSettings settings, InstantSource clock) {
        this.wire = wire;
        this.settings = settings;
        this.clock = clock;
    }

    /// What Apple thinks of a session.
    sealed interface State {
        /// It can be used.
        ///
        /// @param account `dsInfo`, `webservices` and the rest
        record Ready(JsonNode account) implements State {}

        /// It needs a second factor first.
        record FactorNeeded(boolean legacy) implements State {}

        /// It is over, or was never one.
        record Rejected(int status) implements State {}
    }

    /// Whether the session still holds; renews the map of services on the way.
    State validate(WebSession session, Limits limits) throws IOException, Unavailable, Refused, InterruptedException {
        return state(session, post(session, "validate", "null", limits), limits);
    }

    /// Opens the session with its tokens. Moves to the other region once where Apple says that the account lives there.
    State login(WebSession session, Limits limits) throws IOException, Unavailable, Refused, InterruptedException {
        var reply = post(session, "accountLogin", tokens(session), limits);
        if (livesElsewhere(reply) && !session.inChina() && settings.china().isPresent()) {
            session.moveToChina();
            reply = post(session, "accountLogin", tokens(session), limits);
        }
        if (livesElsewhere(reply)) {
            throw new Refused(
                    ErrorCode.REGION_UNSUPPORTED,
                    "The account lives in a region of the source that this service is not set up for.");
        }
        return state(session, reply, limits);
    }

    /// One call, whatever it answers.
    Reply post(WebSession session, String path, String body, Limits limits)
            throws IOException, Unavailable, InterruptedException {
        limits.turn(HostClass.SETUP);
        var base = settings.region(session.inChina()).setup();
        var url = URI.create(base + "/" + path + "?" + query(session, Map.of()));
        return wire.send(
                session,
                "POST",
                url,
                headers(session, "application/json"),
                Optional.of(body.getBytes(StandardCharsets.UTF_8)));
    }

    /// What services want to see of a browser (icloud-protocol 1.4).
    List<Header> headers(WebSession session, String contentType) {
        var home = settings.region(session.inChina()).home();
        return List.of(
                new Header("Origin", home.toString()),
                new Header("Referer", home + "/"),
                new Header("Accept", "*/*"),
                new Header("Content-Type", contentType));
    }

    /// The parameters every call carries (icloud-protocol 1.3), and those of this one.
    String query(WebSession session, Map<String, String> own) {
        var all = new LinkedHashMap<String, String>();
        all.put("clientBuildNumber", settings.buildNumber());
        all.put("clientMasteringNumber", settings.masteringNumber());
        all.put("clientId", session.get(Held.CLIENT_ID, ""));
        var dsid = session.get(Held.DSID);
        if (dsid != null) {
            all.put("dsid", dsid);
        }
        all.putAll(own);
        return all.entrySet().stream()
                .map(entry -> encode(entry.getKey()) + "=" + encode(entry.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String tokens(WebSession session) {
        return Json.object()
                .put("accountCountryCode", session.get(Held.COUNTRY, ""))
                .put("dsWebAuthToken", session.get(Held.SESSION_TOKEN, ""))
                .put("extended_login", true)
                .put("trustToken", session.get(Held.TRUST_TOKEN, ""))
                .toString();
    }

    /// Seen as `iCloud.com.cn`.
    private static boolean livesElsewhere(Reply reply) {
        var domain = Json.text(reply.tree(), "domainToUse");
        return domain != null && domain.toLowerCase(Locale.ROOT).endsWith(".cn");
    }

    /// False for a good answer that tells of no account, which is how a session that is over is told (R9).
    static boolean describesAccount(Reply reply) {
        return !reply.isSuccess()
                || reply.isBusy()
                || reply.json().isEmpty()
                || reply.tree().path("dsInfo").isObject();
    }

    private State state(WebSession session, Reply reply, Limits limits) throws Unavailable, Refused {
        var account = reply.tree();
        if (reply.isBusy()) {
            throw busy(reply, limits);
        }
        if (!reply.isSuccess() || !account.path("dsInfo").isObject()) {
            // A failed validate is a normal state and carries no dsInfo (R9).
            return new State.Rejected(reply.meant());
        }
        refuseWhatOnlyTheOwnerCanMend(session, account);
        session.take(account, clock.instant());
        var dsInfo = account.path("dsInfo");
        var version = Json.number(dsInfo, "hsaVersion").orElse(0);
        var challenged = Json.flag(account, "hsaChallengeRequired");
        if (version == 1 && challenged) {
            return new State.FactorNeeded(true);
        }
        if (version == 2 && (challenged || !Json.flag(account, "hsaTrustedBrowser"))) {
            return new State.FactorNeeded(false);
        }
        return new State.Ready(account);
    }

    /// The account service asks to come back later; every worker of the account does.
    Unavailable busy(Reply reply, Limits limits) {
        var wait = reply.retryAfter(clock.instant()).orElse(UNASKED_WAIT);
        limits.throttled(HostClass.SETUP, wait);
        return new Unavailable(
                wait, reply.busyCode(), "The account service is busy and answered " + reply.meant() + ".");
    }

    /// Who can switch access on the web on: the owner, or who manages the account (icloud-protocol 1.10).
    static Refused noWebAccess(boolean managed) {
        return managed
                ? new Refused(
                        ErrorCode.MANAGED_ACCOUNT,
                        "The account's administrator has switched off access to iCloud data on the web.")
                : new Refused(
                        ErrorCode.WEB_ACCESS_DISABLED,
                        "Access to iCloud data on the web is switched off; the owner can switch it on in a device's"
                                + " settings.");
    }

    private static void refuseWhatOnlyTheOwnerCanMend(WebSession session, JsonNode account) throws Refused {
        var dsInfo = account.path("dsInfo");
        if (Boolean.FALSE.equals(Json.maybeFlag(dsInfo, "isWebAccessAllowed"))) {
            throw noWebAccess(Json.flag(dsInfo, "isManagedAppleID"));
        }
        if (Json.flag(account, "termsUpdateNeeded") || Json.flag(dsInfo, "termsUpdateNeeded")) {
            throw new Refused(
                    ErrorCode.TERMS_PENDING, "The owner must accept the new terms at icloud.com or on a device.");
        }
        refuseLocked(account);
        var halfOpen = session.cookies().has("X-APPLE-WEBAUTH-REPAIR")
                && !session.cookies().has(WebSession.TOKEN_COOKIE);
        if (halfOpen || Json.flag(account, "isRepairNeeded") || Json.flag(dsInfo, "isRepairNeeded")) {
            throw new Refused(
                    ErrorCode.OWNER_ACTION_REQUIRED, "The owner must sign in at icloud.com once and follow it.");
        }
    }

    /// Nobody asks for anything more in a locked account (R7).
    static void refuseLocked(JsonNode account) throws Refused {
        if (Json.flag(account.path("dsInfo"), "locked")) {
            throw new Refused(ErrorCode.SOURCE_LOCKED, "The account is locked; its owner must unlock it.");
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
