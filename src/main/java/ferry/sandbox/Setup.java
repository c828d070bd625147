package ferry.sandbox;

import ferry.sandbox.SecondFactor.None;
import ferry.sandbox.WebSessions.WebSession;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The set-up service: everything below `/setup/ws/1` (`icloud-protocol 1.7` to `1.11`, `2.2`).
final class Setup {
    static final Duration SHORT_LIFE = Duration.ofMinutes(5);

    private static final Duration LIFE = Duration.ofDays(60);
    private static final Duration UNTRUSTED_LIFE = Duration.ofHours(4);

    /// By the name an app asks with, the cookies that carry its keys (`icloud-protocol 1.11`).
    private static final Map<String, List<String>> KEYS = Map.of(
            "photos", List.of("Photos", "Sharing"),
            "iclouddrive", List.of("Documents", "Sharing"),
            "notes3", List.of("Notes"),
            // Nobody has seen this one (1.11); it is what the connector would try.
            "reminders", List.of("Reminders"));

    private final Accounts accounts;
    private final WebSessions web;
    private final Tokens tokens;
    private final InstantSource clock;
    private final LoginAnswer login;

    Setup(Accounts accounts, WebSessions web, Tokens tokens, InstantSource clock, LoginAnswer login) {
        this.accounts = accounts;
        this.web = web;
        this.tokens = tokens;
        this.clock = clock;
        this.login = login;
    }

    /// Answers one request.
    ///
    /// @param path what follows `/setup/ws/1`
    /// @param inChina whether it was asked in the second region
    void handle(JournaledExchange exchange, String path, boolean inChina) throws IOException {
        switch (exchange.method() + " " + path) {
            case "POST /accountLogin" -> accountLogin(exchange, inChina);
            case "POST /validate" -> within(exchange, (account, session) -> validate(exchange, account, session));
            case "POST /logout" -> within(exchange, (account, session) -> logout(exchange, session));
            case "POST /requestWebAccessState" -> within(exchange, (account, _) -> webAccess(exchange, account));
            case "POST /enableDeviceConsentForPCS" -> within(exchange, (account, _) -> askConsent(exchange, account));
            case "POST /requestPCS" -> within(exchange, (account, _) -> keys(exchange, account));
            case "POST /storageUsageInfo" -> within(exchange, (account, _) -> storage(exchange, account));
            default -> Replies.empty(exchange, 404);
        }
    }

    private void accountLogin(JournaledExchange exchange, boolean inChina) throws IOException {
        var body = Replies.body(exchange);
        var now = clock.instant();
        var token = body.path("dsWebAuthToken").asString("");
        var grant = web.grant(token, now);
        var account = grant.flatMap(it -> accounts.find(it.account()));
        if (grant.isEmpty() || account.isEmpty()) {
            refused(exchange, 421, "Missing apple_id field");
            return;
        }
        exchange.of(account.get());
        if ((account.get().has(Trait.CHINA) && !inChina) || account.get().has(Trait.ELSEWHERE)) {
            Replies.json(exchange, 200, Replies.object().put("domainToUse", "iCloud.com.cn"));
            return;
        }
        var trust = body.path("trustToken").asString("");
        var trusted = account.get().secondFactor() instanceof None
                || (grant.get().complete() && accounts.memory(account.get()).trusts(trust, now));
        open(exchange, account.get(), token, trust, grant.get().complete(), trusted);
        Replies.json(exchange, 200, login.of(account.get(), !grant.get().complete(), trusted));
    }

