package ferry.access;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A limit of a scope: so many uses, counted for each `level` (ricloud-api 7.2).
///
/// @param value the uses allowed, from 0
/// @param window within which uses are counted, ours; empty for all that ever were
public record Limit(Level level, long value, Optional<Window> window) {
    /// More than anybody counts to, and exact in every client's numbers.
    public static final long MOST = 1_000_000_000_000L;

    /// For whom uses are counted together.
    public enum Level {
        /// The whole organisation.
        ORGANISATION("organisation"),
        /// Each key for itself.
        KEY("key"),
        /// Each user for themselves.
        USER("user");

        private final String slug;

        Level(String slug) {
            this.slug = slug;
        }

        /// The word on the wire.
        public String slug() {
            return slug;
        }

        /// The level of that word.
        public static Optional<Level> of(String slug) {
            return Arrays.stream(values())
                    .filter(level -> level.slug.equals(slug))
                    .findFirst();
        }
    }

    /// A stretch of the calendar in UTC.
    public enum Window {
        /// From full hour to full hour.
        HOUR("hour", ChronoUnit.HOURS),
        /// From midnight to midnight.
        DAY("day", ChronoUnit.DAYS),
        /// A calendar month.
        MONTH("month", ChronoUnit.MONTHS);

        private final String slug;
        private final ChronoUnit unit;

        Window(String slug, ChronoUnit unit) {
            this.slug = slug;
            this.unit = unit;
        }

        /// The word on the wire.
        public String slug() {
            return slug;
        }

        /// The window of that word.
        public static Optional<Window> of(String slug) {
            return Arrays.stream(values())
                    .filter(window -> window.slug.equals(slug))
                    .findFirst();
        }

        /// When the window that holds `now` began.
        public Instant start(Instant now) {
            var utc = now.atZone(ZoneOffset.UTC);
            return (this == MONTH ? utc.withDayOfMonth(1).truncatedTo(ChronoUnit.DAYS) : utc.truncatedTo(unit))
                    .toInstant();
        }

        /// When the window that began then ends and the next begins.
        public Instant end(Instant start) {
            return ZonedDateTime.ofInstant(start, ZoneOffset.UTC).plus(1, unit).toInstant();
        }
    }

    /// A limit as it lies in a table; only what [#stored] gave is there.
    static Limit of(Map<String, Object> stored) {
        return new Limit(
                Level.of(String.valueOf(stored.get("level"))).orElseThrow(),
                Long.parseLong(String.valueOf(stored.get("value"))),
                Optional.ofNullable(stored.get("window"))
                        .map(window -> Window.of(window.toString()).orElseThrow()));
    }

    /// As the API shows it and a table keeps it.
    public Map<String, Object> stored() {
        var stored = new LinkedHashMap<String, Object>();
        stored.put("level", level.slug);
        stored.put("type", "count");
        stored.put("value", value);
        window.ifPresent(per -> stored.put("window", per.slug));
        return stored;
    }

    /// In words, such as `2 per user and month`.
    @Override
    public String toString() {
        return value + " per " + level.slug
                + window.map(per -> " and " + per.slug).orElse("");
    }
}
