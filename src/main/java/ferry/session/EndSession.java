package ferry.session;

import ferry.access.Vault;
import ferry.connector.Access;
import ferry.connector.ConnectorException;
import ferry.connector.Limits;
import ferry.connector.Reading;
import ferry.crypto.Secret;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.error.ErrorCode;
import ferry.source.Connectors;
import ferry.source.Sources;
import ferry.task.Attempt;
import ferry.task.NewTask;
import ferry.task.Outcome;
import ferry.task.Task;
import ferry.task.TaskHandler;
import ferry.task.Tasks;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jdbi.v3.core.Handle;

/// Signs out at the source after a session was deleted. Its payload is the access, which is nowhere else any more;
/// where
/// the one attempt fails, the source's own expiry ends what is left there.
public final class EndSession implements TaskHandler {
    /// The task's type.
    public static final String TYPE = "session.end";

    private final Database db;
    private final Sources sources;
    private final Connectors connectors;
    private final Vault vault;
    private final BiFunction<String, String, Limits> limits;

    /// @param limits of an account, by source type and identifier
    public EndSession(
            Database db,
            Sources sources,
            Connectors connectors,
            Vault vault,
            BiFunction<String, String, Limits> limits) {
        this.db = db;
        this.sources = sources;
        this.connectors = connectors;
        this.vault = vault;
        this.limits = limits;
    }

    /// Has a session signed out whose access nobody else holds from now on.
    static void enqueue(Handle tx, Tasks tasks, Vault vault, InstantSource clock, Session session, Secret access) {
        var task = Ids.next(clock);
        tasks.enqueue(
                tx,
                NewTask.interactive(task, session.organisation(), session.key(), TYPE)
                        .source(session.source(), session.sourceType(), session.user())
                        .session(session.id())
                        .payload(vault.seal(session.organisation(), access, OpenSession.payloadContext(task))));
    }

    @Override
    public Outcome run(Attempt attempt) throws InterruptedException {
        var task = attempt.task();
        var sealed = attempt.payload();
        if (sealed.isEmpty()) {
            return new Outcome.Failed(ErrorCode.SERVICE_UNAVAILABLE, "The sign-out was interrupted.");
        }
        var access = vault.open(task.organisation(), sealed.get(), OpenSession.payloadContext(task.id()));
        var source = db.tenant(
                task.organisation(),
                tx -> sources.find(tx, task.organisation(), Objects.requireNonNull(task.source()))
                        .orElseThrow());
        try {
            connectors
                    .of(source)
                    .signOut(new Reading(
                            source.identifier(), new Last(access), limits.apply(source.type(), source.identifier())));
            return new Outcome.Succeeded();
        } catch (ConnectorException e) {
            return new Outcome.Failed(ErrorCode.SERVICE_UNAVAILABLE, Objects.requireNonNullElse(e.getMessage(), ""));
        }
    }

    @Override
    public void settled(Handle tx, Task task, Outcome.Final outcome) {
        // The session is over whatever the source said.
    }

    /// An access that nobody keeps any more.
    private record Last(Secret current) implements Access {
        @Override
        public Secret replace(Secret expected, Secret fresh) {
            return fresh;
        }
    }
}
