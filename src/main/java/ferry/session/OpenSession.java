package ferry.session;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.audit.Audit;
import ferry.connector.Connector;
import ferry.connector.ConnectorException;
import ferry.connector.Limits;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.SignIn;
import ferry.crypto.Sealed;
import ferry.crypto.Secret;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.event.Events;
import ferry.http.Json;
import ferry.source.Connectors;
import ferry.source.Source;
import ferry.source.Sources;
import ferry.task.Attempt;
import ferry.task.Outcome;
import ferry.task.Task;
import ferry.task.TaskHandler;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jdbi.v3.core.Handle;

/// Signs in: the task behind every new session. Runs once; a sign-in whose worker died is never revived, since the
/// password went with it (design 4).
public final class OpenSession implements TaskHandler {
    /// The task's type.
    public static final String TYPE = "session.initialise";

    private final Database db;
    private final Sessions sessions;
    private final OpenSignIns openSignIns;
    private final Sources sources;
    private final Connectors connectors;
    private final Vault vault;
    private final SignInBudget budget;
    private final SignOuts signOuts;
    private final BiFunction<String, String, Limits> limits;
    private final Events events;
    private final SessionWatch watch;
    private final Audit audit;
    private final InstantSource clock;

    /// @param limits of an account, by source type and identifier
    public OpenSession(
            Database db,
            Sessions sessions,
            OpenSignIns openSignIns,
            Sources sources,
            Connectors connectors,
            Vault vault,
            SignInBudget budget,
            SignOuts signOuts,
            BiFunction<String, String, Limits> limits,
            Events events,
            SessionWatch watch,
            Audit audit,
            InstantSource clock) {
        this.db = db;
        this.sessions = sessions;
        this.openSignIns = openSignIns;
        this.sources = sources;
        this.connectors = connectors;
        this.vault = vault;
        this.budget = budget;
        this.signOuts = signOuts;
        this.limits = limits;
        this.events = events;
        this.watch = watch;
        this.audit = audit;
        this.clock = clock;
    }

    static String payloadContext(UUID task) {
        return "task/" + task + "/payload";
    }

    static String openContext(long source) {
        return "source/" + source + "/open-sign-in";
    }

    static String trustContext(long source) {
        return "source/" + source + "/trust";
    }

    /// What the task needs to know.
    private record Job(Session session, Source source, Optional<OpenSignIns.OpenSignIn> open, Optional<Secret> trust) {}

    @Override
    public Outcome run(Attempt attempt) throws InterruptedException {
        var task = attempt.task();
        var job = db.tenant(task.organisation(), tx -> job(tx, task));
        if (!(job.session().state() instanceof SessionState.Pending)) {
            return new Outcome.Succeeded();
        }
        var sealed = attempt.payload();
        if (sealed.isEmpty()) {
            return new Outcome.Failed(
                    ErrorCode.SERVICE_UNAVAILABLE, "The sign-in was interrupted; create the session again.");
        }
        var payload = payload(task, sealed.get());
        try {
            return job.open().isPresent()
                    ? proceed(attempt, job, job.open().get(), payload)
                    : signIn(attempt, job, payload);
        } catch (ConnectorException e) {
            return switch (e) {
                case ConnectorException.Refused refused -> refused(attempt, job, refused.code(), Optional.empty());
                case ConnectorException.SessionLost _ -> forgotten(attempt, job);
                // Nobody asked for a second try, so there is none; the client learns when to ask for one (R1). An
                // open sign-in stays open: what passes does not void the code.
                case ConnectorException.Unavailable busy -> {
                    var next = clock.instant().plus(busy.retryAfter());
                    yield failed(
                            attempt,
                            job,
                            busy.code(),
                            Optional.of(next),
                            busy.code().sentence());
                }
            };
        }
    }

    @Override
    public void settled(Handle tx, Task task, Outcome.Final outcome) {
        if (outcome instanceof Outcome.Failed failed) {
            failed(
                    tx,
                    task.organisation(),
                    sessionOf(task),
                    new SessionState.Failed(failed.why(), null, Optional.empty()));
        }
    }

