package ferry.subscription;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.error.ErrorCode;
import ferry.http.Json;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import ferry.session.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.node.ObjectNode;

/// The table of subscriptions. Whoever changes one takes its session's row first, then its own: a session that ends
/// comes from that side.
public final class Subscriptions {
    private final InstantSource clock;

    /// @param clock gives all dates
    public Subscriptions(InstantSource clock) {
        this.clock = clock;
    }

    /// What a list of subscriptions is narrowed to. Public for the reader of its components.
    public record Filter(Optional<Long> source, Optional<UUID> session, Optional<Long> user, Optional<String> state) {}

    /// What a client chooses.
    record Wish(ObjectNode payload, Duration interval, Optional<Instant> start, Optional<Instant> end) {}

    /// One whose turn has come.
    record Due(UUID id, OrgId organisation, Instant at) {}

    /// Makes an active one.
    Subscription create(Handle tx, UUID id, Caller caller, Session session, Wish wish, Schedule schedule) {
        tx.createUpdate("""
                        insert into subscription (id, organisation, key, end_user, source, session, poll_payload,
                                                  interval_seconds, date_start, date_end, state, slots_from, next_due,
                                                  date_created)
                        values (:id, :organisation, :key, :user, :source, :session, cast(:payload as json), :interval,
                                cast(:start as timestamptz), cast(:end as timestamptz), 'active', :from,
                                cast(:next as timestamptz), :now)
                        """)
                .bind("id", id)
                .bind("organisation", caller.organisation().value())
                .bind("key", caller.key())
                .bind("user", session.user())
                .bind("source", session.source())
                .bind("session", session.id())
                .bind("payload", Json.MAPPER.writeValueAsString(wish.payload()))
                .bind("interval", wish.interval().toSeconds())
                .bind("start", wish.start())
                .bind("end", wish.end())
                .bind("from", schedule.from())
                .bind("next", schedule.next())
                .bind("now", clock.instant())
                .execute();
        return find(tx, caller.organisation(), id).orElseThrow();
    }

    /// One subscription of the organisation.
    public Optional<Subscription> find(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery(SELECT + " where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> subscription(row))
                .findOne();
    }

    /// As [#find], and nobody else changes it before this transaction has ended.
    Optional<Subscription> lock(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery(SELECT + " where organisation = :organisation and id = :id for no key update")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> subscription(row))
                .findOne();
    }

