package ferry.webhook;

import ferry.access.OrgId;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.event.Event;
import ferry.event.EventState;
import ferry.event.Sequencer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The line of events to be sent. What decides over several rows at once runs under one advisory lock:
/// numbering and leading to a config ([#sequence]), and taking ([#take]), so that caps hold over all nodes.
///
/// An outcome is fenced by the attempt's number: a node that stood still writes over nobody.
final class Deliveries implements Sequencer {
    /// First tries.
    static final int FIRST = 0;
    /// Retries and replays.
    static final int AGAIN = 1;

    /// From this many failures in a row a config is sent one event at a time, with pauses.
    static final int BROKEN = 5;

    /// Any number that nothing else in this database locks by.
    private static final long LOCK = 0x66_65_72_72_7AL;
    /// Events that get their place in one transaction.
    private static final int AT_ONCE = 5000;
    /// Events that are sent again in one transaction.
    static final int AGAIN_AT_ONCE = 500;
    /// What ids may be ahead of the dates beside them.
    private static final Duration AHEAD = Duration.ofMinutes(1);

    /// A pattern such as `poll.*` as `like` wants it.
    private static final String WANTS = """
            exists (select from unnest(coalesce(c.events, :documented)) p
                     where e.type || '.' || e.action like replace(replace(p, '_', '\\_'), '*', '%'))
            """;

    private final Database db;
    private final InstantSource clock;
    private final WebhookSettings settings;

    Deliveries(Database db, InstantSource clock, WebhookSettings settings) {
        this.db = db;
        this.clock = clock;
        this.settings = settings;
    }

    /// An event that was taken, with all that sending it needs.
    ///
    /// @param attempt counts on over all tries of the event
    record Taken(
            OrgId organisation,
            Event event,
            long config,
            int attempt,
            String url,
            WebhookConfig.Secrets secrets,
            List<Duration> schedule) {}

    /// What is to be written of an attempt.
    ///
    /// @param next when it is tried again; empty where it is over
    record Settled(Taken taken, Attempted attempted, EventState state, Optional<Instant> next) {}

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

    /// A batch that is not full has left nothing that was committed before it: what comes meanwhile is the next
    /// caller's.
    @Override
    public void sequence() {
        if (!db.system(Deliveries::anyNew)) {
            return;
        }
        int placed;
        do {
            placed = db.system(this::arrange);
        } while (placed == AT_ONCE);
    }

    private static boolean anyNew(Handle tx) {
        return tx.createQuery("select exists (select from delivery where line = 'new')")
                .mapTo(boolean.class)
                .one();
    }

    /// Gives every committed event its place and leads it to the config that wants it: its key's, else its
    /// organisation's default. A config that the organisation switched off gets none.
    ///
    /// @return how many, at most [#AT_ONCE]
    int arrange(Handle tx) {
        lock(tx);
        return tx.createUpdate("""
                        update delivery d
                           set sequence = n.sequence, config = coalesce(d.config, n.config), due = :now,
                               line = case when n.config is not null and d.config is null then 'waiting' end
                          from (select f.event, f.config, nextval('event_sequence') as sequence
                                  from (select fresh.event, c.id as config
                                          from (select * from delivery where line = 'new'
                                                 order by number limit :max) fresh
                                          join event e on e.id = fresh.event
                                          left join api_key k
                                            on k.organisation = fresh.organisation and k.id = fresh.key
                                          left join webhook_default w on w.organisation = fresh.organisation
                                          left join webhook_config c
                                            on c.organisation = fresh.organisation
                                           and c.id = coalesce(k.webhook_config, w.config)
                                           and c.stopped is distinct from 'organisation'
                                           and %s
                                         order by fresh.number offset 0) f) n
                         where d.event = n.event
                        """.formatted(WANTS))
                .bind("now", clock.instant())
                .bind("max", AT_ONCE)
                .bindArray("documented", String.class, WebhookConfig.DOCUMENTED)
                .execute();
    }

