package ferry.task;

import ferry.access.OrgId;
import ferry.db.Database;
import ferry.error.ErrorCode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Every change of a task's state but the admission: starting, settling, cancelling, going back.
final class Settlement {
    /// How long a task that failed for a bug of ours waits, by how often it did in a row.
    private static final Duration FIRST_FAULT = Duration.ofSeconds(2);

    private static final Duration LONGEST_FAULT = Duration.ofHours(1);

    private final Database db;
    private final Map<String, TaskHandler> handlers;
    private final TaskSettings settings;
    private final InstantSource clock;
    private final InstantSource pulse;

    Settlement(
            Database db,
            Map<String, TaskHandler> handlers,
            TaskSettings settings,
            InstantSource clock,
            InstantSource pulse) {
        this.db = db;
        this.handlers = handlers;
        this.settings = settings;
        this.clock = clock;
        this.pulse = pulse;
    }

    /// Starts the next attempt of an admitted task and takes its payload out of the database. Empty if the
    /// admission is over: settled, cancelled, or returned and admitted again. Empty also where the payload has
    /// waited too long, as one out of an old copy of the database has: it is never used, and [#sweep] gives the
    /// task up.
    Optional<Attempt> start(UUID id, int admission) {
        return db.system(tx -> tx.createQuery("""
                                with held as (
                                  select id, payload, args, cursor from task
                                   where id = :id and admission = :admission and state = 'processing'
                                     and (payload is null or date_created >= :limit)
                                     for update)
                                update task
                                   set attempt = attempt + 1, payload = null,
                                       date_started = coalesce(date_started, :now)
                                  from held where task.id = held.id
                                returning <columns>, task.admission, task.once, task.stalls, task.faults,
                                          held.payload as taken, held.args::text as args, held.cursor::text as cursor
                                """)
                .define("columns", Tasks.COLUMNS)
                .bind("id", id)
                .bind("admission", admission)
                .bind("limit", clock.instant().minus(settings.payloadKept()))
                .bind("now", clock.instant())
                .map((row, _, _) -> new Attempt(db, started(row), pulse))
                .findOne());
    }

    private static Attempt.Started started(ResultSet row) throws SQLException {
        var payload = row.getBytes("taken");
        var args = row.getString("args");
        var cursor = row.getString("cursor");
        return new Attempt.Started(
                Tasks.task(row),
                row.getInt("admission"),
                row.getBoolean("once"),
                row.getInt("stalls"),
                row.getInt("faults"),
                payload == null ? null : new ferry.crypto.Sealed(payload),
                args == null ? null : Tasks.JSON.readTree(args),
                cursor == null ? null : Tasks.JSON.readTree(cursor));
    }

    /// Writes the outcome, what follows from it, and the progress. False if the attempt is not the current
    /// one any more: nothing is written then.
    boolean settle(Attempt attempt, Outcome outcome) {
        var task = attempt.task();
        return db.tenant(task.organisation(), tx -> {
            var held = lock(tx, task.organisation(), task.id());
            if (held.isEmpty() || !held.get().isOf(attempt)) {
                return false;
            }
            save(tx, attempt, attempt.mark());
            var decided = decide(attempt, outcome, held.get().cancel());
            switch (decided) {
                case Outcome.Final over -> finish(tx, task.organisation(), task.id(), over);
                case Outcome.Again again -> suspend(tx, attempt, again);
            }
            return true;
        });
    }

    private Outcome decide(Attempt attempt, Outcome outcome, boolean cancel) {
        return switch (outcome) {
            case Outcome.Final over -> over;
            case Outcome.Again _ when cancel -> cancelled();
            case Outcome.Again again
            when attempt.started().once() || stalls(attempt) >= settings.giveUpAfter() ->
                new Outcome.Failed(again.why(), again.detail());
            case Outcome.Again again -> again;
        };
    }

