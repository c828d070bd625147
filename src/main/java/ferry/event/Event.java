package ferry.event;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Something that happened to a resource.
///
/// @param type the resource's kind, such as `poll`
/// @param action what happened, such as `completed`
/// @param data the resource as the API showed it then, letter by letter
/// @param retries tries after the first
public record Event(
        UUID id,
        String type,
        String action,
        String data,
        EventState state,
        int retries,
        Instant dateCreated,
        @Nullable Instant dateDelivered) {}
