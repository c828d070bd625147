package ferry.result;

import ferry.access.OrgId;
import ferry.db.Ids;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import ferry.storage.Content;
import ferry.storage.Stored;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

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
    /// @param stored what lies in the bucket, as measured in passing
    /// @param content what was taken; the same unless it was encrypted
    /// @param listed what a feed says of itself; empty for a file
    public record Published(
            UUID poll,
            UUID task,
            long storageConfig,
            String identifier,
            Optional<String> type,
            String objectKey,
            String url,
            Stored stored,
            Content content,
            Optional<Result.Listed> listed) {
        /// An object that lies beside a feed and is none itself.
        ///
        /// @param type such as `vcf`
        public static Published beside(
                UUID poll,
                UUID task,
                long storageConfig,
                String identifier,
                String type,
                String objectKey,
                String url,
                Stored stored,
                Content content) {
            return new Published(
                    poll,
                    task,
                    storageConfig,
                    identifier,
                    Optional.of(type),
                    objectKey,
                    url,
                    stored,
                    content,
                    Optional.empty());
        }

        /// What was taken, where the object is not that but encrypted.
        Optional<Content> plain() {
            boolean same =
                    stored.length() == content.length() && stored.md5Hex().equals(content.md5Hex());
            return same ? Optional.empty() : Optional.of(content);
        }
    }

    /// Records results of one poll, inside the fence of their attempt. A poll has one result per identifier: where it
    /// has one, that one stays.
    ///
    /// @return the identifiers of those that are new
    public Set<String> record(Handle tx, OrgId organisation, Collection<Published> published) {
        var all = List.copyOf(published);
        return tx.createQuery("""
                        insert into result (id, organisation, poll, task, storage_config, identifier, type, object_key,
                                            url, checksum, size, sha256, content_size, content_checksum,
                                            listed, refused, complete, date_created)
                        select id, :organisation, poll, task, storage_config, identifier, type, object_key,
                               url, checksum, size, sha256, content_size, content_checksum,
                               listed, refused, cast(complete as boolean), :now
                          from unnest(:ids, :polls, :tasks, :storageConfigs, :identifiers, :types, :objectKeys,
                                      :urls, :checksums, :sizes, :sha256s, :contentSizes, :contentChecksums,
                                      :listed, :refused, :complete)
                            as it (id, poll, task, storage_config, identifier, type, object_key, url, checksum, size,
                                   sha256, content_size, content_checksum, listed, refused, complete)
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
                .bindArray(
                        "sha256s",
                        String.class,
                        all.stream().map(it -> it.content().sha256Hex()).toList())
                .bindArray(
                        "contentSizes", Long.class, each(all, it -> it.plain().map(Content::length)))
                .bindArray(
                        "contentChecksums",
                        String.class,
                        each(all, it -> it.plain().map(Content::md5Hex)))
                .bindArray("listed", Long.class, each(all, it -> it.listed().map(Result.Listed::listed)))
                .bindArray("refused", Long.class, each(all, it -> it.listed().map(Result.Listed::refused)))
                .bindArray(
                        "complete",
                        String.class,
                        each(all, it -> it.listed().map(listed -> Boolean.toString(listed.complete()))))
                .bind("now", clock.instant())
                .mapTo(String.class)
                .collectIntoSet();
    }

    /// What each of them has of it; null where it has nothing.
    private static <T> List<@Nullable T> each(List<Published> all, Function<Published, Optional<T>> of) {
        var values = new ArrayList<@Nullable T>();
        all.forEach(it -> values.add(of.apply(it).orElse(null)));
        return values;
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

    /// The identifiers of a poll's results, in their order.
    ///
    /// @param after begins behind this one
    /// @param atMost how many
    public List<String> identifiers(Handle tx, OrgId organisation, UUID poll, String after, int atMost) {
        return tx.createQuery("""
                        select identifier from result
                         where organisation = :organisation and poll = :poll and identifier > :after
                         order by identifier limit :atMost
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .bind("after", after)
                .bind("atMost", atMost)
                .mapTo(String.class)
                .list();
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

    /// What a poll has published, added up.
    ///
    /// @param stored bytes of the objects
    /// @param content bytes of what is in them
    /// @param complete whether each feed lacks nothing
    public record Sum(long objects, long stored, long content, boolean complete) {}

    /// What the poll has published.
    public Sum sum(Handle tx, OrgId organisation, UUID poll) {
        return tx.createQuery("""
                        select count(*) as objects, coalesce(sum(size), 0) as stored,
                               coalesce(sum(coalesce(content_size, size)), 0) as content,
                               coalesce(bool_and(coalesce(complete, true)), true) as complete
                          from result where organisation = :organisation and poll = :poll
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .map((row, _) -> new Sum(
                        row.getLong("objects"),
                        row.getLong("stored"),
                        row.getLong("content"),
                        row.getBoolean("complete")))
                .one();
    }

    /// How many results each task of the poll has. A task without any is left out.
    public Map<UUID, Long> counts(Handle tx, OrgId organisation, UUID poll) {
        var counts = new HashMap<UUID, Long>();
        tx.createQuery("""
                        select task, count(*) as n from result
                         where organisation = :organisation and poll = :poll group by task
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .map((row, _) -> Map.entry(row.getObject("task", UUID.class), row.getLong("n")))
                .forEach(one -> counts.put(one.getKey(), one.getValue()));
        return counts;
    }

    /// The next results of a poll, in the order in which they were recorded.
    ///
    /// @param after the last that was read; empty for the first
    public List<Result> next(Handle tx, OrgId organisation, UUID poll, Optional<UUID> after, int limit) {
        return tx.createQuery("""
                        select * from result
                         where organisation = :organisation and poll = :poll and id > :after
                         order by id limit :limit
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .bind("after", after.orElse(new UUID(0, 0)))
                .bind("limit", limit)
                .map((row, _) -> result(row))
                .list();
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
        var contentSize = row.getLong("content_size");
        var listed = row.getLong("listed");
        var refused = row.getLong("refused");
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
                Optional.ofNullable(row.getString("sha256")),
                Optional.ofNullable(row.getString("content_checksum")).map(md5 -> new Result.Plain(contentSize, md5)),
                Optional.ofNullable(row.getObject("complete", Boolean.class))
                        .map(complete -> new Result.Listed(listed, refused, complete)),
                deleted.isPresent()
                        ? ResultState.EXPIRED
                        : consumed.isPresent() ? ResultState.CONSUMED : ResultState.AVAILABLE,
                row.getTimestamp("date_created").toInstant(),
                consumed,
                deleted);
    }
}
