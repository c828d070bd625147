package ferry.connector.icloud.web;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// How long the addresses of files are good for.
public final class Addresses {
    /// The source's live an hour; older ones than this are looked up anew (R18).
    private static final Duration MAX_AGE = Duration.ofMinutes(20);

    private Addresses() {}

    /// Whether those in a record may still be used.
    ///
    /// @param received when the record came
    public static boolean areFresh(Instant received, InstantSource clock) {
        return received.plus(MAX_AGE).isAfter(clock.instant());
    }
}
