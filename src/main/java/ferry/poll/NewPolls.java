package ferry.poll;

import ferry.access.Caller;
import ferry.access.Family;
import ferry.access.OrgId;
import ferry.audit.Audit;
import ferry.db.Ids;
import ferry.error.ErrorCode;
import ferry.event.Events;
import ferry.http.ApiException;
import ferry.http.Fields;
import ferry.key.Keys;
import ferry.permission.ScopeLimits;
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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.node.JsonNodeFactory;

/// Makes polls, whoever asks for them: a client or a subscription that is due. Whoever makes one wakes the workers once
/// that has committed.
public final class NewPolls {
    private final Polls polls;
    private final PollErrors errors;
    private final Cursors cursors;
    private final PollPages pages;
    private final TaskPages taskPages;
    private final Sessions sessions;
    private final Sources sources;
    private final Connectors connectors;
    private final FileIds fileIds;
    private final StorageConfigs configs;
    private final Keys keys;
    private final Tasks tasks;
    private final ScopeLimits limits;
    private final Events events;
    private final Audit audit;
    private final InstantSource clock;

    /// @param clock gives the ids their time
    public NewPolls(
            Polls polls,
            PollErrors errors,
            Cursors cursors,
            PollPages pages,
            TaskPages taskPages,
            Sessions sessions,
            Sources sources,
            Connectors connectors,
            FileIds fileIds,
            StorageConfigs configs,
            Keys keys,
            Tasks tasks,
            ScopeLimits limits,
            Events events,
            Audit audit,
            InstantSource clock) {
        this.polls = polls;
        this.errors = errors;
        this.cursors = cursors;
        this.pages = pages;
        this.taskPages = taskPages;
        this.sessions = sessions;
        this.sources = sources;
        this.connectors = connectors;
        this.fileIds = fileIds;
        this.configs = configs;
        this.keys = keys;
        this.tasks = tasks;
        this.limits = limits;
        this.events = events;
        this.audit = audit;
        this.clock = clock;
    }

    /// A session that a body names.
    ///
    /// @throws ApiException `invalid-parameter` where the organisation has no such session
    public Session session(Handle tx, OrgId organisation, String id) {
        try {
            return checked(sessions.hold(tx, organisation, UUID.fromString(id)));
        } catch (IllegalArgumentException _) {
            return checked(Optional.empty());
        }
    }

    /// Only an active session can be read with.
    ///
    /// @throws ApiException `session-expired`, or `conflict` where it never was active
    public static void requireActive(Session session) {
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

    /// A session reads its own source.
    ///
    /// @throws ApiException `invalid-parameter`
    public static void requireSource(Session session, Optional<Long> source) {
        source.filter(id -> id != session.source()).ifPresent(_ -> {
            throw ApiException.parameter("source", "is not the session's source or a child of it");
        });
    }

    /// Checks the payload of a subscription as [#make] does that of each of its polls, and makes nothing. A
    /// subscription goes on by itself.
    ///
    /// @throws ApiException `invalid-parameter` or `missing-scope`
    public void check(Handle tx, Caller caller, Session session, Fields payload) {
        var source = sources.find(tx, caller.organisation(), session.source()).orElseThrow();
        if (payload.has("cursors")) {
            payload.problem("cursors", "is for single polls; a subscription goes on by itself");
        }
        tasks(caller, session, source, request(caller, source).read(payload));
    }

    /// Makes a poll and its tasks.
    ///
    /// @param request the id of the client's request; empty where nobody has asked
    /// @throws ApiException also after a part of it was written: the transaction is then of no use
    public UUID make(
            Handle tx, Caller caller, Session session, Fields payload, Origin origin, Optional<String> request) {
        requireActive(session);
        var source = sources.find(tx, caller.organisation(), session.source()).orElseThrow();
        var asked = request(caller, source);
        var wanted = asked.read(payload);
        requireCursors(tx, caller.organisation(), source, wanted.payload());
        var made = make(tx, caller, session, source, wanted, origin, request);
        limits.use(tx, caller, session.user(), asked.uses(wanted));
        return made;
    }

    private void requireCursors(Handle tx, OrgId organisation, Source source, Payload payload) {
        for (var type : payload.dataTypes()) {
            if (payload.cursor(type)
                    .filter(id -> !cursors.isKnown(tx, organisation, source.id(), type, id))
                    .isPresent()) {
                throw ApiException.parameter("payload.cursors." + type, PollRequest.NO_CURSOR);
            }
        }
    }

    private PollRequest request(Caller caller, Source source) {
        if (!caller.permissions().allow(Family.SOURCE_TYPE, source.type())) {
            throw new ApiException(ErrorCode.MISSING_SCOPE, "The scope source_type:" + source.type() + " is missing.");
        }
        return new PollRequest(caller, source, connectors, fileIds);
    }

    private static Session checked(Optional<Session> session) {
        return session.orElseThrow(() -> ApiException.parameter("session", "is not a session of this organisation"));
    }

    private UUID make(
            Handle tx,
            Caller caller,
            Session session,
            Source source,
            PollRequest.Wanted wanted,
            Origin origin,
            Optional<String> request) {
        var organisation = caller.organisation();
        boolean withSource = keys.publishesSourceFiles(tx, organisation, caller.key());
        var payload = withSource ? wanted.payload().withSource(true) : wanted.payload();
        var config = configs.effective(tx, organisation, caller.key());
        var newTasks = tasks(caller, session, source, wanted);
        if (config.isEmpty()) {
            throw new ApiException(
                    ErrorCode.UNCONFIGURED,
                    "The organisation has no valid storage config; create one with POST /configs/storage.");
        }
        var id = Ids.next(clock);
        polls.create(tx, id, caller.key(), session, origin, config.map(StorageConfig::id), payload);
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
        note(tx, caller, session, origin, id, payload, request);
        if (newTasks.isEmpty() && polls.completeIfDone(tx, organisation, id)) {
            emit(tx, organisation, id, "completed");
        }
        return id;
    }

    private void note(
            Handle tx,
            Caller caller,
            Session session,
            Origin origin,
            UUID poll,
            Payload payload,
            Optional<String> request) {
        var subject = "poll/" + poll;
        var detail = Map.of(
                "user", session.user(),
                "session", session.id(),
                "requestor", origin.requestor(),
                "info_types", payload.infoTypes(),
                "data_types", payload.dataTypes(),
                "file_types", payload.fileTypes(),
                "files", payload.files());
        request.ifPresentOrElse(
                id -> audit.note(tx, caller, "poll.create", subject, detail, id),
                () -> audit.note(tx, caller.organisation(), "poll.create", subject, detail));
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

    private void emit(Handle tx, OrgId organisation, UUID id, String action) {
        var poll = polls.find(tx, organisation, id).orElseThrow();
        events.emit(tx, organisation, poll.key(), "poll", action, id.toString(), pages.shown(tx, organisation, poll));
    }
}
