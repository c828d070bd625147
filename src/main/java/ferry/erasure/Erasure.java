package ferry.erasure;

import ferry.access.OrgId;
import ferry.db.Database;
import ferry.db.Plans;
import ferry.db.Work;
import ferry.session.EndSession;
import ferry.session.SessionExpiry;
import ferry.storage.disk.DiskObjects;
import ferry.task.Worker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Erases users that are marked for it: ends their sessions, stops their tasks, and deletes what Ferry holds of
/// them.
///
/// Each step is a transaction of its own and may be repeated; a user whose tasks are still running, or whose node
/// died, is gone on with by a later run, on whatever node. The user's own row goes last and is the list of what is
/// to be done.
public final class Erasure {
    private static final Logger log = LoggerFactory.getLogger(Erasure.class);
    private static final int USERS_AT_ONCE = 100;
    private static final int ROWS_AT_ONCE = 1000;

    /// Sessions ended, and tasks cancelled, before the request that marks the user is answered.
    private static final int WITH_THE_MARK = 25;

    /// Runs that a user sits out at most, once it could not be finished: a minute's worth.
    private static final int LONGEST_PAUSE = 32;

    /// How long the user's tasks may take to stop. After that their rows go all the same: an attempt that still
    /// runs, on a node that stands still, finds no fence to write through.
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Database db;
    private final SessionExpiry sessions;
    private final Worker worker;
    private final Optional<DiskObjects> cleaned;
    private final InstantSource clock;
    private final Map<Long, Pause> paused = new HashMap<>();
    private long runs;

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

    /// A user that could not be finished.
    ///
    /// @param times how often in a row
    /// @param until the run that takes it up again
    private record Pause(int times, long until) {}

    /// Goes on with the users that are marked, oldest first. Those that could not be finished sit out some runs, so
    /// that they never stand before all others. One call at a time.
    public void runDue() {
        runs++;
        paused.values().removeIf(pause -> pause.until() + LONGEST_PAUSE < runs);
        var waiting = paused.entrySet().stream()
                .filter(entry -> entry.getValue().until() > runs)
                .map(Map.Entry::getKey)
                .toList();
        for (var marked : db.system(tx -> marked(tx, waiting))) {
            if (isFinished(marked)) {
                paused.remove(marked.user());
            } else {
                paused.merge(marked.user(), new Pause(1, runs + 1), (before, _) -> longer(before));
            }
        }
    }

    private Pause longer(Pause before) {
        var times = before.times() + 1;
        return new Pause(times, runs + Math.min(LONGEST_PAUSE, 1L << Math.min(times - 1, 10)));
    }

    private boolean isFinished(Marked marked) {
        try {
            return run(marked);
        } catch (RuntimeException e) {
            log.warn("erasing user {} failed; it goes on at a later run", marked.user(), e);
            return false;
        }
    }

    /// Ends what it can of a user that was just marked, within what a request may take. All else is done by
    /// [#runDue].
    void begin(OrgId organisation, long user) {
        try {
            stop(new Traces(organisation, user), WITH_THE_MARK);
        } catch (RuntimeException e) {
            log.warn("ending what user {} has under way failed; it goes on in the background", user, e);
        }
    }

    /// @return whether nothing of the user is left
    private boolean run(Marked marked) {
        var organisation = marked.organisation();
        var traces = new Traces(organisation, marked.user());
        stop(traces, Integer.MAX_VALUE);
        var isOverdue = marked.since().plus(PATIENCE).isBefore(clock.instant());
        if (!isOverdue && indexed(organisation, tx -> isUnderWay(tx, traces))) {
            return false;
        }
        eraseMany(traces);
        return indexed(organisation, tx -> {
            var unfinished = traces.lockTasks(tx);
            return (isOverdue || unfinished.isEmpty()) && eraseRest(tx, traces);
        });
    }

    /// A manifest that is being written when its row goes would stay in the bucket should its writer die.
    private boolean isUnderWay(Handle tx, Traces traces) {
        return !traces.unfinished(tx, 1).isEmpty() || traces.writesManifest(tx, clock.instant());
    }

    private void stop(Traces traces, int limit) {
        var organisation = traces.organisation();
        for (var session : indexed(organisation, tx -> traces.openSessions(tx, limit))) {
            db.tenantDo(organisation, tx -> sessions.endForErasure(tx, organisation, session));
        }
        for (var task : indexed(organisation, tx -> traces.unfinished(tx, limit))) {
            // A sign-out under way is what is wanted; it ends by itself.
            if (!task.type().equals(EndSession.TYPE)) {
                db.tenantDo(organisation, tx -> worker.cancel(tx, organisation, task.id()));
            }
        }
        worker.wake();
    }

    /// What there may be hundreds of thousands of, in small transactions.
    private void eraseMany(Traces traces) {
        var organisation = traces.organisation();
        indexed(organisation, traces::eraseLeftovers);
        while (true) {
            var some = indexed(organisation, tx -> traces.results(tx, ROWS_AT_ONCE));
            if (some.isEmpty()) {
                break;
            }
            cleaned.ifPresent(disk -> some.forEach(object -> delete(disk, object.url())));
            var ids = some.stream().map(Traces.Published::id).toList();
            indexed(organisation, tx -> traces.eraseResults(tx, ids));
        }
        while (true) {
            var some = indexed(organisation, tx -> traces.manifests(tx, ROWS_AT_ONCE));
            if (some.isEmpty()) {
                break;
            }
            cleaned.ifPresent(disk -> some.forEach(manifest -> manifest.urls().forEach(url -> delete(disk, url))));
            var polls = some.stream().map(Traces.Manifest::poll).toList();
            indexed(organisation, tx -> traces.eraseManifests(tx, polls));
        }
        while (indexed(organisation, tx -> traces.eraseErrors(tx, ROWS_AT_ONCE)) > 0) {
            // until none is left
        }
    }

    /// A user may have a hundred thousand tasks, and a connection a plan from before anybody had any.
    private <T> T indexed(OrgId organisation, Work<T> work) {
        return db.tenant(organisation, tx -> {
            Plans.byIndex(tx);
            return work.in(tx);
        });
    }

    private static boolean eraseRest(Handle tx, Traces traces) {
        if (!traces.results(tx, 1).isEmpty()) {
            return false;
        }
        traces.erase(tx);
        return true;
    }

    private static void delete(DiskObjects disk, URI url) {
        try {
            disk.delete(url);
        } catch (IOException e) {
            throw new UncheckedIOException("an object that a user left could not be deleted", e);
        }
    }

    private static List<Marked> marked(Handle tx, List<Long> waiting) {
        return tx.createQuery("""
                        select organisation, id, date_deleted from end_user
                         where state = 'deleted' and id <> all(:waiting) order by date_deleted, id limit :limit
                        """)
                .bindArray("waiting", Long.class, waiting)
                .bind("limit", USERS_AT_ONCE)
                .map((row, _) -> new Marked(
                        new OrgId(row.getLong("organisation")),
                        row.getLong("id"),
                        row.getTimestamp("date_deleted").toInstant()))
                .list();
    }
}
