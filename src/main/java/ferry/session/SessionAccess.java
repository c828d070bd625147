package ferry.session;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.connector.Access;
import ferry.crypto.Secret;
import ferry.db.Database;
import java.util.UUID;

/// A session's access, as its row holds it. Each call is one short transaction.
public final class SessionAccess implements Access {
    private final Database db;
    private final Sessions sessions;
    private final Vault vault;
    private final OrgId organisation;
    private final UUID session;

    /// @param session an active session of the organisation
    public SessionAccess(Database db, Sessions sessions, Vault vault, OrgId organisation, UUID session) {
        this.db = db;
        this.sessions = sessions;
        this.vault = vault;
        this.organisation = organisation;
        this.session = session;
    }

    /// The session ended while it was being read.
    public static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private Ended(UUID session) {
            super("session " + session + " is no longer active");
        }
    }

    static String context(UUID session) {
        return "session/" + session + "/access";
    }

    @Override
    public Secret current() {
        return db.tenant(
                organisation,
                tx -> opened(sessions.lockAccess(tx, organisation, session).orElseThrow(() -> new Ended(session))));
    }

    @Override
    public Secret replace(Secret expected, Secret fresh) {
        return db.tenant(organisation, tx -> {
            var held = sessions.lockAccess(tx, organisation, session).orElseThrow(() -> new Ended(session));
            var current = opened(held);
            if (!current.equals(expected)) {
                return current;
            }
            sessions.replaceAccess(tx, organisation, session, held, vault.seal(organisation, fresh, context(session)));
            return fresh;
        });
    }

    private Secret opened(Sessions.Held held) {
        return vault.open(organisation, held.access(), context(session));
    }
}
