package ferry.task;

import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import ferry.db.Database;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/// Who may start: moves as many pending tasks to `processing` as all live nodes have free slots, never
/// more, and hands them to db-scheduler in the same transaction. Admitting more would turn fair turns back
/// into first come, first served.
///
/// Turns go round robin over organisations: who has fewest tasks running comes first, then who was served
/// longest ago. Each organisation's own tasks go by priority and age, but for those whose source is at its
/// cap.
final class Admission {
    static final int BULK = 0;
    static final int INTERACTIVE = 1;
    /// Interactive tasks without a source that one organisation runs at once: tests of configs.
    private static final int UNSOURCED = 2;
    /// Any number that nothing else in this database locks by.
    private static final long LOCK = 0x66_65_72_72_79L;
    /// Suspended tasks brought back in one go.
    private static final int DUE_AT_ONCE = 1000;

    private final Database db;
    private final OneTimeTask<Void> execution;
    private final TaskSettings settings;
    private final InstantSource clock;
    private final InstantSource pulse;
    private final RandomGenerator dice;

    Admission(
            Database db,
            OneTimeTask<Void> execution,
            TaskSettings settings,
            InstantSource clock,
            InstantSource pulse,
            RandomGenerator dice) {
        this.db = db;
        this.execution = execution;
        this.settings = settings;
        this.clock = clock;
        this.pulse = pulse;
        this.dice = dice;
    }

    /// One round. Returns how many were admitted.
    int admit() {
        return db.system(tx -> {
            lock(tx);
            var now = pulse.instant();
            resume(tx, clock.instant());
            var slots = slots(tx, now);
            if (slots == 0) {
                return 0;
            }
            var admitted = new ArrayList<String>();
            var running = running(tx);
            var free = slots - running.all();
            // One sign-in at a time per source: two at once would void each other's second factor.
            var interactiveFree = Math.min(free, slots - reserve(slots) - running.interactive());
            admitted.addAll(admit(tx, INTERACTIVE, 1, slots, interactiveFree));
            var bulkFree = Math.min(free - admitted.size(), slots - reserve(slots) - running.bulk());
            admitted.addAll(admit(tx, BULK, settings.perSource(), slots, bulkFree));
            schedule(tx, admitted, now);
            return admitted.size();
        });
    }

    /// A statement of its own before the others, so that their snapshots are taken after it: an earlier one
    /// would not see what the last holder admitted, and break the caps. The plan must not depend on how
    /// fresh the statistics of a
    /// table are that was empty a moment ago; compiling it would take longer than running it.
    private static void lock(Handle tx) {
        tx.createQuery("""
                        select pg_advisory_xact_lock(:lock)::text, set_config('jit', 'off', true) as jit,
                               set_config('enable_seqscan', 'off', true) as scans
                        """).bind("lock", LOCK).mapToMap().one();
    }

    private static void resume(Handle tx, Instant now) {
        tx.createUpdate("""
                        update task set state = 'pending', due = null, error = null, error_detail = null
                         where state = 'suspended'
                           and id in (select id from task where state = 'suspended' and due <= :now
                                       order by due limit :max for update skip locked)
                        """).bind("now", now).bind("max", DUE_AT_ONCE).execute();
    }

    private int slots(Handle tx, Instant now) {
        return tx.createQuery("select coalesce(sum(slots), 0) from node where date_seen > :since")
                .bind("since", now.minus(settings.lease()))
                .mapTo(Integer.class)
                .one();
    }

    private record Running(int all, int bulk) {
        int interactive() {
            return all - bulk;
        }
    }

    private static Running running(Handle tx) {
        return tx.createQuery("""
                        select count(*) as everything, count(*) filter (where lane = 0) as bulk
                          from task where state = 'processing'
                        """)
                .map((row, _, _) -> new Running(row.getInt("everything"), row.getInt("bulk")))
                .one();
    }

