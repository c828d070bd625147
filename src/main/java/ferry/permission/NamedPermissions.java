package ferry.permission;

import ferry.access.OrgId;
import ferry.access.Organisations;
import ferry.access.Scopes;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// The table of permissions, and each organisation's base permission beside it.
public final class NamedPermissions {
    /// What the base permission is called; no other may be.
    static final String BASE = "default";

    private static final String SELECT = """
            select * from (
              select id, organisation, identifier, scopes, false as base, date_created from permission
              union all
              select permission, organisation, 'default', scopes, true, date_created from organisation) named
            """;

    private static final Listing LISTING = new Listing(SELECT, """
             where organisation = :organisation
               and (cast(:identifier as text) is null or identifier = cast(:identifier as text))
            """, "id", Listing.Family.NUMBER);

    private final InstantSource clock;

    /// @param clock gives `date_created`
    public NamedPermissions(InstantSource clock) {
        this.clock = clock;
    }

    /// What a list of permissions is narrowed to.
    public record Filter(Optional<String> identifier) {}

    /// Makes one. Empty where the organisation has one of that identifier.
    Optional<Permission> create(Handle tx, OrgId organisation, String identifier, Scopes scopes) {
        return tx.createQuery("""
                        insert into permission (organisation, identifier, scopes, date_created)
                        values (:organisation, :identifier, cast(:scopes as json), :now)
                        on conflict (organisation, identifier) do nothing returning id
                        """)
                .bind("organisation", organisation.value())
                .bind("identifier", identifier)
                .bind("scopes", Organisations.json(scopes))
                .bind("now", clock.instant())
                .mapTo(long.class)
                .findOne()
                .flatMap(id -> find(tx, organisation, id));
    }

    /// Whether another permission than `id` has that identifier.
    boolean taken(Handle tx, OrgId organisation, long id, String identifier) {
        return tx.createQuery("""
                        select exists (select from permission
                                        where organisation = :organisation and identifier = :identifier and id <> :id)
                        """)
                .bind("organisation", organisation.value())
                .bind("identifier", identifier)
                .bind("id", id)
                .mapTo(boolean.class)
                .one();
    }

    /// Changes one; the keys that it narrows are bound by it from their next request on.
    void update(Handle tx, OrgId organisation, long id, String identifier, Scopes scopes) {
        tx.createUpdate("""
                        update permission set identifier = :identifier, scopes = cast(:scopes as json)
                         where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("identifier", identifier)
                .bind("scopes", Organisations.json(scopes))
                .execute();
    }

    /// One permission of the organisation, its base permission among them.
    public Optional<Permission> find(Handle tx, OrgId organisation, long id) {
        return tx.createQuery(SELECT + " where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> permission(row))
                .findOne();
    }

    Slice<Permission> list(Handle tx, OrgId organisation, Filter filter, Page page) {
        return LISTING.page(tx, organisation, filter, page, (row, _) -> permission(row));
    }

    private static Permission permission(ResultSet row) throws SQLException {
        return new Permission(
                row.getLong("id"),
                new OrgId(row.getLong("organisation")),
                row.getString("identifier"),
                Organisations.scopes(row.getString("scopes")),
                row.getBoolean("base"),
                row.getTimestamp("date_created").toInstant());
    }
}
