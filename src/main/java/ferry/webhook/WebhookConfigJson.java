package ferry.webhook;

import com.fasterxml.jackson.annotation.JsonInclude;
import ferry.access.OrgId;
import ferry.crypto.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A webhook config as the API shows it. The component order here is the field order on the wire.
///
/// @param secret null in lists, in events and within other resources
/// @param events ours: patterns of `type.action`; null for the documented six
/// @param retries ours: seconds before each retry
/// @param message ours: why it is not valid, where it is not
/// @param lastTest ours
public record WebhookConfigJson(
        String id,
        String resource,
        String organisation,
        String url,
        @Nullable String secret,
        @Nullable List<String> events,
        List<Long> retries,
        String state,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String message,
        @Nullable LastTest lastTest,
        Instant dateCreated) {

    /// What the last test found; never what the receiver wrote.
    ///
    /// @param status null where no answer came
    /// @param error null where the test succeeded
    record LastTest(
            @Nullable Integer status,
            int milliseconds,
            @Nullable String error,
            Instant date) {}

    /// A config as its organisation sees it, without its secret.
    public static WebhookConfigJson of(OrgId organisation, WebhookConfig config) {
        return of(organisation, config, Optional.empty());
    }

    static WebhookConfigJson of(OrgId organisation, WebhookConfig config, Optional<Secret> secret) {
        return new WebhookConfigJson(
                Long.toString(config.id()),
                "webhook_config",
                organisation.toString(),
                config.url(),
                secret.map(Secret::reveal).orElse(null),
                config.wanted().orElse(null),
                config.retries().orElse(WebhookConfig.RETRIES).stream()
                        .map(Duration::toSeconds)
                        .toList(),
                config.state().slug(),
                message(config),
                config.test().map(WebhookConfigJson::lastTest).orElse(null),
                config.dateCreated());
    }

    private static LastTest lastTest(WebhookConfig.Test test) {
        return new LastTest(
                test.status().orElse(null),
                test.milliseconds(),
                test.error().map(AttemptError::slug).orElse(null),
                test.date());
    }

    private static @Nullable String message(WebhookConfig config) {
        return switch (config.state()) {
            case NEW, VALID -> null;
            case INVALID ->
                config.test()
                        .map(t -> new Attempted(
                                        t.status(), Duration.ofMillis(t.milliseconds()), t.error(), Optional.empty())
                                .sentence())
                        .orElse("Its test could not be made.");
            case DEACTIVATED ->
                config.stopped().map(WebhookConfigState.Stopped::sentence).orElse(null);
        };
    }
}
