package ferry.sandbox.calendars;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How an appointment recurs.
///
/// @param freq `daily`, `weekly`, `monthly` or `yearly`
/// @param interval from 1
/// @param count how many occurrences there are in all, 0 for no such limit
/// @param until the last day that may hold one, null for no such limit
public record Rule(
        String freq, int interval, int count, @Nullable LocalDate until) {
    /// Without an end.
    public static Rule every(String freq, int interval) {
        return new Rule(freq, interval, 0, null);
    }

    /// The start of occurrence `n`, counted from 0; empty where there is none.
    Optional<LocalDateTime> occurrence(LocalDateTime start, int n) {
        if (count > 0 && n >= count) {
            return Optional.empty();
        }
        long steps = (long) n * interval;
        var at = switch (freq) {
            case "daily" -> start.plusDays(steps);
            case "weekly" -> start.plusWeeks(steps);
            case "monthly" -> start.plusMonths(steps);
            default -> start.plusYears(steps);
        };
        return until != null && at.toLocalDate().isAfter(until) ? Optional.empty() : Optional.of(at);
    }
}
