package ferry.sandbox.calendars;

import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// One account's calendars and appointments. Thread-safe. The mutators stand for what the owner does on a device while
/// a connector is at work.
public final class CalendarStore {
    private final CalendarSpec spec;
    private final InstantSource clock;
    private final List<Collection> collections;
    private final Map<String, Appointment> appointments = new LinkedHashMap<>();
    /// By calendar.
    private final Map<String, Long> edits = new HashMap<>();
    private final AtomicBoolean failed = new AtomicBoolean();

    CalendarStore(CalendarSpec spec, InstantSource clock) {
        this.spec = spec;
        this.clock = clock;
        var growth = new Growth(spec);
        this.collections = growth.collections();
        growth.appointments().forEach(this::put);
    }

    /// Adds an appointment, or puts it in the place of the one with its guid.
    public synchronized void put(Appointment appointment) {
        edited(appointments.put(appointment.guid(), appointment));
        edited(appointment);
    }

    /// Gives an appointment another title, now.
    public void rename(String guid, String title) {
        change(guid, (appointment, now) -> appointment.titled(title, now));
    }

    /// Moves one occurrence of a series, now.
    public void move(String guid, LocalDateTime occurrence, LocalDateTime to) {
        change(guid, (appointment, now) -> appointment.moving(occurrence, to, now));
    }

    /// Removes one occurrence of a series, now.
    public void removeOccurrence(String guid, LocalDateTime occurrence) {
        change(guid, (appointment, now) -> appointment.without(occurrence, now));
    }

    /// Removes an appointment with all its occurrences.
    public synchronized void remove(String guid) {
        edited(appointments.remove(guid));
    }

    private void edited(@Nullable Appointment appointment) {
        if (appointment != null) {
            edits.merge(appointment.calendar(), 1L, Long::sum);
        }
    }

    /// How often what lies in that calendar has changed.
    synchronized long edits(String calendar) {
        return edits.getOrDefault(calendar, 0L);
    }

    /// What there is, oldest addition first.
    public synchronized List<Appointment> appointments() {
        return List.copyOf(appointments.values());
    }

    synchronized Optional<Appointment> find(String guid) {
        return Optional.ofNullable(appointments.get(guid));
    }

    List<Collection> collections() {
        return collections;
    }

    boolean has(CalendarQuirk quirk) {
        return spec.has(quirk);
    }

    /// True once.
    boolean failsNow() {
        return failed.compareAndSet(false, true);
    }

    private synchronized void change(String guid, BiFunction<Appointment, Instant, Appointment> how) {
        edited(appointments.computeIfPresent(guid, (_, appointment) -> how.apply(appointment, clock.instant())));
    }
}
