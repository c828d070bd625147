package ferry.poll;

import ferry.access.Caller;
import ferry.access.Family;
import ferry.access.OrgId;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.error.ErrorCode;
import ferry.event.Events;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Await;
import ferry.http.Endpoints;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Resends;
import ferry.http.Routes;
import ferry.http.SharedReads;
import ferry.permission.ScopeLimits;
import ferry.result.ResultPages;
import ferry.result.Results;
import ferry.session.Session;
import ferry.session.SessionState;
import ferry.session.Sessions;
import ferry.source.Connectors;
import ferry.source.FileIds;
import ferry.source.Source;
import ferry.source.Sources;
import ferry.storage.StorageConfig;
import ferry.storage.StorageConfigs;
import ferry.task.NewTask;
import ferry.task.TaskPages;
import ferry.task.Tasks;
import ferry.task.Worker;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.node.JsonNodeFactory;

/// `/polls`.
public final class PollEndpoints implements Endpoints {
    private static final List<String> REQUESTORS = List.of("key", "subscription");
    private static final List<String> STATES = List.of("pending", "processing", "completed");

    private final Database db;
    private final Resends resends;
    private final Polls polls;
    private final PollErrors errors;
    private final PollPages pages;
    private final ResultPages resultPages;
    private final TaskPages taskPages;
    private final Sessions sessions;
    private final Sources sources;
    private final Connectors connectors;
    private final FileIds fileIds;
    private final StorageConfigs configs;
    private final Tasks tasks;
    private final ScopeLimits limits;
    private final Worker worker;
    private final Events events;
    private final Audit audit;
    private final InstantSource clock;
    private final SharedReads<OrgId, UUID, PollJson> reads;

