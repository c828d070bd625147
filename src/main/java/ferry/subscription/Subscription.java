package ferry.subscription;

import ferry.access.OrgId;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/// A wish for polls, again and again.
///
/// @param key whose scopes and storage its polls have
/// @param session what they read with; another one of the same source takes its place when it is over
/// @param payload as it came, wildcards included
/// @param start no poll before it
/// @param end no poll from it on
/// @param error why polls are not made although they should be
/// @param stopped whether its session is over
/// @param slotsFrom the first slot of its grid, see [Schedule]
/// @param nextDue when the next poll is due, also while none is made; empty where no more will come
/// @param lastPoll when the last one that was due was made
public record Subscription(
        UUID id,
        OrgId organisation,
        long key,
        long user,
        long source,
        UUID session,
        ObjectNode payload,
        Duration interval,
        Optional<Instant> start,
        Optional<Instant> end,
        SubscriptionState state,
        Optional<ErrorCode> error,
        boolean stopped,
        Instant slotsFrom,
        Optional<Instant> nextDue,
        Optional<Instant> lastPoll,
        Instant dateCreated) {
    /// Whether polls are made.
    boolean polls() {
        return state == SubscriptionState.ACTIVE && !stopped && nextDue.isPresent();
    }
}
