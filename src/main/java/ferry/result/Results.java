package ferry.result;

import ferry.access.OrgId;
import ferry.db.Ids;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import ferry.storage.Stored;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// The table of results.
public final class Results {
    private final InstantSource clock;

    /// @param clock gives all dates
    public Results(InstantSource clock) {
        this.clock = clock;
    }

    /// What a list of results is narrowed to.
    public record Filter(
            Optional<UUID> poll,
            Optional<UUID> task,
            Optional<String> identifier,
            Optional<String> type,
            Optional<String> state) {
        /// All results of a poll.
        public static Filter ofPoll(UUID poll) {
            return new Filter(
                    Optional.of(poll), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
        }

        /// All results of a task.
        public static Filter ofTask(UUID task) {
            return new Filter(
                    Optional.empty(), Optional.of(task), Optional.empty(), Optional.empty(), Optional.empty());
        }
    }

    /// An object that was published and verified, about to become a result.
    ///
    /// @param identifier see [Result#identifier]
    /// @param type `json` or the file's extension
    /// @param stored what was measured in passing
    public record Published(
            UUID poll,
            UUID task,
            long storageConfig,
            String identifier,
            Optional<String> type,
            String objectKey,
            String url,
            Stored stored) {}

    /// Records results of one poll, inside the fence of their attempt. A poll has one result per identifier: where it
    /// has one, that one stays.
    ///
    /// @return the identifiers of those that are new
    public Set<String> record(Handle tx, OrgId organisation, Collection<Published> published) {
        var all = List.copyOf(published);
        return tx.createQuery("""
                        insert into result (id, organisation, poll, task, storage_config, identifier, type, object_key,
                                            url, checksum, size, date_created)
                        select id, :organisation, poll, task, storage_config, identifier, type, object_key,
                               url, checksum, size, :now
                          from unnest(:ids, :polls, :tasks, :storageConfigs, :identifiers, :types, :objectKeys,
                                      :urls, :checksums, :sizes)
                            as it (id, poll, task, storage_config, identifier, type, object_key, url, checksum, size)
                         order by identifier -- two tasks of a poll that find the same files wait in one order
                        on conflict (poll, identifier) do nothing
                        returning identifier
                        """)
                .bindArray(
                        "ids",
                        UUID.class,
                        all.stream().map(_ -> Ids.next(clock)).toList())
                .bind("organisation", organisation.value())
                .bindArray(
                        "polls", UUID.class, all.stream().map(Published::poll).toList())
                .bindArray(
                        "tasks", UUID.class, all.stream().map(Published::task).toList())
                .bindArray(
                        "storageConfigs",
                        Long.class,
                        all.stream().map(Published::storageConfig).toList())
                .bindArray(
                        "identifiers",
                        String.class,
                        all.stream().map(Published::identifier).toList())
                .bindArray(
                        "types",
                        String.class,
                        all.stream().map(it -> it.type().orElse(null)).toList())
                .bindArray(
                        "objectKeys",
                        String.class,
                        all.stream().map(Published::objectKey).toList())
                .bindArray(
                        "urls", String.class, all.stream().map(Published::url).toList())
                .bindArray(
                        "checksums",
                        String.class,
                        all.stream().map(it -> it.stored().md5Hex()).toList())
                .bindArray(
                        "sizes",
                        Long.class,
                        all.stream().map(it -> it.stored().length()).toList())
                .bind("now", clock.instant())
                .mapTo(String.class)
                .collectIntoSet();
    }

    /// Which of these identifiers the poll has a result of.
    public Set<String> known(Handle tx, OrgId organisation, UUID poll, Collection<String> identifiers) {
        return tx.createQuery("""
                        select identifier from result
                         where organisation = :organisation and poll = :poll and identifier = any(:identifiers)
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .bindArray("identifiers", String.class, identifiers.toArray())
                .mapTo(String.class)
                .collectIntoSet();
    }

    /// One result of the organisation.
    public Optional<Result> find(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery("select * from result where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> result(row))
                .findOne();
    }

    /// The poll's result of that identifier.
    public Optional<Result> find(Handle tx, OrgId organisation, UUID poll, String identifier) {
        return tx.createQuery("""
                        select * from result
                         where organisation = :organisation and poll = :poll and identifier = :identifier
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .bind("identifier", identifier)
                .map((row, _) -> result(row))
                .findOne();
    }

    /// The client has it. Acknowledging again changes nothing.
    Optional<Result> acknowledge(Handle tx, OrgId organisation, UUID id) {
        tx.createUpdate("""
                        update result set date_consumed = :now
                         where organisation = :organisation and id = :id and date_consumed is null
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("now", clock.instant())
                .execute();
        return find(tx, organisation, id);
    }

    /// A page of results.
    public Slice<Result> list(Handle tx, OrgId organisation, Filter filter, Page page) {
        return LISTING.page(tx, organisation, filter, page, (row, _) -> result(row));
    }

    /// The first page of the results of each of several polls.
    Map<UUID, Slice<Result>> ofPolls(Handle tx, OrgId organisation, Collection<UUID> polls, Page page) {
        return LISTING.firstPages(tx, organisation, "poll", polls, page, (row, _) -> result(row));
    }

    private static final Listing LISTING = new Listing("select * from result", """
             where organisation = :organisation
               and (cast(:poll as uuid) is null or poll = cast(:poll as uuid))
               and (cast(:task as uuid) is null or task = cast(:task as uuid))
               and (cast(:identifier as text) is null or identifier = cast(:identifier as text))
               and (cast(:type as text) is null or type = cast(:type as text))
               and (cast(:state as text) is null or :state =
                    case when date_deleted is not null then 'expired'
                         when date_consumed is not null then 'consumed' else 'available' end)
            """, "id", Listing.Family.UUID)
            .counted("result")
            .date("date_consumed", "date_consumed")
            .date("date_deleted", "date_deleted");

    private static Result result(ResultSet row) throws SQLException {
        var consumed = Optional.ofNullable(row.getTimestamp("date_consumed")).map(Timestamp::toInstant);
        var deleted = Optional.ofNullable(row.getTimestamp("date_deleted")).map(Timestamp::toInstant);
        return new Result(
                row.getObject("id", UUID.class),
                new OrgId(row.getLong("organisation")),
                row.getObject("poll", UUID.class),
                row.getObject("task", UUID.class),
                row.getLong("storage_config"),
                row.getString("identifier"),
                Optional.ofNullable(row.getString("type")),
                row.getString("object_key"),
                row.getString("url"),
                row.getString("checksum"),
                row.getLong("size"),
                deleted.isPresent()
                        ? ResultState.EXPIRED
                        : consumed.isPresent() ? ResultState.CONSUMED : ResultState.AVAILABLE,
                row.getTimestamp("date_created").toInstant(),
                consumed,
                deleted);
    }
}
