package ferry.webhook;

import java.time.Duration;
import java.util.Optional;

/// How an attempt ended.
///
/// @param status of the answer, where one came
/// @param took until the answer's head, or until it failed
/// @param error empty where the receiver took the event
/// @param retryAfter how long the receiver asked to wait
record Attempted(Optional<Integer> status, Duration took, Optional<AttemptError> error, Optional<Duration> retryAfter) {
    static Attempted failed(AttemptError why, Duration took) {
        return new Attempted(Optional.empty(), took, Optional.of(why), Optional.empty());
    }

    boolean delivered() {
        return error.isEmpty();
    }

    int milliseconds() {
        return Math.toIntExact(Math.min(took.toMillis(), Integer.MAX_VALUE));
    }

    /// A sentence for the client's developer. Says nothing of what the receiver wrote.
    String sentence() {
        var what = status.map(s -> "The receiver answered " + s)
                .orElseGet(() -> error.map(e -> switch (e) {
                            case TIMEOUT -> "The receiver did not answer in time";
                            case TLS -> "No TLS connection to the receiver could be made";
                            case REFUSED_ADDRESS -> "The URL leads to an address that may not be reached";
                            case INTERRUPTED -> "The attempt was interrupted";
                            case STATUS, REDIRECT, GONE, CONNECTION -> "The receiver could not be reached";
                        })
                        .orElse("The receiver answered"));
        return what + ", after " + milliseconds() + " ms.";
    }
}
