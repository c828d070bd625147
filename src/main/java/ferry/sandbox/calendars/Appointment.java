package ferry.sandbox.calendars;

import java.time.Instant;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One appointment, or a series of them.
///
/// @param calendar the guid of the calendar it lies in
/// @param zone by name; empty where it has none
/// @param start what a clock in that zone shows
/// @param removed occurrences that the owner removed, by their own start
/// @param moved where occurrences have been moved to, by their own start
/// @param guests addresses; the first is the organiser
/// @param alarms minutes before the start
/// @param attachments file names
public record Appointment(
        String guid,
        String calendar,
        String title,
        @Nullable String location,
        @Nullable String description,
        String zone,
        boolean allDay,
        LocalDateTime start,
        int minutes,
        Instant created,
        Instant modified,
        Optional<Rule> rule,
        Set<LocalDateTime> removed,
        Map<LocalDateTime, LocalDateTime> moved,
        List<String> guests,
        List<Integer> alarms,
        List<String> attachments,
        Oddity oddity) {
    public Appointment {
        removed = Set.copyOf(removed);
        moved = Map.copyOf(moved);
        guests = List.copyOf(guests);
        alarms = List.copyOf(alarms);
        attachments = List.copyOf(attachments);
    }

    /// With nothing but a title and a time.
    public static Appointment plain(
            String guid, String calendar, String title, String zone, LocalDateTime start, int minutes, Instant stamp) {
        return new Draft(guid, calendar, title, zone, start, minutes, stamp).done();
    }

    /// For whole days.
    public static Appointment days(
            String guid, String calendar, String title, LocalDateTime start, int days, Instant stamp) {
        var draft = new Draft(guid, calendar, title, "", start, days * 1440, stamp);
        draft.allDay = true;
        return draft.done();
    }

    /// The same, recurring.
    public Appointment recurring(Rule how) {
        return but(draft -> draft.rule = Optional.of(how));
    }

    /// The same with words, guests, alarms and attachments.
    public Appointment with(
            String place, String words, List<String> invited, List<Integer> reminders, List<String> files) {
        return but(draft -> {
            draft.location = place;
            draft.description = words;
            draft.guests = invited;
            draft.alarms = reminders;
            draft.attachments = files;
        });
    }

    /// The same without that occurrence.
    public Appointment without(LocalDateTime occurrence, Instant now) {
        var fewer = new HashSet<>(removed);
        fewer.add(occurrence);
        return changed(now, draft -> draft.removed = fewer);
    }

    /// The same with an occurrence at another time.
    public Appointment moving(LocalDateTime occurrence, LocalDateTime to, Instant now) {
        var more = new HashMap<>(moved);
        more.put(occurrence, to);
        return changed(now, draft -> draft.moved = more);
    }

    /// The same under another title.
    public Appointment titled(String words, Instant now) {
        return changed(now, draft -> draft.title = words);
    }

    Appointment odd(Oddity how) {
        return but(draft -> draft.oddity = how);
    }

    /// Whether a listing leaves something of it to the details.
    boolean hasDetails() {
        return description != null || !guests.isEmpty() || !attachments.isEmpty();
    }

    private Appointment changed(Instant now, Consumer<Draft> how) {
        return but(draft -> {
            draft.modified = now;
            how.accept(draft);
        });
    }

    private Appointment but(Consumer<Draft> how) {
        var draft = new Draft(guid, calendar, title, zone, start, minutes, created);
        draft.location = location;
        draft.description = description;
        draft.allDay = allDay;
        draft.modified = modified;
        draft.rule = rule;
        draft.removed = removed;
        draft.moved = moved;
        draft.guests = guests;
        draft.alarms = alarms;
        draft.attachments = attachments;
        draft.oddity = oddity;
        how.accept(draft);
        return draft.done();
    }

    /// An appointment in the making.
    private static final class Draft {
        private final String guid;
        private final String calendar;
        private final String zone;
        private final LocalDateTime start;
        private final int minutes;
        private final Instant created;
        private String title;
        private @Nullable String location;
        private @Nullable String description;
        private boolean allDay;
        private Instant modified;
        private Optional<Rule> rule = Optional.empty();
        private Set<LocalDateTime> removed = Set.of();
        private Map<LocalDateTime, LocalDateTime> moved = Map.of();
        private List<String> guests = List.of();
        private List<Integer> alarms = List.of();
        private List<String> attachments = List.of();
        private Oddity oddity = Oddity.NONE;

        Draft(
                String guid,
                String calendar,
                String title,
                String zone,
                LocalDateTime start,
                int minutes,
                Instant created) {
            this.guid = guid;
            this.calendar = calendar;
            this.title = title;
            this.zone = zone;
            this.start = start;
            this.minutes = minutes;
            this.created = created;
            this.modified = created;
        }

        Appointment done() {
            return new Appointment(
                    guid,
                    calendar,
                    title,
                    location,
                    description,
                    zone,
                    allDay,
                    start,
                    minutes,
                    created,
                    modified,
                    rule,
                    removed,
                    moved,
                    guests,
                    alarms,
                    attachments,
                    oddity);
        }
    }
}
