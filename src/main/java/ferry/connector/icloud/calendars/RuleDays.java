package ferry.connector.icloud.calendars;

import biweekly.property.RecurrenceRule;
import biweekly.util.DayOfWeek;
import biweekly.util.Frequency;
import biweekly.util.Recurrence;
import ferry.connector.icloud.web.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Date;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// The days on which a recurring event's rule has an occurrence, by the clock of the event's zone, as whoever reads its
/// record would compute them. No rule that is computed here has two on one day.
final class RuleDays {
    private static final Map<String, Frequency> FREQUENCIES = Map.of(
            "daily", Frequency.DAILY,
            "weekly", Frequency.WEEKLY,
            "monthly", Frequency.MONTHLY,
            "yearly", Frequency.YEARLY);
    private static final Pattern WEEKDAY = Pattern.compile("([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)");
    private static final Pattern MONTHDAY = Pattern.compile("[1-9]|[12]\\d|3[01]");
    private static final Pattern STAMP = Pattern.compile("(\\d{8})(?:T(\\d{4})(?:\\d{2})?(Z)?)?");
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("uuuuMMddHHmm");

    private final LocalDateTime start;
    private final boolean allDay;
    private final Optional<ZoneId> zone;
    private final Optional<Instant> until;
    private final Iterator<Date> dates;

    private RuleDays(
            LocalDateTime start,
            boolean allDay,
            Optional<ZoneId> zone,
            Optional<Instant> until,
            Recurrence recurrence) {
        this.start = start;
        this.allDay = allDay;
        this.zone = zone;
        this.until = until;
        // By the clock alone: all days of UTC have all their hours.
        this.dates = new RecurrenceRule(recurrence)
                .getDateIterator(Date.from(start.toInstant(ZoneOffset.UTC)), TimeZone.getTimeZone(ZoneOffset.UTC));
    }

    /// Empty where they cannot be computed with certainty: the rule has words that are not known here, or the event's
    /// time is not.
    static Optional<RuleDays> of(JsonNode record) {
        try {
            return recurrence(record.path("recurrence")).flatMap(recurrence -> of(record, recurrence));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private static Optional<RuleDays> of(JsonNode record, Recurrence recurrence) {
        boolean allDay = record.path("all_day").asBoolean(false);
        var start = Optional.ofNullable(Json.text(record, allDay ? "first_day" : "local_start"))
                .map(told -> allDay ? LocalDate.parse(told).atStartOfDay() : LocalDateTime.parse(told));
        var zone = Optional.ofNullable(Json.text(record, "time_zone"))
                .filter(_ -> !allDay)
                .map(ZoneId::of);
        boolean placed = allDay || zone.isPresent() || record.path("date_start").isNull();
        if (start.isEmpty() || !placed || !beginsNear(record.path("recurrence"), start.get())) {
            return Optional.empty();
        }
        var until = recurrence.getCount() == null
                ? Optional.ofNullable(Json.text(record.path("recurrence"), "date_until"))
                        .map(Instant::parse)
                : Optional.<Instant>empty();
        return Optional.of(new RuleDays(start.get(), allDay, zone, until, recurrence));
    }

    /// In whichever zone the source writes the rule's own beginning.
    private static boolean beginsNear(JsonNode rule, LocalDateTime start) {
        var told = Json.text(rule, "local_start");
        return told == null
                || Math.abs(LocalDateTime.parse(told).toLocalDate().toEpochDay()
                                - start.toLocalDate().toEpochDay())
                        <= 1;
    }

    private static Optional<Recurrence> recurrence(JsonNode rule) {
        var frequency = Optional.ofNullable(Json.text(rule, "frequency"))
                .map(FREQUENCIES::get)
                .orElse(null);
        var weekStart = Optional.ofNullable(Json.text(rule, "week_start")).orElse("MO");
        var first = DayOfWeek.valueOfAbbr(weekStart.toUpperCase(Locale.ROOT));
        if (frequency == null || first == null || rule.has("date_until_raw")) {
            return Optional.empty();
        }
        var recurrence = new Recurrence.Builder(frequency).workweekStarts(first);
        recurrence.interval(Math.clamp(Json.number(rule, "interval").orElse(1), 1, 10_000));
        var count = Json.number(rule, "count").orElse(0);
        if (count > 0) {
            recurrence.count(Math.clamp(count, 1, Integer.MAX_VALUE));
        }
        return by(rule, frequency, recurrence) ? Optional.of(recurrence.build()) : Optional.empty();
    }

    /// @return false where it says something else than days that are known here
    private static boolean by(JsonNode rule, Frequency frequency, Recurrence.Builder recurrence) {
        var monthDays = new ArrayList<Integer>();
        for (var word : words(rule)) {
            var day = WEEKDAY.matcher(word);
            boolean numbered = day.matches() && day.group(1) != null;
            if (day.matches() && frequency != Frequency.YEARLY && (!numbered || frequency == Frequency.MONTHLY)) {
                recurrence.byDay(numbered ? Integer.valueOf(day.group(1)) : null, DayOfWeek.valueOfAbbr(day.group(2)));
            } else if (MONTHDAY.matcher(word).matches() && frequency == Frequency.MONTHLY) {
                monthDays.add(Integer.valueOf(word));
            } else {
                return false;
            }
        }
        if (!monthDays.isEmpty()) {
            recurrence.byMonthDay(monthDays);
        }
        return true;
    }

    private static List<String> words(JsonNode rule) {
        return Stream.of("week_days", "frequency_days")
                .flatMap(name -> rule.path(name).valueStream())
                .flatMap(words -> Pattern.compile("[,\\s]+")
                        .splitAsStream(words.asString("").strip()))
                .filter(word -> !word.isEmpty())
                .map(word -> word.toUpperCase(Locale.ROOT))
                .distinct()
                .toList();
    }

    /// That of the first occurrence.
    LocalDate first() {
        return start.toLocalDate();
    }

    /// The next one, in order; empty at the end.
    Optional<LocalDate> next() {
        return dates.hasNext()
                ? Optional.of(LocalDate.ofInstant(dates.next().toInstant(), ZoneOffset.UTC))
                        .filter(this::isInTime)
                : Optional.empty();
    }

    private boolean isInTime(LocalDate day) {
        if (allDay) {
            return until.map(at -> !day.isAfter(LocalDate.ofInstant(at, ZoneOffset.UTC)))
                    .orElse(true);
        }
        var wall = day.atTime(start.toLocalTime());
        return until.map(at ->
                        !wall.atZone(zone.orElse(ZoneOffset.UTC)).toInstant().isAfter(at))
                .orElse(true);
    }

    /// On which of these days the occurrence of that stamp is, such as `20260820T140500Z`; empty for what is no stamp.
    Optional<LocalDate> day(String stamp) {
        var parts = STAMP.matcher(stamp);
        if (!parts.matches()) {
            return Optional.empty();
        }
        try {
            if (zone.isEmpty() || parts.group(2) == null || parts.group(3) == null) {
                return Optional.of(LocalDate.parse(parts.group(1), DateTimeFormatter.BASIC_ISO_DATE));
            }
            return Optional.of(LocalDateTime.parse(parts.group(1) + parts.group(2), MINUTE)
                    .atOffset(ZoneOffset.UTC)
                    .atZoneSameInstant(zone.get())
                    .toLocalDate());
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    /// The occurrence of that day as a record tells when an event begins: the day alone for whole days, else with the
    /// time of the clock there.
    String told(LocalDate day) {
        return allDay ? day.toString() : String.valueOf(AppleDate.wall(Optional.of(day.atTime(start.toLocalTime()))));
    }
}
