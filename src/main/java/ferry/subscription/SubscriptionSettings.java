package ferry.subscription;

import java.time.Duration;

/// How subscriptions behave.
///
/// @param shortest the shortest interval a client may choose
/// @param overlap how much of what it has read before each poll lists again, so that nothing falls between two
/// @param warning how long before a session is expected to lapse its subscriptions say so
/// @param lifetime how long a session lives at most where the source names a later end: iCloud names 60 days and ends
/// it after some 30 (icloud-protocol, trust)
public record SubscriptionSettings(Duration shortest, Duration overlap, Duration warning, Duration lifetime) {
    /// What holds where nothing is set.
    public static final SubscriptionSettings DEFAULT = new SubscriptionSettings(
            Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(72), Duration.ofDays(30));

    /// Where the client chooses none (ricloud-api 14).
    static final Duration INTERVAL = Duration.ofHours(24);

    static final Duration LONGEST = Duration.ofDays(366);
}
