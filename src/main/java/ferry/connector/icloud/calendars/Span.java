package ferry.connector.icloud.calendars;

import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/// Whole months that the source is asked for at once.
///
/// @param from the first day
/// @param to the last day, inclusive
record Span(LocalDate from, LocalDate to) {
    static Span year(int year) {
        return new Span(LocalDate.of(year, 1, 1), LocalDate.of(year, 12, 31));
    }

    static Span month(LocalDate day) {
        return new Span(day.withDayOfMonth(1), day.withDayOfMonth(day.lengthOfMonth()));
    }

    boolean isMonth() {
        return months() == 1;
    }

    /// Two spans that follow each other and make up this one. Not of a month.
    List<Span> halves() {
        var second = from.plusMonths(months() / 2);
        return List.of(new Span(from, second.minusDays(1)), new Span(second, to));
    }

    /// As the source wants it; asked in UTC, so that "local" dates in the answers are UTC too.
    Map<String, String> query() {
        return Map.of("startDate", from.toString(), "endDate", to.toString(), "lang", "en-us", "usertz", "UTC");
    }

    private int months() {
        return (int) ChronoUnit.MONTHS.between(from, to.plusDays(1));
    }

    @Override
    public String toString() {
        return from + " to " + to;
    }
}
