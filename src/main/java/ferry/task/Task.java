package ferry.task;

import ferry.access.OrgId;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One piece of work in the background, as the API shows it. Arguments and cursor are not part of it: they
/// may be megabytes, and only the attempt that runs needs them.
///
/// @param key the key that asked for it
/// @param user whose data it is about; null for a config test
/// @param source the source it reads; null for a config test
/// @param session the session it opens or reads with
/// @param poll the poll it belongs to
/// @param sourceType such as `icloud.account`
/// @param type which handler runs it
/// @param target what it fetches, in that handler's words, such as `data:icpl.photos`
/// @param priority 10 and more is interactive: a person waits for it
/// @param error why it failed, or what a suspended one waits for; null in every other state, and where an
///     attempt of a suspended one went wrong here
/// @param errorDetail a sentence beside `error`, or why a suspended one waits; without personal data
/// @param attempt how often it was started
/// @param cancelled whether someone asked to stop it
/// @param due when a suspended task is pending again; null in every other state
public record Task(
        UUID id,
        OrgId organisation,
        long key,
        @Nullable Long user,
        @Nullable Long source,
        @Nullable UUID session,
        @Nullable UUID poll,
        @Nullable String sourceType,
        String type,
        @Nullable String target,
        int priority,
        TaskState state,
        @Nullable ErrorCode error,
        @Nullable String errorDetail,
        Progress progress,
        int attempt,
        boolean cancelled,
        @Nullable Instant due,
        Instant dateCreated,
        @Nullable Instant dateStarted,
        @Nullable Instant dateCompleted) {}
