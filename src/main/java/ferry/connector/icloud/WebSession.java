package ferry.connector.icloud;

import ferry.connector.icloud.web.Json;
import ferry.crypto.Secret;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What Apple and this service share about one browser-like session: cookies, tokens, and where the account's services
/// are. Holds no password. Thread-safe, though two refreshes work on two copies of it.
final class WebSession {
    /// The cookie without which no service answers.
    static final String TOKEN_COOKIE = "X-APPLE-WEBAUTH-TOKEN";

    private final CookieJar cookies;
    private final Map<Held, String> held = new ConcurrentHashMap<>();
    private volatile Map<String, Service> services = Map.of();
    private volatile boolean inChina;
    private volatile boolean authInChina;
    private volatile boolean protectedData;
    private volatile boolean managed;

    private WebSession(InstantSource clock) {
        cookies = new CookieJar(clock);
    }

    /// What is kept as text, by its name in the sealed access.
    enum Held {
        /// `auth-` and a random UUID: this browser for ever (icloud-protocol 1.3).
        CLIENT_ID("client_id"),
        SCNT("scnt"),
        SESSION_ID("session_id"),
        SESSION_TOKEN("session_token"),
        TRUST_TOKEN("trust_token"),
        AUTH_ATTRIBUTES("auth_attributes"),
        COUNTRY("country"),
        DSID("dsid"),
        /// When the services were last asked for, ISO 8601.
        REFRESHED("refreshed_at"),
        /// When the owner's device was asked for consent (icloud-protocol 1.11), ISO 8601.
        CONSENT_ASKED("consent_asked_at");

        private final String field;

        Held(String field) {
            this.field = field;
        }
    }

    /// One entry of the webservices map.
    ///
    /// @param url the account's own partition, as received
    /// @param pcsRequired whether its data may need the owner's consent under Advanced Data Protection
    record Service(String url, boolean pcsRequired) {}

    /// A browser that Apple has never seen.
    static WebSession fresh(InstantSource clock) {
        var session = new WebSession(clock);
        session.set(Held.CLIENT_ID, "auth-" + UUID.randomUUID());
        return session;
    }

    /// Reads what [#seal] or [#trust] wrote.
    ///
    /// @throws IllegalArgumentException where it is something else
    static WebSession open(Secret sealed, InstantSource clock) {
        return of(tree(sealed), clock);
    }

    /// Reads what [#toJson] wrote.
    static WebSession of(JsonNode json, InstantSource clock) {
        var session = new WebSession(clock);
        for (var key : Held.values()) {
            var value = Json.text(json, key.field);
            if (value != null) {
                session.set(key, value);
            }
        }
        if (session.get(Held.CLIENT_ID) == null) {
            throw new IllegalArgumentException("this is no iCloud session");
        }
        session.inChina = json.path("in_china").asBoolean(false);
        session.authInChina = json.path("auth_in_china").asBoolean(false);
        session.protectedData = json.path("protected_data").asBoolean(false);
        session.managed = json.path("managed").asBoolean(false);
        session.cookies.restore(json.path("cookies"));
        session.services = services(json.path("services"));
        return session;
    }

    static JsonNode tree(Secret sealed) {
        try {
            return Json.MAPPER.readTree(sealed.reveal());
        } catch (JacksonException _) {
            // Its message may quote the secret.
            throw new IllegalArgumentException("this is no iCloud session");
        }
    }

    /// Everything, to go on later.
    Secret seal() {
        return new Secret(toJson().toString());
    }

    ObjectNode toJson() {
        var json = Json.object();
        held.forEach((key, value) -> json.put(key.field, value));
        json.put("in_china", inChina).put("auth_in_china", authInChina);
        json.put("protected_data", protectedData).put("managed", managed);
        json.set("cookies", cookies.toJson(_ -> true));
        var map = json.putObject("services");
        services.forEach((name, service) ->
                map.putObject(name).put("url", service.url()).put("pcsRequired", service.pcsRequired()));
        return json;
    }

    /// What spares the next sign-in its second factor: the trust token, the browser it was given to, and the trust
    /// cookies. Empty where Apple gave no trust.
    Optional<Secret> trust() {
        var token = get(Held.TRUST_TOKEN);
        if (token == null) {
            return Optional.empty();
        }
        var json = Json.object()
                .put(Held.CLIENT_ID.field, get(Held.CLIENT_ID))
                .put(Held.TRUST_TOKEN.field, token)
                .put("in_china", inChina)
                .put("auth_in_china", authInChina);
        json.set("cookies", cookies.toJson(name -> name.startsWith("DES")));
        return Optional.of(new Secret(json.toString()));
    }

    /// When Apple is expected to end it (R8): the date of the cookie that matters.
    Optional<Instant> expires() {
        return cookies.expires(TOKEN_COOKIE);
    }

    CookieJar cookies() {
        return cookies;
    }

    @Nullable
    String get(Held key) {
        return held.get(key);
    }

    String get(Held key, String otherwise) {
        return held.getOrDefault(key, otherwise);
    }

    /// @param value null to forget it
    void set(Held key, @Nullable String value) {
        if (value == null) {
            held.remove(key);
        } else {
            held.put(key, value);
        }
    }

    Optional<Service> service(String name) {
        return Optional.ofNullable(services.get(name));
    }

    boolean inChina() {
        return inChina;
    }

    /// Whether its sign-in went through the region's own sign-in host, which few accounts need.
    boolean authInChina() {
        return authInChina;
    }

    void moveToChina() {
        inChina = true;
    }

    void signInInChina() {
        inChina = true;
        authInChina = true;
    }

    /// Whether the account uses Advanced Data Protection, as far as the last answer said.
    boolean protectedData() {
        return protectedData;
    }

    /// Whether somebody else than its owner manages the account, as far as the last answer said.
    boolean isManaged() {
        return managed;
    }

    /// Takes the answer of accountLogin or validate: account id and where its services are.
    void take(JsonNode account, Instant now) {
        var dsid = Json.text(account.path("dsInfo"), "dsid");
        if (dsid != null) {
            set(Held.DSID, dsid);
        }
        protectedData = Json.flag(account.path("dsInfo"), "iCDPEnabled") || Json.flag(account, "iCDPEnabled");
        managed = Json.flag(account.path("dsInfo"), "isManagedAppleID");
        if (account.path("webservices").isObject()) {
            services = services(account.path("webservices"));
        }
        set(Held.REFRESHED, now.toString());
    }

    private static Map<String, Service> services(JsonNode map) {
        var services = new LinkedHashMap<String, Service>();
        for (var entry : map.properties()) {
            var url = Json.text(entry.getValue(), "url");
            if (url != null) {
                services.put(entry.getKey(), new Service(url, Json.flag(entry.getValue(), "pcsRequired")));
            }
        }
        return Map.copyOf(services);
    }

    @Override
    public String toString() {
        return "iCloud session";
    }
}
