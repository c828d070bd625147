package ferry.source;

import ferry.access.Caller;
import ferry.access.Family;
import ferry.access.OrgId;
import ferry.crypto.Sealed;
import ferry.http.ApiException;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import ferry.permission.ScopeLimits;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/// The table of sources.
public final class Sources {
    private final InstantSource clock;
    private final ScopeLimits limits;

    /// @param clock gives `date_created`
    /// @param limits new sources count against
    public Sources(InstantSource clock, ScopeLimits limits) {
        this.clock = clock;
        this.limits = limits;
    }

    /// What a list of sources is narrowed to.
    public record Filter(
            Optional<Long> user,
            Optional<String> identifier,
            Optional<String> type,
            Optional<String> state,
            Optional<Long> parent) {}

    /// What asking for a source came to.
    ///
    /// @param made whether it is new
    public record Got(Source source, boolean made) {}

    /// The user's source of that type and identifier, made where there is none. Two calls at once get the same.
    ///
    /// @throws ApiException `limit-exceeded` where a new one would exceed a limit of the caller's scopes
    Got getOrCreate(Handle tx, Caller caller, long user, String type, String identifier) {
        var organisation = caller.organisation();
        var made = tx.createUpdate("""
                        insert into source (organisation, end_user, type, identifier, date_created)
                        values (:organisation, :user, :type, :identifier, :now)
                        on conflict (organisation, end_user, type, identifier) do nothing
                        """)
                .bind("organisation", organisation.value())
                .bind("user", user)
                .bind("type", type)
                .bind("identifier", identifier)
                .bind("now", clock.instant())
                .execute();
        var source = tx.createQuery(SELECT + """
                         where organisation = :organisation and end_user = :user
                           and type = :type and identifier = :identifier
                        """)
                .bind("organisation", organisation.value())
                .bind("user", user)
                .bind("type", type)
                .bind("identifier", identifier)
                .map((row, _) -> source(row))
                .one();
        if (made == 1) {
            limits.use(tx, caller, user, List.of(new ScopeLimits.Use(Family.SOURCE_TYPE, type, 1)));
        }
        return new Got(source, made == 1);
    }

    /// One source of the organisation.
    public Optional<Source> find(Handle tx, OrgId organisation, long id) {
        return tx.createQuery(SELECT + " where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> source(row))
                .findOne();
    }

    /// Several sources of the organisation at once, by id; those that are not there are left out.
    Map<Long, Source> find(Handle tx, OrgId organisation, Set<Long> ids) {
        return tx.createQuery(SELECT + " where organisation = :organisation and id = any(:ids)")
                .bind("organisation", organisation.value())
                .bindArray("ids", Long.class, ids)
                .map((row, _) -> source(row))
                .collectToMap(Source::id, source -> source);
    }

    /// What spares the next sign-in its second factor, if an earlier one left it.
    public Optional<Sealed> trust(Handle tx, OrgId organisation, long id) {
        return tx.createQuery(
                        "select trust from source where organisation = :organisation and id = :id and trust is not null")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> new Sealed(row.getBytes("trust")))
                .findOne();
    }

    /// A session has opened: the source is validated, unlocked, and remembers what spares the next second
    /// factor. An earlier trust stays where this session left none.
    public void opened(Handle tx, OrgId organisation, long id, Optional<Sealed> trust) {
        tx.createUpdate("""
                        update source
                           set validated = true,
                               trust = coalesce(:trust, trust),
                               locked = false
                         where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("trust", trust.map(Sealed::ciphertext).orElse(null))
                .execute();
    }

    /// The service has locked the account.
    public void locked(Handle tx, OrgId organisation, long id) {
        tx.createUpdate("""
                        update source set locked = true where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .execute();
    }

    /// The organisation switches the source off, or on again. One that the service has locked stays so.
    ///
    /// @return false where it was not on, or off, any more
    boolean switchOff(Handle tx, OrgId organisation, long id, boolean off) {
        return tx.createUpdate("""
                        update source set refused = case when :off then 'deactivated' end
                         where organisation = :organisation and id = :id
                           and refused is not distinct from case when :off then null else 'deactivated' end
                        """)
                        .bind("off", off)
                        .bind("organisation", organisation.value())
                        .bind("id", id)
                        .execute()
                == 1;
    }

    Slice<Source> list(Handle tx, OrgId organisation, Filter filter, Page page) {
        return LISTING.page(tx, organisation, filter, page, (row, _) -> source(row));
    }

    private static final String STATE =
            "coalesce(refused, case when locked then 'locked' when validated then 'active' else 'unvalidated' end)";

    private static final String SELECT = """
            select id, organisation, end_user, type, identifier, parent, date_created,
                   %s as state
              from source
            """.formatted(STATE);

    private static final Listing LISTING =
            new Listing(SELECT, """
             where organisation = :organisation
               and (cast(:user as bigint) is null or end_user = cast(:user as bigint))
               and (cast(:identifier as text) is null or identifier = cast(:identifier as text))
               and (cast(:type as text) is null or type = cast(:type as text))
               and (cast(:parent as bigint) is null or parent = cast(:parent as bigint))
               and (cast(:state as text) is null or %s = :state)
            """.formatted(STATE), "id", Listing.Family.NUMBER).counted("source");

    private static Source source(ResultSet row) throws SQLException {
        long parent = row.getLong("parent");
        var hasParent = !row.wasNull();
        return new Source(
                row.getLong("id"),
                new OrgId(row.getLong("organisation")),
                row.getLong("end_user"),
                row.getString("type"),
                row.getString("identifier"),
                hasParent ? Optional.of(parent) : Optional.empty(),
                SourceState.of(row.getString("state")),
                row.getTimestamp("date_created").toInstant());
    }
}
