package ferry.webhook;

import ferry.access.OrgId;
import ferry.db.Ids;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Sends events again: which, and into the line with them.
final class Replays {
    /// Events that are sent again in one transaction.
    static final int AT_ONCE = 500;

    private final InstantSource clock;

    Replays(InstantSource clock) {
        this.clock = clock;
    }

    /// The events that fit and may be sent again, oldest first. Takes no lock, however long it looks: whether
    /// each may still be sent is [#again]'s to see.
    ///
    /// @param atMost how many of them
    List<UUID> fitting(Handle tx, OrgId organisation, Filter filter, int atMost) {
        return tx.createQuery("""
                        select e.id
                          from event e
                          join delivery d on d.event = e.id
                          left join api_key k on k.organisation = e.organisation and k.id = e.key
                          left join webhook_default w on w.organisation = e.organisation
                          join webhook_config c on c.organisation = e.organisation
                                               and c.id = coalesce(k.webhook_config, w.config)
                                               and c.stopped is distinct from 'organisation'
                         where e.organisation = :organisation and (d.line is null or d.line = 'waiting')
                           and not (e.type = 'webhook_config' and e.action = 'test')
                           and (cast(:after as uuid) is null or e.id > cast(:after as uuid))
                           and e.id >= :from and e.date_created >= :since
                           and (cast(:until as timestamptz) is null or e.date_created < cast(:until as timestamptz))
                           and (cast(:type as text) is null or e.type = :type)
                           and (cast(:action as text) is null or e.action = :action)
                           and (cast(:state as text) is null or d.state = :state)
                         order by e.id limit :max
                        """)
                .bind("organisation", organisation.value())
                .bind("after", filter.after())
                .bind("from", Ids.first(filter.since().minus(Placement.AHEAD)))
                .bind("since", filter.since())
                .bind("until", filter.until())
                .bind("type", filter.type())
                .bind("action", filter.action())
                .bind("state", filter.state())
                .bind("max", atMost)
                .mapTo(UUID.class)
                .list();
    }

    /// Sends events again, to whom they would go now, whatever their config asks for. Those that are being sent
    /// at this moment, those without a place yet, and those that go to nobody are left out.
    ///
    /// @param events few, as all nodes wait meanwhile: [#AT_ONCE]
    /// @return how many are
    int again(Handle tx, OrgId organisation, List<UUID> events) {
        Line.lock(tx, Line.FIRST);
        Line.lock(tx, Line.AGAIN);
        return tx.createUpdate("""
                        update delivery d
                           set config = c.id, line = 'waiting', lane = 1, due = :now, retries = 0,
                               state = 'pending', date_delivered = null
                          from event e
                          left join api_key k on k.organisation = e.organisation and k.id = e.key
                          left join webhook_default w on w.organisation = e.organisation
                          join webhook_config c on c.organisation = e.organisation
                                               and c.id = coalesce(k.webhook_config, w.config)
                                               and c.stopped is distinct from 'organisation'
                         where d.organisation = :organisation and d.event = any(:events)
                           and e.organisation = :organisation and e.id = d.event
                           and (d.line is null or d.line = 'waiting')
                           and not (e.type = 'webhook_config' and e.action = 'test')
                        """)
                .bind("organisation", organisation.value())
                .bindArray("events", UUID.class, events)
                .bind("now", clock.instant())
                .execute();
    }

    /// Which events are sent again; what is empty narrows nothing.
    ///
    /// @param after the last one of the call before
    record Filter(
            Instant since,
            Optional<UUID> after,
            Optional<Instant> until,
            Optional<String> type,
            Optional<String> action,
            Optional<String> state) {}
}
