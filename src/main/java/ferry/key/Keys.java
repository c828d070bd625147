package ferry.key;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.access.Organisations;
import ferry.access.Permissions;
import ferry.crypto.Secret;
import ferry.crypto.Tokens;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.http.ApiException;
import ferry.http.Authenticator;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// The table of keys. Tokens are 256 random bits, so that a plain hash of them is enough to know them again.
public final class Keys implements Authenticator {
    private final Database db;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    /// @param clock tells which keys are over, and gives `date_created`
    public Keys(Database db, InstantSource clock) {
        this.db = db;
        this.clock = clock;
    }

    /// A key and its token, which is never seen again.
    public record Made(Key key, Secret token) {}

    /// Makes a key that may do all that its organisation may.
    public Made create(Handle tx, OrgId organisation) {
        return create(tx, organisation, newToken());
    }

    /// A token that no key has yet.
    public Secret newToken() {
        return Tokens.newToken(random);
    }

    /// Makes a key with a token that [#newToken] gave earlier.
    public Made create(Handle tx, OrgId organisation, Secret token) {
        long id = tx.createQuery("""
                        insert into api_key (organisation, token_hash, date_created)
                        values (:organisation, :hash, :now) returning id
                        """)
                .bind("organisation", organisation.value())
                .bind("hash", Tokens.hash(token))
                .bind("now", clock.instant())
                .mapTo(long.class)
                .one();
        return new Made(find(tx, organisation, id).orElseThrow(), token);
    }

    /// Gives the key another token; the old one ends at once. Empty where there is no such key.
    public Optional<Made> rotate(Handle tx, OrgId organisation, long id) {
        var token = newToken();
        int changed = tx.createUpdate(
                        "update api_key set token_hash = :hash where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("hash", Tokens.hash(token))
                .execute();
        return changed == 0 ? Optional.empty() : find(tx, organisation, id).map(key -> new Made(key, token));
    }

    /// Switches the key off; may be called again. Empty where there is no such key.
    public Optional<Key> deactivate(Handle tx, OrgId organisation, long id) {
        tx.createUpdate("""
                        update api_key set state = 'deactivated'
                         where organisation = :organisation and id = :id and state = 'active'
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .execute();
        return find(tx, organisation, id);
    }

    /// One key of the organisation.
    public Optional<Key> find(Handle tx, OrgId organisation, long id) {
        return tx.createQuery("select * from api_key where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> key(row))
                .findOne();
    }

    /// All keys of the organisation, oldest first.
    public List<Key> all(Handle tx, OrgId organisation) {
        return tx.createQuery("select * from api_key where organisation = :organisation order by id")
                .bind("organisation", organisation.value())
                .map((row, _) -> key(row))
                .list();
    }

    @Override
    public Caller caller(Secret token) {
        if (!Tokens.looksValid(token.reveal())) {
            throw unauthorized();
        }
        return db.system(tx -> tx.createQuery("""
                        select k.organisation, k.id, k.scopes, o.scopes as base, o.blocked
                          from api_key k join organisation o on o.organisation = k.organisation
                         where k.token_hash = :hash and k.state = 'active'
                           and (k.date_expires is null or k.date_expires > :now)
                        """)
                .bind("hash", Tokens.hash(token))
                .bind("now", clock.instant())
                .map((row, _) -> caller(row))
                .findOne()
                .orElseThrow(Keys::unauthorized));
    }

    private static Caller caller(ResultSet row) throws SQLException {
        var blocked = row.getString("blocked");
        if (blocked != null) {
            throw new ApiException(ErrorCode.UNAUTHORIZED, "The organisation is " + blocked + ".");
        }
        return new Caller(
                new OrgId(row.getLong("organisation")),
                row.getLong("id"),
                new Permissions(
                        Organisations.scopes(row.getString("base")),
                        Optional.ofNullable(row.getString("scopes")).map(Organisations::scopes)));
    }

    private static ApiException unauthorized() {
        return new ApiException(
                ErrorCode.UNAUTHORIZED, "The token is not known. Check what follows \"Token\" in the header.");
    }

    private static Key key(ResultSet row) throws SQLException {
        return new Key(
                row.getLong("id"),
                new OrgId(row.getLong("organisation")),
                row.getString("type"),
                Optional.ofNullable(row.getString("scopes")).map(Organisations::scopes),
                Optional.ofNullable(row.getObject("storage_config", Long.class)),
                Optional.ofNullable(row.getObject("webhook_config", Long.class)),
                KeyState.of(row.getString("state")),
                row.getTimestamp("date_created").toInstant(),
                Optional.ofNullable(row.getTimestamp("date_expires")).map(Timestamp::toInstant));
    }
}
