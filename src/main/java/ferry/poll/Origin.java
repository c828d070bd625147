package ferry.poll;

import java.util.Optional;
import java.util.UUID;

/// Who asked for a poll.
public sealed interface Origin {
    /// A client, for itself.
    record Client() implements Origin {}

    /// A client, against a subscription: it reads with the subscription's session, and takes all that it asks for.
    record Manual(UUID subscription) implements Origin {}

    /// The subscription itself, because it was due: it takes what earlier such polls have not delivered.
    record Due(UUID subscription) implements Origin {}

    /// The subscription that it belongs to.
    default Optional<UUID> ofSubscription() {
        return switch (this) {
            case Client() -> Optional.empty();
            case Manual(var id) -> Optional.of(id);
            case Due(var id) -> Optional.of(id);
        };
    }

    /// The word of the filter `requestor`.
    default String requestor() {
        return this instanceof Due ? "subscription" : "api";
    }

    /// What the table holds.
    static Origin of(Optional<UUID> subscription, String requestor) {
        return subscription
                .<Origin>map(id -> requestor.equals("subscription") ? new Due(id) : new Manual(id))
                .orElse(new Client());
    }
}
