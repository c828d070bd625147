package ferry.webhook;

import ferry.access.OrgId;
import ferry.db.Plans;
import ferry.event.Event;
import ferry.event.EventState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/// The line of events to be sent: who is next, and who is under way. What decides over several rows at once runs
/// under an advisory lock of its lane, so that caps hold over all nodes.
final class Line {
    /// First tries.
    static final int FIRST = 0;
    /// Retries and replays.
    static final int AGAIN = 1;

    /// From this many failures in a row a config is sent one event at a time, with pauses.
    static final int BROKEN = 5;

    /// An endpoint that leaves an attempt unanswered for so long is given no more than a quarter of its share.
    private static final Duration SLOW = Duration.ofSeconds(2);

    /// Any numbers that nothing else in this database locks by: this one and the next.
    private static final long LOCK = 0x66_65_72_72_7AL;

    /// The configs for which something waits, by one look into the index each.
    private static final String WALK = """
            line(config, due) as (
              (select config, due from delivery where line = 'waiting' and lane = :lane
                order by config, due limit 1)
              union all
              select n.config, n.due
                from line l
               cross join lateral (
                     select d.config, d.due from delivery d
                      where d.line = 'waiting' and d.lane = :lane and d.config > l.config
                      order by d.config, d.due limit 1) n)
            """;

    private static final String OF_THESE = """
            line(config, due) as (
              select c.id, n.due
                from unnest(:configs) as c(id)
               cross join lateral (
                     select d.due from delivery d
                      where d.line = 'waiting' and d.lane = :lane and d.config = c.id
                      order by d.due limit 1) n)
            """;

    /// `is not distinct from`: so the row is looked up by its key. The index of what waits, which `=` would
    /// offer, may hold thousands of entries of what no longer does.
    private static final String TAKE = """
            with recursive %s,
            endpoint as (
              select c.*, least(c.free, greatest(1, :max / count(*) over ())) as most
                from line l
               cross join lateral (
                     select c.id, c.revision, c.url, c.secret, c.secret_before, c.before_until, c.retries as schedule,
                            case when c.failures >= :broken then 1
                                 when s.oldest < :slow then greatest(1, :share / 4)
                                 else :share end - s.count as free
                       from webhook_config c
                      cross join lateral (
                            select count(*) as count, min(s.lease) as oldest from delivery s
                             where s.line = 'sending' and s.config = c.id and s.lane = :lane) s
                      where c.id = l.config and c.state = 'valid'
                        and (c.paused_until is null or c.paused_until <= :now)
                     offset 0) c
               where l.due <= :now and c.free > 0
               order by random() limit :max),
            picked as (
              select p.*, row_number() over (order by p.turn, random()) as place
                from (select endpoint.*, q.event, q.turn
                        from endpoint
                       cross join lateral (
                             select d.event, row_number() over (order by d.due, d.number) as turn
                               from delivery d
                              where d.line = 'waiting' and d.lane = :lane and d.config = endpoint.id
                                and d.due <= :now
                              order by d.due, d.number limit endpoint.most) q) p
               order by place limit :max),
            fitting as (
              select w.*
                from (select p.*, e.type, e.action, cast(e.body as text) as body, e.date_created,
                             sum(octet_length(cast(e.body as text))) over (order by p.place) as bytes
                        from picked p
                       cross join lateral (select * from event e where e.id = p.event offset 0) e) w
               where w.place = 1 or w.bytes <= :bytes),
            taken as (
              update delivery d set line = 'sending', attempt = d.attempt + 1, lease = :lease
                from fitting f
               where d.event = f.event and d.line is not distinct from 'waiting'
              returning d.event, d.organisation, d.config, d.attempt, d.retries, f.type, f.action, f.body,
                        f.date_created, f.revision, f.url, f.secret, f.secret_before, f.before_until, f.schedule),
            noted as (
              insert into webhook_attempt (event, number, organisation, config, date_created)
              select event, attempt, organisation, config, cast(:now as timestamptz) from taken)
            select * from taken
            """;

    private final InstantSource clock;
    private final InstantSource pulse;
    private final WebhookSettings settings;

    /// @param clock what events are due by
    /// @param pulse what leases are measured by: it runs on evenly where `clock` may be moved
    Line(InstantSource clock, InstantSource pulse, WebhookSettings settings) {
        this.clock = clock;
        this.pulse = pulse;
        this.settings = settings;
    }

