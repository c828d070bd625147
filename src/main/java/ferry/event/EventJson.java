package ferry.event;

import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// An event as the API shows it and as a webhook gets it. The component order here is the field order on the wire.
public record EventJson(
        UUID id,
        String resource,
        String type,
        String action,
        @JsonRawValue String data,
        String state,
        int retries,
        Instant dateCreated,
        @Nullable Instant dateDelivered) {

    /// An event as it stands.
    public static EventJson of(Event event) {
        return new EventJson(
                event.id(),
                "event",
                event.type(),
                event.action(),
                event.data(),
                event.state().slug(),
                event.retries(),
                event.dateCreated(),
                event.dateDelivered());
    }
}
