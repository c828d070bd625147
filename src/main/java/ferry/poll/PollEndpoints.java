package ferry.poll;

import ferry.access.OrgId;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Await;
import ferry.http.Endpoints;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Resends;
import ferry.http.Routes;
import ferry.http.SharedReads;
import ferry.result.ResultPages;
import ferry.result.Results;
import ferry.task.Tasks;
import ferry.task.Worker;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/// `/polls`.
public final class PollEndpoints implements Endpoints {
    private static final List<String> REQUESTORS = List.of("api", "subscription");
    private static final List<String> STATES = List.of("pending", "processing", "completed");

    private final Database db;
    private final Resends resends;
    private final Polls polls;
    private final NewPolls newPolls;
    private final SessionOf subscriptions;
    private final PollErrors errors;
    private final PollPages pages;
    private final ResultPages resultPages;
    private final Tasks tasks;
    private final Worker worker;
    private final Audit audit;
    private final SharedReads<OrgId, UUID, PollJson> reads;

    /// @param worker is woken after commit, and cancels
    public PollEndpoints(
            Database db,
            Resends resends,
            Polls polls,
            NewPolls newPolls,
            SessionOf subscriptions,
            PollErrors errors,
            PollPages pages,
            ResultPages resultPages,
            Tasks tasks,
            Worker worker,
            Audit audit) {
        this.db = db;
        this.resends = resends;
        this.polls = polls;
        this.newPolls = newPolls;
        this.subscriptions = subscriptions;
        this.errors = errors;
        this.pages = pages;
        this.resultPages = resultPages;
        this.tasks = tasks;
        this.worker = worker;
        this.audit = audit;
        this.reads = new SharedReads<>((organisation, ids) -> db.read(
                organisation,
                tx -> pages.shown(tx, organisation, polls.find(tx, organisation, ids)).stream()
                        .collect(Collectors.toMap(PollJson::id, poll -> poll))));
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/polls", this::list);
        routes.post("/polls", this::create);
        routes.get("/polls/{id}", this::retrieve);
        routes.get("/polls/{id}/results", this::results);
        routes.get("/polls/{id}/errors", this::errors);
        routes.post("/polls/{id}/cancel", this::cancel);
    }

    private Answer create(Request request) throws InterruptedException {
        var caller = request.caller();
        var organisation = caller.organisation();
        var fields = request.fields();
        var subscription = fields.optionalText("subscription");
        var sessionId = subscription.isPresent() ? fields.optionalText("session") : Optional.of(fields.text("session"));
        var sourceId = fields.optionalNumber("source");
        if (!fields.has("payload")) {
            fields.problem("payload", "is required");
        }
        var payload = fields.object("payload");
        fields.check();
        var poll = resends.once(request, UUID.class, tx -> {
            var origin = subscription
                    .<Origin>map(id -> new Origin.Manual(subscription(id)))
                    .orElse(new Origin.Client());
            var session = newPolls.session(tx, organisation, readWith(tx, organisation, origin, sessionId));
            NewPolls.requireSource(session, sourceId);
            return newPolls.make(tx, caller, session, payload, origin, Optional.of(request.id()));
        });
        worker.wake();
        var shown = Await.until(
                request.await(), () -> find(organisation, poll).filter(found -> found.state() == PollState.COMPLETED));
        return Answer.created(page(organisation, shown.map(Poll::id).orElse(poll)));
    }

    /// The session to read with: the one that was named, or the subscription's; where both are given, they are the
    /// same.
    private String readWith(Handle tx, OrgId organisation, Origin origin, Optional<String> named) {
        var own = origin.ofSubscription()
                .map(id -> subscriptions.session(tx, organisation, id).orElseThrow(PollEndpoints::noSubscription))
                .map(UUID::toString);
        if (own.isPresent() && named.isPresent() && !own.equals(named)) {
            throw ApiException.parameter("session", "is not the subscription's");
        }
        return own.or(() -> named).orElseThrow();
    }

    private static UUID subscription(String id) {
        try {
            return UUID.fromString(id);
        } catch (IllegalArgumentException _) {
            throw noSubscription();
        }
    }

    private static ApiException noSubscription() {
        return ApiException.parameter("subscription", "is not a subscription of this organisation");
    }

    private Answer retrieve(Request request) {
        return Answer.ok(page(request.caller().organisation(), request.uuid("poll")));
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var filter = new Polls.Filter(
                request.numberFilter("user"),
                request.numberFilter("source"),
                request.uuidFilter("session"),
                request.uuidFilter("subscription"),
                request.wordFilter("requestor", REQUESTORS),
                request.wordFilter("state", STATES));
        return db.read(organisation, tx -> {
            var slice = polls.list(tx, organisation, filter, request.page());
            return Answer.ok(ListJson.of(slice, "/polls", pages.shown(tx, organisation, slice.items())));
        });
    }

    private Answer results(Request request) {
        var organisation = request.caller().organisation();
        return db.read(organisation, tx -> {
            var poll = found(tx, organisation, request.uuid("poll"));
            return Answer.ok(resultPages.list(
                    tx,
                    organisation,
                    Results.Filter.ofPoll(poll.id()),
                    request.page(),
                    "/polls/" + poll.id() + "/results"));
        });
    }

    private Answer errors(Request request) {
        var organisation = request.caller().organisation();
        return db.read(organisation, tx -> {
            var poll = found(tx, organisation, request.uuid("poll"));
            return Answer.ok(errors.list(tx, organisation, poll.id(), request.page()));
        });
    }

    /// Cancels every task of the poll that has not ended; it completes when they have stopped. May be called
    /// again.
    ///
    /// Each in a transaction of its own: one that held the poll's row for its first task while it waited for
    /// the second would be waited for by whoever settles that one.
    private Answer cancel(Request request) {
        var organisation = request.caller().organisation();
        var id = request.uuid("poll");
        var all = db.tenant(organisation, tx -> {
            var poll = found(tx, organisation, id);
            audit.note(tx, request.caller(), "poll.cancel", "poll/" + id, Map.of("user", poll.user()), request.id());
            return tasks.ofPoll(tx, organisation, id);
        });
        for (var task : all) {
            db.tenant(organisation, tx -> worker.cancel(tx, organisation, task.id()));
        }
        return Answer.ok(page(organisation, id));
    }

    private PollJson page(OrgId organisation, UUID id) {
        return reads.find(organisation, id).orElseThrow(() -> ApiException.notFound("poll"));
    }

    private Poll found(Handle tx, OrgId organisation, UUID id) {
        return polls.find(tx, organisation, id).orElseThrow(() -> ApiException.notFound("poll"));
    }

    private Optional<Poll> find(OrgId organisation, UUID id) {
        return db.read(organisation, tx -> polls.find(tx, organisation, id));
    }
}
