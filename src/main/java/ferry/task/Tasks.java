package ferry.task;

import ferry.access.OrgId;
import ferry.crypto.Sealed;
import ferry.error.ErrorCode;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The `task` table, for the rooms above: enqueueing and finding. How a task moves is [Worker]'s.
public final class Tasks {
    /// What makes a [Task]. Without payload, arguments and cursor, which may be large.
    static final String COLUMNS = """
            task.id, task.organisation, task.key, task.end_user, task.source, task.session, task.poll,
            task.source_type, task.type, task.target, task.priority, task.state, task.error, task.error_detail,
            task.items, task.items_total, task.bytes, task.attempt, task.cancel, task.due,
            task.date_created, task.date_started, task.date_completed""";

    static final JsonMapper JSON = JsonMapper.builder().build();

    private final InstantSource clock;

    public Tasks(InstantSource clock) {
        this.clock = clock;
    }

    /// Adds a pending task to the caller's transaction. Call [Worker#wake] once that has committed; without
    /// it the task is seen within a tick.
    public Task enqueue(Handle tx, NewTask task) {
        return tx.createQuery("""
                        insert into task (id, organisation, key, end_user, source, session, poll, source_type, type,
                                          target, priority, once, payload, args, date_created)
                        values (:id, :organisation, :key, :user, :source, cast(:session as uuid), cast(:poll as uuid), :sourceType, :type,
                                :target, :priority, :once, cast(:payload as bytea), cast(:args as jsonb), :now)
                        returning <columns>
                        """)
                .define("columns", COLUMNS)
                .bind("id", task.id())
                .bind("organisation", task.organisation().value())
                .bind("key", task.key())
                .bindByType("user", task.user(), Long.class)
                .bindByType("source", task.source(), Long.class)
                .bindByType("session", task.session(), UUID.class)
                .bindByType("poll", task.poll(), UUID.class)
                .bindByType("sourceType", task.sourceType(), String.class)
                .bind("type", task.type())
                .bindByType("target", task.target(), String.class)
                .bind("priority", task.priority())
                .bind("once", task.payload() != null)
                .bindByType("payload", ciphertext(task.payload()), byte[].class)
                .bindByType("args", json(task.args()), String.class)
                .bind("now", clock.instant())
                .map((row, _, _) -> task(row))
                .one();
    }