    /// A statement of its own, so that the snapshots of the next are taken after it. Plans must not depend on the
    /// statistics of a table that was empty a moment ago.
    ///
    /// Whoever changes deliveries that another may be arranging or taking takes it before the first of their rows.
    static void lock(Handle tx) {
        tx.createQuery("""
                        select pg_advisory_xact_lock(:lock)::text, set_config('jit', 'off', true) as jit,
                               set_config('enable_seqscan', 'off', true) as scans
                        """).bind("lock", LOCK).mapToMap().one();
    }

    /// What happened since the config was made and found none goes to it, now that it is the default. In the
    /// transaction that makes it so, which has taken the [#lock].
    void adopt(Handle tx, OrgId organisation, WebhookConfig config) {
        tx.createUpdate("""
                        update delivery d set config = c.id, line = 'waiting', due = :now
                          from event e, webhook_config c
                         where c.organisation = :organisation and c.id = :config
                           and d.organisation = :organisation and d.event >= :from and d.line is null
                           and d.config is null and d.state = 'pending'
                           and e.id = d.event and e.date_created >= c.date_created and %s
                        """.formatted(WANTS))
                .bind("organisation", organisation.value())
                .bind("config", config.id())
                .bind("from", Ids.first(config.dateCreated().minus(AHEAD)))
                .bind("now", clock.instant())
                .bindArray("documented", String.class, WebhookConfig.DOCUMENTED)
                .execute();
    }

    /// Takes the next events to send, writes their attempts, and returns them; the caller sends them after the
    /// commit. Configs take turns: each gets its first event before any gets its second, none more than its
    /// cap.
    ///
    /// @param lane [#FIRST] or [#AGAIN]
    /// @param atMost what this node can send now
    /// @param bytes what it has room for; the first is taken however long it is
    List<Taken> take(Handle tx, int lane, int atMost, long bytes) {
        lock(tx);
        var now = clock.instant();
        return tx.createQuery("""
                        with recursive line(config) as (
                          (select config from delivery where line = 'waiting' and lane = :lane order by config limit 1)
                          union all
                          select (select d.config from delivery d
                                   where d.line = 'waiting' and d.lane = :lane and d.config > l.config
                                   order by d.config limit 1)
                            from line l where l.config is not null),
                        endpoint as (
                          select c.id,
                                 case when c.failures >= :broken then 1 else :cap end
                                 - (select count(*) from delivery s
                                     where s.line = 'sending' and s.config = c.id and s.lane = :lane) as free
                            from line l join webhook_config c on c.id = l.config
                           where c.state = 'valid' and (c.paused_until is null or c.paused_until <= :now)),
                        picked as (
                          select p.event, row_number() over (order by p.turn, random()) as place
                            from endpoint
                           cross join lateral (
                                 select q.event, row_number() over () as turn
                                   from (select d.event from delivery d
                                          where d.line = 'waiting' and d.lane = :lane and d.config = endpoint.id
                                            and d.due <= :now
                                          order by d.due, d.number limit greatest(endpoint.free, 0)) q) p
                           order by place limit :max),
                        fitting as (
                          select w.event
                            from (select p.event, p.place,
                                         sum(octet_length(cast(e.body as text))) over (order by p.place) as bytes
                                    from picked p join event e on e.id = p.event) w
                           where w.place = 1 or w.bytes <= :bytes),
                        taken as (
                          update delivery d set line = 'sending', attempt = d.attempt + 1, lease = :lease
                            from fitting p
                           where d.event = p.event and d.line = 'waiting'
                          returning d.event, d.organisation, d.config, d.attempt, d.retries),
                        noted as (
                          insert into webhook_attempt (event, number, organisation, config, date_created)
                          select event, attempt, organisation, config, cast(:now as timestamptz) from taken)
                        select t.*, e.type, e.action, e.body, e.date_created, c.url, c.secret, c.secret_before,
                               c.before_until, c.retries as schedule
                          from taken t join event e on e.id = t.event join webhook_config c on c.id = t.config
                        """)
                .bind("lane", lane)
                .bind("broken", BROKEN)
                .bind("cap", lane == FIRST ? settings.firstTries() : settings.again())
                .bind("now", now)
                .bind("lease", now.plus(settings.lease()))
                .bind("max", atMost)
                .bind("bytes", bytes)
                .map((row, _) -> taken(row))
                .list();
    }

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
        note(tx, List.of(new Note(event, number, attempted)));
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

