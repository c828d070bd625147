package ferry.subscription;

import ferry.access.OrgId;
import ferry.error.ErrorCode;
import ferry.event.Events;
import ferry.poll.SessionOf;
import ferry.session.Session;
import ferry.session.SessionState;
import ferry.session.SessionWatch;
import ferry.session.Sessions;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// What subscriptions and their sessions are to each other: a session that is used does not end for being idle; one
/// that ends stops its subscriptions; the next one of the same source, whoever opens it, lets them go on.
public final class SubscriptionSessions implements SessionWatch, SessionOf {
    private final Subscriptions subscriptions;
    private final Sessions sessions;
    private final Events events;
    private final SubscriptionSettings settings;

    /// @param settings when to warn
    public SubscriptionSessions(
            Subscriptions subscriptions, Sessions sessions, Events events, SubscriptionSettings settings) {
        this.subscriptions = subscriptions;
        this.sessions = sessions;
        this.events = events;
        this.settings = settings;
    }

    @Override
    public Optional<UUID> session(Handle tx, OrgId organisation, UUID subscription) {
        return subscriptions
                .find(tx, organisation, subscription)
                .filter(found -> found.state() != SubscriptionState.DELETED)
                .map(Subscription::session);
    }

    @Override
    public void expired(Handle tx, Session session) {
        for (var subscription : subscriptions.ofSession(tx, session.organisation(), session.id())) {
            stop(tx, subscription, why(session));
        }
    }

    @Override
    public void opened(Handle tx, Session session) {
        var waiting = subscriptions.waitingFor(tx, session.organisation(), session.user(), session.source());
        for (var subscription : waiting) {
            subscriptions.restarted(tx, session.organisation(), subscription.id(), session.id());
            warnInTime(tx, session, subscription.id());
            if (subscription.state() == SubscriptionState.ACTIVE) {
                emit(tx, subscription, "restarted");
            }
        }
        if (!waiting.isEmpty()) {
            keep(tx, session.organisation(), session.id());
        }
    }

    /// Stops a subscription whose session is over.
    void stop(Handle tx, Subscription subscription, ErrorCode why) {
        if (subscription.stopped()) {
            return;
        }
        subscriptions.stopped(tx, subscription.organisation(), subscription.id(), why);
        if (subscription.state() == SubscriptionState.ACTIVE) {
            emit(tx, subscription, "stopped");
        }
    }

    /// Who ended it.
    static ErrorCode why(Session session) {
        return session.state() instanceof SessionState.Expired over ? over.error() : ErrorCode.SESSION_EXPIRED;
    }

    /// Whether the session is needed is read anew, under its lock: two subscriptions may change at once.
    void keep(Handle tx, OrgId organisation, UUID session) {
        sessions.lock(tx, organisation, session);
        sessions.subscribed(tx, organisation, session, subscriptions.areActiveOn(tx, organisation, session));
    }

    /// Sets when to warn that the session will lapse; never, where its source has not said when it does.
    void warnInTime(Handle tx, Session session, UUID subscription) {
        var lapse = sessions.expected(tx, session.organisation(), session.id())
                .map(named -> earlier(named, session.dateCreated().plus(settings.lifetime())));
        subscriptions.warnAt(
                tx, session.organisation(), subscription, lapse.map(date -> date.minus(settings.warning())));
    }

    /// Reports what has become of a subscription, as it is now.
    void emit(Handle tx, Subscription subscription, String action) {
        var now = subscriptions
                .find(tx, subscription.organisation(), subscription.id())
                .orElseThrow();
        events.emit(
                tx,
                now.organisation(),
                now.key(),
                "subscription",
                action,
                now.id().toString(),
                SubscriptionJson.of(now));
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
