package ferry.user;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// The table of users.
public final class Users {
    private final InstantSource clock;

    /// @param clock gives `date_created`
    public Users(InstantSource clock) {
        this.clock = clock;
    }

    private static final Listing LISTING =
            new Listing("select * from end_user", """
             where organisation = :organisation
               and (cast(:identifier as text) is null or identifier = cast(:identifier as text))
            """, "id", Listing.Family.NUMBER).counted("end_user");

    /// What a list of users is narrowed to.
    public record Filter(Optional<String> identifier) {}

    /// What asking for a user came to.
    ///
    /// @param made whether it is new
    public record Got(User user, boolean made) {}

    /// The user of that identifier, made where there is none. Two calls at once get the same.
    Got getOrCreate(Handle tx, Caller caller, String identifier) {
        var made = tx.createUpdate("""
                        insert into end_user (organisation, key, identifier, date_created)
                        values (:organisation, :key, :identifier, :now)
                        on conflict (organisation, identifier) do nothing
                        """)
                .bind("organisation", caller.organisation().value())
                .bind("key", caller.key())
                .bind("identifier", identifier)
                .bind("now", clock.instant())
                .execute();
        var user = tx.createQuery(
                        "select * from end_user where organisation = :organisation and identifier = :identifier")
                .bind("organisation", caller.organisation().value())
                .bind("identifier", identifier)
                .map((row, _) -> user(row))
                .one();
        return new Got(user, made == 1);
    }

    /// One user of the organisation.
    public Optional<User> find(Handle tx, OrgId organisation, long id) {
        return tx.createQuery("select * from end_user where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> user(row))
                .findOne();
    }

    Slice<User> list(Handle tx, OrgId organisation, Optional<String> identifier, Page page) {
        return LISTING.page(tx, organisation, new Filter(identifier), page, (row, _) -> user(row));
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
