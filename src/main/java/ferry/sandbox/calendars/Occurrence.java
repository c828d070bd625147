package ferry.sandbox.calendars;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One time at which an appointment takes place.
///
/// @param number counted from 0, the appointment's own start
/// @param own when the rule has it
/// @param start when it is, which is another where it was moved
record Occurrence(Appointment of, int number, LocalDateTime own, LocalDateTime start) {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /// Those of an appointment that touch the days from `from` to `to`, both inclusive, as seen in `seen`.
    static List<Occurrence> of(Appointment appointment, LocalDate from, LocalDate to, ZoneId seen) {
        var found = new ArrayList<Occurrence>();
        int number = 0;
        for (var at = Optional.of(appointment.start()); at.isPresent(); ) {
            var own = at.get();
            if (own.toLocalDate().isAfter(to.plusDays(400))) {
                break;
            }
            if (!appointment.removed().contains(own)) {
                var start = appointment.moved().getOrDefault(own, own);
                var occurrence = new Occurrence(appointment, number, own, start);
                if (occurrence.touches(from, to, seen)) {
                    found.add(occurrence);
                }
            }
            number++;
            int next = number;
            var first = appointment.start();
            at = appointment.rule().flatMap(rule -> rule.occurrence(first, next));
        }
        return found;
    }

    boolean moved() {
        return !own.equals(start);
    }

    LocalDateTime end() {
        return start.plusMinutes(of.minutes());
    }

    /// The appointment's own id for its first occurrence, unless that was moved; else with the occurrence's stamp.
    String guid() {
        if (number == 0 && !moved()) {
            return of.guid();
        }
        return of.guid() + "__" + STAMP.format(own.atZone(zone()));
    }

    /// Where the clock stands that shows its times; UTC where that does not matter.
    ZoneId zone() {
        return of.zone().isEmpty() ? ZoneOffset.UTC : ZoneId.of(of.zone());
    }

    /// What a clock elsewhere shows then; whole days and times without a zone are the same everywhere.
    LocalDateTime seen(LocalDateTime wall, ZoneId there) {
        return of.zone().isEmpty()
                ? wall
                : wall.atZone(zone()).withZoneSameInstant(there).toLocalDateTime();
    }

    private boolean touches(LocalDate from, LocalDate to, ZoneId there) {
        var first = seen(start, there).toLocalDate();
        var last = seen(of.minutes() > 0 ? end().minusMinutes(1) : start, there).toLocalDate();
        return !first.isAfter(to) && !last.isBefore(from);
    }
}
