package ferry.sandbox.calendars;

import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;

/// One account's calendars and appointments. Thread-safe. The mutators stand for what the owner does on a device while
/// a connector is at work.
public final class CalendarStore {
    private final CalendarSpec spec;
    private final InstantSource clock;
    private final List<Collection> collections;
    private final Map<String, Appointment> appointments = new LinkedHashMap<>();
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
        appointments.put(appointment.guid(), appointment);
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
        appointments.remove(guid);
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
        appointments.computeIfPresent(guid, (_, appointment) -> how.apply(appointment, clock.instant()));
    }
}
