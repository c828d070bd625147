package ferry.subscription;

import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// A subscription as the API shows it. The component order here is the field order on the wire.
///
/// @param org the same as `organisation`: the contract says one, other resources the other (design 4)
/// @param pollPayload without a `resource` anywhere, which ricloud-py would look up (ricloud-api 20)
/// @param interval in seconds
/// @param error ours: why polls are not made although they should be
/// @param dateNextPoll ours: when the next one is due; null where none is
record SubscriptionJson(
        UUID id,
        String resource,
        String org,
        String organisation,
        String source,
        UUID session,
        ObjectNode pollPayload,
        long interval,
        @Nullable Instant dateStart,
        @Nullable Instant dateEnd,
        String state,
        @Nullable String error,
        Instant dateCreated,
        @Nullable Instant dateNextPoll) {
    static SubscriptionJson of(Subscription subscription) {
        return new SubscriptionJson(
                subscription.id(),
                "subscription",
                subscription.organisation().toString(),
                subscription.organisation().toString(),
                Long.toString(subscription.source()),
                subscription.session(),
                subscription.payload(),
                subscription.interval().toSeconds(),
                subscription.start().orElse(null),
                subscription.end().orElse(null),
                subscription.state().slug(),
                subscription.error().map(ErrorCode::slug).orElse(null),
                subscription.dateCreated(),
                subscription.polls() ? subscription.nextDue().orElse(null) : null);
    }
}
