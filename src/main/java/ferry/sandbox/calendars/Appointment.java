package ferry.sandbox.calendars;

import java.time.Instant;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
        return new Appointment(
                guid,
                calendar,
                title,
                null,
                null,
                zone,
                false,
                start,
                minutes,
                stamp,
                stamp,
                Optional.empty(),
                Set.of(),
                Map.of(),
                List.of(),
                List.of(),
                List.of(),
                Oddity.NONE);
    }

    /// For whole days.
    public static Appointment days(
            String guid, String calendar, String title, LocalDateTime start, int days, Instant stamp) {
        return new Appointment(
                guid,
                calendar,
                title,
                null,
                null,
                "",
                true,
                start,
                days * 1440,
                stamp,
                stamp,
                Optional.empty(),
                Set.of(),
                Map.of(),
                List.of(),
                List.of(),
                List.of(),
                Oddity.NONE);
    }

    /// The same, recurring.
    public Appointment recurring(Rule how) {
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
                Optional.of(how),
                removed,
                moved,
                guests,
                alarms,
                attachments,
                oddity);
    }

    /// The same with words, guests, alarms and attachments.
    public Appointment with(
            String place, String words, List<String> invited, List<Integer> reminders, List<String> files) {
        return new Appointment(
                guid, calendar, title, place, words, zone, allDay, start, minutes, created, modified, rule, removed,
                moved, invited, reminders, files, oddity);
    }

    /// The same without that occurrence.
    public Appointment without(LocalDateTime occurrence, Instant now) {
        var fewer = new HashSet<>(removed);
        fewer.add(occurrence);
        return changed(title, fewer, moved, now);
    }

    /// The same with an occurrence at another time.
    public Appointment moving(LocalDateTime occurrence, LocalDateTime to, Instant now) {
        var more = new HashMap<>(moved);
        more.put(occurrence, to);
        return changed(title, removed, more, now);
    }

    /// The same under another title.
    public Appointment titled(String words, Instant now) {
        return changed(words, removed, moved, now);
    }

    Appointment odd(Oddity how) {
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
                how);
    }

    /// Whether a listing leaves something of it to the details.
    boolean hasDetails() {
        return description != null || !guests.isEmpty() || !attachments.isEmpty();
    }

    private Appointment changed(
            String words, Set<LocalDateTime> fewer, Map<LocalDateTime, LocalDateTime> more, Instant now) {
        return new Appointment(
                guid,
                calendar,
                words,
                location,
                description,
                zone,
                allDay,
                start,
                minutes,
                created,
                now,
                rule,
                fewer,
                more,
                guests,
                alarms,
                attachments,
                oddity);
    }
}
