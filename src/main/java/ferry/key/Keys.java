package ferry.key;

import ferry.access.Caller;
import ferry.access.Config;
import ferry.access.OrgId;
import ferry.access.Organisations;
import ferry.access.Permissions;
import ferry.access.Scopes;
import ferry.crypto.Secret;
import ferry.crypto.Tokens;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.http.ApiException;
import ferry.http.Authenticator;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;

/// The table of keys. Tokens are 256 random bits, so that a plain hash of them is enough to know them again.
public final class Keys implements Authenticator {
    /// Tokens of one key that may still end with an overlap; more end at once, the one that would have ended first.
    private static final int MOST_OVERLAPPING = 8;
    /// How long the token that asks for its own end stays good, so that the request may be repeated where its
    /// answer was lost.
    private static final Duration REPEATED = Duration.ofSeconds(30);
    /// Characters of scopes. Few organisations have many different ones; past this the memory of them starts anew.
    private static final int MOST_REMEMBERED = 500_000;

    private static final String SELECT = """
            select k.*, p.scopes as permitted
              from api_key k left join permission p on p.organisation = k.organisation and p.id = k.permission
            """;

    private static final Listing LISTING = new Listing(SELECT, """
             where k.organisation = :organisation
               and (cast(:type as text) is null or k.type = cast(:type as text))
               and (cast(:state as text) is null or cast(:state as text) =
                    case when k.state = 'active' and k.date_expires <= :now then 'expired' else k.state end)
            """, "k.id", Listing.Family.NUMBER);

    private final Database db;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Scopes> remembered = new ConcurrentHashMap<>();
    private int charactersRemembered;

    /// @param clock tells which keys and tokens are over, and gives `date_created`
    public Keys(Database db, InstantSource clock) {
        this.db = db;
        this.clock = clock;
    }

    /// A key and its token, which is never seen again.
    public record Made(Key key, Secret token) {}

    /// What a list of keys is narrowed to.
    ///
    /// @param now by which it is told what has expired
    public record Filter(Optional<String> type, Optional<String> state, Instant now) {}

    /// Makes a key that may do all that its organisation may.
    public Made create(Handle tx, OrgId organisation) {
        return create(tx, organisation, newToken());
    }

    /// Makes a key with a token that [#newToken] gave earlier.
    public Made create(Handle tx, OrgId organisation, Secret token) {
        return create(tx, organisation, token, KeySettings.DEFAULT, Optional.empty());
    }

    /// Makes a key.
    public Made create(Handle tx, OrgId organisation, KeySettings settings) {
        return create(tx, organisation, newToken(), settings, Optional.empty());
    }

    /// Makes a key that lets nobody in once the trial is over. The operator's alone.
    public Made createTrial(Handle tx, OrgId organisation, KeySettings settings, Duration trial) {
        return create(tx, organisation, newToken(), settings, Optional.of(trial));
    }

    /// A token that no key has yet.
    public Secret newToken() {
        return Tokens.newToken(random);
    }

    /// Whether the source's own records are published too: as the key says, else as its organisation does.
    public boolean publishesSourceFiles(Handle tx, OrgId organisation, long key) {
        return tx.createQuery("""
                        select coalesce(cast(k.config ->> 'publish_source_files' as boolean),
                                        cast(o.config ->> 'publish_source_files' as boolean), false)
                          from api_key k join organisation o on o.organisation = k.organisation
                         where k.organisation = :organisation and k.id = :key
                        """)
                .bind("organisation", organisation.value())
                .bind("key", key)
                .mapTo(boolean.class)
                .findOne()
                .orElse(false);
    }