    /// Slots that each lane leaves to the other: a quarter, at least one; none where there is a single slot.
    private static int reserve(int slots) {
        return slots == 1 ? 0 : Math.max(1, slots / 4);
    }

    /// The admission statement for one lane. Whatever the backlog, the number of rows it reads depends on the
    /// slots alone:
    ///
    /// - `waiting` jumps from organisation to organisation on the index, instead of reading the rows between.
    /// - Of these, as many as there are slots may have something running and so be held up by a cap. As many
    ///   more as are free are certainly not: so the first `reach` organisations are enough.
    /// - `front` is each one's oldest few. Where one source's backlog fills it (`blocked`), `beyond` jumps from
    ///   source to source: `reach` of them from the first, as many from a place that the dice chose.
    /// - A task counts as the nth of its source after those that run, and likewise as a turn of its organisation.
    /// - An organisation's interactive tasks without a source count as of one source, -1, with a cap of its own.
    ///   Those that are started once stay out of it: their payloads are soon thrown away.
    private static List<String> admit(Handle tx, int lane, int perSource, int slots, int free, double dice) {
        return tx.createQuery("""
                        with recursive running as (
                          select organisation, source, count(*) as n from (
                            select t.organisation, <source> as source from task t
                             where t.state = 'processing' and t.lane = :lane) t
                           group by organisation, source),
                        busy as (
                          select organisation, sum(n) as n from running group by organisation),
                        full_source as (
                          select organisation, source from running where source is not null and n >= :perSource),
                        waiting as (
                          (select organisation from task where state = 'pending' and lane = :lane
                            order by lane, organisation limit 1)
                          union all
                          select (select t.organisation from task t
                                   where t.state = 'pending' and t.lane = :lane and t.organisation > w.organisation
                                   order by t.lane, t.organisation limit 1)
                            from waiting w where w.organisation is not null),
                        line as (
                          select w.organisation, coalesce(b.n, 0) as busy, coalesce(s.served, 0) as served
                            from waiting w
                            left join busy b on b.organisation = w.organisation
                            left join turn s on s.lane = :lane and s.organisation = w.organisation
                           where w.organisation is not null
                           order by busy, served, organisation limit :reach),
                        front as materialized (
                          select f.id, l.organisation, f.source, f.priority from line l cross join lateral (
                            select t.id, <source> as source, t.priority from task t
                             where t.state = 'pending' and t.lane = :lane and t.organisation = l.organisation
                             order by t.priority desc, t.id limit :window) f),
                        open_front as (
                          select f.organisation, count(*) as n, count(*) filter (where f.open) as open from (
                            select f.organisation,
                                   f.source is null
                                   or coalesce(r.n, 0) + row_number() over (
                                        partition by f.organisation, f.source order by f.priority desc, f.id)
                                      <= case when f.source = -1 then :unsourced else :perSource end as open
                              from front f left join running r
                                on r.organisation = f.organisation and r.source = f.source) f
                           group by f.organisation),
                        blocked as (
                          select organisation from open_front where n = :window and open < :free),
                        beyond as (
                          select b.organisation, start.source, 0 as depth from blocked b cross join lateral (
                            (select t.source - 1 as source from task t
                              where t.state = 'pending' and t.lane = :lane and t.organisation = b.organisation
                                and t.source is not null
                              order by t.source limit 1)
                            union
                            select lowest.source + floor(:dice * (highest.source - lowest.source))::bigint - 1
                              from (select t.source from task t
                                     where t.state = 'pending' and t.lane = :lane and t.organisation = b.organisation
                                       and t.source is not null
                                     order by t.source limit 1) lowest,
                                   (select t.source from task t
                                     where t.state = 'pending' and t.lane = :lane and t.organisation = b.organisation
                                       and t.source is not null
                                     order by t.source desc limit 1) highest) start
                          union all
                          select b.organisation,
                                 (select t.source from task t
                                   where t.state = 'pending' and t.lane = :lane and t.organisation = b.organisation
                                     and t.source > b.source
                                   order by t.source limit 1),
                                 b.depth + 1
                            from beyond b where b.source is not null and b.depth < :reach),
                        head as (
                          select h.id, s.organisation, s.source, h.priority
                            from (select distinct organisation, source from beyond
                                   where depth > 0 and source is not null) s
                           cross join lateral (
                            select t.id, t.priority from task t
                             where t.state = 'pending' and t.lane = :lane and t.organisation = s.organisation
                               and t.source = s.source
                             order by t.priority desc, t.id limit :perSource) h
                           where not exists (select from full_source x
                                              where x.organisation = s.organisation and x.source = s.source)
                          union
                          select h.id, b.organisation, h.source, h.priority from blocked b cross join lateral (
                            select t.id, <source> as source, t.priority from task t
                             where t.state = 'pending' and t.lane = :lane and t.organisation = b.organisation
                               and t.source is null
                             order by t.priority desc, t.id limit :free) h
                          union
                          select h.id, b.organisation, null, h.priority from blocked b cross join lateral (
                            select t.id, t.priority from task t
                             where t.state = 'pending' and t.lane = :lane and t.organisation = b.organisation
                               and t.source is null and t.once
                             order by t.priority desc, t.id limit :free) h),
                        nth as (
                          select c.id, c.organisation, c.priority, c.source is null
                                 or coalesce(r.n, 0) + row_number() over (
                                      partition by c.organisation, c.source order by c.priority desc, c.id)
                                    <= case when c.source = -1 then :unsourced else :perSource end as open
                            from (select * from front union select * from head) c
                            left join running r on r.organisation = c.organisation and r.source = c.source),
                        chosen as (
                          select n.id, l.busy + row_number() over (
                                   partition by n.organisation order by n.priority desc, n.id) as turn, l.served
                            from nth n join line l on l.organisation = n.organisation
                           where n.open
                           order by turn, l.served, n.id limit :free),
                        admitted as (
                          update task set state = 'processing', admission = admission + 1
                           where state = 'pending' and id in (select id from chosen)
                          returning id, admission, organisation),
                        served as (
                          insert into turn (lane, organisation, served)
                          select :lane, organisation, nextval('turn_served')
                            from (select distinct organisation from admitted) a
                          on conflict (lane, organisation) do update set served = excluded.served)
                        select id || '/' || admission from admitted
                        """)
                .define("source", "case when t.source is null and t.lane = 1 and not t.once then -1 else t.source end")
                .bind("lane", lane)
                .bind("unsourced", UNSOURCED)
                .bind("perSource", perSource)
                .bind("free", free)
                .bind("reach", slots + free)
                .bind("window", 4 * free + 16)
                .bind("dice", dice)
                .mapTo(String.class)
                .list();
    }

    private List<String> admit(Handle tx, int lane, int perSource, int slots, int free) {
        return free <= 0 ? List.of() : admit(tx, lane, perSource, slots, free, dice.nextDouble());
    }

    /// In this transaction: db-scheduler is handed our own connection, which it may neither commit nor close.
    private void schedule(Handle tx, List<String> executions, Instant now) {
        if (executions.isEmpty()) {
            return;
        }
        var instances = new ArrayList<TaskInstance<?>>();
        executions.forEach(id -> instances.add(execution.instance(id)));
        SchedulerClient.Builder.create(new BorrowedConnection(tx.getConnection()), execution)
                .jdbcCustomization(new PostgreSqlJdbcCustomization(false, false))
                .build()
                .scheduleBatch(instances, now);
    }

    /// The task of an execution.
    static UUID task(String execution) {
        return UUID.fromString(execution.substring(0, execution.indexOf('/')));
    }

    /// Which admission an execution belongs to.
    static int number(String execution) {
        return Integer.parseInt(execution.substring(execution.indexOf('/') + 1));
    }
}