    /// One that is due, for the one transaction that makes its poll; empty where another has it or has made the poll.
    Optional<Subscription> claim(Handle tx, OrgId organisation, UUID id) {
        return tx.createQuery(SELECT + """
                         where organisation = :organisation and id = :id
                           and state = 'active' and not stopped and next_due <= :now
                           for no key update skip locked
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("now", clock.instant())
                .map((row, _) -> subscription(row))
                .findOne();
    }

    /// Those of all organisations that are due, the longest first, beginning behind `last`. System role.
    List<Due> due(Handle tx, Instant now, Due last, int limit) {
        return tx.createQuery("""
                        select id, organisation, next_due from subscription
                         where state = 'active' and not stopped and next_due <= :now and (next_due, id) > (:after, :id)
                         order by next_due, id limit :limit
                        """)
                .bind("now", now)
                .bind("after", last.at())
                .bind("id", last.id())
                .bind("limit", limit)
                .map((row, _) -> due(row, "next_due"))
                .list();
    }

    /// Those of all organisations whose session is about to lapse. System role.
    List<Due> toWarn(Handle tx, Instant now, int limit) {
        return tx.createQuery("""
                        select id, organisation, date_warning from subscription
                         where state = 'active' and not stopped and date_warning <= :now
                         order by date_warning limit :limit
                        """)
                .bind("now", now)
                .bind("limit", limit)
                .map((row, _) -> due(row, "date_warning"))
                .list();
    }

    /// The warning is given.
    ///
    /// @return whether this call is the one to give it
    boolean warned(Handle tx, OrgId organisation, UUID id) {
        return tx.createUpdate("""
                        update subscription set date_warning = null
                         where organisation = :organisation and id = :id
                           and state = 'active' and not stopped and date_warning <= :now
                        """)
                        .bind("organisation", organisation.value())
                        .bind("id", id)
                        .bind("now", clock.instant())
                        .execute()
                == 1;
    }

    /// Sets when to warn; empty for never.
    void warnAt(Handle tx, OrgId organisation, UUID id, Optional<Instant> date) {
        tx.createUpdate("""
                        update subscription set date_warning = cast(:date as timestamptz)
                         where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("date", date)
                .execute();
    }

    Slice<Subscription> list(Handle tx, OrgId organisation, Filter filter, Page page) {
        return LISTING.page(tx, organisation, filter, page, (row, _) -> subscription(row));
    }

    /// Those that read with a session, locked.
    List<Subscription> ofSession(Handle tx, OrgId organisation, UUID session) {
        return tx.createQuery(SELECT + """
                         where organisation = :organisation and session = :session and state <> 'deleted'
                         order by id for no key update
                        """)
                .bind("organisation", organisation.value())
                .bind("session", session)
                .map((row, _) -> subscription(row))
                .list();
    }

    /// Those that wait for a new session of a source, locked.
    List<Subscription> waitingFor(Handle tx, OrgId organisation, long user, long source) {
        return tx.createQuery(SELECT + """
                         where organisation = :organisation and end_user = :user and source = :source
                           and stopped and state <> 'deleted'
                         order by id for no key update
                        """)
                .bind("organisation", organisation.value())
                .bind("user", user)
                .bind("source", source)
                .map((row, _) -> subscription(row))
                .list();
    }

    /// Whether polls will be made with the session.
    boolean areActiveOn(Handle tx, OrgId organisation, UUID session) {
        return tx.createQuery("""
                        select exists (select from subscription
                                        where organisation = :organisation and session = :session
                                          and state = 'active' and not stopped and next_due is not null)
                        """)
                .bind("organisation", organisation.value())
                .bind("session", session)
                .mapTo(boolean.class)
                .one();
    }

    /// Its turn is over.
    ///
    /// @param made whether a poll was made, which also ends any error
    /// @param error what prevented it
    void turned(
            Handle tx, OrgId organisation, UUID id, boolean made, Optional<ErrorCode> error, Optional<Instant> next) {
        tx.createUpdate("""
                        update subscription
                           set last_poll = case when :made then cast(:now as timestamptz) else last_poll end,
                               error = cast(:error as text), next_due = cast(:next as timestamptz)
                         where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("made", made)
                .bind("now", clock.instant())
                .bind("error", error.map(ErrorCode::slug))
                .bind("next", next)
                .execute();
    }

    /// Its session is over.
    void stopped(Handle tx, OrgId organisation, UUID id, ErrorCode why) {
        tx.createUpdate("""
                        update subscription set stopped = true, error = :error, date_warning = null
                         where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("error", why.slug())
                .execute();
    }

    /// It has another session, and goes on where it has stopped.
    void restarted(Handle tx, OrgId organisation, UUID id, UUID session) {
        tx.createUpdate("""
                        update subscription set stopped = false, error = null, session = :session
                         where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("session", session)
                .execute();
    }

    /// A client wishes otherwise.
    void change(Handle tx, OrgId organisation, UUID id, Wish wish, Schedule schedule) {
        tx.createUpdate("""
                        update subscription
                           set poll_payload = cast(:payload as json), interval_seconds = :interval,
                               date_start = cast(:start as timestamptz), date_end = cast(:end as timestamptz),
                               slots_from = :from, next_due = cast(:next as timestamptz)
                         where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("payload", Json.MAPPER.writeValueAsString(wish.payload()))
                .bind("interval", wish.interval().toSeconds())
                .bind("start", wish.start())
                .bind("end", wish.end())
                .bind("from", schedule.from())
                .bind("next", schedule.next())
                .execute();
    }

    /// Moves it to another state.
    void state(Handle tx, OrgId organisation, UUID id, SubscriptionState state) {
        tx.createUpdate("update subscription set state = :state where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("state", state.slug())
                .execute();
    }

    private static final String SELECT = "select * from subscription";

    private static final Listing LISTING = new Listing(SELECT, """
             where organisation = :organisation
               and (cast(:source as bigint) is null or source = cast(:source as bigint))
               and (cast(:session as uuid) is null or session = cast(:session as uuid))
               and (cast(:user as bigint) is null or end_user = cast(:user as bigint))
               and (cast(:state as text) is null or state = cast(:state as text))
            """, "id", Listing.Family.UUID).counted("subscription");

    private static Due due(ResultSet row, String column) throws SQLException {
        return new Due(
                row.getObject("id", UUID.class),
                new OrgId(row.getLong("organisation")),
                row.getTimestamp(column).toInstant());
    }

    private static Subscription subscription(ResultSet row) throws SQLException {
        return new Subscription(
                row.getObject("id", UUID.class),
                new OrgId(row.getLong("organisation")),
                row.getLong("key"),
                row.getLong("end_user"),
                row.getLong("source"),
                row.getObject("session", UUID.class),
                (ObjectNode) Json.MAPPER.readTree(row.getString("poll_payload")),
                Duration.ofSeconds(row.getLong("interval_seconds")),
                instant(row, "date_start"),
                instant(row, "date_end"),
                SubscriptionState.of(row.getString("state")),
                Optional.ofNullable(row.getString("error")).map(ErrorCode::of),
                row.getBoolean("stopped"),
                row.getTimestamp("slots_from").toInstant(),
                instant(row, "next_due"),
                instant(row, "last_poll"),
                row.getTimestamp("date_created").toInstant());
    }

    private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getTimestamp(column)).map(Timestamp::toInstant);
    }
}
