package ferry.subscription;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// When polls are due: at a moment of their own first, then on a grid.
///
/// Subscriptions that were made together, or that all start at midnight, must not poll together for ever. So the grid
/// is shifted by up to a quarter of the interval, six hours at most, which the id decides; only the first poll of one
/// that starts at once, which somebody waits for, is not.
///
/// @param from the first slot of the grid
/// @param next when the next poll is due; empty where no more will come
record Schedule(Instant from, Optional<Instant> next) {
    /// A start is before this, so that the slots after it have dates that clients read: of four-digit years.
    static final Instant LATEST_START = Instant.parse("9999-01-01T00:00:00Z");

    private static final Duration WIDEST = Duration.ofHours(6);

    /// A schedule as of now.
    ///
    /// @param last when the last poll was made
    static Schedule of(
            UUID id,
            Instant now,
            Duration interval,
            Optional<Instant> start,
            Optional<Instant> end,
            Optional<Instant> last) {
        var spread = spread(id, interval);
        var waits = start.filter(now::isBefore).map(moment -> moment.plus(spread));
        if (waits.isPresent()) {
            return new Schedule(waits.get(), within(waits.get(), end));
        }
        var from = last.orElse(now).plus(interval).plus(spread);
        var next = last.isEmpty() || from.isBefore(now) ? now : from;
        return new Schedule(from, within(next, end));
    }

    /// The first slot after a moment. Those that went by meanwhile are not made up for.
    static Optional<Instant> after(Instant moment, Instant from, Duration interval, Optional<Instant> end) {
        if (moment.isBefore(from)) {
            return within(from, end);
        }
        long passed = Duration.between(from, moment).dividedBy(interval);
        return within(from.plus(interval.multipliedBy(passed + 1)), end);
    }

    private static Optional<Instant> within(Instant slot, Optional<Instant> end) {
        return end.isPresent() && !slot.isBefore(end.get()) ? Optional.empty() : Optional.of(slot);
    }

    private static Duration spread(UUID id, Duration interval) {
        var quarter = interval.dividedBy(4);
        long widest = (quarter.compareTo(WIDEST) < 0 ? quarter : WIDEST).toMillis();
        return Duration.ofMillis(Math.floorMod(id.getLeastSignificantBits(), Math.max(1, widest)));
    }
}