    /// Sets the cookies. Without the second factor, or with something left for the owner to do, the one that
    /// matters is not among them.
    private void open(
            JournaledExchange exchange,
            Account account,
            String token,
            String trust,
            boolean complete,
            boolean trusted) {
        var now = clock.instant();
        var expires = now.plus(life(account, trusted));
        Cookies.set(exchange, "X-APPLE-UNIQUE-CLIENT-ID", "\"" + tokens.next(4) + "==\"");
        Cookies.set(exchange, "X-APPLE-WEBAUTH-LOGIN", "\"v=1:t=" + tokens.next(40) + "~~\"");
        Cookies.set(exchange, "X-APPLE-WEBAUTH-VALIDATE", "\"v=1:t=" + tokens.next(40) + "~~\"");
        Cookies.set(exchange, "X-APPLE-WEBAUTH-USER", "\"v=1:s=1:d=" + account.dsid() + "\"", expires);
        Cookies.set(
                exchange,
                "X_APPLE_WEB_KB-" + tokens.next(27).toUpperCase(Locale.ROOT),
                "\"v=1:t=" + tokens.next(40) + "~~\"",
                now.plus(LIFE));
        Cookies.set(exchange, "X-APPLE-DS-WEB-SESSION-TOKEN", "\"" + tokens.next(40) + "=\"", expires);
        if (!complete) {
            Cookies.set(exchange, "X-APPLE-WEBAUTH-HSA-LOGIN", "\"v=2:t=" + tokens.next(40) + "~~\"");
            return;
        }
        Cookies.delete(exchange, "X-APPLE-WEBAUTH-HSA-LOGIN");
        if (LoginAnswer.needsOwner(account)) {
            Cookies.set(exchange, "X-APPLE-WEBAUTH-REPAIR", "\"" + tokens.next(40) + "\"", expires);
            return;
        }
        if (trusted) {
            Cookies.set(exchange, "X-APPLE-WEBAUTH-HSA-TRUST", "\"" + tokens.next(40) + "\"", expires);
        }
        if (!account.has(Trait.ADP)) {
            List.of("Documents", "News", "Notes", "Sharing").forEach(name -> key(exchange, account, name, expires));
        }
        var session = new WebSession(account.identifier(), token, trust, expires);
        Cookies.set(exchange, WebSessions.COOKIE, web.open(session), expires);
    }

    private static Duration life(Account account, boolean trusted) {
        if (account.has(Trait.SHORT_SESSION) || account.has(Trait.SIGNED_OUT)) {
            return SHORT_LIFE;
        }
        return trusted ? LIFE : UNTRUSTED_LIFE;
    }

    private void validate(JournaledExchange exchange, Account account, WebSession session) {
        var trusted = account.secondFactor() instanceof None
                || accounts.memory(account).trusts(session.trust(), clock.instant());
        Replies.json(exchange, 200, login.of(account, false, trusted));
    }

    private void logout(JournaledExchange exchange, WebSession session) throws IOException {
        var body = Replies.body(exchange);
        if (!body.path("trustBrowser").asBoolean(true)) {
            accounts.memory(session.account()).distrust(session.trust());
        }
        web.end(session, body.path("allBrowsers").asBoolean(false));
        Cookies.delete(exchange, WebSessions.COOKIE);
        Cookies.delete(exchange, "X-APPLE-WEBAUTH-VALIDATE");
        Replies.json(exchange, 200, Replies.object().put("success", true));
    }

    // ---- Advanced Data Protection

    private void webAccess(JournaledExchange exchange, Account account) {
        var now = clock.instant();
        var consent = accounts.memory(account).lookForConsent(now, !account.has(Trait.NO_CONSENT));
        Replies.json(
                exchange,
                200,
                Replies.object()
                        .put("dsid", String.valueOf(account.dsid()))
                        .put("isWebAccessAllowed", !account.has(Trait.WEB_ACCESS_DISABLED))
                        .put("isDeviceConsentedForPCS", consent.isPresent())
                        .put("isICDRSDisabled", account.has(Trait.ADP))
                        .put(
                                "deviceConsentForPCSExpiry",
                                consent.map(Instant::toEpochMilli).orElse(0L)));
    }

    private void askConsent(JournaledExchange exchange, Account account) {
        var possible = account.has(Trait.ADP) && !account.has(Trait.WEB_ACCESS_DISABLED);
        if (possible) {
            accounts.memory(account).askConsent();
        }
        Replies.json(exchange, 200, Replies.object().put("isDeviceConsentNotificationSent", possible));
    }

