package ferry.sandbox;

import java.io.IOException;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The sign-ins under way, and which of them a request belongs to. Thread-safe; each is used under its own
/// lock.
final class AuthSessions {
    private final Tokens tokens;
    private final InstantSource clock;
    /// By every session id it ever had, so that an old one is known as old.
    private final Map<String, AuthSession> sessions = new ConcurrentHashMap<>();

    AuthSessions(Tokens tokens, InstantSource clock) {
        this.tokens = tokens;
        this.clock = clock;
    }

    /// What would be accepted as a code now, in any open sign-in of the account. For tests and the console of
    /// the sandbox.
    Optional<String> shown(Account account) {
        var now = clock.instant();
        return sessions.values().stream()
                .filter(session -> account.equals(session.account))
                .sorted(Comparator.comparing((AuthSession session) -> session.opened)
                        .reversed())
                .flatMap(session -> session.shown(now).stream())
                .findFirst();
    }

    /// A new one.
    AuthSession opened() {
        var now = clock.instant();
        sessions.values().removeIf(session -> session.expired(now));
        return new AuthSession(tokens.next(80), now);
    }

    /// One request of a sign-in whose password is proven.
    @FunctionalInterface
    interface Step {
        void take(JournaledExchange exchange, AuthSession session) throws IOException;
    }

    /// Finds the sign-in the request belongs to. An old scnt or session id is refused, each answer brings new
    /// ones.
    void within(JournaledExchange exchange, Step step) throws IOException {
        var id = exchange.header(SignIn.SESSION);
        var session = id.map(sessions::get).orElse(null);
        if (session == null || session.expired(clock.instant())) {
            Replies.json(exchange, 421, Replies.object().put("hasError", true));
            return;
        }
        synchronized (session) {
            var account = session.account;
            if (account == null || session.stage == AuthSession.Stage.OPEN) {
                Refusals.ended(exchange);
                return;
            }
            exchange.of(account);
            var cookie = Cookies.of(exchange, "aasp").filter(session.cookie::equals);
            if (!current(exchange, session) || cookie.isEmpty()) {
                Refusals.ended(exchange);
                return;
            }
            rotate(exchange, session);
            step.take(exchange, session);
        }
    }

    /// The one that the request belongs to, where its headers are the newest.
    Optional<AuthSession> current(JournaledExchange exchange) {
        return exchange.header(SignIn.SESSION)
                .map(sessions::get)
                .filter(session -> !session.expired(clock.instant()))
                .filter(session -> current(exchange, session));
    }

    private static boolean current(JournaledExchange exchange, AuthSession session) {
        return exchange.header(SignIn.SESSION).filter(session.sessionId::equals).isPresent()
                && exchange.header(SignIn.SCNT).filter(session.scnt::equals).isPresent();
    }

    /// At `complete` some clients send no session headers yet, since `c` names the exchange; what is sent
    /// must be new.
    static boolean echoes(JournaledExchange exchange, AuthSession session) {
        return exchange.header(SignIn.SESSION).map(session.sessionId::equals).orElse(true)
                && exchange.header(SignIn.SCNT).map(session.scnt::equals).orElse(true);
    }

    /// Gives the answer new headers, which the next request has to bring.
    void rotate(JournaledExchange exchange, AuthSession session) {
        session.sessionId = tokens.next(96);
        session.scnt = tokens.next(120);
        sessions.put(session.sessionId, session);
        exchange.set(SignIn.SESSION, session.sessionId);
        exchange.set(SignIn.SCNT, session.scnt);
        exchange.set("X-Apple-Auth-Attributes", tokens.next(64));
        exchange.set("X-Apple-I-Request-ID", tokens.uuid());
        Cookies.set(exchange, "dslang", "US-EN");
        Cookies.set(exchange, "site", "USA");
        Cookies.set(exchange, "acn01", tokens.next(40) + "=");
        Cookies.set(exchange, "aasp", session.cookie);
    }
}