    private Outcome signIn(Attempt attempt, Job job, Map<String, Secret> payload)
            throws ConnectorException, InterruptedException {
        if (!payload.containsKey("password")) {
            return new Outcome.Failed(
                    ErrorCode.CODE_REQUIRED, "The open sign-in ended meanwhile; sign in again with the password.");
        }
        var source = job.source();
        switch (budget.take(source.type(), source.identifier())) {
            case SignInBudget.Turn.Granted _ -> {}
            case SignInBudget.Turn.Throttled(var next) -> {
                return refused(attempt, job, ErrorCode.THROTTLED, Optional.of(next));
            }
            case SignInBudget.Turn.Locked(var next) -> {
                return refused(attempt, job, ErrorCode.SOURCE_LOCKED, Optional.of(next));
            }
        }
        var login = connectors.of(source).signIn(new SignIn(source.identifier(), payload, job.trust()), limits(source));
        return settle(attempt, job, login, 0, clock.instant().plus(OpenSignIns.LIFETIME));
    }

    private Outcome proceed(Attempt attempt, Job job, OpenSignIns.OpenSignIn open, Map<String, Secret> payload)
            throws ConnectorException, InterruptedException {
        var step = step(payload);
        if (step.isEmpty()) {
            // The same challenge, without a new push that would void the code the person is typing.
            return waiting(attempt, job, open.challenge());
        }
        Connector connector = connectors.of(job.source());
        var state = vault.open(
                job.source().organisation(),
                open.state(),
                openContext(job.source().id()));
        var login = connector.proceed(job.source().identifier(), state, step.get(), limits(job.source()));
        // A code sent anew lives as long as the first; a wrong one does not make the sign-in live longer.
        var expires =
                step.get() instanceof NextStep.Send ? clock.instant().plus(OpenSignIns.LIFETIME) : open.dateExpires();
        return settle(attempt, job, login, open.wrongCodes(), expires);
    }

    private Outcome settle(Attempt attempt, Job job, Login login, int wrongCodes, Instant expires) {
        return switch (login) {
            case Login.Opened opened -> opened(attempt, job, opened);
            case Login.CodeRequired asked ->
                asked(attempt, job, asked, wrongCodes + (asked.wrongCode() ? 1 : 0), expires);
            case Login.Refused(var why, var next) -> refused(attempt, job, why, next);
        };
    }

    private Outcome opened(Attempt attempt, Job job, Login.Opened opened) {
        var organisation = job.source().organisation();
        var session = job.session().id();
        var source = job.source().id();
        attempt.fenced(tx -> {
            var access = vault.seal(organisation, opened.access(), SessionAccess.context(session));
            if (sessions.opened(tx, organisation, session, access, opened.expires())) {
                var trust = opened.trust().map(secret -> vault.seal(organisation, secret, trustContext(source)));
                sources.opened(tx, organisation, source, trust);
                emit(tx, organisation, session, "active");
                watch.opened(tx, sessions.find(tx, organisation, session).orElseThrow());
                audit.note(
                        tx,
                        organisation,
                        "session.active",
                        "session/" + session,
                        Map.of("source", source, "user", job.source().user()));
            } else {
                // Deleted while we signed in: what we have got, nobody wants any more.
                signOuts.enqueue(tx, job.session(), opened.access());
            }
            openSignIns.close(tx, organisation, source);
            return session;
        });
        return new Outcome.Succeeded();
    }

    private Outcome asked(Attempt attempt, Job job, Login.CodeRequired asked, int wrongCodes, Instant expires) {
        var source = job.source();
        if (wrongCodes >= OpenSignIns.WRONG_CODES) {
            attempt.fenced(tx -> {
                openSignIns.close(tx, source.organisation(), source.id());
                return source;
            });
            return new Outcome.Failed(
                    ErrorCode.CODE_REQUIRED, "Three codes were wrong; sign in again with the password for a new one.");
        }
        var challenge = ChallengeJson.of(asked.challenge(), expires);
        attempt.fenced(tx -> {
            var sealed = vault.seal(source.organisation(), asked.open(), openContext(source.id()));
            openSignIns.keep(
                    tx,
                    source.organisation(),
                    job.session().key(),
                    source.user(),
                    source.id(),
                    new OpenSignIns.OpenSignIn(sealed, challenge, wrongCodes, expires));
            return source;
        });
        return waiting(attempt, job, challenge);
    }

