package ferry.subscription;

import ferry.access.OrgId;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.error.ErrorCode;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Fields;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Resends;
import ferry.http.Routes;
import ferry.poll.Deliveries;
import ferry.poll.NewPolls;
import ferry.session.Session;
import ferry.session.Sessions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.node.ObjectNode;

/// `/subscriptions` (ricloud-api 14).
public final class SubscriptionEndpoints implements Endpoints {
    private static final List<String> STATES = List.of("pending", "active", "paused", "deleted");
    /// What a payload may hold; the rest is not kept.
    private static final List<String> PAYLOAD =
            List.of("info_types", "data_types", "files", "file_types", "since", "until", "filters");

    private static final List<String> FILTERS = List.of("since", "until");

    private final Database db;
    private final Resends resends;
    private final Subscriptions subscriptions;
    private final SubscriptionSessions watch;
    private final Sessions sessions;
    private final NewPolls newPolls;
    private final Deliveries deliveries;
    private final Audit audit;
    private final SubscriptionSettings settings;
    private final InstantSource clock;

    /// @param deliveries forgotten with their subscription
    public SubscriptionEndpoints(
            Database db,
            Resends resends,
            Subscriptions subscriptions,
            SubscriptionSessions watch,
            Sessions sessions,
            NewPolls newPolls,
            Deliveries deliveries,
            Audit audit,
            SubscriptionSettings settings,
            InstantSource clock) {
        this.db = db;
        this.resends = resends;
        this.subscriptions = subscriptions;
        this.watch = watch;
        this.sessions = sessions;
        this.newPolls = newPolls;
        this.deliveries = deliveries;
        this.audit = audit;
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/subscriptions", this::list);
        routes.post("/subscriptions", this::create);
        routes.get("/subscriptions/{id}", this::retrieve);
        routes.post("/subscriptions/{id}", this::update);
        routes.delete("/subscriptions/{id}", this::delete);
        routes.post("/subscriptions/{id}/pause", this::pause);
        routes.post("/subscriptions/{id}/resume", this::resume);
    }

    private Answer create(Request request) throws InterruptedException {
        var caller = request.caller();
        var fields = request.fields();
        var sessionId = fields.text("session");
        var source = fields.optionalNumber("source");
        if (!fields.has("poll_payload")) {
            fields.problem("poll_payload", "is required");
        }
        var payload = fields.object("poll_payload");
        var wish = new Subscriptions.Wish(
                kept(payload),
                interval(fields).orElse(SubscriptionSettings.INTERVAL),
                fields.optionalInstant("date_start"),
                fields.optionalInstant("date_end"));
        check(fields, wish);
        var made = resends.once(request, UUID.class, tx -> {
            var named = newPolls.session(tx, caller.organisation(), sessionId);
            NewPolls.requireSource(named, source);
            sessions.lock(tx, caller.organisation(), named.id());
            var session = sessions.find(tx, caller.organisation(), named.id()).orElseThrow();
            NewPolls.requireActive(session);
            newPolls.check(tx, caller, session, payload);
            return make(tx, request, session, wish).id();
        });
        return Answer.created(
                SubscriptionJson.of(db.read(caller.organisation(), tx -> found(tx, caller.organisation(), made))));
    }

    private Subscription make(Handle tx, Request request, Session session, Subscriptions.Wish wish) {
        var caller = request.caller();
        var id = Ids.next(clock);
        var schedule = Schedule.of(id, clock.instant(), wish.interval(), wish.start(), wish.end(), Optional.empty());
        var made = subscriptions.create(tx, id, caller, session, wish, schedule);
        watch.warnInTime(tx, session, id);
        watch.keep(tx, caller.organisation(), session.id());
        watch.emit(tx, made, "created");
        note(tx, request, "subscription.create", made);
        return made;
    }

    private Answer retrieve(Request request) {
        var organisation = request.caller().organisation();
        var id = request.uuid("subscription");
        return Answer.ok(SubscriptionJson.of(db.read(organisation, tx -> found(tx, organisation, id))));
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var filter = new Subscriptions.Filter(
                request.numberFilter("source"),
                request.uuidFilter("session"),
                request.numberFilter("user"),
                request.wordFilter("state", STATES));
        return db.read(organisation, tx -> {
            var slice = subscriptions.list(tx, organisation, filter, request.page());
            return Answer.ok(ListJson.of(slice, "/subscriptions", SubscriptionJson::of));
        });
    }

    /// What the body names is changed; `null` takes a date away.
    private Answer update(Request request) {
        var fields = request.fields();
        var payload =
                fields.has("poll_payload") ? Optional.of(fields.object("poll_payload")) : Optional.<Fields>empty();
        var interval = interval(fields);
        var start = fields.optionalInstant("date_start");
        var end = fields.optionalInstant("date_end");
        fields.check();
        return changed(request, "subscription.update", (tx, held) -> {
            if (held.state() == SubscriptionState.DELETED) {
                throw new ApiException(ErrorCode.CONFLICT, "The subscription is deleted; create a new one.");
            }
            var wish = new Subscriptions.Wish(
                    payload.map(SubscriptionEndpoints::kept).orElse(held.payload()),
                    interval.orElse(held.interval()),
                    fields.node().has("date_start") ? start : held.start(),
                    fields.node().has("date_end") ? end : held.end());
            check(fields, wish);
            payload.ifPresent(asked -> newPolls.check(tx, request.caller(), session(tx, held), asked));
            subscriptions.change(tx, held.organisation(), held.id(), wish, schedule(held, wish));
            watch.emit(tx, held, "updated");
        });
    }