    private Made create(Handle tx, OrgId organisation, Secret token, KeySettings settings, Optional<Duration> trial) {
        var now = clock.instant();
        long id = tx.createQuery("""
                        insert into api_key (organisation, type, date_created, date_expires)
                        values (:organisation, :type, :now, cast(:expires as timestamptz)) returning id
                        """)
                .bind("organisation", organisation.value())
                .bind("type", trial.isPresent() ? "trial" : "standard")
                .bind("now", now)
                .bindByType("expires", trial.map(now::plus).orElse(null), Instant.class)
                .mapTo(long.class)
                .one();
        update(tx, organisation, id, settings);
        addToken(tx, organisation, id, token);
        return new Made(find(tx, organisation, id).orElseThrow(), token);
    }

    /// Changes what the organisation decides about a key.
    void update(Handle tx, OrgId organisation, long id, KeySettings settings) {
        tx.createUpdate("""
                        update api_key
                           set storage_config = cast(:storage as bigint), webhook_config = cast(:webhook as bigint),
                               config = cast(:config as jsonb), permission = cast(:permission as bigint),
                               scopes = cast(:scopes as json)
                         where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("storage", settings.storageConfig())
                .bind("webhook", settings.webhookConfig())
                .bind("config", settings.config().json())
                .bind("permission", settings.narrowing().named())
                .bind("scopes", settings.narrowing().own().map(Organisations::json))
                .execute();
    }

    /// Gives the key another token. Empty where there is no such key.
    ///
    /// @param overlap how long the token that it has stays good; one that was rotated away earlier keeps its
    ///     own end where there is an overlap, and ends at once where there is none
    /// @param asking the token that asks: where it is the key's own and there is no overlap, it alone stays
    ///     good, for [#REPEATED]
    public Optional<Made> rotate(Handle tx, OrgId organisation, long id, Duration overlap, Optional<Secret> asking) {
        if (!locked(tx, organisation, id)) {
            return Optional.empty();
        }
        if (overlap.isZero()) {
            dropTokens(tx, organisation, id, asking);
            endTokens(tx, organisation, id, clock.instant(), REPEATED);
        } else {
            endTokens(tx, organisation, id, clock.instant(), overlap);
        }
        var token = newToken();
        addToken(tx, organisation, id, token);
        return find(tx, organisation, id).map(key -> new Made(key, token));
    }

    private static boolean locked(Handle tx, OrgId organisation, long id) {
        return tx.createQuery("""
                        select id from api_key where organisation = :organisation and id = :id for no key update
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .mapTo(long.class)
                .findOne()
                .isPresent();
    }

    private static void endTokens(Handle tx, OrgId organisation, long id, Instant now, Duration overlap) {
        tx.createUpdate("""
                        update key_token set date_expires = :until
                         where organisation = :organisation and key = :id and date_expires is null
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("until", now.plus(overlap))
                .execute();
        tx.createUpdate("""
                        delete from key_token
                         where organisation = :organisation and key = :id
                           and (date_expires <= :now
                                or hash in (select hash from key_token
                                             where organisation = :organisation and key = :id
                                             order by date_expires desc offset :most))
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("now", now)
                .bind("most", MOST_OVERLAPPING)
                .execute();
    }

    private static void dropTokens(Handle tx, OrgId organisation, long id, Optional<Secret> but) {
        tx.createUpdate("""
                        delete from key_token
                         where organisation = :organisation and key = :id
                           and hash is distinct from cast(:but as bytea)
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bindByType("but", but.map(Tokens::hash).orElse(null), byte[].class)
                .execute();
    }

    private static void addToken(Handle tx, OrgId organisation, long id, Secret token) {
        tx.createUpdate("insert into key_token (hash, organisation, key) values (:hash, :organisation, :id)")
                .bind("hash", Tokens.hash(token))
                .bind("organisation", organisation.value())
                .bind("id", id)
                .execute();
    }

    /// Switches the key off; may be called again. Empty where there is no such key.
    public Optional<Key> deactivate(Handle tx, OrgId organisation, long id) {
        return move(tx, organisation, id, KeyState.ACTIVE, KeyState.DEACTIVATED);
    }

    /// Switches a key on that the organisation had switched off; nothing where it is in another state.
    public Optional<Key> activate(Handle tx, OrgId organisation, long id) {
        return move(tx, organisation, id, KeyState.DEACTIVATED, KeyState.ACTIVE);
    }

    /// Switches the key off so that only the operator can switch it on again.
    public Optional<Key> block(Handle tx, OrgId organisation, long id) {
        move(tx, organisation, id, KeyState.DEACTIVATED, KeyState.BLOCKED);
        return move(tx, organisation, id, KeyState.ACTIVE, KeyState.BLOCKED);
    }

    /// Takes back [#block].
    public Optional<Key> unblock(Handle tx, OrgId organisation, long id) {
        return move(tx, organisation, id, KeyState.BLOCKED, KeyState.ACTIVE);
    }

    private Optional<Key> move(Handle tx, OrgId organisation, long id, KeyState from, KeyState to) {
        tx.createUpdate("""
                        update api_key set state = :to
                         where organisation = :organisation and id = :id and state = :from
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("from", from.slug())
                .bind("to", to.slug())
                .execute();
        return find(tx, organisation, id);
    }

    /// The key of that id if it lets somebody in now; where none is named, the oldest that does.
    public Optional<Long> active(Handle tx, OrgId organisation, Optional<Long> id) {
        return tx.createQuery("""
                        select id from api_key
                         where organisation = :organisation and state = 'active'
                           and (date_expires is null or date_expires > :now)
                           and (cast(:id as bigint) is null or id = cast(:id as bigint))
                         order by id limit 1
                        """)
                .bind("organisation", organisation.value())
                .bind("now", clock.instant())
                .bind("id", id)
                .mapTo(Long.class)
                .findOne();
    }

    /// Whether a key beside this one lets somebody in now. Asked under [Organisations#lock].
    boolean otherActive(Handle tx, OrgId organisation, long id) {
        return tx.createQuery("""
                        select exists (select from api_key
                                        where organisation = :organisation and state = 'active' and id <> :id
                                          and (date_expires is null or date_expires > :now))
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("now", clock.instant())
                .mapTo(boolean.class)
                .one();
    }

    /// One key of the organisation.
    public Optional<Key> find(Handle tx, OrgId organisation, long id) {
        return tx.createQuery(SELECT + " where k.organisation = :organisation and k.id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> key(row))
                .findOne();
    }

    /// All keys of the organisation, oldest first.
    public List<Key> all(Handle tx, OrgId organisation) {
        return tx.createQuery(SELECT + " where k.organisation = :organisation order by k.id")
                .bind("organisation", organisation.value())
                .map((row, _) -> key(row))
                .list();
    }

    Slice<Key> list(Handle tx, OrgId organisation, Optional<String> type, Optional<String> state, Page page) {
        var filter = new Filter(type, state, clock.instant());
        return LISTING.page(tx, organisation, filter, page, (row, _) -> key(row));
    }

    /// Lets only a key pass that may change what the whole organisation has: keys, permissions, configs, itself.
    ///
    /// @throws ApiException `missing-scope`
    public void checkMayManage(Handle tx, Caller caller) {
        if (!mayManage(tx, caller)) {
            throw new ApiException(
                    ErrorCode.MISSING_SCOPE,
                    "A key that is narrowed by permissions or is a trial's can neither change keys, permissions, configs"
                            + " and the organisation, nor erase users.");
        }
    }

    /// Whether the caller passes [#checkMayManage].
    public boolean mayManage(Handle tx, Caller caller) {
        return find(tx, caller.organisation(), caller.key()).map(Key::mayManage).orElse(false);
    }

    @Override
    public Caller caller(Secret token) {
        if (!Tokens.looksValid(token.reveal())) {
            throw unauthorized();
        }
        return db.systemRead(tx -> tx.createQuery("""
                        select k.organisation, k.id, coalesce(p.scopes, k.scopes) as scopes, o.scopes as base, o.blocked
                          from key_token t
                          join api_key k on k.id = t.key
                          join organisation o on o.organisation = k.organisation
                          left join permission p on p.id = k.permission
                         where t.hash = :hash and k.state = 'active'
                           and (t.date_expires is null or t.date_expires > :now)
                           and (k.date_expires is null or k.date_expires > :now)
                        """)
                .bind("hash", Tokens.hash(token))
                .bind("now", clock.instant())
                .map((row, _) -> caller(row))
                .findOne()
                .orElseThrow(Keys::unauthorized));
    }

    /// Who acts when the service does something on behalf of a key of the organisation; empty where that key may no
    /// longer act.
    public Optional<Caller> caller(Handle tx, OrgId organisation, long id) {
        return tx.createQuery("""
                        select k.organisation, k.id, coalesce(p.scopes, k.scopes) as scopes, o.scopes as base, o.blocked
                          from api_key k
                          join organisation o on o.organisation = k.organisation
                          left join permission p on p.id = k.permission
                         where k.organisation = :organisation and k.id = :id and k.state = 'active'
                           and (k.date_expires is null or k.date_expires > :now) and o.blocked is null
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("now", clock.instant())
                .map((row, _) -> caller(row))
                .findOne();
    }

    private Caller caller(ResultSet row) throws SQLException {
        var blocked = row.getString("blocked");
        if (blocked != null) {
            throw new ApiException(ErrorCode.UNAUTHORIZED, "The organisation is " + blocked + ".");
        }
        return new Caller(
                new OrgId(row.getLong("organisation")),
                row.getLong("id"),
                new Permissions(
                        scopes(row.getString("base")),
                        Optional.ofNullable(row.getString("scopes")).map(this::scopes)));
    }

    /// The same words are the same scopes: they are read once, not with every request.
    private Scopes scopes(String json) {
        var known = remembered.get(json);
        return known != null ? known : remember(json);
    }

    private synchronized Scopes remember(String json) {
        var scopes = Organisations.scopes(json);
        if (charactersRemembered + json.length() > MOST_REMEMBERED) {
            remembered.clear();
            charactersRemembered = 0;
        }
        if (remembered.put(json, scopes) == null) {
            charactersRemembered += json.length();
        }
        return scopes;
    }

    private static ApiException unauthorized() {
        return new ApiException(
                ErrorCode.UNAUTHORIZED, "The token is not known. Check what follows \"Token\" in the header.");
    }

    private Key key(ResultSet row) throws SQLException {
        var expires = Optional.ofNullable(row.getTimestamp("date_expires")).map(Timestamp::toInstant);
        return new Key(
                row.getLong("id"),
                new OrgId(row.getLong("organisation")),
                row.getString("type"),
                new KeySettings(
                        Optional.ofNullable(row.getObject("storage_config", Long.class)),
                        Optional.ofNullable(row.getObject("webhook_config", Long.class)),
                        Config.of(row.getString("config")),
                        narrowing(row)),
                state(KeyState.of(row.getString("state")), expires),
                row.getTimestamp("date_created").toInstant(),
                expires);
    }

    private KeyState state(KeyState stored, Optional<Instant> expires) {
        var over = expires.filter(end -> !end.isAfter(clock.instant())).isPresent();
        return over && stored == KeyState.ACTIVE ? KeyState.EXPIRED : stored;
    }

    private static KeySettings.Narrowing narrowing(ResultSet row) throws SQLException {
        var permission = row.getObject("permission", Long.class);
        if (permission != null) {
            return new KeySettings.Narrowing.By(permission, Organisations.scopes(row.getString("permitted")));
        }
        return Optional.ofNullable(row.getString("scopes"))
                .<KeySettings.Narrowing>map(scopes -> new KeySettings.Narrowing.Own(Organisations.scopes(scopes)))
                .orElseGet(KeySettings.Narrowing.None::new);
    }
}