    private record Note(UUID event, int number, Attempted attempted) {}

    /// Completes attempts; one that was given up as interrupted stays so.
    private void note(Handle tx, List<Note> notes) {
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

    /// Writes the outcomes of attempts, in one go. An attempt whose lease was lost changes nothing.
    void settle(Handle tx, List<Settled> all) {
        note(
                tx,
                all.stream()
                        .map(s -> new Note(s.taken().event().id(), s.taken().attempt(), s.attempted()))
                        .toList());
        tx.createUpdate("""
                        update delivery d
                           set line = case when o.due is not null then 'waiting' end, lease = null,
                               lane = case when o.interrupted then d.lane else 1 end,
                               state = o.state, due = o.due,
                               retries = d.retries + case when o.due is null or o.interrupted then 0 else 1 end,
                               date_delivered = case when o.state = 'delivered' then cast(:now as timestamptz) end
                          from unnest(:events, :numbers, :states, cast(:dues as timestamptz[]), :interrupted)
                               as o(event, number, state, due, interrupted)
                         where d.event = o.event and d.attempt = o.number and d.line = 'sending'
                        """)
                .bindArray(
                        "events", UUID.class, column(all, s -> s.taken().event().id()))
                .bindArray("numbers", Integer.class, column(all, s -> s.taken().attempt()))
                .bindArray("states", String.class, column(all, s -> s.state().slug()))
                .bindArray(
                        "dues",
                        String.class,
                        column(all, s -> s.next().map(Instant::toString).orElse(null)))
                .bindArray("interrupted", Boolean.class, column(all, s -> interrupted(s.attempted())))
                .bind("now", clock.instant())
                .execute();
        health(tx, all);
    }

    private static boolean interrupted(Attempted attempted) {
        return attempted.error().filter(AttemptError.INTERRUPTED::equals).isPresent();
    }

    /// Counts the failures in a row of the configs of this batch, and pauses those that fail: from [#BROKEN] on
    /// 5 s, twice as long each time, 5 minutes at most; or as long as the receiver asked for. One that takes an
    /// event is sound at once.
    private void health(Handle tx, List<Settled> all) {
        var healthy = configs(all, s -> s.attempted().delivered());
        var locked = lockConfigs(tx, healthy, configs(all, s -> !s.attempted().delivered()));
        var recovered = healthy.stream().filter(locked::contains).toList();
        if (!recovered.isEmpty()) {
            tx.createUpdate("""
                            update webhook_config set failures = 0, failing_since = null, paused_until = null
                             where id = any(:configs)
                            """).bindArray("configs", Long.class, recovered).execute();
        }
        var failed = all.stream()
                .filter(s -> !s.attempted().delivered() && !interrupted(s.attempted()))
                .filter(s -> !healthy.contains(s.taken().config()))
                .toList();
        if (!failed.isEmpty()) {
            tx.createUpdate("""
                            update webhook_config c
                               set failures = c.failures + f.failures, failing_since = coalesce(c.failing_since, :now),
                                   paused_until = greatest(
                                     c.paused_until, f.asked,
                                     case when c.failures + f.failures >= :broken
                                          then cast(:now as timestamptz) + least(300, 5 * power(
                                                 2, least(c.failures + f.failures - :broken, 10))) * interval '1 second'
                                     end)
                              from (select config, count(*)::int as failures, max(cast(asked as timestamptz)) as asked
                                      from unnest(:configs, :asked) as o(config, asked) group by config) f
                             where c.id = f.config
                            """)
                    .bindArray(
                            "configs", Long.class, column(failed, s -> s.taken().config()))
                    .bindArray(
                            "asked",
                            String.class,
                            column(
                                    failed,
                                    s -> s.attempted()
                                            .retryAfter()
                                            .map(wait ->
                                                    clock.instant().plus(wait).toString())
                                            .orElse(null)))
                    .bind("broken", BROKEN)
                    .bind("now", clock.instant())
                    .execute();
        }
    }

    private static List<Long> configs(List<Settled> all, Predicate<Settled> of) {
        return all.stream().filter(of).map(s -> s.taken().config()).distinct().toList();
    }

    /// Locks what the rest of the transaction may change of configs, in the order of their ids: two nodes that
    /// settle for the same ones wait for each other and never both.
    ///
    /// @param healthy locked where they have failed before, and left alone where not
    private static List<Long> lockConfigs(Handle tx, List<Long> healthy, List<Long> failed) {
        return tx.createQuery("""
                        select id from webhook_config
                         where (id = any(:healthy) and failures > 0) or id = any(:failed)
                         order by id for no key update
                        """)
                .bindArray("healthy", Long.class, healthy)
                .bindArray("failed", Long.class, failed)
                .mapTo(Long.class)
                .list();
    }

    /// Of these configs, the ones that are to be switched off since nothing was taken for so long.
    List<Long> failingFor(Handle tx, List<Long> configs, Duration time) {
        return tx.createQuery("""
                        select id from webhook_config
                         where id = any(:configs) and state = 'valid' and failing_since <= :since
                        """)
                .bindArray("configs", Long.class, configs)
                .bind("since", clock.instant().minus(time))
                .mapTo(Long.class)
                .list();
    }

    /// Puts back what dead nodes were sending. Harmless when run twice.
    void expire(Handle tx) {
        tx.createUpdate("""
                        with lost as (
                          update delivery set line = 'waiting', lease = null, due = :now
                           where line = 'sending' and lease < :now
                          returning event, attempt)
                        update webhook_attempt a set error = 'interrupted', date_completed = :now
                          from lost where a.event = lost.event and a.number = lost.attempt
                        """).bind("now", clock.instant()).execute();
    }

    /// The events that fit and may be sent again, oldest first. Takes no lock, however long it looks: whether
    /// each may still be sent is [#again]'s to see.
    ///
    /// @param atMost how many of them
    List<UUID> fitting(Handle tx, OrgId organisation, Replay replay, int atMost) {
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
                .bind("after", replay.after())
                .bind("from", Ids.first(replay.since().minus(AHEAD)))
                .bind("since", replay.since())
                .bind("until", replay.until())
                .bind("type", replay.type())
                .bind("action", replay.action())
                .bind("state", replay.state())
                .bind("max", atMost)
                .mapTo(UUID.class)
                .list();
    }

    /// Sends events again, to whom they would go now, whatever their config asks for. Those that are being sent
    /// at this moment, those without a place yet, and those that go to nobody are left out.
    ///
    /// @param events few, as all nodes wait meanwhile: [#AGAIN_AT_ONCE]
    /// @return how many are
    int again(Handle tx, OrgId organisation, List<UUID> events) {
        lock(tx);
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
    record Replay(
            Instant since,
            Optional<UUID> after,
            Optional<Instant> until,
            Optional<String> type,
            Optional<String> action,
            Optional<String> state) {}

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

    /// Every attempt to send an event, newest first: at most as many as a schedule has.
    List<Entry> attempts(Handle tx, OrgId organisation, UUID event) {
        return tx.createQuery("""
                        select * from webhook_attempt where organisation = :organisation and event = :event
                         order by number desc
                        """)
                .bind("organisation", organisation.value())
                .bind("event", event)
                .map((row, _) -> entry(row))
                .list();
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
                row.getInt("attempt"),
                row.getString("url"),
                WebhookConfigs.secrets(row),
                schedule == null ? WebhookConfig.RETRIES : WebhookConfigs.retries((Integer[]) schedule.getArray()));
    }

    /// A column that may hold nulls.
    private static <R, T> List<@Nullable T> column(List<R> rows, Function<R, @Nullable T> value) {
        var column = new ArrayList<@Nullable T>();
        rows.forEach(row -> column.add(value.apply(row)));
        return column;
    }
}
