package ferry.session;

import ferry.access.OrgId;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.event.Events;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Ends sessions that the source has ended, or that nobody has used for long (ricloud-api 10.3).
public final class SessionExpiry {
    private static final int AT_ONCE = 500;

    private final Database db;
    private final Sessions sessions;
    private final Events events;
    private final InstantSource clock;
    private final Duration idle;

    /// @param idle how long a session may go unused, such as 24 h
    public SessionExpiry(Database db, Sessions sessions, Events events, InstantSource clock, Duration idle) {
        this.db = db;
        this.sessions = sessions;
        this.events = events;
        this.clock = clock;
        this.idle = idle;
    }

    /// The source no longer knows the session. May be told twice.
    public void lost(Handle tx, OrgId organisation, UUID session) {
        expire(tx, organisation, session, ErrorCode.EXPIRED_SERVICE);
    }

    /// Ends the sessions that are due for it, each in a transaction of its own.
    public void runDue() {
        var before = clock.instant().minus(idle);
        for (var session : db.system(tx -> sessions.idle(tx, before, AT_ONCE))) {
            db.tenant(session.organisation(), tx -> {
                expire(tx, session.organisation(), session.id(), ErrorCode.EXPIRED_API);
                return session;
            });
        }
    }

    private void expire(Handle tx, OrgId organisation, UUID id, ErrorCode why) {
        if (sessions.expired(tx, organisation, id, why)) {
            var session = sessions.find(tx, organisation, id).orElseThrow();
            events.emit(tx, organisation, session.key(), "session", "expired", id.toString(), SessionJson.of(session));
        }
    }
}
