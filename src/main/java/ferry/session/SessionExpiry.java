package ferry.session;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.crypto.Sealed;
import ferry.crypto.Secret;
import ferry.db.Database;
import ferry.db.DatabaseException;
import ferry.error.ErrorCode;
import ferry.event.Events;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends sessions, whoever wants it: the source, the organisation, the operator, or nobody for long
/// (ricloud-api 10.3). What is ended twice is ended once.
public final class SessionExpiry {
    private static final Logger log = LoggerFactory.getLogger(SessionExpiry.class);
    private static final int AT_ONCE = 500;

    private final Database db;
    private final Sessions sessions;
    private final SignOuts signOuts;
    private final Vault vault;
    private final Events events;
    private final SessionWatch watch;
    private final InstantSource clock;
    private final Duration idle;

    /// @param idle how long a session may go unused, such as 24 h
    public SessionExpiry(
            Database db,
            Sessions sessions,
            SignOuts signOuts,
            Vault vault,
            Events events,
            SessionWatch watch,
            InstantSource clock,
            Duration idle) {
        this.db = db;
        this.sessions = sessions;
        this.signOuts = signOuts;
        this.vault = vault;
        this.events = events;
        this.watch = watch;
        this.clock = clock;
        this.idle = idle;
    }

    /// Reading found that the session is over: the source no longer knows it, or it was switched off meanwhile.
    public void lost(Handle tx, OrgId organisation, UUID id) {
        var why = sessions.find(tx, organisation, id)
                .map(Session::state)
                .map(state -> state instanceof SessionState.Expired over ? over.error() : ErrorCode.EXPIRED_SERVICE)
                .orElse(ErrorCode.EXPIRED_SERVICE);
        expire(tx, organisation, id, why);
    }

    /// Ends a session that is pending or active, and signs it out at the source if there is something to sign
    /// out. The caller wakes the workers after commit.
    ///
    /// @return whether this call ended it
    public boolean end(Handle tx, OrgId organisation, UUID id, ErrorCode why) {
        var ended = expire(tx, organisation, id, why);
        ended.ifPresent(over -> access(over).ifPresent(access -> signOuts.enqueue(tx, over.session(), access)));
        return ended.isPresent();
    }

    /// As [#end], and what signs out names neither session nor user: both are about to be erased.
    public void endForErasure(Handle tx, OrgId organisation, UUID id) {
        expire(tx, organisation, id, ErrorCode.EXPIRED_ORGANISATION)
                .ifPresent(
                        over -> access(over).ifPresent(access -> signOuts.enqueueUnnamed(tx, over.session(), access)));
    }

    /// Whose session it is, over all organisations. System role, for the operator's commands.
    public Optional<OrgId> owner(Handle tx, UUID id) {
        return sessions.owner(tx, id);
    }

    /// Ends the sessions that are due for it, each in a transaction of its own: those that were idle for too long,
    /// and those whose user or source was switched off, which read as expired already.
    public void runDue() {
        for (var session : db.system(tx -> sessions.switchedOff(tx, AT_ONCE))) {
            alone(session, tx -> end(tx, session.organisation(), session.id(), ErrorCode.EXPIRED_ORGANISATION));
        }
        var before = clock.instant().minus(idle);
        for (var session : db.system(tx -> sessions.idle(tx, before, AT_ONCE))) {
            alone(session, tx -> expire(tx, session.organisation(), session.id(), ErrorCode.EXPIRED_API));
        }
    }

    /// A session that cannot be ended, such as one whose access does not open, holds up no other.
    private void alone(Session session, Consumer<Handle> ending) {
        try {
            db.tenantDo(session.organisation(), ending);
        } catch (DatabaseException.Away e) {
            throw e;
        } catch (RuntimeException e) {
            log.warn("session {} could not be ended; it is tried again", session.id(), e);
        }
    }

    /// A session that has just ended.
    ///
    /// @param access what it held; empty where it was pending
    private record Ended(Session session, Optional<Sealed> access) {}

    private Optional<Secret> access(Ended over) {
        return over.access()
                .map(held -> vault.open(
                        over.session().organisation(),
                        held,
                        SessionAccess.context(over.session().id())));
    }

    private Optional<Ended> expire(Handle tx, OrgId organisation, UUID id, ErrorCode why) {
        return sessions.expired(tx, organisation, id, why).map(taken -> {
            var session = sessions.find(tx, organisation, id).orElseThrow();
            events.emit(tx, organisation, session.key(), "session", "expired", id.toString(), SessionJson.of(session));
            watch.expired(tx, session);
            return new Ended(session, taken.access());
        });
    }
}
