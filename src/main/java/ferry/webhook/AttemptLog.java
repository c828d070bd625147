package ferry.webhook;

import ferry.access.OrgId;
import ferry.event.EventState;
import ferry.http.Page;
import ferry.http.Slice;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Each time an event was sent, and how that ended. Those of first tries, retries and replays are begun by
/// [Line#take]; those of a config's test here.
final class AttemptLog {
    /// What is shown of one event.
    private static final Page SHOWN = new Page(1000, Optional.empty(), Optional.empty());

    private final InstantSource clock;

    AttemptLog(InstantSource clock) {
        this.clock = clock;
    }

    /// One line of the attempt log.
    ///
    /// @param milliseconds null while it is under way
    record Entry(
            int number,
            long config,
            Instant date,
            @Nullable Integer status,
            @Nullable Integer milliseconds,
            @Nullable AttemptError error,
            boolean over) {}

    /// Begins a test's attempt: the event is there and in no line. False where that attempt was begun before.
    boolean begin(Handle tx, OrgId organisation, UUID event, long config, int number) {
        tx.createUpdate("""
                        update delivery set config = :config, attempt = :number, retries = :number - 1
                         where organisation = :organisation and event = :event
                        """)
                .bind("organisation", organisation.value())
                .bind("event", event)
                .bind("config", config)
                .bind("number", number)
                .execute();
        tx.createUpdate("""
                        update webhook_attempt set error = 'interrupted', date_completed = :now
                         where event = :event and date_completed is null
                        """).bind("event", event).bind("now", clock.instant()).execute();
        return tx.createUpdate("""
                        insert into webhook_attempt (event, number, organisation, config, date_created)
                        values (:event, :number, :organisation, :config, :now) on conflict do nothing
                        """)
                        .bind("event", event)
                        .bind("number", number)
                        .bind("organisation", organisation.value())
                        .bind("config", config)
                        .bind("now", clock.instant())
                        .execute()
                == 1;
    }

    /// Writes the outcome of a test's attempt.
    void end(Handle tx, OrgId organisation, UUID event, int number, Attempted attempted, EventState state) {
        complete(tx, List.of(new Note(event, number, attempted)));
        tx.createUpdate("""
                        update delivery
                           set state = :state, date_delivered = case when :state = 'delivered' then cast(:now as timestamptz) end
                         where organisation = :organisation and event = :event
                        """)
                .bind("organisation", organisation.value())
                .bind("event", event)
                .bind("state", state.slug())
                .bind("now", clock.instant())
                .execute();
    }

    /// What is to be written of one.
    record Note(UUID event, int number, Attempted attempted) {}

    /// Completes attempts; one that was given up as interrupted stays so.
    void complete(Handle tx, List<Note> notes) {
        tx.createUpdate("""
                        update webhook_attempt a
                           set status = o.status, milliseconds = o.milliseconds, error = o.error, date_completed = :now
                          from unnest(:events, :numbers, :statuses, :milliseconds, :errors)
                               as o(event, number, status, milliseconds, error)
                         where a.event = o.event and a.number = o.number and a.date_completed is null
                        """)
                .bindArray("events", UUID.class, notes.stream().map(Note::event).toList())
                .bindArray(
                        "numbers",
                        Integer.class,
                        notes.stream().map(Note::number).toList())
                .bindArray(
                        "statuses",
                        Integer.class,
                        column(notes, n -> n.attempted().status().orElse(null)))
                .bindArray(
                        "milliseconds",
                        Integer.class,
                        column(notes, n -> n.attempted().milliseconds()))
                .bindArray(
                        "errors",
                        String.class,
                        column(
                                notes,
                                n -> n.attempted()
                                        .error()
                                        .map(AttemptError::slug)
                                        .orElse(null)))
                .bind("now", clock.instant())
                .execute();
    }

    /// The attempts to send an event, newest first: a schedule's, and as many again for each time it was sent again.
    Slice<Entry> of(Handle tx, OrgId organisation, UUID event) {
        var newest = tx.createQuery("""
                        select * from webhook_attempt where organisation = :organisation and event = :event
                         order by number desc limit :limit + 1
                        """)
                .bind("organisation", organisation.value())
                .bind("event", event)
                .bind("limit", SHOWN.limit())
                .map((row, _) -> entry(row))
                .list();
        return Slice.of(newest, SHOWN, count(tx, organisation, event));
    }

    private static long count(Handle tx, OrgId organisation, UUID event) {
        return tx.createQuery(
                        "select count(*) from webhook_attempt where organisation = :organisation and event = :event")
                .bind("organisation", organisation.value())
                .bind("event", event)
                .mapTo(long.class)
                .one();
    }

    private static Entry entry(ResultSet row) throws SQLException {
        var error = row.getString("error");
        return new Entry(
                row.getInt("number"),
                row.getLong("config"),
                row.getTimestamp("date_created").toInstant(),
                row.getObject("status", Integer.class),
                row.getObject("milliseconds", Integer.class),
                error == null ? null : AttemptError.of(error),
                row.getTimestamp("date_completed") != null);
    }

    /// A column that may hold nulls.
    static <R, T> List<@Nullable T> column(List<R> rows, Function<R, @Nullable T> value) {
        var column = new ArrayList<@Nullable T>();
        rows.forEach(row -> column.add(value.apply(row)));
        return column;
    }
}
