package ferry.webhook;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.crypto.Secret;
import ferry.egress.Answer;
import ferry.egress.Call;
import ferry.egress.EgressRefused;
import ferry.egress.EgressTimedOut;
import ferry.egress.Outbound;
import ferry.event.Event;
import ferry.event.EventJson;
import ferry.http.Json;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Optional;
import javax.net.ssl.SSLException;

/// Sends one event once and says how that ended. Thread-safe; blocks, on a virtual thread.
final class Sender {
    /// Longer waits than this are not granted to a receiver.
    private static final Duration LONGEST_WAIT = Duration.ofHours(24);

    private static final int READ_OF_THE_ANSWER = 4096;

    private final Outbound outbound;
    private final Vault vault;
    private final InstantSource clock;
    private final InstantSource pulse;
    private final Duration timeout;

    /// @param clock what a rotation's overlap ends by
    /// @param pulse what is signed by, and what dates of receivers are compared with: theirs is never moved
    /// @param timeout until the answer's head
    Sender(Outbound outbound, Vault vault, InstantSource clock, InstantSource pulse, Duration timeout) {
        this.outbound = outbound;
        this.vault = vault;
        this.clock = clock;
        this.pulse = pulse;
        this.timeout = timeout;
    }

    /// @param url the config's
    Attempted send(OrgId organisation, long config, String url, WebhookConfig.Secrets secrets, Event event) {
        long start = System.nanoTime();
        try {
            var call = call(organisation, config, WebhookConfig.target(url, event.id()), secrets, event);
            try (var answer = outbound.send(call)) {
                return answered(answer, since(start));
            }
        } catch (EgressRefused _) {
            return Attempted.failed(AttemptError.REFUSED_ADDRESS, since(start));
        } catch (EgressTimedOut _) {
            return Attempted.failed(AttemptError.TIMEOUT, since(start));
        } catch (InterruptedIOException _) {
            return Attempted.failed(AttemptError.INTERRUPTED, since(start));
        } catch (IOException e) {
            return Attempted.failed(isTls(e) ? AttemptError.TLS : AttemptError.CONNECTION, since(start));
        }
    }

    private Call call(OrgId organisation, long config, URI target, WebhookConfig.Secrets secrets, Event event) {
        var id = event.id().toString();
        var now = pulse.instant();
        var body = Json.MAPPER.writeValueAsBytes(EventJson.of(event));
        var signing = new ArrayList<Secret>();
        var context = WebhookConfig.context(config);
        signing.add(vault.open(organisation, secrets.current(), context));
        secrets.before()
                .filter(before -> before.until().isAfter(clock.instant()))
                .ifPresent(before -> signing.add(vault.open(organisation, before.secret(), context)));
        var standard = signing.stream()
                .map(secret -> Signatures.standard(secret, id, now, body))
                .toList();
        return Call.post(target, body, "application/json")
                .with("User-Agent", "Ferry")
                .with("Ricloud-Signature", Signatures.ricloud(signing.getFirst(), now, body))
                .with("webhook-id", id)
                .with("webhook-timestamp", Long.toString(now.getEpochSecond()))
                .with("webhook-signature", String.join(" ", standard))
                .within(timeout);
    }

    private Attempted answered(Answer answer, Duration took) {
        int status = answer.status();
        readSome(answer);
        var retryAfter = answer.header("Retry-After").flatMap(this::wait);
        return new Attempted(
                Optional.of(status), took, error(status), status / 100 == 2 ? Optional.empty() : retryAfter);
    }

    private static Optional<AttemptError> error(int status) {
        return switch (status / 100) {
            case 2 -> Optional.empty();
            case 3 -> Optional.of(AttemptError.REDIRECT);
            default -> Optional.of(status == 410 ? AttemptError.GONE : AttemptError.STATUS);
        };
    }

    /// So that the connection can be used again; one whose answer is longer is dropped.
    private static void readSome(Answer answer) {
        try {
            answer.bytes(READ_OF_THE_ANSWER);
        } catch (IOException _) {
            return; // the status is what counts
        }
    }

    /// Seconds, or a date of HTTP.
    private Optional<Duration> wait(String text) {
        try {
            var wait = text.strip().matches("[0-9]{1,9}")
                    ? Duration.ofSeconds(Long.parseLong(text.strip()))
                    : Duration.between(pulse.instant(), date(text));
            return Optional.of(wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait)
                    .filter(Duration::isPositive);
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private static Instant date(String text) {
        return ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                .toInstant();
    }

    private static boolean isTls(IOException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException) {
                return true;
            }
        }
        return false;
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }
}
