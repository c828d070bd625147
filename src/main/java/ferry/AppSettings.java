package ferry;

import ferry.erasure.Retention;
import ferry.session.SignInBudget;
import ferry.storage.StorageSettings;
import ferry.subscription.SubscriptionSettings;
import ferry.task.TaskSettings;
import ferry.task.UpstreamSettings;
import ferry.webhook.WebhookSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;

/// What the service is told at its start, room by room.
///
/// @param publicUrl where clients reach the service
/// @param buckets the folder of all local buckets; empty where local storage is switched off
/// @param tasks how this process works on tasks
/// @param upstream how fast accounts are asked
/// @param signIns how often an account is signed in to
/// @param idleSessions how long a session may go unused
/// @param retention how long what is kept
/// @param webhooks how events are sent
/// @param storage how buckets in a cloud are reached
/// @param subscriptions how subscriptions behave
/// @param pace how often a node looks for what follows from requests by itself
/// @param moved how the clock that the service was given is moved forward; empty where time is real
/// @param sandbox whether what is read is the simulated iCloud, so that events may be made up too
public record AppSettings(
        URI publicUrl,
        Optional<Path> buckets,
        TaskSettings tasks,
        UpstreamSettings upstream,
        SignInBudget.Settings signIns,
        Duration idleSessions,
        Retention.Settings retention,
        WebhookSettings webhooks,
        StorageSettings storage,
        SubscriptionSettings subscriptions,
        Pace pace,
        Optional<Moved> moved,
        boolean sandbox) {
    /// How often a node looks for what follows from requests by itself.
    ///
    /// @param subscriptions that are due
    /// @param manifests of polls that are complete
    /// @param erasures of users that were marked
    public record Pace(Duration subscriptions, Duration manifests, Duration erasures) {
        /// As operators know it.
        public static final Pace STANDARD =
                new Pace(Duration.ofMillis(500), Duration.ofMillis(500), Duration.ofSeconds(2));
    }

    /// Time that can be moved.
    ///
    /// @param advance moves it forward
    /// @param pulse what goes on evenly meanwhile: a node that works through the jump is not taken for dead
    public record Moved(Consumer<Duration> advance, InstantSource pulse) {}

    /// A folder in which nothing is ever found.
    Path noBuckets() {
        return Path.of("/nonexistent");
    }
}
