package ferry.connector;

import java.time.Instant;
import java.util.Optional;

/// Which items are asked for, by when the source got or changed them, not by when they were made.
///
/// @param since the first moment, inclusive
/// @param until the last moment, exclusive
public record Window(Optional<Instant> since, Optional<Instant> until) {
    /// Everything.
    public static final Window ALL = new Window(Optional.empty(), Optional.empty());

    /// Whether an item of that moment is asked for.
    public boolean holds(Instant moment) {
        return since.map(s -> !moment.isBefore(s)).orElse(true)
                && until.map(moment::isBefore).orElse(true);
    }
}
