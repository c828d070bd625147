package ferry.poll;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a poll could not fetch, as the API shows it. Without a `resource`, which ricloud-py could not cast.
///
/// @param task null where it is about the poll's payload
/// @param item the item's stable id; null where it is about the whole task
record PollErrorJson(
        UUID id,
        @Nullable UUID task,
        String error,
        String message,
        @Nullable String item,
        Instant dateCreated) {}
