package ferry.connector.icloud.calendars;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads the source's dates, `[yyyymmdd, y, m, d, h, min, minutes]`, of which only elements 1 to 5 are used: the
/// first may be text, and the last counts otherwise at an end (`icloud-protocol` 2.4).
///
/// Dates outside the years 1583 to 2199 are absurd, and unknown. 1604 is the source's year for birthdays without one.
final class AppleDate {
    private static final DateTimeFormatter MILLISECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter WALL = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm");
    private static final Pattern OFFSET = Pattern.compile("(?:GMT|UTC)?([+-])(\\d{1,2}):?(\\d{2})");
    private static final int FIRST_YEAR = 1583;
    private static final int LAST_YEAR = 2199;

    private AppleDate() {}

    /// What a clock on the wall showed; empty where it is none of this world.
    static Optional<LocalDateTime> read(JsonNode date) {
        if (!date.isArray() || date.size() < 4) {
            return Optional.empty();
        }
        var year = element(date, 1);
        var month = element(date, 2);
        var day = element(date, 3);
        var hour = date.size() > 4 ? element(date, 4) : OptionalInt.of(0);
        var minute = date.size() > 5 ? element(date, 5) : OptionalInt.of(0);
        if (year.isEmpty() || month.isEmpty() || day.isEmpty() || hour.isEmpty() || minute.isEmpty()) {
            return Optional.empty();
        }
        if (year.getAsInt() < FIRST_YEAR || year.getAsInt() > LAST_YEAR) {
            return Optional.empty();
        }
        try {
            boolean midnight = hour.getAsInt() == 24 && minute.getAsInt() == 0;
            var read = LocalDateTime.of(
                    year.getAsInt(),
                    month.getAsInt(),
                    day.getAsInt(),
                    midnight ? 0 : hour.getAsInt(),
                    minute.getAsInt());
            return Optional.of(midnight ? read.plusDays(1) : read);
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    /// The same as a moment, for the dates that the source writes in the zone it was asked in, UTC.
    static Optional<Instant> moment(JsonNode date) {
        return read(date).map(wall -> wall.toInstant(ZoneOffset.UTC));
    }

    /// `-0400`, `+05:30` or `GMT+5:30`.
    static Optional<ZoneOffset> offset(@Nullable String text) {
        var match = OFFSET.matcher(text == null ? "" : text.strip());
        if (!match.matches()) {
            return Optional.empty();
        }
        int seconds = Integer.parseInt(match.group(2)) * 3600 + Integer.parseInt(match.group(3)) * 60;
        try {
            return Optional.of(ZoneOffset.ofTotalSeconds(match.group(1).equals("-") ? -seconds : seconds));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    /// Puts a moment, and what the source wrote beside it where that was something unreadable.
    static void put(ObjectNode record, String name, Optional<Instant> moment, JsonNode written) {
        record.put(name, moment.map(MILLISECONDS::format).orElse(null));
        if (read(written).isEmpty()) {
            raw(record, name, written);
        }
    }

    /// Keeps what the source wrote and we cannot read, as `<name>_raw`.
    static void raw(ObjectNode record, String name, JsonNode written) {
        if (!written.isMissingNode() && !written.isNull()) {
            record.put(name + "_raw", written.isString() ? written.stringValue() : written.toString());
        }
    }

    /// Such as `2026-08-20T14:05`.
    static @Nullable String wall(Optional<LocalDateTime> wall) {
        return wall.map(WALL::format).orElse(null);
    }

    /// A number, be it text; a fraction is none.
    private static OptionalInt element(JsonNode date, int index) {
        var element = date.path(index);
        try {
            if (element.isIntegralNumber() || element.isString()) {
                return OptionalInt.of(Integer.parseInt(element.asString().strip()));
            }
        } catch (NumberFormatException _) {
            return OptionalInt.empty();
        }
        var exact = element.isNumber() ? whole(element.asDouble(Double.NaN)) : OptionalLong.empty();
        return exact.isPresent() ? OptionalInt.of((int) exact.getAsLong()) : OptionalInt.empty();
    }

    private static OptionalLong whole(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1_000_000
                ? OptionalLong.of((long) number)
                : OptionalLong.empty();
    }
}
