/// Subscriptions: polls that are made again and again, each for what is new, while a session lasts.
///
/// Start at [SubscriptionEndpoints] for a request, at [Ticker] for what happens when one is due, at
/// [SubscriptionSessions] for what a session's beginning and end mean to them.
@NullMarked
package ferry.subscription;

import org.jspecify.annotations.NullMarked;
