package ferry.webhook;

import ferry.crypto.Sealed;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Where an organisation is told what happened.
///
/// @param key made it; its tests run as that key
/// @param url as the client gave it
/// @param secrets what signs: the newest first, and during a rotation the one before
/// @param wanted patterns of `type.action`; empty for the documented six
/// @param retries how long to wait before each retry; empty for [#RETRIES]
/// @param stopped why it is deactivated, and only then
/// @param test what its last test found
/// @param revision grows with every change by the client, so that the outcome of an older one's test is dropped
public record WebhookConfig(
        long id,
        long key,
        String url,
        Secrets secrets,
        Optional<List<String>> wanted,
        Optional<List<Duration>> retries,
        WebhookConfigState state,
        Optional<WebhookConfigState.Stopped> stopped,
        Optional<Test> test,
        int revision,
        Instant dateCreated) {
    /// The documented events, which a config gets that asks for none (ricloud-api 16).
    static final List<String> DOCUMENTED = List.of(
            "session.expired", "poll.created", "poll.completed", "task.created", "task.succeeded", "task.failed");

    /// When an event is sent again, unless the config says otherwise: three days in all.
    static final List<Duration> RETRIES = List.of(
            Duration.ofSeconds(5),
            Duration.ofMinutes(1),
            Duration.ofMinutes(10),
            Duration.ofHours(1),
            Duration.ofHours(3),
            Duration.ofHours(8),
            Duration.ofHours(24),
            Duration.ofHours(36));

    /// What signs.
    ///
    /// @param current sealed
    /// @param before the one before it, sealed, which signs beside it until then
    record Secrets(Sealed current, Optional<Before> before) {}

    /// An earlier secret.
    record Before(Sealed secret, Instant until) {}

    /// What a test found.
    record Test(Optional<AttemptError> error, Optional<Integer> status, int milliseconds, Instant date) {}

    /// What is changed by a client.
    record Wish(String url, Optional<List<String>> wanted, Optional<List<Duration>> retries) {}

    /// Where an event is posted: the id after exactly one slash, before the query if there is one.
    static URI target(String url, Object event) {
        int question = url.indexOf('?');
        var path = question < 0 ? url : url.substring(0, question);
        var query = question < 0 ? "" : url.substring(question);
        return URI.create(path + (path.endsWith("/") ? "" : "/") + event + query);
    }

    /// What secrets are bound to when they are sealed.
    static String context(long id) {
        return "webhook_config/" + id + "/secret";
    }
}