    private static int stalls(Attempt attempt) {
        return attempt.progressed() ? 0 : attempt.started().stalls() + 1;
    }

    private void suspend(Handle tx, Attempt attempt, Outcome.Again again) {
        tx.createUpdate("""
                        update task
                           set state = 'suspended', due = :due, stalls = :stalls, faults = 0, error = :error,
                               error_detail = :detail
                         where organisation = :organisation and id = :id
                        """)
                .bind("due", clock.instant().plus(again.after()))
                .bind("error", again.why().slug())
                .bind("detail", again.detail())
                .bind("stalls", stalls(attempt))
                .bind("organisation", attempt.task().organisation().value())
                .bind("id", attempt.id())
                .execute();
        var handler = handlers.get(attempt.task().type());
        if (handler != null) {
            handler.suspended(tx, find(tx, attempt.task().organisation(), attempt.id()), again);
        }
    }

    /// After an exception of ours, or where the outcome could not be written: suspended without telling the
    /// handler, which may be what is broken. Returns how long the task waits, or empty if the attempt is
    /// not the current one.
    Optional<Duration> fault(Attempt attempt) {
        var task = attempt.task();
        var wait = faultWait(attempt.started().faults());
        return db.tenant(task.organisation(), tx -> {
            var held = lock(tx, task.organisation(), task.id());
            if (held.isEmpty() || !held.get().isOf(attempt)) {
                return Optional.empty();
            }
            save(tx, attempt, attempt.mark());
            tx.createUpdate("""
                            update task
                               set state = 'suspended', due = :due, faults = faults + 1, error = null,
                                   error_detail = null
                             where organisation = :organisation and id = :id
                            """)
                    .bind("due", clock.instant().plus(wait))
                    .bind("organisation", task.organisation().value())
                    .bind("id", task.id())
                    .execute();
            return Optional.of(wait);
        });
    }

    private static Duration faultWait(int faults) {
        var wait = FIRST_FAULT.multipliedBy(1L << Math.min(2 * faults, 20));
        return wait.compareTo(LONGEST_FAULT) > 0 ? LONGEST_FAULT : wait;
    }

    /// Gives the task back, so that another node may take it at once. False if the attempt is not the
    /// current one.
    boolean giveBack(Attempt attempt) {
        return db.system(tx -> {
            save(tx, attempt, attempt.mark());
            return tx.createUpdate("""
                            update task set state = 'pending'
                             where id = :id and state = 'processing' and admission = :admission and attempt = :attempt
                            """)
                            .bind("id", attempt.id())
                            .bind("admission", attempt.started().admission())
                            .bind("attempt", attempt.number())
                            .execute()
                    == 1;
        });
    }

    /// Saves progress and cursor, if the attempt is still the current one.
    static void save(Handle tx, Attempt attempt, Attempt.Mark mark) {
        tx.createUpdate("""
                        update task
                           set items = :items, items_total = :itemsTotal, bytes = :bytes,
                               cursor = cast(:cursor as jsonb)
                         where id = :id and state = 'processing' and admission = :admission and attempt = :attempt
                        """)
                .bind("items", mark.progress().items())
                .bindByType("itemsTotal", mark.progress().itemsTotal(), Long.class)
                .bind("bytes", mark.progress().bytes())
                .bindByType("cursor", Tasks.json(mark.cursor()), String.class)
                .bind("id", attempt.id())
                .bind("admission", attempt.started().admission())
                .bind("attempt", attempt.number())
                .execute();
        attempt.saved(mark);
    }

    /// Cancels a task: at once if it waits; else its attempt is told within a tick, wherever it runs.
    /// Nothing happens to one that is over. Returns it as it then is, or empty if the organisation has no
    /// such task.
    Optional<Task> cancel(Handle tx, OrgId organisation, UUID id) {
        return lock(tx, organisation, id).map(held -> switch (held.state()) {
            case PENDING, SUSPENDED -> finish(tx, organisation, id, cancelled());
            case PROCESSING -> askToStop(tx, organisation, id);
            case SUCCEEDED, FAILED -> find(tx, organisation, id);
        });
    }

