package ferry.task;

import static ferry.testing.Eventually.eventually;

import ferry.access.OrgId;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.testing.Databases;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;

/// A database with organisations and a clock, for the tests of this room. Closes what it opened.
final class Queue implements AutoCloseable {
    static final Duration SHORT = Duration.ofMillis(50);
    /// Short leases, a small node.
    static final TaskSettings SETTINGS = new TaskSettings(
            4, 2, SHORT, 4, SHORT, SHORT, Duration.ofMinutes(2), SHORT, 3, 3, Duration.ofMillis(200), ofSeconds(5));

    final Databases.Logins logins = Databases.freshLogins();
    final Database db = logins.open(6);
    final Ticking clock = new Ticking();
    final Tasks tasks = new Tasks(clock);
    private final List<Runnable> open = new ArrayList<>();

    private static Duration ofSeconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }

    /// The real time, and as much more as a test likes.
    static final class Ticking implements InstantSource {
        private volatile Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        synchronized void advance(Duration by) {
            ahead = ahead.plus(by);
        }
    }

    OrgId organisation() {
        return db.system(tx -> tx.createQuery("""
                        insert into organisation (name, slug, scopes, data_keys, file_keys, date_created)
                        values ('Test', :slug, '{}', '', '', :now)
                        returning organisation
                        """)
                .bind("slug", UUID.randomUUID().toString())
                .bind("now", clock.instant())
                .map((row, _, _) -> new OrgId(row.getLong("organisation")))
                .one());
    }

    Task bulk(OrgId organisation, UnaryOperator<NewTask> more) {
        return db.tenant(organisation, tx -> bulk(tx, organisation, more));
    }

    Task bulk(Handle tx, OrgId organisation, UnaryOperator<NewTask> more) {
        return tasks.enqueue(tx, more.apply(NewTask.bulk(Ids.next(clock), organisation, 1, "test")));
    }

    Task bulk(OrgId organisation, long source) {
        return bulk(organisation, task -> task.source(source, "mocks.mock", null));
    }

    Task interactive(OrgId organisation, UnaryOperator<NewTask> more) {
        return db.tenant(
                organisation,
                tx -> tasks.enqueue(tx, more.apply(NewTask.interactive(Ids.next(clock), organisation, 1, "test"))));
    }

    Task find(Task task) {
        return db.tenant(task.organisation(), tx -> tasks.find(tx, task.organisation(), task.id()))
                .orElseThrow();
    }

    void becomes(Task task, TaskState state) {
        eventually("task " + task.type() + " " + state, () -> find(task).state() == state);
    }

    /// A node that is alive but runs nothing by itself.
    Admission admission(int slots, TaskSettings settings) {
        node(slots);
        return new Admission(db, Worker.execution(_ -> {}), settings, clock, clock, new Random(7));
    }

    void node(int slots) {
        db.system(tx -> tx.createUpdate("insert into node (id, slots, date_seen) values (:id, :slots, :now)")
                .bind("id", UUID.randomUUID())
                .bind("slots", slots)
                .bind("now", clock.instant().plus(Duration.ofDays(1)))
                .execute());
    }

    /// What is processing, in the order of admission ids.
    List<Task> processing() {
        return db.system(tx -> tx.createQuery("select <columns> from task where state = 'processing' order by id")
                .define("columns", Tasks.COLUMNS)
                .map((row, _, _) -> Tasks.task(row))
                .list());
    }

    Worker worker(TaskHandler handler, TaskSettings settings) {
        return worker(db, handler, settings);
    }

    Worker worker(TaskHandler handler) {
        return worker(handler, SETTINGS);
    }

    Worker worker(Database on, TaskHandler handler, TaskSettings settings) {
        var worker = new Worker(on, Map.of("test", handler), settings, clock, clock, new Random(7));
        open.add(worker::close);
        worker.start();
        return worker;
    }

    Database another() {
        var second = logins.open(6);
        open.addFirst(second::close);
        return second;
    }

    @Override
    public void close() {
        for (var each : open.reversed()) {
            each.run();
        }
        db.close();
    }

    /// A handler made of what it runs; remembers what settled.
    static final class Recording implements TaskHandler {
        interface Run {
            Outcome of(Attempt attempt) throws Exception;
        }

        final List<UUID> ran = Collections.synchronizedList(new ArrayList<>());
        final List<Outcome.Final> settled = Collections.synchronizedList(new ArrayList<>());
        private final Run run;

        Recording(Run run) {
            this.run = run;
        }

        @Override
        public Outcome run(Attempt attempt) throws Exception {
            ran.add(attempt.task().id());
            return run.of(attempt);
        }

        @Override
        public void settled(Handle tx, Task task, Outcome.Final outcome) {
            settled.add(outcome);
        }
    }
}
