package ferry.sandbox;

import ferry.http.Exchange;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Who is signed in: the session tokens that sign-in gave out, and the web sessions opened with them.
/// Thread-safe.
final class WebSessions {
    static final String COOKIE = "X-APPLE-WEBAUTH-TOKEN";

    private final Map<String, Grant> grants = new ConcurrentHashMap<>();
    private final Map<String, WebSession> sessions = new ConcurrentHashMap<>();
    /// By cookie value, the keys of Protected Cloud Storage that were given out.
    private final Map<String, Key> keys = new ConcurrentHashMap<>();
    private final Tokens tokens;

    WebSessions(Tokens tokens) {
        this.tokens = tokens;
    }

    /// What a session token stands for.
    ///
    /// @param complete whether nothing is left to prove: no second factor, or it was given
    record Grant(String account, boolean complete, Instant expires) {}

    /// An open web session.
    ///
    /// @param grant the session token it was opened with
    /// @param trust the trust token it was opened with, empty if none
    record WebSession(String account, String grant, String trust, Instant expires) {}

    private record Key(String account, String name, Instant expires) {}

    /// Remembers a key that was given out as the cookie `X-APPLE-WEBAUTH-PCS-<name>`.
    void key(Account account, String name, String value, Instant expires) {
        keys.put(value, new Key(account.identifier(), name, expires));
    }

    /// Whether the request carries the account's live key of that name.
    boolean carriesKey(Exchange exchange, Account account, String name, Instant now) {
        return Cookies.of(exchange, "X-APPLE-WEBAUTH-PCS-" + name)
                .map(keys::get)
                .filter(key -> key.name().equals(name) && key.account().equals(account.identifier()))
                .filter(key -> key.expires().isAfter(now))
                .isPresent();
    }

    /// Gives out a session token; what has expired is forgotten.
    String grant(Account account, boolean complete, Instant now, Instant expires) {
        grants.values().removeIf(grant -> grant.expires().isBefore(now));
        sessions.values().removeIf(session -> session.expires().isBefore(now));
        keys.values().removeIf(key -> key.expires().isBefore(now));
        var token = tokens.next(64);
        grants.put(token, new Grant(account.identifier(), complete, expires));
        return token;
    }

    Optional<Grant> grant(String token, Instant now) {
        return Optional.ofNullable(grants.get(token))
                .filter(grant -> grant.expires().isAfter(now));
    }

    /// Opens a web session and returns its cookie's value, quotes included.
    String open(WebSession session) {
        var value = "\"v=2:t=" + tokens.next(40) + "~~\"";
        sessions.put(value, session);
        return value;
    }

    /// The live session that the request carries.
    Optional<WebSession> of(Exchange exchange, Instant now) {
        return Cookies.of(exchange, COOKIE)
                .map(sessions::get)
                .filter(session -> session.expires().isAfter(now));
    }

    /// Ends a session and what it was opened with, or all of the account.
    void end(WebSession session, boolean all) {
        grants.entrySet()
                .removeIf(entry -> all
                        ? entry.getValue().account().equals(session.account())
                        : entry.getKey().equals(session.grant()));
        sessions.values()
                .removeIf(other -> all
                        ? other.account().equals(session.account())
                        : other.grant().equals(session.grant()));
    }
}
