package ferry.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Datetime filters of a list: `date_created`, `date_created[gte]`, `date_created__lt` and the like
/// (ricloud-api 2).
///
/// A bare date matches the moment at the precision it is given in: `2026-11-23` the whole day, `…T00:12:38` that
/// second. The comparisons compare with its beginning.
final class DateFilters {
    private static final Pattern DATE =
            Pattern.compile("(\\d{4})-(\\d\\d)-(\\d\\d)(?:[T ](\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d{1,9}))?)?)?"
                    + "(Z|[+ -]\\d\\d:?\\d\\d)?");
    private static final Map<String, String> COMPARISONS = Map.of("gt", ">", "gte", ">=", "lt", "<", "lte", "<=");

    private DateFilters() {}

    /// One comparison of a column with a moment.
    record Condition(String column, String operator, Instant moment) {}

    /// A date as given: what it names begins at one moment and ends before another.
    private record Span(Instant from, Instant to) {}

    /// What a list's date attributes are compared with. What it does not have is no filter.
    ///
    /// @param columns the list's date attributes and their columns
    /// @param given query parameters, by their names
    /// @throws ApiException `invalid-parameter` for a date that is none
    static List<Condition> of(Map<String, String> columns, Map<String, String> given) {
        var conditions = new ArrayList<Condition>();
        columns.forEach((attribute, column) -> {
            var bare = given.get(attribute);
            if (bare != null) {
                var span = span(attribute, bare);
                conditions.add(new Condition(column, ">=", span.from()));
                conditions.add(new Condition(column, "<", span.to()));
            }
            COMPARISONS.forEach((word, operator) -> {
                for (var name : List.of(attribute + "[" + word + "]", attribute + "__" + word)) {
                    var text = given.get(name);
                    if (text != null) {
                        conditions.add(
                                new Condition(column, operator, span(name, text).from()));
                    }
                }
            });
        });
        return conditions;
    }

    /// The query parameters that may be datetime filters, without empty ones.
    static Map<String, String> given(Map<String, String> query) {
        var given = new LinkedHashMap<String, String>();
        query.forEach((name, value) -> {
            if (name.startsWith("date_") && !value.isEmpty()) {
                given.put(name, value);
            }
        });
        return given;
    }

    private static Span span(String name, String text) {
        var parts = DATE.matcher(text);
        try {
            if (parts.matches()) {
                return span(parts);
            }
        } catch (DateTimeException _) {
            // such as the 31st of February
        }
        throw ApiException.parameter(name, "is not an ISO 8601 date, or date and time");
    }

    private static Span span(Matcher parts) {
        var fraction = parts.group(7);
        var from = OffsetDateTime.of(
                        number(parts.group(1)),
                        number(parts.group(2)),
                        number(parts.group(3)),
                        number(parts.group(4)),
                        number(parts.group(5)),
                        number(parts.group(6)),
                        fraction == null ? 0 : number((fraction + "00000000").substring(0, 9)),
                        offset(parts.group(8)))
                .toInstant()
                .truncatedTo(ChronoUnit.MICROS);
        return new Span(from, from.plus(precision(parts)));
    }

    private static Duration precision(Matcher parts) {
        if (parts.group(4) == null) {
            return Duration.ofDays(1);
        }
        if (parts.group(6) == null) {
            return Duration.ofMinutes(1);
        }
        var fraction = parts.group(7);
        if (fraction == null) {
            return Duration.ofSeconds(1);
        }
        // The database keeps microseconds.
        return Duration.ofNanos((long) Math.pow(10, 9 - Math.min(6, fraction.length())));
    }

    /// A plus that nobody encoded arrives as a space.
    private static ZoneOffset offset(@Nullable String text) {
        return text == null || text.equals("Z") ? ZoneOffset.UTC : ZoneOffset.of(text.replace(' ', '+'));
    }

    private static int number(@Nullable String digits) {
        return digits == null ? 0 : Integer.parseInt(digits);
    }
}
