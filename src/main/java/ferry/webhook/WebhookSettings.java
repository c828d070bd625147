package ferry.webhook;

import ferry.egress.EgressPolicy;
import java.time.Duration;

/// How events are sent.
///
/// @param egress where to: plain http is only for what it names
/// @param perEndpoint attempts to one config under way at once, over all nodes
/// @param connections attempts of this process under way at once; 0 sends nothing from here
/// @param timeout until the answer's head, connecting included
/// @param lease after which a node that has not written an attempt's outcome is taken for dead; longer than an
/// attempt may take
/// @param giveUp a config whose attempts all failed for so long is switched off
public record WebhookSettings(
        EgressPolicy egress, int perEndpoint, int connections, Duration timeout, Duration lease, Duration giveUp) {
    /// An attempt is a timeout for the head and another for what little is read of the body.
    private static final Duration MARGIN = Duration.ofSeconds(15);

    public WebhookSettings {
        if (perEndpoint < 2) {
            throw new IllegalArgumentException("perEndpoint must be at least 2, not " + perEndpoint);
        }
        if (connections < 0) {
            throw new IllegalArgumentException("connections must not be negative, not " + connections);
        }
    }

    /// As operators know it.
    public static WebhookSettings of(EgressPolicy egress, int perEndpoint, int connections, Duration giveUp) {
        var timeout = Duration.ofSeconds(15);
        return new WebhookSettings(
                egress,
                perEndpoint,
                connections,
                timeout,
                timeout.multipliedBy(2).plus(MARGIN),
                giveUp);
    }

    /// First tries of one config at once: the rest is kept for retries and replays, so that neither waits for the
    /// other.
    int firstTries() {
        return perEndpoint - again();
    }

    /// Retries and replays of one config at once.
    int again() {
        return Math.max(1, perEndpoint / 4);
    }
}
