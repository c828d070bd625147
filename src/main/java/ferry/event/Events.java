package ferry.event;

import ferry.access.OrgId;
import ferry.db.Ids;
import ferry.http.Json;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// The events of all organisations. Written by whoever changes something, in the same transaction.
///
/// An event is two rows: the event, never written again, and its `delivery`, which moves. Its place in the list is
/// given after the commit ([Sequencer]), so that no reader of the list can be overtaken.
public final class Events {
    private static final String SELECT = """
            select * from (select e.id, e.organisation, e.type, e.action, e.body, e.date_created,
                                  d.sequence, d.state, d.retries, d.date_delivered
                             from event e join delivery d on d.event = e.id) events
            """;
    private static final Listing LISTING =
            new Listing(SELECT, """
             where organisation = :organisation and sequence is not null
               and (cast(:type as text) is null or type = :type)
               and (cast(:action as text) is null or action = :action)
               and (cast(:state as text) is null or state = :state)
            """, "id", Listing.Family.UUID).counted("event").orderedBy("sequence");

    private final InstantSource clock;

    /// @param clock gives `date_created`
    public Events(InstantSource clock) {
        this.clock = clock;
    }

    /// Narrows a list; what is empty narrows nothing.
    public record Filter(Optional<String> type, Optional<String> action, Optional<String> state) {}

    /// Reports that something happened to a resource.
    ///
    /// @param key the key whose webhook hears of it
    /// @param type the resource's kind, such as `poll`
    /// @param action what happened, such as `completed`
    /// @param subject the resource's id
    /// @param resource the resource as the API shows it at this moment
    public void emit(
            Handle tx, OrgId organisation, long key, String type, String action, String subject, Object resource) {
        emit(tx, Ids.next(clock), organisation, key, type, action, subject, resource);
    }

    /// As the other, with an id of the caller's choice. A second one of that id is not written.
    public void emit(
            Handle tx,
            UUID id,
            OrgId organisation,
            long key,
            String type,
            String action,
            String subject,
            Object resource) {
        tx.createUpdate("""
                        with made as (
                          insert into event (id, organisation, key, type, action, subject, body, date_created)
                          values (:id, :organisation, :key, :type, :action, :subject, cast(:body as json), :now)
                          on conflict do nothing
                          returning id, organisation, key)
                        insert into delivery (event, organisation, key) select * from made
                        """)
                .bind("id", id)
                .bind("organisation", organisation.value())
                .bind("key", key)
                .bind("type", type)
                .bind("action", action)
                .bind("subject", subject)
                .bind("body", Json.MAPPER.writeValueAsString(resource))
                .bind("now", clock.instant())
                .execute();
    }

    /// The event; another organisation's is not found.
    public Optional<Event> find(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery(SELECT + " where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> event(row))
                .findOne();
    }

    /// A page of the events that have their place. Whoever must find the latest ones sequences before.
    public Slice<Event> list(Handle tx, OrgId organisation, Filter filter, Page page) {
        return LISTING.page(tx, organisation, filter, page, (row, _) -> event(row));
    }

    private static Event event(ResultSet row) throws SQLException {
        return new Event(
                row.getObject("id", UUID.class),
                row.getString("type"),
                row.getString("action"),
                row.getString("body"),
                EventState.of(row.getString("state")),
                row.getInt("retries"),
                row.getTimestamp("date_created").toInstant(),
                Optional.ofNullable(row.getTimestamp("date_delivered"))
                        .map(Timestamp::toInstant)
                        .orElse(null));
    }
}
