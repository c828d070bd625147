package ferry.sandbox;

import ferry.http.Exchange;
import java.time.InstantSource;
import java.util.UUID;

/// Answers in CloudKit's place where an account is over a limit of its own: asked too often, locked out for it, or out
/// of storage (`icloud-protocol` 1.11, 1.12, R14).
final class OverLimits {
    private static final int ANSWERED_BEFORE_BUSY = 3;
    private static final String RETRY_AFTER = "60";

    private final Accounts accounts;
    private final InstantSource clock;

    OverLimits(Accounts accounts, InstantSource clock) {
        this.accounts = accounts;
        this.clock = clock;
    }

    /// Whether it has answered; otherwise the service may.
    boolean answers(Exchange exchange, Account account, String service) {
        if (!service.equals("ckdatabasews")) {
            return false;
        }
        var memory = accounts.memory(account);
        if (account.has(Trait.OVER_USED) && memory.lockedOut(clock.instant())) {
            Replies.json(exchange, 403, KeyGate.denied(account));
            return true;
        }
        if (account.has(Trait.OVER_QUOTA)) {
            later(exchange, account, 413, "QUOTA_EXCEEDED", "The storage of this account is full");
            return true;
        }
        if (account.has(Trait.ALWAYS_BUSY) && memory.served() > ANSWERED_BEFORE_BUSY) {
            later(exchange, account, 503, "THROTTLED", "Request rate is too high");
            return true;
        }
        return false;
    }

    private static void later(Exchange exchange, Account account, int status, String code, String reason) {
        exchange.set("Retry-After", RETRY_AFTER);
        Replies.json(
                exchange,
                status,
                Replies.object()
                        .put("uuid", new UUID(0, account.dsid()).toString())
                        .put("serverErrorCode", code)
                        .put("reason", reason));
    }
}