    private void keys(JournaledExchange exchange, Account account) throws IOException {
        var app = Replies.body(exchange).path("appName").asString("");
        var names = KEYS.get(app);
        if (names == null) {
            refused(exchange, 400, "Unknown app requested");
            return;
        }
        var memory = accounts.memory(account);
        var now = clock.instant();
        if (!account.has(Trait.ADP)) {
            names.forEach(name -> key(exchange, account, name, now.plus(LIFE)));
            Replies.json(
                    exchange, 200, Replies.object().put("status", "success").put("message", "Cookies attached."));
            return;
        }
        if (!memory.consented(now) || account.has(Trait.WEB_ACCESS_DISABLED)) {
            failed(exchange, "The device has not consented.");
            return;
        }
        memory.askForKeys(app)
                .ifPresentOrElse(
                        before -> failed(
                                exchange,
                                before == 0
                                        ? "Requested the device to upload cookies."
                                        : "Cookies not available yet on server."),
                        () -> {
                            names.forEach(name -> key(exchange, account, name, memory.consentUntil()));
                            Replies.json(
                                    exchange,
                                    200,
                                    Replies.object().put("status", "success").put("message", "Cookies attached."));
                        });
    }

    private static void failed(JournaledExchange exchange, String message) {
        Replies.json(exchange, 200, Replies.object().put("status", "failure").put("message", message));
    }

    private void key(JournaledExchange exchange, Account account, String name, Instant expires) {
        var value = "\"" + tokens.next(40) + "=\"";
        web.key(account, name, value, expires);
        Cookies.set(exchange, "X-APPLE-WEBAUTH-PCS-" + name, value, expires);
    }

    // ---- storage

    private static void storage(JournaledExchange exchange, Account account) {
        var full = account.has(Trait.OVER_QUOTA);
        var photos = full ? 4_200_000_000L : account.library().photos() * 2_400_000L;
        var backup = 799_008_186L;
        var docs = 449_092_146L;
        var total = !full && photos > 4_000_000_000L ? 2_199_023_255_552L : 5_368_709_120L;
        var body = Replies.object();
        var media = body.putArray("storageUsageByMedia");
        media.add(usage("photos", "Photos and Videos", "ffcc00", photos));
        media.add(usage("backup", "Backup", "5856d6", backup));
        media.add(usage("docs", "Documents", "ff9500", docs));
        body.putObject("storageUsageInfo")
                .put("compStorageInBytes", 0L)
                .put("usedStorageInBytes", photos + backup + docs)
                .put("totalStorageInBytes", total)
                .put("commerceStorageInBytes", 0L);
        body.putObject("quotaStatus")
                .put("overQuota", full)
                .put("haveMaxQuotaTier", false)
                .put("almost-full", false)
                .put("paidQuota", total > 5_368_709_120L);
        Replies.json(exchange, 200, body);
    }

    private static ObjectNode usage(String key, String label, String colour, long bytes) {
        return Replies.object()
                .put("mediaKey", key)
                .put("displayLabel", label)
                .put("displayColor", colour)
                .put("usageInBytes", bytes);
    }

    // ---- the session

    @FunctionalInterface
    private interface Step {
        void take(Account account, WebSession session) throws IOException;
    }

    private void within(JournaledExchange exchange, Step step) throws IOException {
        var session = web.of(exchange, clock.instant());
        Optional<Account> account = session.flatMap(open -> accounts.find(open.account()));
        if (session.isEmpty() || account.isEmpty()) {
            refused(exchange, 421, "Missing X-APPLE-WEBAUTH-TOKEN cookie");
            return;
        }
        exchange.of(account.get());
        step.take(account.get(), session.get());
    }

    static void refused(JournaledExchange exchange, int status, String error) {
        JsonNode body = Replies.object().put("success", false).put("error", error);
        Replies.json(exchange, status, body);
    }
}
