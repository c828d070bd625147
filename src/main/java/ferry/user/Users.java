package ferry.user;

import ferry.access.OrgId;
import ferry.error.ErrorCode;
import ferry.http.ApiException;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/// The table of users.
public final class Users {
    private static final String UNIQUE_VIOLATION = "23505";

    private final InstantSource clock;

    /// @param clock gives `date_created`
    public Users(InstantSource clock) {
        this.clock = clock;
    }

    private static final Listing LISTING =
            new Listing("select * from end_user", """
             where organisation = :organisation and state <> 'deleted'
               and (cast(:identifier as text) is null or identifier = cast(:identifier as text))
               and (cast(:key as bigint) is null or key = cast(:key as bigint))
               and (cast(:state as text) is null or state = cast(:state as text))
            """, "id", Listing.Family.NUMBER).counted("end_user");

    /// What a list of users is narrowed to.
    public record Filter(Optional<String> identifier, Optional<Long> key, Optional<String> state) {}

    /// What asking for a user came to.
    ///
    /// @param made whether it is new
    public record Got(User user, boolean made) {}

    /// The user of that identifier, made where there is none. Two calls at once get the same.
    ///
    /// @param key under which it is made; one that is there keeps its own
    Got getOrCreate(Handle tx, OrgId organisation, long key, String identifier) {
        var made = tx.createUpdate("""
                        insert into end_user (organisation, key, identifier, date_created)
                        values (:organisation, :key, :identifier, :now)
                        on conflict (organisation, identifier) do nothing
                        """)
                .bind("organisation", organisation.value())
                .bind("key", key)
                .bind("identifier", identifier)
                .bind("now", clock.instant())
                .execute();
        var user = tx.createQuery(
                        "select * from end_user where organisation = :organisation and identifier = :identifier")
                .bind("organisation", organisation.value())
                .bind("identifier", identifier)
                .map((row, _) -> user(row))
                .one();
        return new Got(user, made == 1);
    }

    /// One user of the organisation. One that is being erased is not there any more.
    public Optional<User> find(Handle tx, OrgId organisation, long id) {
        return find(tx, organisation, id, "");
    }

    /// As [#find], of several at once, by id; those that are not there are left out.
    Map<Long, User> find(Handle tx, OrgId organisation, Set<Long> ids) {
        return tx.createQuery("""
                        select * from end_user
                         where organisation = :organisation and id = any(:ids) and state <> 'deleted'
                        """)
                .bind("organisation", organisation.value())
                .bindArray("ids", Long.class, ids)
                .map((row, _) -> user(row))
                .collectToMap(User::id, user -> user);
    }

    /// As [#find], and nobody switches the user off or erases it before this transaction has ended: what is
    /// made for it then is seen by whoever does.
    public Optional<User> hold(Handle tx, OrgId organisation, long id) {
        return find(tx, organisation, id, "for share");
    }

    /// As [#find], and nobody else changes the user before this transaction has ended.
    Optional<User> lock(Handle tx, OrgId organisation, long id) {
        return find(tx, organisation, id, "for update");
    }

    private static Optional<User> find(Handle tx, OrgId organisation, long id, String lock) {
        return tx.createQuery("""
                        select * from end_user
                         where organisation = :organisation and id = :id and state <> 'deleted' <lock>
                        """)
                .define("lock", lock)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> user(row))
                .findOne();
    }

    /// Gives the user another identifier or state; what is empty stays.
    ///
    /// @throws ApiException `conflict` where another user has that identifier
    void update(Handle tx, User user, Optional<String> identifier, Optional<String> state) {
        try {
            tx.createUpdate("""
                            update end_user set identifier = :identifier, state = :state
                             where organisation = :organisation and id = :id
                            """)
                    .bind("identifier", identifier.orElse(user.identifier()))
                    .bind("state", state.orElse(user.state()))
                    .bind("organisation", user.organisation().value())
                    .bind("id", user.id())
                    .execute();
        } catch (UnableToExecuteStatementException e) {
            if (e.getCause() instanceof SQLException sql && UNIQUE_VIOLATION.equals(sql.getSQLState())) {
                throw new ApiException(ErrorCode.CONFLICT, "Another user of this organisation has that identifier.");
            }
            throw e;
        }
    }

    /// Marks the user for erasure: nothing new starts for it, and its identifier is free at once. The rest is
    /// the erasure's.
    ///
    /// @return the user as it was; empty where there is none, or none any more
    public Optional<User> delete(Handle tx, OrgId organisation, long id) {
        var user = lock(tx, organisation, id);
        user.ifPresent(_ -> tx.createUpdate("""
                        update end_user set state = 'deleted', identifier = null, date_deleted = :now
                         where organisation = :organisation and id = :id
                        """)
                .bind("now", clock.instant())
                .bind("organisation", organisation.value())
                .bind("id", id)
                .execute());
        return user;
    }

    Slice<User> list(Handle tx, OrgId organisation, Filter filter, Page page) {
        return LISTING.page(tx, organisation, filter, page, (row, _) -> user(row));
    }

    private static User user(ResultSet row) throws SQLException {
        return new User(
                row.getLong("id"),
                new OrgId(row.getLong("organisation")),
                row.getLong("key"),
                row.getString("identifier"),
                row.getString("state"),
                row.getTimestamp("date_created").toInstant());
    }
}
