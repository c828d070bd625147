package ferry.connector.icloud.contacts;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A day that has no time of day and perhaps no year, such as a birthday.
final class CalendarDay {
    private static final Pattern DAY = Pattern.compile("(\\d{4}|-)-(\\d{2})-(\\d{2})([T ].*)?");
    /// How Apple writes that the year is not known; a leap year.
    private static final int NO_YEAR = 1604;

    private CalendarDay() {}

    /// `{year, month, day}`, the year null where it is not known; empty for what is no day.
    static Optional<ObjectNode> read(@Nullable String text) {
        var parts = DAY.matcher(text == null ? "" : text.strip());
        if (!parts.matches()) {
            return Optional.empty();
        }
        var year = parts.group(1).equals("-") ? NO_YEAR : Integer.parseInt(parts.group(1));
        try {
            var day = LocalDate.of(year, Integer.parseInt(parts.group(2)), Integer.parseInt(parts.group(3)));
            var node = JsonNodeFactory.instance.objectNode();
            if (year == NO_YEAR || year == 0) {
                node.putNull("year");
            } else {
                node.put("year", year);
            }
            return Optional.of(node.put("month", day.getMonthValue()).put("day", day.getDayOfMonth()));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}
