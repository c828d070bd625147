package ferry.session;

import ferry.access.Caller;
import ferry.access.Vault;
import ferry.audit.Audit;
import ferry.crypto.Secret;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.error.ErrorCode;
import ferry.event.Events;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Await;
import ferry.http.Endpoints;
import ferry.http.Fields;
import ferry.http.Json;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Resends;
import ferry.http.Routes;
import ferry.source.Connectors;
import ferry.source.SourceRequest;
import ferry.source.Sources;
import ferry.task.NewTask;
import ferry.task.Tasks;
import ferry.user.Users;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// `/sessions`.
public final class SessionEndpoints implements Endpoints {
    private static final List<String> STATES = List.of("pending", "active", "failed", "expired");
    private static final List<String> METHODS = List.of("device", "sms", "voice");
    private static final int LONGEST_SECRET = 1024;

    private final Database db;
    private final Resends resends;
    private final Sessions sessions;
    private final OpenSignIns openSignIns;
    private final Sources sources;
    private final Users users;
    private final Connectors connectors;
    private final Tasks tasks;
    private final Vault vault;
    private final Events events;
    private final Audit audit;
    private final InstantSource clock;
    private final Runnable wake;

    /// @param tasks where the sign-in goes
    /// @param wake tells the workers, after commit, that there is something to do
    public SessionEndpoints(
            Database db,
            Resends resends,
            Sessions sessions,
            OpenSignIns openSignIns,
            Sources sources,
            Users users,
            Connectors connectors,
            Tasks tasks,
            Vault vault,
            Events events,
            Audit audit,
            InstantSource clock,
            Runnable wake) {
        this.db = db;
        this.resends = resends;
        this.sessions = sessions;
        this.openSignIns = openSignIns;
        this.sources = sources;
        this.users = users;
        this.connectors = connectors;
        this.tasks = tasks;
        this.vault = vault;
        this.events = events;
        this.audit = audit;
        this.clock = clock;
        this.wake = wake;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/sessions", this::list);
        routes.postConfidential("/sessions", this::create);
        routes.get("/sessions/{id}", this::retrieve);
        routes.delete("/sessions/{id}", this::delete);
    }

    private Answer create(Request request) throws InterruptedException {
        var caller = request.caller();
        var fields = request.fields();
        if (!fields.has("source")) {
            fields.problem("source", "is required");
        }
        if (!fields.has("payload")) {
            fields.problem("payload", "is required");
        }
        checkPayload(fields.object("payload"));
        var wanted = SourceRequest.of(fields.object("source"), caller, connectors);
        var payload = fields.object("payload");
        var made = resends.once(
                request, UUID.class, tx -> make(tx, request, wanted, payload).id());
        wake.run();
        if (!request.await().isZero()) {
            Await.until(
                    request.await(),
                    () -> find(caller, made).filter(session -> !(session.state() instanceof SessionState.Pending)));
        }
        return Answer.created(SessionJson.of(find(caller, made).orElseThrow(() -> ApiException.notFound("session"))));
    }

    private Session make(Handle tx, Request request, SourceRequest wanted, Fields payload) {
        var caller = request.caller();
        var source = wanted.source(tx, caller, users, sources).source();
        var open = openSignIns.find(tx, caller.organisation(), caller.key(), source.user(), source.id());
        if (open.isEmpty() && !payload.has("password")) {
            throw ApiException.parameter(
                    "payload.password",
                    payload.has("code") || payload.has("method")
                            ? "is required, since the sign-in this belongs to is no longer open"
                            : "is required");
        }
        var session = sessions.create(tx, caller, source);
        var task = Ids.next(clock);
        var secret = new Secret(Json.MAPPER.writeValueAsString(payload.node()));
        tasks.enqueue(
                tx,
                NewTask.interactive(task, caller.organisation(), caller.key(), OpenSession.TYPE)
                        .source(source.id(), source.type(), source.user())
                        .session(session.id())
                        .payload(vault.seal(caller.organisation(), secret, OpenSession.payloadContext(task))));
        audit.note(
                tx,
                caller,
                "session.create",
                "session/" + session.id(),
                Map.of("source", source.id(), "user", source.user()),
                request.id());
        return session;
    }

    /// Every value is a text: passwords, codes, words. What the connector does not know it ignores.
    private static void checkPayload(Fields payload) {
        payload.all().forEach((name, value) -> {
            if (!value.isString() && !value.isIntegralNumber()) {
                payload.problem(name, "is not a text");
            } else if (value.asString().length() > LONGEST_SECRET) {
                payload.problem(name, "is longer than " + LONGEST_SECRET + " characters");
            }
        });
        payload.optionalText("method")
                .filter(method -> !METHODS.contains(method))
                .ifPresent(_ -> payload.problem("method", "is none of " + String.join(", ", METHODS)));
    }

    private Answer retrieve(Request request) {
        return Answer.ok(SessionJson.of(db.tenant(
                        request.caller().organisation(),
                        tx -> sessions.find(tx, request.caller().organisation(), request.uuid("session")))
                .orElseThrow(() -> ApiException.notFound("session"))));
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var filter = new Sessions.Filter(
                request.numberFilter("user"), request.numberFilter("source"), request.wordFilter("state", STATES));
        return db.tenant(organisation, tx -> {
            var slice = sessions.list(tx, organisation, filter, request.page());
            return Answer.ok(ListJson.of(slice, "/sessions", SessionJson::of));
        });
    }

    /// Ends the session on behalf of the person; signing out at the source follows in the background. May be called
    /// again.
    private Answer delete(Request request) {
        var caller = request.caller();
        var id = request.uuid("session");
        var ended = db.tenant(caller.organisation(), tx -> {
            var session =
                    sessions.find(tx, caller.organisation(), id).orElseThrow(() -> ApiException.notFound("session"));
            if (sessions.expired(tx, caller.organisation(), id, ErrorCode.EXPIRED_ORGANISATION)) {
                signOut(tx, caller, session);
                var over = sessions.find(tx, caller.organisation(), id).orElseThrow();
                events.emit(
                        tx,
                        caller.organisation(),
                        over.key(),
                        "session",
                        "expired",
                        id.toString(),
                        SessionJson.of(over));
                audit.note(tx, caller, "session.delete", "session/" + id, Map.of(), request.id());
                return over;
            }
            return session;
        });
        wake.run();
        return Answer.ok(SessionJson.of(ended));
    }

    private void signOut(Handle tx, Caller caller, Session session) {
        if (session.state() instanceof SessionState.Active(var sealed)) {
            var access = vault.open(caller.organisation(), sealed, SessionAccess.context(session.id()));
            EndSession.enqueue(tx, tasks, vault, clock, session, access);
        }
    }

    private Optional<Session> find(Caller caller, UUID session) {
        return db.tenant(caller.organisation(), tx -> sessions.find(tx, caller.organisation(), session));
    }
}
