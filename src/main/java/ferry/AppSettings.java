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
/// @param movesClock moves the clock that the service was given forward; empty where time is real
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
        Optional<Consumer<Duration>> movesClock,
        boolean sandbox) {
    /// A folder in which nothing is ever found.
    Path noBuckets() {
        return Path.of("/nonexistent");
    }
}
