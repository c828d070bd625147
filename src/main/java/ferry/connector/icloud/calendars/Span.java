package ferry.connector.icloud.calendars;

import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/// What the source is asked for at once: whole months, or some days of one.
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

    /// Whether it is no more than that.
    boolean isMonth() {
        return months() <= 1;
    }

    boolean isDay() {
        return from.equals(to);
    }

    /// Whether it holds that day, or one that is so many days from it.
    boolean isNear(LocalDate day, int days) {
        return !day.isBefore(from.minusDays(days)) && !day.isAfter(to.plusDays(days));
    }

    /// Two spans that follow each other and make up this one, of whole months where it has more than one. Not of a day.
    List<Span> halves() {
        var second =
                isMonth() ? from.plusDays((ChronoUnit.DAYS.between(from, to) + 1) / 2) : from.plusMonths(months() / 2);
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
