package ferry.poll;

import ferry.access.OrgId;
import ferry.http.Json;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import ferry.session.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// The table of polls. When one started, and whether it has, is read off its tasks; when it completed is its own.
public final class Polls {
    private final InstantSource clock;

    /// @param clock gives all dates
    public Polls(InstantSource clock) {
        this.clock = clock;
    }

    /// What a list of polls is narrowed to.
    ///
    /// @param requestor `subscription` for polls that were due, `api` for those that a client asked for
    public record Filter(
            Optional<Long> user,
            Optional<Long> source,
            Optional<UUID> session,
            Optional<UUID> subscription,
            Optional<String> requestor,
            Optional<String> state) {}

    /// Makes a poll; its tasks are the caller's.
    void create(
            Handle tx,
            UUID id,
            long key,
            Session session,
            Origin origin,
            Optional<Long> storageConfig,
            Payload payload) {
        tx.createUpdate("""
                        insert into poll (id, organisation, key, end_user, source, session, subscription, requestor,
                                          storage_config, payload, all_known, date_created)
                        values (:id, :organisation, :key, :user, :source, :session, cast(:subscription as uuid),
                                :requestor, :storageConfig, cast(:payload as jsonb), true, :now)
                        """)
                .bind("id", id)
                .bind("organisation", session.organisation().value())
                .bind("key", key)
                .bind("user", session.user())
                .bind("source", session.source())
                .bind("session", session.id())
                .bind("subscription", origin.ofSubscription())
                .bind("requestor", origin.requestor())
                .bind("storageConfig", storageConfig)
                .bind("payload", Json.MAPPER.writeValueAsString(payload))
                .bind("now", clock.instant())
                .execute();
    }

