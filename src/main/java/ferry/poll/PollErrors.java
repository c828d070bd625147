package ferry.poll;

import ferry.access.OrgId;
import ferry.db.Ids;
import ferry.error.ErrorCode;
import ferry.http.ListJson;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The table of what polls could not fetch.
public final class PollErrors {
    private final InstantSource clock;

    /// @param clock gives `date_created`
    public PollErrors(InstantSource clock) {
        this.clock = clock;
    }

    /// Something that could not be fetched.
    ///
    /// @param item the item's stable id, or empty where it is about the whole task
    record Problem(ErrorCode error, String message, Optional<String> item) {}

    /// Adds problems of a task, inside the fence of its attempt.
    ///
    /// @param task null where they are about the poll's payload
    void add(Handle tx, OrgId organisation, UUID poll, @Nullable UUID task, List<Problem> problems) {
        var batch = tx.prepareBatch("""
                insert into poll_error (id, organisation, poll, task, error, message, item, date_created)
                values (:id, :organisation, :poll, cast(:task as uuid), :error, :message, :item, :now)
                """);
        for (var problem : problems) {
            batch.bind("id", Ids.next(clock))
                    .bind("organisation", organisation.value())
                    .bind("poll", poll)
                    .bindByType("task", task, UUID.class)
                    .bind("error", problem.error().slug())
                    .bind("message", problem.message())
                    .bind("item", problem.item())
                    .bind("now", clock.instant())
                    .add();
        }
        batch.execute();
    }

    /// Forgets what an earlier attempt of the task noted: this one will find it again, or not.
    void forget(Handle tx, OrgId organisation, UUID task) {
        tx.createUpdate("delete from poll_error where organisation = :organisation and task = :task")
                .bind("organisation", organisation.value())
                .bind("task", task)
                .execute();
    }

    /// A page of a poll's errors. Without `resource`, since ricloud-py cannot parse its items.
    ListJson<PollErrorJson> list(Handle tx, OrgId organisation, UUID poll, Page page) {
        return shown(poll, LISTING.page(tx, organisation, new Filter(poll), page, (row, _) -> error(row)));
    }

    /// The first page of the errors of each of several polls. A poll without errors is left out.
    Map<UUID, ListJson<PollErrorJson>> ofPolls(Handle tx, OrgId organisation, Collection<UUID> polls, Page page) {
        var shown = new HashMap<UUID, ListJson<PollErrorJson>>();
        LISTING.firstPages(tx, organisation, "poll", polls, page, (row, _) -> error(row))
                .forEach((poll, slice) -> shown.put(poll, shown(poll, slice)));
        return shown;
    }

    /// The next errors of a poll, in the order in which they were noted.
    ///
    /// @param after the last that was read; empty for the first
    List<PollErrorJson> next(Handle tx, OrgId organisation, UUID poll, Optional<UUID> after, int limit) {
        return tx.createQuery("""
                        select * from poll_error
                         where organisation = :organisation and poll = :poll and id > :after
                         order by id limit :limit
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .bind("after", after.orElse(new UUID(0, 0)))
                .bind("limit", limit)
                .map((row, _) -> error(row))
                .list();
    }

    /// How many errors each task of the poll has; under no task those about its payload.
    Map<Optional<UUID>, Long> counts(Handle tx, OrgId organisation, UUID poll) {
        var counts = new HashMap<Optional<UUID>, Long>();
        tx.createQuery("""
                        select task, count(*) as n from poll_error
                         where organisation = :organisation and poll = :poll group by task
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .map((row, _) -> Map.entry(Optional.ofNullable(row.getObject("task", UUID.class)), row.getLong("n")))
                .forEach(one -> counts.put(one.getKey(), one.getValue()));
        return counts;
    }

    static ListJson<PollErrorJson> shown(UUID poll, Slice<PollErrorJson> slice) {
        return ListJson.<PollErrorJson, PollErrorJson>of(slice, "/polls/" + poll + "/errors", error -> error)
                .bare();
    }

    private static final Listing LISTING = new Listing("select * from poll_error", """
             where organisation = :organisation and poll = :poll
            """, "id", Listing.Family.UUID);

    /// What a list of errors is narrowed to.
    public record Filter(UUID poll) {}

    private static PollErrorJson error(ResultSet row) throws SQLException {
        return new PollErrorJson(
                row.getObject("id", UUID.class),
                row.getObject("task", UUID.class),
                row.getString("error"),
                row.getString("message"),
                row.getString("item"),
                row.getTimestamp("date_created").toInstant());
    }
}
