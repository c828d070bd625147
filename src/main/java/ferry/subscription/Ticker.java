package ferry.subscription;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.http.ApiException;
import ferry.http.Fields;
import ferry.key.Keys;
import ferry.poll.NewPolls;
import ferry.poll.Origin;
import ferry.poll.Polls;
import ferry.session.Session;
import ferry.session.SessionState;
import ferry.session.Sessions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the polls that are due. Every node does, and may die at any point: the transaction that makes a poll is the
/// one that moves the subscription to its next slot, under its row lock.
public final class Ticker {
    private static final Logger log = LoggerFactory.getLogger(Ticker.class);
    private static final int AT_ONCE = 200;
    private static final Subscriptions.Due BEFORE_ALL =
            new Subscriptions.Due(new UUID(0, 0), new OrgId(0), Instant.EPOCH);

    private final Database db;
    private final Subscriptions subscriptions;
    private final SubscriptionSessions watch;
    private final Sessions sessions;
    private final Keys keys;
    private final Polls polls;
    private final NewPolls newPolls;
    private final InstantSource clock;
    private final Runnable wake;

    /// @param wake tells the workers, after commit, that there is something to do
    public Ticker(
            Database db,
            Subscriptions subscriptions,
            SubscriptionSessions watch,
            Sessions sessions,
            Keys keys,
            Polls polls,
            NewPolls newPolls,
            InstantSource clock,
            Runnable wake) {
        this.db = db;
        this.subscriptions = subscriptions;
        this.watch = watch;
        this.sessions = sessions;
        this.keys = keys;
        this.polls = polls;
        this.newPolls = newPolls;
        this.clock = clock;
        this.wake = wake;
    }

    /// Makes all that is due now, each in a transaction of its own. One that fails for a reason of ours is logged, and
    /// its turn comes again with the next call.
    ///
    /// One at a time, and all of it at one moment, so that what a moved clock brings comes in one order.
    public synchronized void runDue() {
        var now = clock.instant();
        warn(now);
        var last = BEFORE_ALL;
        while (true) {
            var from = last;
            var due = db.system(tx -> subscriptions.due(tx, now, from, AT_ONCE));
            for (var one : due) {
                turn(one.organisation(), one.id());
            }
            if (due.size() < AT_ONCE) {
                return;
            }
            last = due.getLast();
        }
    }

    private void warn(Instant now) {
        for (var one : db.system(tx -> subscriptions.toWarn(tx, now, AT_ONCE))) {
            db.tenantDo(one.organisation(), tx -> {
                if (subscriptions.warned(tx, one.organisation(), one.id())) {
                    var found =
                            subscriptions.find(tx, one.organisation(), one.id()).orElseThrow();
                    watch.emit(tx, found, "session_expiring");
                }
            });
        }
    }

    private void turn(OrgId organisation, UUID id) {
        try {
            take(organisation, id);
        } catch (RuntimeException e) {
            log.warn("the poll of subscription {} could not be made; it is tried again", id, e);
        }
    }

    private void take(OrgId organisation, UUID id) {
        try {
            db.tenantDo(organisation, tx -> claimed(tx, organisation, id).ifPresent(due -> poll(tx, due)));
            wake.run();
        } catch (ApiException e) {
            // Whatever it had written is gone with its transaction.
            db.tenantDo(organisation, tx -> claimed(tx, organisation, id).ifPresent(due -> refused(tx, due, e.code())));
        }
    }

    /// The session's row first, as everywhere. Where another transaction has either, the next tick sees what it did.
    private Optional<Subscription> claimed(Handle tx, OrgId organisation, UUID id) {
        return subscriptions
                .find(tx, organisation, id)
                .filter(known -> sessions.tryLock(tx, organisation, known.session()))
                .flatMap(known -> subscriptions
                        .claim(tx, organisation, id)
                        .filter(due -> due.session().equals(known.session())));
    }

    private void poll(Handle tx, Subscription due) {
        var organisation = due.organisation();
        if (isOver(due)) {
            turned(tx, due, false, due.error());
            return;
        }
        var session = sessions.find(tx, organisation, due.session()).orElseThrow();
        if (!(session.state() instanceof SessionState.Active)) {
            // Its source was switched off: the row of the session is still to follow.
            watch.stop(tx, due, SubscriptionSessions.why(session));
            watch.keep(tx, organisation, due.session());
            return;
        }
        if (polls.isUnderWay(tx, organisation, due.id())) {
            turned(tx, due, false, due.error());
            return;
        }
        make(tx, due, session, caller(tx, due));
        turned(tx, due, true, Optional.empty());
        if (due.error().isPresent()) {
            watch.emit(tx, due, "restarted");
        }
    }

    /// Its slot was before its end, and nobody could take it until now: it was paused, without a session, or no node
    /// ran.
    private boolean isOver(Subscription due) {
        var now = clock.instant();
        return due.end().filter(end -> !now.isBefore(end)).isPresent();
    }

    private void make(Handle tx, Subscription due, Session session, Caller caller) {
        var payload = Fields.kept("poll_payload", due.payload());
        newPolls.make(tx, caller, session, payload, new Origin.Due(due.id()), Optional.empty());
    }

    private Caller caller(Handle tx, Subscription due) {
        return keys.caller(tx, due.organisation(), due.key())
                .orElseThrow(
                        () -> new ApiException(ErrorCode.UNAUTHORIZED, "The subscription's key may no longer act."));
    }

    /// What a client would have been told, its subscription says; and it tries again at its next slot.
    private void refused(Handle tx, Subscription due, ErrorCode why) {
        turned(tx, due, false, Optional.of(why));
        if (!due.error().equals(Optional.of(why))) {
            watch.emit(tx, due, "stopped");
        }
    }

    private void turned(Handle tx, Subscription due, boolean made, Optional<ErrorCode> error) {
        var next = Schedule.after(clock.instant(), due.slotsFrom(), due.interval(), due.end());
        subscriptions.turned(tx, due.organisation(), due.id(), made, error, next);
        if (next.isEmpty()) {
            watch.keep(tx, due.organisation(), due.session());
        }
    }
}