    /// One poll of the organisation.
    public Optional<Poll> find(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery(SELECT + " where p.organisation = :organisation and p.id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> poll(row))
                .findOne();
    }

    /// Whether a poll that the subscription made when it was due has not ended.
    public boolean isUnderWay(Handle tx, OrgId organisation, UUID subscription) {
        return tx.createQuery("""
                        select exists (select from poll
                                        where organisation = :organisation and subscription = :subscription
                                          and requestor = 'subscription' and date_completed is null)
                        """)
                .bind("organisation", organisation.value())
                .bind("subscription", subscription)
                .mapTo(boolean.class)
                .one();
    }

    /// Several polls of the organisation at once; those that are not there are left out.
    List<Poll> find(Handle tx, OrgId organisation, Set<UUID> ids) {
        return tx.createQuery(SELECT + " where p.organisation = :organisation and p.id = any(:ids)")
                .bind("organisation", organisation.value())
                .bindArray("ids", UUID.class, ids)
                .map((row, _) -> poll(row))
                .list();
    }

    Slice<Poll> list(Handle tx, OrgId organisation, Filter filter, Page page) {
        return LISTING.page(tx, organisation, filter, page, (row, _) -> poll(row));
    }

    /// Whether no other task of the poll can find anything any more. Once so, it stays so.
    boolean isAlone(Handle tx, OrgId organisation, UUID id, UUID task) {
        return tx.createQuery("""
                        select not exists (select from task
                                            where organisation = :organisation and poll = :id and id <> :task
                                              and state not in ('succeeded', 'failed'))
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("task", task)
                .mapTo(Boolean.class)
                .one();
    }

    /// Completes the poll if all its tasks have ended. Takes the poll's row lock first: two last tasks that
    /// settle at once would each fail to see the other's uncommitted row, and neither would complete it.
    ///
    /// @return whether this call completed it
    boolean completeIfDone(Handle tx, OrgId organisation, UUID id) {
        tx.createQuery("select id from poll where organisation = :organisation and id = :id for no key update")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .mapTo(UUID.class)
                .one();
        boolean completed = tx.createUpdate("""
                        update poll p set date_completed = :now
                         where organisation = :organisation and id = :id and date_completed is null
                           and not exists (select from task t
                                            where t.poll = p.id and t.state not in ('succeeded', 'failed'))
                        """)
                        .bind("organisation", organisation.value())
                        .bind("id", id)
                        .bind("now", clock.instant())
                        .execute()
                == 1;
        if (completed) {
            expectManifest(tx, organisation, id);
            expectLeftovers(tx, organisation, id);
        }
        return completed;
    }

    /// From now on somebody looks for objects that are no results. Where each task succeeded at its first
    /// attempt there are none. Of a poll that was under way when its database was backed up, and restored
    /// since, results may have been told that are in no row any more: there nobody looks.
    private void expectLeftovers(Handle tx, OrgId organisation, UUID id) {
        tx.createUpdate("""
                        insert into leftover (poll, organisation, date_next, date_created)
                        select id, organisation, :now, :now from poll p
                         where organisation = :organisation and id = :id and storage_config is not null and all_known
                           and exists (select from task t
                                        where t.organisation = p.organisation and t.poll = p.id
                                          and t.attempt > 0 and (t.attempt > 1 or t.state = 'failed'))
                        on conflict (poll) do nothing
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("now", clock.instant())
                .execute();
    }

    /// From now on somebody will write it. A poll that asks for nothing has none.
    private void expectManifest(Handle tx, OrgId organisation, UUID id) {
        tx.createUpdate("""
                        insert into manifest (poll, organisation, date_next, date_created)
                        select id, organisation, :now, :now from poll p
                         where organisation = :organisation and id = :id and storage_config is not null
                           and exists (select from task t where t.organisation = p.organisation and t.poll = p.id)
                        on conflict (poll) do nothing
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("now", clock.instant())
                .execute();
    }

    private static final String SELECT = """
            select p.*, started.date as date_started,
                   m.state as manifest_state, m.key as manifest_key, m.url as manifest_url,
                   m.signature_url as manifest_signature_url, m.size as manifest_size, m.sha256 as manifest_sha256,
                   m.error as manifest_error, m.message as manifest_message, m.date_written as manifest_date,
                   case when p.date_completed is not null then 'completed'
                        when started.date is not null then 'processing' else 'pending' end as state
              from poll p
              left join manifest m on m.poll = p.id
              left join lateral (select min(t.date_started) as date from task t where t.poll = p.id) started on true
            """;

    private static final Listing LISTING = new Listing(SELECT, """
             where p.organisation = :organisation
               and (cast(:user as bigint) is null or p.end_user = cast(:user as bigint))
               and (cast(:source as bigint) is null or p.source = cast(:source as bigint))
               and (cast(:session as uuid) is null or p.session = cast(:session as uuid))
               and (cast(:subscription as uuid) is null or p.subscription = cast(:subscription as uuid))
               and (cast(:requestor as text) is null or p.requestor = cast(:requestor as text))
               and (cast(:state as text) is null or cast(:state as text) =
                    case when p.date_completed is not null then 'completed'
                         when started.date is not null then 'processing' else 'pending' end)
            """, "p.id", Listing.Family.UUID)
            .counted("poll")
            .date("date_completed", "p.date_completed");

    private static Poll poll(ResultSet row) throws SQLException {
        long config = row.getLong("storage_config");
        var storageConfig = row.wasNull() ? Optional.<Long>empty() : Optional.of(config);
        return new Poll(
                row.getObject("id", UUID.class),
                new OrgId(row.getLong("organisation")),
                row.getLong("key"),
                row.getLong("end_user"),
                row.getLong("source"),
                row.getObject("session", UUID.class),
                Origin.of(Optional.ofNullable(row.getObject("subscription", UUID.class)), row.getString("requestor")),
                storageConfig,
                Json.MAPPER.readValue(row.getString("payload"), Payload.class),
                PollState.of(row.getString("state")),
                row.getTimestamp("date_created").toInstant(),
                Optional.ofNullable(row.getTimestamp("date_started")).map(Timestamp::toInstant),
                Optional.ofNullable(row.getTimestamp("date_completed")).map(Timestamp::toInstant),
                ManifestJson.of(row));
    }
}
