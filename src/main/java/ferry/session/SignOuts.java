package ferry.session;

import ferry.access.Vault;
import ferry.crypto.Secret;
import ferry.db.Ids;
import ferry.http.Json;
import ferry.source.Sources;
import ferry.task.NewTask;
import ferry.task.Tasks;
import java.time.InstantSource;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.node.JsonNodeFactory;

/// Has sessions signed out at their source, in the background, with an access that nobody else holds from now on.
public final class SignOuts {
    private final Tasks tasks;
    private final Sources sources;
    private final Vault vault;
    private final InstantSource clock;

    /// @param tasks where the sign-outs go; whoever enqueues one wakes the workers after commit
    public SignOuts(Tasks tasks, Sources sources, Vault vault, InstantSource clock) {
        this.tasks = tasks;
        this.sources = sources;
        this.vault = vault;
        this.clock = clock;
    }

    /// Signs the session out.
    void enqueue(Handle tx, Session session, Secret access) {
        tasks.enqueue(
                tx,
                task(tx, session, access)
                        .source(session.source(), session.sourceType(), session.user())
                        .session(session.id()));
    }

    /// Signs it out by a task that names neither user nor source nor session: they may be gone before it runs.
    void enqueueUnnamed(Handle tx, Session session, Secret access) {
        tasks.enqueue(tx, task(tx, session, access));
    }

    /// All that signing out needs lies sealed in the payload, and is gone with it.
    private NewTask task(Handle tx, Session session, Secret access) {
        var source = sources.find(tx, session.organisation(), session.source()).orElseThrow();
        var payload = JsonNodeFactory.instance
                .objectNode()
                .put("type", source.type())
                .put("identifier", source.identifier())
                .put("access", access.reveal());
        var id = Ids.next(clock);
        return NewTask.interactive(id, session.organisation(), session.key(), EndSession.TYPE)
                .payload(vault.seal(
                        session.organisation(),
                        new Secret(Json.MAPPER.writeValueAsString(payload)),
                        OpenSession.payloadContext(id)));
    }
}
