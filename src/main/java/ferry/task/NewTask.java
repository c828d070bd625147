package ferry.task;

import ferry.access.OrgId;
import ferry.crypto.Sealed;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A task that is to be. Made by [#bulk] or [#interactive]; the rest is added by name.
///
/// @param id from [ferry.db.Ids]; the caller chooses it, since a payload is sealed to it
/// @param payload sealed; taken away by the attempt that starts. A task with a payload is started once and
///     never revived
/// @param args what the handler needs to know and may be stored in clear
public record NewTask(
        UUID id,
        OrgId organisation,
        long key,
        String type,
        int priority,
        @Nullable String target,
        @Nullable Long user,
        @Nullable Long source,
        @Nullable String sourceType,
        @Nullable UUID session,
        @Nullable UUID poll,
        @Nullable Sealed payload,
        @Nullable JsonNode args) {
    /// From this priority on a task is interactive.
    public static final int INTERACTIVE = 10;

    /// Work that may take hours: waits for its organisation's turn, counts against the cap of its source.
    public static NewTask bulk(UUID id, OrgId organisation, long key, String type) {
        return new NewTask(id, organisation, key, type, 0, null, null, null, null, null, null, null, null);
    }

    /// Work that someone waits for: overtakes bulk, one at a time per source.
    public static NewTask interactive(UUID id, OrgId organisation, long key, String type) {
        return new NewTask(id, organisation, key, type, INTERACTIVE, null, null, null, null, null, null, null, null);
    }

    /// What it fetches, in the handler's words.
    public NewTask target(String what) {
        return new NewTask(
                id, organisation, key, type, priority, what, user, source, sourceType, session, poll, payload, args);
    }

    /// The source it reads, and whose it is.
    public NewTask source(long number, String kind, @Nullable Long owner) {
        return new NewTask(
                id, organisation, key, type, priority, target, owner, number, kind, session, poll, payload, args);
    }

    /// The session it opens or reads with.
    public NewTask session(UUID opened) {
        return new NewTask(
                id, organisation, key, type, priority, target, user, source, sourceType, opened, poll, payload, args);
    }

    /// The poll it belongs to.
    public NewTask poll(UUID of) {
        return new NewTask(
                id, organisation, key, type, priority, target, user, source, sourceType, session, of, payload, args);
    }

    /// What only the first attempt may read.
    public NewTask payload(Sealed secret) {
        return new NewTask(
                id, organisation, key, type, priority, target, user, source, sourceType, session, poll, secret, args);
    }

    /// What every attempt may read.
    public NewTask args(JsonNode plain) {
        return new NewTask(
                id, organisation, key, type, priority, target, user, source, sourceType, session, poll, payload, plain);
    }
}
