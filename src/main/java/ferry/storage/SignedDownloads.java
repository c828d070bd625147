package ferry.storage;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Makes downloads of one bucket that need no credentials until they expire. Asks nobody. Thread-safe.
@FunctionalInterface
public interface SignedDownloads {
    /// The download of an object; empty where its storage can sign none.
    ///
    /// @param key as a result keeps it
    /// @param from when it begins to be valid; cut to whole seconds
    /// @param lasting at most seven days
    Optional<URI> url(String key, Instant from, Duration lasting);
}
