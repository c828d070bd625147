package ferry.erasure;

import ferry.access.OrgId;
import ferry.db.Database;
import ferry.session.EndSession;
import ferry.session.SessionExpiry;
import ferry.storage.disk.DiskObjects;
import ferry.task.Worker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Erases users that are marked for it: ends their sessions, stops their tasks, and deletes what Ferry holds of them.
///
/// Each step is a transaction of its own and may be repeated; a user whose tasks are still running, or whose node
/// died, is gone on with by the next run, on whatever node. The user's own row goes last and is the list of what is
/// to be done.
public final class Erasure {
    private static final Logger log = LoggerFactory.getLogger(Erasure.class);
    private static final int USERS_AT_ONCE = 100;
    private static final int ROWS_AT_ONCE = 1000;

    /// How long the user's tasks may take to stop. After that their rows go all the same: an attempt that still
    /// runs, on a node that stands still, finds no fence to write through.
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Database db;
    private final SessionExpiry sessions;
    private final Worker worker;
    private final Optional<DiskObjects> cleaned;
    private final InstantSource clock;

    /// @param sessions ends them
    /// @param worker cancels tasks
    /// @param cleaned local buckets, where the operator has them cleaned; empty where objects stay
    public Erasure(
            Database db, SessionExpiry sessions, Worker worker, Optional<DiskObjects> cleaned, InstantSource clock) {
        this.db = db;
        this.sessions = sessions;
        this.worker = worker;
        this.cleaned = cleaned;
        this.clock = clock;
    }

    /// A user that is marked.
    private record Marked(OrgId organisation, long user, Instant since) {}

    /// Goes on with every user that is marked.
    public void runDue() {
        for (var marked : db.system(Erasure::marked)) {
            try {
                run(marked);
            } catch (RuntimeException e) {
                log.warn("erasing user {} failed; it goes on at the next run", marked.user(), e);
            }
        }
    }

    /// Goes on with one user that was just marked. What cannot be done now is done by [#runDue].
    void begin(OrgId organisation, long user) {
        try {
            run(new Marked(organisation, user, clock.instant()));
        } catch (RuntimeException e) {
            log.warn("erasing user {} failed; it goes on in the background", user, e);
        }
    }

    private void run(Marked marked) {
        var organisation = marked.organisation();
        var traces = new Traces(organisation, marked.user());
        for (var session : db.tenant(organisation, traces::openSessions)) {
            db.tenantDo(organisation, tx -> sessions.endForErasure(tx, organisation, session));
        }
        for (var task : db.tenant(organisation, traces::lockTasks)) {
            // A sign-out under way is what is wanted; it ends by itself.
            if (!task.type().equals(EndSession.TYPE)) {
                db.tenantDo(organisation, tx -> worker.cancel(tx, organisation, task.id()));
            }
        }
        worker.wake();
        var isOverdue = marked.since().plus(PATIENCE).isBefore(clock.instant());
        if (isOverdue || db.tenant(organisation, traces::lockTasks).isEmpty()) {
            eraseMany(traces);
            db.tenantDo(organisation, tx -> {
                var unfinished = traces.lockTasks(tx);
                if (isOverdue || unfinished.isEmpty()) {
                    eraseRest(tx, traces);
                }
            });
        }
    }

    /// What there may be hundreds of thousands of, in small transactions.
    private void eraseMany(Traces traces) {
        var organisation = traces.organisation();
        while (true) {
            var some = db.tenant(organisation, tx -> traces.results(tx, ROWS_AT_ONCE));
            if (some.isEmpty()) {
                break;
            }
            cleaned.ifPresent(disk -> some.forEach(object -> delete(disk, object)));
            db.tenantDo(
                    organisation,
                    tx -> traces.eraseResults(
                            tx, some.stream().map(Traces.Published::id).toList()));
        }
        while (db.tenant(organisation, tx -> traces.eraseErrors(tx, ROWS_AT_ONCE)) > 0) {
            // until none is left
        }
    }

    private static void eraseRest(Handle tx, Traces traces) {
        var late = traces.results(tx, ROWS_AT_ONCE);
        if (late.isEmpty()) {
            traces.erase(tx);
        }
    }

    private static void delete(DiskObjects disk, Traces.Published object) {
        try {
            disk.delete(object.url());
        } catch (IOException e) {
            throw new UncheckedIOException("the object of result " + object.id() + " could not be deleted", e);
        }
    }

    private static List<Marked> marked(Handle tx) {
        return tx.createQuery("""
                        select organisation, id, date_deleted from end_user
                         where state = 'deleted' order by date_deleted desc limit :limit
                        """)
                .bind("limit", USERS_AT_ONCE)
                .map((row, _) -> new Marked(
                        new OrgId(row.getLong("organisation")),
                        row.getLong("id"),
                        row.getTimestamp("date_deleted").toInstant()))
                .list();
    }
}
