package ferry.connector.icloud.calendars;

import java.time.LocalDate;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A recurring event while the years are read in their order. Its rule says when it occurs and the source lists when it
/// does: what is missing was removed. Held are the days that were listed and not looked at yet, and those that miss.
///
/// Nothing is said where it is not certain: the rule cannot be computed, the source lists an occurrence that the rule
/// does not have, a stretch of time was not read where one is missing, or more are missing than there are.
final class Series {
    /// So far may a day in the event's zone lie from a day of UTC, by which the source is asked, and one more.
    static final int MARGIN_DAYS = 2;

    /// Of one series: where more are missing, the rule says little about what the source lists.
    private static final int MOST_MISSING = 2000;

    private final ObjectNode record;
    private final Supplier<JsonNode> raw;
    private final Optional<RuleDays> rule;
    /// The rule's next one; empty after its end.
    private Optional<LocalDate> next;
    /// Listed, and not looked at yet.
    private final Set<LocalDate> listed = new HashSet<>();

    private final TreeSet<LocalDate> missing = new TreeSet<>();
    private LocalDate firstListed = LocalDate.MAX;
    private LocalDate lastListed = LocalDate.MIN;
    private LocalDate settled = LocalDate.MIN;
    private int found;
    private boolean certain;

    /// @param record of the master
    /// @param raw as [ferry.connector.Feed#item] takes it
    Series(ObjectNode record, Supplier<JsonNode> raw) {
        this.record = record;
        this.raw = raw;
        rule = RuleDays.of(record);
        next = rule.flatMap(RuleDays::next);
        certain = rule.isPresent()
                && next.filter(rule.orElseThrow().first()::equals).isPresent();
    }

    /// The source lists the master itself, which stands for its first occurrence.
    void sawFirst() {
        rule.ifPresent(known -> saw(known.first()));
    }

    /// The source lists an occurrence, be it where the rule has it or moved.
    void saw(String stamp) {
        var day = rule.flatMap(known -> known.day(stamp));
        day.ifPresentOrElse(this::saw, this::doubt);
    }

    /// The source lists an occurrence without saying which one.
    void doubt() {
        certain = false;
    }

    private void saw(LocalDate day) {
        firstListed = day.isBefore(firstListed) ? day : firstListed;
        lastListed = day.isAfter(lastListed) ? day : lastListed;
        if (!day.isBefore(settled)) {
            listed.add(day);
        } else if (missing.remove(day)) {
            found++; // moved to much later
        }
    }

    /// What lies before that day will not be listed any more, unless it was moved.
    ///
    /// @param from the first day that is read at all
    /// @param unread what the source has not answered for
    void settle(LocalDate from, LocalDate until, List<Span> unread) {
        while (certain && next.isPresent() && next.get().isBefore(until)) {
            var day = next.get();
            if (listed.remove(day)) {
                found++;
            } else if (unread.stream().anyMatch(span -> span.isNear(day, MARGIN_DAYS))) {
                certain = false;
            } else if (!day.isBefore(from.plusDays(MARGIN_DAYS))) {
                missing.add(day);
            }
            next = rule.flatMap(RuleDays::next);
        }
        certain &= listed.stream().noneMatch(day -> day.isBefore(until)) && missing.size() <= MOST_MISSING;
        if (!certain) {
            listed.clear();
            missing.clear();
        }
        settled = until;
    }

    /// The record, once all is read. The source may list nothing of the far future: an occurrence that is to come is
    /// only missing where a later one is listed.
    ObjectNode record(LocalDate today) {
        missing.removeIf(day -> day.isAfter(lastListed) && !day.isBefore(today));
        boolean wholly = settled.isAfter(LocalDate.MIN) && missing.size() <= found && !isShortAtFirst();
        if (certain && wholly && record.path("recurrence") instanceof ObjectNode told) {
            told.set("excluded_dates", excluded());
        }
        return record;
    }

    /// It was there before the first day that is read, and then the source lists it from later on.
    private boolean isShortAtFirst() {
        return !missing.isEmpty()
                && missing.first().isBefore(firstListed)
                && rule.filter(known -> known.first()
                                .isBefore(Span.year(Calendars.FIRST_YEAR).from()))
                        .isPresent();
    }

    private ArrayNode excluded() {
        var dates = JsonNodeFactory.instance.arrayNode();
        missing.forEach(day -> dates.add(rule.orElseThrow().told(day)));
        return dates;
    }

    Supplier<JsonNode> raw() {
        return raw;
    }
}