    private Outcome waiting(Attempt attempt, Job job, ChallengeJson challenge) {
        attempt.fenced(tx -> {
            failed(
                    tx,
                    job.source().organisation(),
                    job.session().id(),
                    new SessionState.Failed(ErrorCode.CODE_REQUIRED, challenge, Optional.empty()));
            return challenge;
        });
        return new Outcome.Failed(ErrorCode.CODE_REQUIRED, ErrorCode.CODE_REQUIRED.sentence());
    }

    private Outcome refused(Attempt attempt, Job job, ErrorCode why, Optional<Instant> next) {
        var source = job.source();
        attempt.fenced(tx -> {
            failed(tx, source.organisation(), job.session().id(), new SessionState.Failed(why, null, next));
            openSignIns.close(tx, source.organisation(), source.id());
            if (why == ErrorCode.SOURCE_LOCKED) {
                sources.locked(tx, source.organisation(), source.id());
            }
            return source;
        });
        if (why == ErrorCode.SOURCE_LOCKED && next.isEmpty()) {
            budget.locked(source.type(), source.identifier());
        }
        return new Outcome.Failed(why, why.sentence());
    }

    /// The source no longer knows the open sign-in: the next call starts a new one.
    private Outcome forgotten(Attempt attempt, Job job) {
        var source = job.source();
        attempt.fenced(tx -> {
            openSignIns.close(tx, source.organisation(), source.id());
            return source;
        });
        var why = job.open().isPresent() ? ErrorCode.CODE_REQUIRED : ErrorCode.SERVICE_UNAVAILABLE;
        return new Outcome.Failed(why, why.sentence());
    }

    private Outcome failed(Attempt attempt, Job job, ErrorCode why, Optional<Instant> next, String detail) {
        attempt.fenced(tx -> {
            failed(tx, job.source().organisation(), job.session().id(), new SessionState.Failed(why, null, next));
            return why;
        });
        return new Outcome.Failed(why, detail);
    }

    private void failed(Handle tx, OrgId organisation, UUID session, SessionState.Failed why) {
        if (sessions.failed(tx, organisation, session, why)) {
            emit(tx, organisation, session, "failed");
        }
    }

    private void emit(Handle tx, OrgId organisation, UUID id, String action) {
        var session = sessions.find(tx, organisation, id).orElseThrow();
        events.emit(tx, organisation, session.key(), "session", action, id.toString(), SessionJson.of(session));
    }

    private Job job(Handle tx, Task task) {
        var organisation = task.organisation();
        var session = sessions.find(tx, organisation, sessionOf(task)).orElseThrow();
        var source = sources.find(tx, organisation, session.source()).orElseThrow();
        return new Job(
                session,
                source,
                openSignIns.find(tx, organisation, session.key(), session.user(), source.id()),
                sources.trust(tx, organisation, source.id())
                        .map(trust -> vault.open(organisation, trust, trustContext(source.id()))));
    }

    private Map<String, Secret> payload(Task task, Sealed sealed) {
        var text = vault.open(task.organisation(), sealed, payloadContext(task.id()))
                .reveal();
        var payload = new HashMap<String, Secret>();
        Json.MAPPER.readTree(text).forEachEntry((name, value) -> payload.put(name, new Secret(value.asString())));
        return payload;
    }

    private static Optional<NextStep> step(Map<String, Secret> payload) {
        var code = payload.get("code");
        if (code != null) {
            return Optional.of(new NextStep.Code(code));
        }
        var method = payload.get("method");
        if (method != null) {
            var phone = Optional.ofNullable(payload.get("phone")).map(Secret::reveal);
            return Optional.of(new NextStep.Send(method.reveal(), phone));
        }
        return Optional.empty();
    }

    private Limits limits(Source source) {
        return limits.apply(source.type(), source.identifier());
    }

    private static UUID sessionOf(Task task) {
        return Objects.requireNonNull(task.session(), "a sign-in's task has a session");
    }
}