    private static Task askToStop(Handle tx, OrgId organisation, UUID id) {
        tx.createUpdate("update task set cancel = true where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .execute();
        return find(tx, organisation, id);
    }

    static Outcome.Failed cancelled() {
        return new Outcome.Failed(ErrorCode.CANCELLED, ErrorCode.CANCELLED.sentence());
    }

    /// Gives up a task whose payload nobody took in time. False if someone has, meanwhile.
    boolean sweep(OrgId organisation, UUID id) {
        return db.tenant(organisation, tx -> {
            var waiting = lock(tx, organisation, id).filter(Held::hasPayload);
            waiting.ifPresent(_ -> finish(
                    tx,
                    organisation,
                    id,
                    new Outcome.Failed(ErrorCode.SERVICE_UNAVAILABLE, "No worker was free in time; ask again.")));
            return waiting.isPresent();
        });
    }

    private Task finish(Handle tx, OrgId organisation, UUID id, Outcome.Final outcome) {
        var failed = outcome instanceof Outcome.Failed f ? f : null;
        tx.createUpdate("""
                        update task
                           set state = :state, error = :error, error_detail = :detail, date_completed = :now,
                               due = null, payload = null
                         where organisation = :organisation and id = :id
                        """)
                .bind("state", (failed == null ? TaskState.SUCCEEDED : TaskState.FAILED).slug())
                .bindByType("error", failed == null ? null : failed.why().slug(), String.class)
                .bindByType("detail", failed == null ? null : failed.detail(), String.class)
                .bind("now", clock.instant())
                .bind("organisation", organisation.value())
                .bind("id", id)
                .execute();
        var task = find(tx, organisation, id);
        var handler = handlers.get(task.type());
        if (handler != null) {
            handler.settled(tx, task, outcome);
        }
        return task;
    }

    private record Held(TaskState state, int admission, int attempt, boolean cancel, boolean hasPayload) {
        /// The fence: a worker that lost its lease no longer matches.
        boolean isOf(Attempt running) {
            return state == TaskState.PROCESSING
                    && admission == running.started().admission()
                    && attempt == running.number();
        }
    }

    private static Optional<Held> lock(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery("""
                        select state, admission, attempt, cancel, payload is not null as has_payload from task
                         where organisation = :organisation and id = :id
                           for update
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _, _) -> new Held(
                        TaskState.of(row.getString("state")),
                        row.getInt("admission"),
                        row.getInt("attempt"),
                        row.getBoolean("cancel"),
                        row.getBoolean("has_payload")))
                .findOne();
    }

    private static Task find(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery("select <columns> from task where organisation = :organisation and id = :id")
                .define("columns", Tasks.COLUMNS)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _, _) -> Tasks.task(row))
                .one();
    }

    /// Returns to `pending` what is `processing` though nobody executes it. Returns how many.
    static int reconcile(Handle tx, String executionName) {
        return tx.createUpdate("""
                        update task set state = 'pending'
                         where state = 'processing'
                           and not exists (select from scheduled_tasks s
                                            where s.task_name = :name
                                              and s.task_instance = task.id || '/' || task.admission)
                        """).bind("name", executionName).execute();
    }

    record Left(OrgId organisation, UUID id) {}

    /// The tasks whose payload has waited since before `limit`.
    static java.util.List<Left> left(Handle tx, Instant limit) {
        return tx.createQuery("""
                        select organisation, id from task
                         where payload is not null and date_created < :limit
                         order by date_created limit 1000
                        """)
                .bind("limit", limit)
                .map((row, _, _) -> new Left(new OrgId(row.getLong("organisation")), row.getObject("id", UUID.class)))
                .list();
    }

    @Nullable
    TaskHandler handler(String type) {
        return handlers.get(type);
    }
}
