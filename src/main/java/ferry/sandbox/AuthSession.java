package ferry.sandbox;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One sign-in under way, from its first call to the trust call. Used under its own lock.
final class AuthSession {
    static final Duration LIFE = Duration.ofMinutes(30);

    /// How far it has come.
    enum Stage {
        /// No password proven yet.
        OPEN,
        /// Password proven, a code is wanted.
        CODE_WANTED,
        /// Password proven (and the code, if one was wanted), a repair step is wanted.
        REPAIR_WANTED,
        /// Nothing is wanted any more.
        DONE
    }

    final String cookie;
    final Instant opened;
    String sessionId = "";
    String scnt = "";
    Stage stage = Stage.OPEN;
    String name = "";
    /// None for a name that nobody here has.
    @Nullable
    Account account;

    SrpServer.@Nullable Offer offer;
    String c = "";
    int codesSent;
    private volatile @Nullable Code code;

    AuthSession(String cookie, Instant opened) {
        this.cookie = cookie;
        this.opened = opened;
    }

    /// A code that was shown or sent.
    ///
    /// @param phone the phone's id, 0 for the trusted devices
    private record Code(String digits, int phone, Instant expires) {}

    /// Shows or sends a code; the one before is void.
    void show(String digits, int phone, Instant now) {
        code = new Code(digits, phone, now.plus(AccountMemory.CODE_LIFE));
        codesSent++;
    }

    /// The code that would be accepted now.
    Optional<String> shown(Instant now) {
        return Optional.ofNullable(code)
                .filter(shown -> shown.expires().isAfter(now))
                .map(Code::digits);
    }

    /// Whether that is the code, came the way it was sent, and in time. A code is good once.
    boolean accepts(String digits, int phone, Instant now) {
        var right = Optional.ofNullable(code)
                .filter(shown -> shown.expires().isAfter(now) && shown.phone() == phone)
                .filter(shown -> shown.digits().equals(digits))
                .isPresent();
        if (right) {
            code = null;
        }
        return right;
    }

    boolean expired(Instant now) {
        return !opened.plus(LIFE).isAfter(now);
    }
}
