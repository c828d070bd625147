package ferry.session;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.crypto.Sealed;
import ferry.db.Ids;
import ferry.error.ErrorCode;
import ferry.http.Json;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import ferry.source.Source;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The table of sessions.
public final class Sessions {
    private final InstantSource clock;

    /// @param clock gives all dates
    public Sessions(InstantSource clock) {
        this.clock = clock;
    }

    /// What a list of sessions is narrowed to.
    public record Filter(Optional<Long> user, Optional<Long> source, Optional<Long> key, Optional<String> state) {}

    /// An access and its version, for compare-and-set.
    record Held(Sealed access, long version) {}

    /// Makes a pending session.
    Session create(Handle tx, Caller caller, Source source) {
        var id = Ids.next(clock);
        tx.createUpdate("""
                        insert into session (id, organisation, key, end_user, source, state, date_created, date_used)
                        values (:id, :organisation, :key, :user, :source, 'pending', :now, :now)
                        """)
                .bind("id", id)
                .bind("organisation", caller.organisation().value())
                .bind("key", caller.key())
                .bind("user", source.user())
                .bind("source", source.id())
                .bind("now", clock.instant())
                .execute();
        return find(tx, caller.organisation(), id).orElseThrow();
    }

    /// One session of the organisation. That of a user or source that was switched off reads as expired.
    public Optional<Session> find(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery(SELECT + " where s.organisation = :organisation and s.id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> session(row))
                .findOne();
    }

    /// As [#find], of several at once, by id; those that are not there are left out.
    Map<UUID, Session> find(Handle tx, OrgId organisation, Set<UUID> ids) {
        return tx.createQuery(SELECT + " where s.organisation = :organisation and s.id = any(:ids)")
                .bind("organisation", organisation.value())
                .bindArray("ids", UUID.class, ids)
                .map((row, _) -> session(row))
                .collectToMap(Session::id, session -> session);
    }

    Slice<Session> list(Handle tx, OrgId organisation, Filter filter, Page page) {
        return LISTING.page(tx, organisation, filter, page, (row, _) -> session(row));
    }

    /// A pending session becomes active; does nothing to one that is no longer pending.
    ///
    /// @return whether it did
    boolean opened(Handle tx, OrgId organisation, UUID id, Sealed access, Optional<Instant> expires) {
        return tx.createUpdate("""
                        update session
                           set state = 'active', access = :access, date_expires = :expires, date_used = :now
                         where organisation = :organisation and id = :id and state = 'pending'
                        """)
                        .bind("organisation", organisation.value())
                        .bind("id", id)
                        .bind("access", access.ciphertext())
                        .bind("expires", expires)
                        .bind("now", clock.instant())
                        .execute()
                == 1;
    }

    /// A pending session becomes failed; does nothing to one that is no longer pending.
    ///
    /// @return whether it did
    boolean failed(Handle tx, OrgId organisation, UUID id, SessionState.Failed why) {
        return tx.createUpdate("""
                        update session
                           set state = 'failed', error = :error, challenge = cast(:challenge as jsonb),
                               date_retry = :retry
                         where organisation = :organisation and id = :id and state = 'pending'
                        """)
                        .bind("organisation", organisation.value())
                        .bind("id", id)
                        .bind("error", why.error().slug())
                        .bind(
                                "challenge",
                                why.challenge() == null ? null : Json.MAPPER.writeValueAsString(why.challenge()))
                        .bind("retry", why.retry())
                        .execute()
                == 1;
    }

    /// What a session held when it ended.
    ///
    /// @param access empty where it was pending
    record Taken(Optional<Sealed> access) {}

    /// A pending or active session becomes expired, and its access is gone from the table; does nothing to any
    /// other.
    ///
    /// @return empty where it did nothing
    Optional<Taken> expired(Handle tx, OrgId organisation, UUID id, ErrorCode why) {
        return tx.createQuery("""
                        with held as (
                          select id, access from session
                           where organisation = :organisation and id = :id and state in ('pending', 'active')
                             for update)
                        update session
                           set state = 'expired', error = :error, access = null, date_expired = :now
                          from held where session.id = held.id
                        returning held.access
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("error", why.slug())
                .bind("now", clock.instant())
                .map((row, _) ->
                        new Taken(Optional.ofNullable(row.getBytes("access")).map(Sealed::new)))
                .findOne();
    }

    /// The session was read with just now.
    public void used(Handle tx, OrgId organisation, UUID id) {
        tx.createUpdate("update session set date_used = :now where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("now", clock.instant())
                .execute();
    }

    /// The access of an active session, locked until the transaction ends; empty where its user or source was
    /// switched off.
    Optional<Held> lockAccess(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery("""
                        select s.access, s.access_version
                          from session s join source o on o.id = s.source join end_user u on u.id = s.end_user
                         where s.organisation = :organisation and s.id = :id and s.state = 'active' and not (<off>)
                           for update of s
                        """)
                .define("off", OFF)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> new Held(new Sealed(row.getBytes("access")), row.getLong("access_version")))
                .findOne();
    }

    /// Stores a fresh access over the one that [#lockAccess] gave in this transaction.
    void replaceAccess(Handle tx, OrgId organisation, UUID id, Held held, Sealed fresh) {
        tx.createUpdate("""
                        update session set access = :access, access_version = access_version + 1
                         where organisation = :organisation and id = :id and access_version = :version
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("access", fresh.ciphertext())
                .bind("version", held.version())
                .execute();
    }

    /// Takes the session's row for this transaction. Whoever changes a session and what hangs on it takes this first.
    public void lock(Handle tx, OrgId organisation, UUID id) {
        tx.createQuery("select id from session where organisation = :organisation and id = :id for no key update")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .mapTo(UUID.class)
                .findOne();
    }

    /// As [#lock], unless another transaction has it.
    ///
    /// @return whether it is taken
    public boolean tryLock(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery("""
                        select id from session where organisation = :organisation and id = :id
                           for no key update skip locked
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .mapTo(UUID.class)
                .findOne()
                .isPresent();
    }

    /// Says whether an active subscription uses the session: one that is used does not end for being idle.
    public void subscribed(Handle tx, OrgId organisation, UUID id, boolean subscribed) {
        tx.createUpdate("""
                        update session set subscribed = :subscribed
                         where organisation = :organisation and id = :id and subscribed <> :subscribed
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("subscribed", subscribed)
                .execute();
    }

    /// When the source said, as the session opened, that it would end it; empty where it did not.
    public Optional<Instant> expected(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery("select date_expires from session where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> instant(row, "date_expires"))
                .findOne()
                .flatMap(date -> date);
    }

    /// Active sessions of all organisations that nobody has used since `before`, that no subscription needs and that
    /// no task is using, at most `limit`. System role.
    List<Session> idle(Handle tx, Instant before, int limit) {
        return tx.createQuery(SELECT + """
                         where s.state = 'active' and not s.subscribed and s.date_used < :before
                           and not exists (select from task t
                                            where t.organisation = s.organisation and t.session = s.id
                                              and t.state in ('pending', 'processing', 'suspended'))
                         order by s.date_used limit :limit
                        """)
                .bind("before", before)
                .bind("limit", limit)
                .map((row, _) -> session(row))
                .list();
    }

    /// Active sessions of all organisations whose user or source was switched off, at most `limit`. System role.
    List<Session> switchedOff(Handle tx, int limit) {
        return tx.createQuery(SELECT + """
                         where s.state = 'active'
                           and s.source in (select id from source where refused in ('deactivated', 'blocked')
                                             union all
                                            select o.id from end_user u
                                              join source o on o.organisation = u.organisation and o.end_user = u.id
                                             where u.state <> 'active')
                         limit :limit
                        """)
                .bind("limit", limit)
                .map((row, _) -> session(row))
                .list();
    }

    /// As [#find], and neither its user nor its source is switched off, nor erased, before this transaction has
    /// ended: what is made with it then is seen by whoever does.
    public Optional<Session> hold(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery(SELECT + " where s.organisation = :organisation and s.id = :id for share of o, u")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> session(row))
                .findOne();
    }

    /// Whose it is. System role.
    Optional<OrgId> owner(Handle tx, UUID id) {
        return tx.createQuery("select organisation from session where id = :id")
                .bind("id", id)
                .map((row, _) -> new OrgId(row.getLong("organisation")))
                .findOne();
    }

    /// Whether the user or the source, `u` and `o`, is switched off.
    private static final String OFF = "u.state <> 'active' or coalesce(o.refused in ('deactivated', 'blocked'), false)";

    /// A session of a user or source that was switched off is expired, whatever its row says.
    private static final String SELECT = """
            select s.*, o.type as source_type, s.state = 'active' and (%s) as switched_off
              from session s join source o on o.id = s.source join end_user u on u.id = s.end_user
            """.formatted(OFF);

    private static final Listing LISTING = new Listing(SELECT, """
             where s.organisation = :organisation
               and (cast(:user as bigint) is null or s.end_user = cast(:user as bigint))
               and (cast(:source as bigint) is null or s.source = cast(:source as bigint))
               and (cast(:key as bigint) is null or s.key = cast(:key as bigint))
               and (cast(:state as text) is null or :state =
                    case when s.state = 'active' and (%s) then 'expired' else s.state end)
            """.formatted(OFF), "s.id", Listing.Family.UUID)
            .counted("session")
            .date("date_expired", "s.date_expired");

    private static Session session(ResultSet row) throws SQLException {
        return new Session(
                row.getObject("id", UUID.class),
                new OrgId(row.getLong("organisation")),
                row.getLong("key"),
                row.getLong("end_user"),
                row.getLong("source"),
                row.getString("source_type"),
                state(row),
                row.getTimestamp("date_created").toInstant(),
                row.getTimestamp("date_used").toInstant());
    }

    private static SessionState state(ResultSet row) throws SQLException {
        if (row.getBoolean("switched_off")) {
            return new SessionState.Expired(
                    ErrorCode.EXPIRED_ORGANISATION,
                    row.getTimestamp("date_used").toInstant());
        }
        return switch (row.getString("state")) {
            case "pending" -> new SessionState.Pending();
            case "active" -> new SessionState.Active(new Sealed(row.getBytes("access")));
            case "failed" ->
                new SessionState.Failed(
                        ErrorCode.of(row.getString("error")),
                        challenge(row.getString("challenge")),
                        instant(row, "date_retry"));
            case "expired" ->
                new SessionState.Expired(
                        ErrorCode.of(row.getString("error")),
                        row.getTimestamp("date_expired").toInstant());
            default -> throw new IllegalStateException("no such session state: " + row.getString("state"));
        };
    }

    private static @Nullable ChallengeJson challenge(@Nullable String json) {
        return json == null ? null : Json.MAPPER.readValue(json, ChallengeJson.class);
    }

    private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getTimestamp(column)).map(java.sql.Timestamp::toInstant);
    }
}
