package ferry.sandbox;

import ferry.http.Exchange;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/// Keeps end-to-end encrypted services closed under Advanced Data Protection until the request carries the
/// keys, and closed altogether where the owner has switched off web access (`icloud-protocol 1.11`).
final class KeyGate {
    private static final List<String> PHOTOS = List.of("Photos", "Sharing");
    private static final List<String> DRIVE = List.of("Documents", "Sharing");

    private final WebSessions web;
    private final InstantSource clock;

    KeyGate(WebSessions web, InstantSource clock) {
        this.web = web;
        this.clock = clock;
    }

    /// Whether the service may answer; otherwise the refusal has been answered.
    boolean opens(Exchange exchange, Account account, String service) {
        if (!LoginAnswer.NEED_KEYS.contains(service)) {
            return true;
        }
        var open = !account.has(Trait.WEB_ACCESS_DISABLED)
                && (!account.has(Trait.ADP) || carriesAll(exchange, account, service));
        if (!open && service.equals("ckdatabasews")) {
            Replies.json(exchange, 403, denied(account));
        } else if (!open) {
            Replies.json(exchange, 423, Replies.object().put("reason", "Missing PCS cookies from the request"));
        }
        return open;
    }

    /// Photos need their own keys; notes come as ciphertext without theirs, which is the service's own affair.
    private boolean carriesAll(Exchange exchange, Account account, String service) {
        var drive = service.equals("drivews") || service.equals("docws");
        var other = service.equals("ckdatabasews")
                && (account.has(Trait.CIPHERTEXT) || !exchange.path().contains("/com.apple.photos.cloud/"));
        var needed = drive ? DRIVE : other ? List.<String>of() : PHOTOS;
        return needed.stream().allMatch(name -> web.carriesKey(exchange, account, name, clock.instant()));
    }

    /// What CloudKit says where access is off, and where an account was read too often.
    static ObjectNode denied(Account account) {
        return Replies.object()
                .put("uuid", new UUID(0, account.dsid()).toString())
                .put("serverErrorCode", "ACCESS_DENIED")
                .put("reason", "private db access disabled for this account");
    }
}