    /// One task of the organisation.
    public Optional<Task> find(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery("select <columns> from task where organisation = :organisation and id = :id")
                .define("columns", COLUMNS)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _, _) -> task(row))
                .findOne();
    }

    /// The newest interactive task of that type and target that has not ended.
    public Optional<Task> underWay(Handle tx, OrgId organisation, String type, String target) {
        // Each state has an index of its own; the newest of all the organisation's tasks is not what is asked for.
        return tx.createQuery("""
                        select * from (
                          select <columns> from task where state = 'pending' and lane = 1
                             and organisation = :organisation and type = :type and target = :target
                          union all
                          select <columns> from task where state = 'processing'
                             and organisation = :organisation and lane = 1 and type = :type and target = :target
                          union all
                          select <columns> from task where state = 'suspended'
                             and organisation = :organisation and lane = 1 and type = :type and target = :target) task
                         order by id desc limit 1
                        """)
                .define("columns", COLUMNS)
                .bind("organisation", organisation.value())
                .bind("type", type)
                .bind("target", target)
                .map((row, _, _) -> task(row))
                .findOne();
    }

    /// What a list of tasks is narrowed to.
    public record Filter(
            Optional<UUID> poll,
            Optional<UUID> session,
            Optional<Long> source,
            Optional<Long> user,
            Optional<String> type,
            Optional<String> state) {}

    Slice<Task> list(Handle tx, OrgId organisation, Filter filter, Page page) {
        return LISTING.page(tx, organisation, filter, page, (row, _) -> task(row));
    }

    private static final Listing LISTING = new Listing(
                    "select " + COLUMNS + " from task", """
             where organisation = :organisation
               and (cast(:poll as uuid) is null or poll = cast(:poll as uuid))
               and (cast(:session as uuid) is null or session = cast(:session as uuid))
               and (cast(:source as bigint) is null or source = cast(:source as bigint))
               and (cast(:user as bigint) is null or end_user = cast(:user as bigint))
               and (cast(:type as text) is null or type = cast(:type as text))
               and (cast(:state as text) is null or state = cast(:state as text))
            """, "id", Listing.Family.UUID)
            .counted("task")
            .date("date_started", "date_started")
            .date("date_completed", "date_completed");

    /// The tasks of several polls, by poll, each's oldest first. A poll without tasks is left out.
    public Map<UUID, List<Task>> ofPolls(Handle tx, OrgId organisation, Collection<UUID> polls) {
        return tx
                .createQuery("""
                        select <columns> from task
                         where organisation = :organisation and poll = any(:polls)
                         order by id
                        """)
                .define("columns", COLUMNS)
                .bind("organisation", organisation.value())
                .bindArray("polls", UUID.class, polls)
                .map((row, _, _) -> task(row))
                .stream()
                .collect(Collectors.groupingBy(task -> Objects.requireNonNull(task.poll())));
    }

    /// The tasks of one poll, oldest first.
    public List<Task> ofPoll(Handle tx, OrgId organisation, UUID poll) {
        return tx.createQuery("""
                        select <columns> from task
                         where organisation = :organisation and poll = :poll
                         order by id
                        """)
                .define("columns", COLUMNS)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .map((row, _, _) -> task(row))
                .list();
    }

    /// The tasks of one session, its sign-in included, oldest first.
    public List<Task> ofSession(Handle tx, OrgId organisation, UUID session) {
        return tx.createQuery("""
                        select <columns> from task
                         where organisation = :organisation and session = :session
                         order by id
                        """)
                .define("columns", COLUMNS)
                .bind("organisation", organisation.value())
                .bind("session", session)
                .map((row, _, _) -> task(row))
                .list();
    }

    /// How many tasks of one poll stand where. Every state is there, with 0 if need be.
    public Map<TaskState, Integer> counts(Handle tx, OrgId organisation, UUID poll) {
        var counts = new EnumMap<TaskState, Integer>(TaskState.class);
        for (var state : TaskState.values()) {
            counts.put(state, 0);
        }
        tx.createQuery("""
                        select state, count(*) as tasks from task
                         where organisation = :organisation and poll = :poll
                         group by state
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .map((row, _, _) -> counts.put(TaskState.of(row.getString("state")), row.getInt("tasks")))
                .list();
        return counts;
    }

    /// What the task was given to know, or empty if nothing or if there is no such task.
    public Optional<JsonNode> args(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery("""
                        select args::text from task
                         where organisation = :organisation and id = :id and args is not null
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .mapTo(String.class)
                .findOne()
                .map(JSON::readTree);
    }

    static Task task(ResultSet row) throws SQLException {
        var error = row.getString("error");
        return new Task(
                row.getObject("id", UUID.class),
                new OrgId(row.getLong("organisation")),
                row.getLong("key"),
                row.getObject("end_user", Long.class),
                row.getObject("source", Long.class),
                row.getObject("session", UUID.class),
                row.getObject("poll", UUID.class),
                row.getString("source_type"),
                row.getString("type"),
                row.getString("target"),
                row.getInt("priority"),
                TaskState.of(row.getString("state")),
                error == null ? null : ErrorCode.of(error),
                row.getString("error_detail"),
                new Progress(row.getLong("items"), row.getObject("items_total", Long.class), row.getLong("bytes")),
                row.getInt("attempt"),
                row.getBoolean("cancel"),
                instant(row, "due"),
                row.getObject("date_created", OffsetDateTime.class).toInstant(),
                instant(row, "date_started"),
                instant(row, "date_completed"));
    }

    static @Nullable String json(@Nullable JsonNode node) {
        return node == null ? null : node.toString();
    }

    private static byte @Nullable [] ciphertext(@Nullable Sealed payload) {
        return payload == null ? null : payload.ciphertext();
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        var time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
