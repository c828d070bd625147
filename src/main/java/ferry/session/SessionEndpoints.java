package ferry.session;

import ferry.access.Caller;
import ferry.access.Family;
import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.audit.Audit;
import ferry.crypto.Secret;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.error.ErrorCode;
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
import ferry.http.SharedReads;
import ferry.source.Connectors;
import ferry.source.SourceRequest;
import ferry.source.Sources;
import ferry.task.NewTask;
import ferry.task.Tasks;
import ferry.user.Users;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
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
    private static final int LONGEST_VERSION = 200;
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    private final Database db;
    private final Resends resends;
    private final Sessions sessions;
    private final OpenSignIns openSignIns;
    private final Sources sources;
    private final Users users;
    private final Connectors connectors;
    private final Tasks tasks;
    private final Vault vault;
    private final SessionExpiry expiry;
    private final Audit audit;
    private final InstantSource clock;
    private final Runnable wake;
    private final SharedReads<OrgId, UUID, Session> reads;

    /// @param tasks where the sign-in goes
    /// @param expiry ends sessions that are deleted
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
            SessionExpiry expiry,
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
        this.expiry = expiry;
        this.audit = audit;
        this.clock = clock;
        this.wake = wake;
        this.reads = new SharedReads<>(
                (organisation, ids) -> db.read(organisation, tx -> sessions.find(tx, organisation, ids)));
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
        var consent =
                fields.has("consent") ? Optional.of(consent(fields.object("consent"))) : Optional.<Consent>empty();
        var wanted = SourceRequest.of(fields.object("source"), caller, connectors);
        checkMaySignIn(caller, wanted.type());
        var payload = fields.object("payload");
        var made = resends.once(
                request,
                UUID.class,
                tx -> make(tx, request, wanted, payload, consent).id());
        wake.run();
        if (!request.await().isZero()) {
            Await.until(
                    request.await(),
                    () -> find(caller, made).filter(session -> !(session.state() instanceof SessionState.Pending)));
        }
        return Answer.created(SessionJson.of(find(caller, made).orElseThrow(() -> ApiException.notFound("session"))));
    }

    private static void checkMaySignIn(Caller caller, String sourceType) {
        var task = sourceType + "." + OpenSession.TYPE;
        if (!caller.permissions().allow(Family.TASK_TYPE, task)) {
            throw new ApiException(ErrorCode.MISSING_SCOPE, "The scope task_type:" + task + " is missing.");
        }
    }

    private Session make(Handle tx, Request request, SourceRequest wanted, Fields payload, Optional<Consent> consent) {
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
        var detail = new LinkedHashMap<String, Object>();
        detail.put("source", source.id());
        detail.put("user", source.user());
        consent.ifPresent(given -> detail.put("consent", given));
        audit.note(tx, caller, "session.create", "session/" + session.id(), detail, request.id());
        return session;
    }

    /// What the person agreed to, as the organisation says. Kept in the audit log alone.
    ///
    /// @param textVersion which text was shown, in the organisation's own words
    /// @param date when they agreed
    private record Consent(String textVersion, Instant date) {}

    private Consent consent(Fields fields) {
        var version = fields.text("text_version");
        if (version.length() > LONGEST_VERSION) {
            fields.problem("text_version", "is longer than " + LONGEST_VERSION + " characters");
        }
        var date = fields.optionalInstant("date");
        if (!fields.has("date")) {
            fields.problem("date", "is required");
        }
        date.filter(given -> given.isAfter(clock.instant().plus(CLOCKS_DIFFER)))
                .ifPresent(_ -> fields.problem("date", "lies in the future"));
        return new Consent(version, date.orElse(Instant.EPOCH));
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
        return reads.find(request.caller().organisation(), request.uuid("session"))
                .map(SessionJson::of)
                .map(Answer::ok)
                .orElseThrow(() -> ApiException.notFound("session"));
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var filter = new Sessions.Filter(
                request.numberFilter("user"),
                request.numberFilter("source"),
                request.numberFilter("key"),
                request.wordFilter("state", STATES));
        return db.read(organisation, tx -> {
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
            if (!expiry.end(tx, caller.organisation(), id, ErrorCode.EXPIRED_ORGANISATION)) {
                return session;
            }
            audit.note(tx, caller, "session.delete", "session/" + id, Map.of("user", session.user()), request.id());
            return sessions.find(tx, caller.organisation(), id).orElseThrow();
        });
        wake.run();
        return Answer.ok(SessionJson.of(ended));
    }

    private Optional<Session> find(Caller caller, UUID session) {
        return reads.find(caller.organisation(), session);
    }
}