    /// An event that was taken, with all that sending it needs.
    ///
    /// @param revision the config's as it was taken; one that was changed or resumed since has another
    /// @param attempt counts on over all tries of the event
    record Taken(
            OrgId organisation,
            Event event,
            long config,
            int revision,
            int attempt,
            String url,
            WebhookConfig.Secrets secrets,
            List<Duration> schedule) {}

    /// A statement of its own, so that the snapshots of the next are taken after it.
    ///
    /// Whoever changes deliveries that another may be taking takes the lock of their lane before the first of their
    /// rows, and whoever takes both begins with that of [#FIRST]. It is also the lock of those without a place.
    static void lock(Handle tx, int lane) {
        tx.createQuery("select cast(pg_advisory_xact_lock(:lock) as text), " + Plans.BY_INDEX)
                .bind("lock", LOCK + lane)
                .mapToMap()
                .one();
    }

    /// Takes the next events to send, writes their attempts, and returns them; the caller sends them after the
    /// commit. Configs take turns: each gets its first event before any gets its second, none more than its
    /// share, or a quarter of it while it is [#SLOW]. In a transaction that has taken the [#lock].
    ///
    /// @param lane [#FIRST] or [#AGAIN]
    /// @param share attempts of this lane to one config under way at once, over all nodes
    /// @param atMost what this node can send now
    /// @param bytes what it has room for; the first is taken however long it is
    List<Taken> take(Handle tx, int lane, int share, int atMost, long bytes) {
        return taken(tx.createQuery(TAKE.formatted(WALK)), lane, share, atMost, bytes);
    }

    /// As [#take], of these configs alone: a walk over all of them passes each that is paused or full.
    List<Taken> takeOf(Handle tx, Set<Long> configs, int lane, int share, int atMost, long bytes) {
        return taken(
                tx.createQuery(TAKE.formatted(OF_THESE)).bindArray("configs", Long.class, List.copyOf(configs)),
                lane,
                share,
                atMost,
                bytes);
    }

    private List<Taken> taken(Query query, int lane, int share, int atMost, long bytes) {
        var now = clock.instant();
        return query.bind("lane", lane)
                .bind("broken", BROKEN)
                .bind("share", share)
                .bind("now", now)
                .bind("lease", pulse.instant().plus(settings.lease()))
                .bind("slow", pulse.instant().plus(settings.lease()).minus(SLOW))
                .bind("max", atMost)
                .bind("bytes", bytes)
                .map((row, _) -> taken(row))
                .list();
    }

    /// Puts back what dead nodes were sending. Harmless when run twice.
    void expire(Handle tx) {
        tx.createUpdate("""
                        with lost as (
                          update delivery set line = 'waiting', lease = null, due = :now
                           where line = 'sending' and lease < :over
                          returning event, attempt)
                        update webhook_attempt a set error = 'interrupted', date_completed = :now
                          from lost where a.event = lost.event and a.number = lost.attempt
                        """)
                .bind("now", clock.instant())
                .bind("over", pulse.instant())
                .execute();
    }

    /// Whether an event is being sent at this moment.
    boolean sending(Handle tx, OrgId organisation, UUID event) {
        return tx.createQuery("""
                        select exists (select from delivery
                                        where organisation = :organisation and event = :event and line = 'sending')
                        """)
                .bind("organisation", organisation.value())
                .bind("event", event)
                .mapTo(boolean.class)
                .one();
    }

    private static Taken taken(ResultSet row) throws SQLException {
        var schedule = row.getArray("schedule");
        return new Taken(
                new OrgId(row.getLong("organisation")),
                new Event(
                        row.getObject("event", UUID.class),
                        row.getString("type"),
                        row.getString("action"),
                        row.getString("body"),
                        EventState.PENDING,
                        row.getInt("retries"),
                        row.getTimestamp("date_created").toInstant(),
                        null),
                row.getLong("config"),
                row.getInt("revision"),
                row.getInt("attempt"),
                row.getString("url"),
                WebhookConfigs.secrets(row),
                schedule == null ? WebhookConfig.RETRIES : WebhookConfigs.retries((Integer[]) schedule.getArray()));
    }
}
