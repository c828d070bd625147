package ferry.session;

import ferry.access.Vault;
import ferry.connector.Access;
import ferry.connector.ConnectorException;
import ferry.connector.Limits;
import ferry.connector.Reading;
import ferry.crypto.Secret;
import ferry.error.ErrorCode;
import ferry.http.Json;
import ferry.source.Connectors;
import ferry.task.Attempt;
import ferry.task.Outcome;
import ferry.task.Task;
import ferry.task.TaskHandler;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jdbi.v3.core.Handle;

/// Signs out at the source after a session was ended. Its payload holds the access, which is nowhere else any more,
/// and all else it needs: the session may be erased by then. Where the one attempt fails, the source's own expiry
/// ends what is left there.
public final class EndSession implements TaskHandler {
    /// The task's type.
    public static final String TYPE = "session.end";

    private final Connectors connectors;
    private final Vault vault;
    private final BiFunction<String, String, Limits> limits;

    /// @param limits of an account, by source type and identifier
    public EndSession(Connectors connectors, Vault vault, BiFunction<String, String, Limits> limits) {
        this.connectors = connectors;
        this.vault = vault;
        this.limits = limits;
    }

    @Override
    public Outcome run(Attempt attempt) throws InterruptedException {
        var task = attempt.task();
        var sealed = attempt.payload();
        if (sealed.isEmpty()) {
            return new Outcome.Failed(ErrorCode.SERVICE_UNAVAILABLE, "The sign-out was interrupted.");
        }
        var payload = Json.MAPPER.readTree(
                vault.open(task.organisation(), sealed.get(), OpenSession.payloadContext(task.id()))
                        .reveal());
        var type = payload.get("type").asString();
        var identifier = payload.get("identifier").asString();
        var connector = connectors
                .of(type)
                .orElseThrow(() -> new IllegalStateException("no connector reads " + type + " any more"));
        try {
            var access = new Last(new Secret(payload.get("access").asString()));
            connector.signOut(new Reading(identifier, access, limits.apply(type, identifier)));
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
