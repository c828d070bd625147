package ferry.form;

import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAdjusters;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneOffsetTransitionRule;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Describes a time zone as a file of iCalendar must (`VTIMEZONE`, RFC 5545 3.6.5), from what this Java knows
/// of it: what has been since 1970 date by date, and what will be by rule.
final class ZoneText {
    private static final int FIRST_YEAR = 1970;
    /// Zones whose rule cannot be said in iCalendar's words are told date by date until then.
    private static final int LAST_YEAR = 2060;
    private static final DateTimeFormatter WALL = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss");

    private final StringBuilder out = new StringBuilder();

    private ZoneText() {}

    /// The block, lines folded.
    static String of(ZoneId zone) {
        var text = new ZoneText();
        text.line("BEGIN:VTIMEZONE");
        text.line("TZID:" + zone.getId());
        text.observances(zone.getRules());
        text.line("END:VTIMEZONE");
        return text.out.toString();
    }

    private record Kind(ZoneOffset before, ZoneOffset after, boolean daylight) {}

    private void observances(ZoneRules rules) {
        var from = LocalDateTime.of(FIRST_YEAR, 1, 1, 0, 0);
        var atFirst = rules.getOffset(from);
        observance(
                new Kind(atFirst, atFirst, rules.isDaylightSavings(from.toInstant(atFirst))),
                List.of(from),
                Optional.empty());
        var dated = new LinkedHashMap<Kind, List<LocalDateTime>>();
        int ruledFrom = FIRST_YEAR;
        for (var transition : rules.getTransitions()) {
            ruledFrom = Math.max(ruledFrom, transition.getDateTimeBefore().getYear() + 1);
            if (transition.getDateTimeBefore().getYear() >= FIRST_YEAR) {
                add(dated, rules, transition);
            }
        }
        var ruled = new LinkedHashMap<Kind, String>();
        var ruledDates = new LinkedHashMap<Kind, LocalDateTime>();
        for (var rule : rules.getTransitionRules()) {
            var first = rule.createTransition(ruledFrom);
            var words = words(rule, ruledFrom);
            if (words.isPresent()) {
                ruled.put(kind(rules, first), words.get());
                ruledDates.put(kind(rules, first), first.getDateTimeBefore());
            } else {
                for (int year = ruledFrom; year <= LAST_YEAR; year++) {
                    add(dated, rules, rule.createTransition(year));
                }
            }
        }
        dated.forEach((kind, dates) -> observance(kind, dates, Optional.empty()));
        ruled.forEach((kind, words) -> observance(
                kind, List.of(Optional.ofNullable(ruledDates.get(kind)).orElseThrow()), Optional.of(words)));
    }

    private static void add(Map<Kind, List<LocalDateTime>> dated, ZoneRules rules, ZoneOffsetTransition transition) {
        dated.computeIfAbsent(kind(rules, transition), _ -> new ArrayList<>()).add(transition.getDateTimeBefore());
    }

    private static Kind kind(ZoneRules rules, ZoneOffsetTransition transition) {
        return new Kind(
                transition.getOffsetBefore(),
                transition.getOffsetAfter(),
                rules.isDaylightSavings(transition.getInstant()));
    }

    /// Such as the last Sunday of March; empty where these words would be wrong in any year.
    private static Optional<String> words(ZoneOffsetTransitionRule rule, int from) {
        var first = rule.createTransition(from).getDateTimeBefore();
        for (int n : new int[] {-1, 1, 2, 3, 4}) {
            boolean holds = true;
            for (int year = from; holds && year <= LAST_YEAR; year++) {
                var at = rule.createTransition(year).getDateTimeBefore();
                holds = at.getMonth() == first.getMonth()
                        && at.toLocalTime().equals(first.toLocalTime())
                        && at.equals(at.with(TemporalAdjusters.dayOfWeekInMonth(n, first.getDayOfWeek())));
            }
            if (holds) {
                return Optional.of("FREQ=YEARLY;BYMONTH=" + first.getMonthValue() + ";BYDAY=" + n
                        + twoLetters(first.getDayOfWeek()));
            }
        }
        return Optional.empty();
    }

    private static String twoLetters(DayOfWeek day) {
        return day.name().substring(0, 2);
    }

    private void observance(Kind kind, List<LocalDateTime> dates, Optional<String> rule) {
        var name = kind.daylight() ? "DAYLIGHT" : "STANDARD";
        line("BEGIN:" + name);
        line("DTSTART:" + WALL.format(dates.getFirst()));
        dates.stream().skip(1).forEach(date -> line("RDATE:" + WALL.format(date)));
        rule.ifPresent(words -> line("RRULE:" + words));
        line("TZOFFSETFROM:" + offset(kind.before()));
        line("TZOFFSETTO:" + offset(kind.after()));
        line("END:" + name);
    }

    private static String offset(ZoneOffset offset) {
        int seconds = Math.abs(offset.getTotalSeconds());
        var text = (offset.getTotalSeconds() < 0 ? "-" : "+") + two(seconds / 3600) + two(seconds / 60 % 60);
        return seconds % 60 == 0 ? text : text + two(seconds % 60);
    }

    private static String two(int number) {
        return number < 10 ? "0" + number : Integer.toString(number);
    }

    /// All of them are shorter than a line may be.
    private void line(String line) {
        out.append(line).append("\r\n");
    }
}