    /// Another payload alone moves nothing.
    private Schedule schedule(Subscription held, Subscriptions.Wish wish) {
        if (wish.interval().equals(held.interval())
                && wish.start().equals(held.start())
                && wish.end().equals(held.end())) {
            return new Schedule(held.slotsFrom(), held.nextDue());
        }
        return Schedule.of(held.id(), clock.instant(), wish.interval(), wish.start(), wish.end(), held.lastPoll());
    }

    /// May be called again. A poll that is under way ends as it would have.
    private Answer pause(Request request) {
        return changed(request, "subscription.pause", (tx, held) -> {
            switch (held.state()) {
                case ACTIVE -> move(tx, held, SubscriptionState.PAUSED, "paused");
                case PAUSED -> {}
                case PENDING, DELETED -> throw conflict(held);
            }
        });
    }

    /// May be called again. A turn that came meanwhile is made up for at once, several as one.
    private Answer resume(Request request) {
        return changed(request, "subscription.resume", (tx, held) -> {
            switch (held.state()) {
                case PAUSED -> move(tx, held, SubscriptionState.ACTIVE, "resumed");
                case ACTIVE -> {}
                case PENDING, DELETED -> throw conflict(held);
            }
        });
    }

    /// For good; may be called again. A poll that is under way ends as it would have.
    private Answer delete(Request request) {
        return changed(request, "subscription.delete", (tx, held) -> {
            if (held.state() != SubscriptionState.DELETED) {
                deliveries.forget(tx, held.organisation(), held.id());
                move(tx, held, SubscriptionState.DELETED, "deleted");
            }
        });
    }

    private void move(Handle tx, Subscription held, SubscriptionState state, String action) {
        subscriptions.state(tx, held.organisation(), held.id(), state);
        watch.emit(tx, held, action);
    }

    private static ApiException conflict(Subscription held) {
        return new ApiException(
                ErrorCode.CONFLICT, "The subscription is " + held.state().slug() + ".");
    }

    /// Changes one under its lock, and that of its session, which is taken first.
    private Answer changed(Request request, String act, BiConsumer<Handle, Subscription> change) {
        var organisation = request.caller().organisation();
        var id = request.uuid("subscription");
        var changed = db.tenant(organisation, tx -> {
            sessions.lock(tx, organisation, found(tx, organisation, id).session());
            var held =
                    subscriptions.lock(tx, organisation, id).orElseThrow(() -> ApiException.notFound("subscription"));
            change.accept(tx, held);
            watch.keep(tx, organisation, held.session());
            note(tx, request, act, held);
            return found(tx, organisation, id);
        });
        return Answer.ok(SubscriptionJson.of(changed));
    }

    private Session session(Handle tx, Subscription subscription) {
        return sessions.find(tx, subscription.organisation(), subscription.session())
                .orElseThrow();
    }

    private void note(Handle tx, Request request, String act, Subscription subscription) {
        audit.note(
                tx,
                request.caller(),
                act,
                "subscription/" + subscription.id(),
                Map.of(
                        "session", subscription.session(),
                        "source", subscription.source(),
                        "user", subscription.user()),
                request.id());
    }

    private Optional<Duration> interval(Fields fields) {
        return fields.optionalSeconds("interval").map(seconds -> {
            if (seconds < settings.shortest().toSeconds()) {
                fields.problem("interval", "is less than " + settings.shortest().toSeconds() + " seconds");
            } else if (seconds > SubscriptionSettings.LONGEST.toSeconds()) {
                fields.problem("interval", "is more than " + SubscriptionSettings.LONGEST.toSeconds() + " seconds");
            }
            return Duration.ofSeconds(Math.clamp(Math.round(seconds), 1, SubscriptionSettings.LONGEST.toSeconds()));
        });
    }

    private static void check(Fields fields, Subscriptions.Wish wish) {
        if (wish.start().filter(start -> !start.isBefore(Schedule.LATEST_START)).isPresent()) {
            fields.problem("date_start", "is not before the year 9999");
        }
        if (wish.start().isPresent()
                && wish.end().isPresent()
                && !wish.start().get().isBefore(wish.end().get())) {
            fields.problem("date_end", "is not after date_start");
        }
        fields.check();
    }

    /// The payload as it came, without what no poll knows: among it may be a `resource`, which ricloud-py would look up
    /// (ricloud-api 20).
    private static ObjectNode kept(Fields payload) {
        var kept = payload.node().deepCopy().retain(PAYLOAD);
        if (kept.get("filters") instanceof ObjectNode filters) {
            filters.retain(FILTERS);
        }
        return kept;
    }

    private Subscription found(Handle tx, OrgId organisation, UUID id) {
        return subscriptions.find(tx, organisation, id).orElseThrow(() -> ApiException.notFound("subscription"));
    }
}