    /// @param worker is woken after commit, and cancels
    public PollEndpoints(
            Database db,
            Resends resends,
            Polls polls,
            PollErrors errors,
            PollPages pages,
            ResultPages resultPages,
            TaskPages taskPages,
            Sessions sessions,
            Sources sources,
            Connectors connectors,
            FileIds fileIds,
            StorageConfigs configs,
            Tasks tasks,
            ScopeLimits limits,
            Worker worker,
            Events events,
            Audit audit,
            InstantSource clock) {
        this.db = db;
        this.resends = resends;
        this.polls = polls;
        this.errors = errors;
        this.pages = pages;
        this.resultPages = resultPages;
        this.taskPages = taskPages;
        this.sessions = sessions;
        this.sources = sources;
        this.connectors = connectors;
        this.fileIds = fileIds;
        this.configs = configs;
        this.tasks = tasks;
        this.limits = limits;
        this.worker = worker;
        this.events = events;
        this.audit = audit;
        this.clock = clock;
        this.reads = new SharedReads<>((organisation, ids) -> db.tenant(
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
        var sessionId = fields.text("session");
        var sourceId = fields.optionalNumber("source");
        if (!fields.has("payload")) {
            fields.problem("payload", "is required");
        }
        var payload = fields.object("payload");
        fields.check();
        var poll = resends.once(request, UUID.class, tx -> {
            var session = session(tx, organisation, sessionId);
            sourceId.filter(id -> id != session.source()).ifPresent(_ -> {
                throw ApiException.parameter("source", "is not the session's source or a child of it");
            });
            var source = sources.find(tx, organisation, session.source()).orElseThrow();
            checkActive(session);
            checkScopes(caller, source);
            var asked = new PollRequest(caller, source, connectors, fileIds);
            var wanted = asked.read(payload);
            var made = make(tx, request, session, source, wanted);
            limits.use(tx, caller, session.user(), asked.uses(wanted));
            return made;
        });
        worker.wake();
        var shown = Await.until(
                request.await(), () -> find(organisation, poll).filter(found -> found.state() == PollState.COMPLETED));
        return Answer.created(page(organisation, shown.map(Poll::id).orElse(poll)));
    }

    private static Session checked(Optional<Session> session) {
        return session.orElseThrow(() -> ApiException.parameter("session", "is not a session of this organisation"));
    }

    private Session session(Handle tx, OrgId organisation, String id) {
        try {
            return checked(sessions.hold(tx, organisation, UUID.fromString(id)));
        } catch (IllegalArgumentException _) {
            return checked(Optional.empty());
        }
    }

    private static void checkActive(Session session) {
        switch (session.state()) {
            case SessionState.Active _ -> {}
            case SessionState.Expired _ ->
                throw new ApiException(ErrorCode.SESSION_EXPIRED, ErrorCode.SESSION_EXPIRED.sentence());
            case SessionState.Pending _ ->
                throw new ApiException(ErrorCode.CONFLICT, "The session is still pending; wait until it is active.");
            case SessionState.Failed _ ->
                throw new ApiException(ErrorCode.CONFLICT, "The session has failed; create a new one.");
        }
    }

    private static void checkScopes(Caller caller, Source source) {
        if (!caller.permissions().allow(Family.SOURCE_TYPE, source.type())) {
            throw new ApiException(ErrorCode.MISSING_SCOPE, "The scope source_type:" + source.type() + " is missing.");
        }
    }

    private UUID make(Handle tx, Request request, Session session, Source source, PollRequest.Wanted wanted) {
        var caller = request.caller();
        var organisation = caller.organisation();
        var payload = wanted.payload();
        var config = configs.effective(tx, organisation, caller.key());
        var newTasks = tasks(caller, session, source, wanted);
        if (config.isEmpty()) {
            throw new ApiException(
                    ErrorCode.UNCONFIGURED,
                    "The organisation has no valid storage config; create one with POST /configs/storage.");
        }
        var id = Ids.next(clock);
        polls.create(tx, id, caller.key(), session, config.map(StorageConfig::id), payload);
        emit(tx, organisation, id, "created");
        for (var task : newTasks) {
            var made = tasks.enqueue(tx, task.poll(id));
            events.emit(
                    tx,
                    organisation,
                    caller.key(),
                    "task",
                    "created",
                    made.id().toString(),
                    taskPages.shown(tx, organisation, made));
        }
        missing(tx, organisation, id, payload);
        sessions.used(tx, organisation, session.id());
        audit.note(
                tx,
                caller,
                "poll.create",
                "poll/" + id,
                Map.of(
                        "user", session.user(),
                        "session", session.id(),
                        "info_types", payload.infoTypes(),
                        "data_types", payload.dataTypes(),
                        "file_types", payload.fileTypes(),
                        "files", payload.files()),
                request.id());
        if (newTasks.isEmpty() && polls.completeIfDone(tx, organisation, id)) {
            emit(tx, organisation, id, "completed");
        }
        return id;
    }

    /// One task per info type, one per data type, one for all files (design 4).
    private List<NewTask> tasks(Caller caller, Session session, Source source, PollRequest.Wanted wanted) {
        var all = new ArrayList<NewTask>();
        wanted.payload()
                .infoTypes()
                .forEach(type ->
                        all.add(task(caller, session, source, Fetch.INFO).target(type)));
        wanted.payload()
                .dataTypes()
                .forEach(type ->
                        all.add(task(caller, session, source, Fetch.DATA).target(type)));
        if (!wanted.files().isEmpty()) {
            var args = JsonNodeFactory.instance.objectNode();
            wanted.files().forEach(args.putArray("files")::add);
            all.add(task(caller, session, source, Fetch.FILES).args(args));
        }
        return all;
    }

    private NewTask task(Caller caller, Session session, Source source, String type) {
        var scope = source.type() + "." + type;
        if (!caller.permissions().allow(Family.TASK_TYPE, scope)) {
            throw new ApiException(ErrorCode.MISSING_SCOPE, "The scope task_type:" + scope + " is missing.");
        }
        return NewTask.bulk(Ids.next(clock), caller.organisation(), caller.key(), type)
                .source(source.id(), source.type(), source.user())
                .session(session.id());
    }

    /// Known types that this source lacks: an error of the poll, which completes all the same.
    private void missing(Handle tx, OrgId organisation, UUID poll, Payload payload) {
        var problems = payload.missing().stream()
                .map(type -> new PollErrors.Problem(
                        ErrorCode.NOT_AVAILABLE, "This source does not offer " + type + ".", Optional.of(type)))
                .toList();
        errors.add(tx, organisation, poll, null, problems);
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
        return db.tenant(organisation, tx -> {
            var slice = polls.list(tx, organisation, filter, request.page());
            return Answer.ok(ListJson.of(slice, "/polls", pages.shown(tx, organisation, slice.items())));
        });
    }

    private Answer results(Request request) {
        var organisation = request.caller().organisation();
        return db.tenant(organisation, tx -> {
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
        return db.tenant(organisation, tx -> {
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

    private void emit(Handle tx, OrgId organisation, UUID id, String action) {
        var poll = polls.find(tx, organisation, id).orElseThrow();
        events.emit(tx, organisation, poll.key(), "poll", action, id.toString(), pages.shown(tx, organisation, poll));
    }

    private PollJson page(OrgId organisation, UUID id) {
        return reads.find(organisation, id).orElseThrow(() -> ApiException.notFound("poll"));
    }

    private Poll found(Handle tx, OrgId organisation, UUID id) {
        return polls.find(tx, organisation, id).orElseThrow(() -> ApiException.notFound("poll"));
    }

    private Optional<Poll> find(OrgId organisation, UUID id) {
        return db.tenant(organisation, tx -> polls.find(tx, organisation, id));
    }
}
