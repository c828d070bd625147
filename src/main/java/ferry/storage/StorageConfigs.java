package ferry.storage;

import ferry.access.OrgId;
import ferry.crypto.AgeRecipients;
import ferry.crypto.Sealed;
import ferry.error.ErrorCode;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The table of storage configs, and which one is used.
public final class StorageConfigs {
    private final InstantSource clock;

    public StorageConfigs(InstantSource clock) {
        this.clock = clock;
    }

    /// Adds a config in state `new`, without credentials: they are sealed under the id it gets here and set by
    /// [#credentials] in the same transaction.
    ///
    /// @param url which [Destination#parse] has found good
    public StorageConfig create(Handle tx, OrgId organisation, String url, SignedUrlsPolicy signedUrls) {
        return tx.createQuery("""
                        insert into storage_config (organisation, url, signed_urls_enabled, signed_urls_expiry, date_created)
                        values (:organisation, :url, :enabled, :expiry, :now)
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("url", url)
                .bind("enabled", signedUrls.enabled())
                .bindBySqlType("expiry", seconds(signedUrls), Types.INTEGER)
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .map((row, _) -> config(row))
                .one();
    }

    /// The config, in whatever state; another organisation's is not found.
    public Optional<StorageConfig> find(Handle tx, OrgId organisation, long id) {
        return tx.createQuery("select * from storage_config where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> config(row))
                .findOne();
    }

    private static final Listing LISTING =
            new Listing("select * from storage_config", """
             where organisation = :organisation
            """, "id", Listing.Family.NUMBER).counted("storage_config");

    /// A list that is narrowed to nothing.
    public record Everything() {}

    /// A page of the organisation's configs, in whatever state.
    public Slice<StorageConfig> list(Handle tx, OrgId organisation, Page page) {
        return LISTING.page(tx, organisation, new Everything(), page, (row, _) -> config(row));
    }

    /// Whether any config of the organisation is in that state.
    public boolean anyIn(Handle tx, OrgId organisation, StorageConfigState state) {
        return tx.createQuery("""
                        select exists (select from storage_config
                                        where organisation = :organisation and state = :state)
                        """)
                .bind("organisation", organisation.value())
                .bind("state", state.slug())
                .mapTo(boolean.class)
                .one();
    }

    /// Sets where it points and what it signs; it is `new` again and must be tested. Empty where there is no such
    /// config.
    ///
    /// @param url which [Destination#parse] has found good
    public Optional<StorageConfig> update(
            Handle tx, OrgId organisation, long id, String url, SignedUrlsPolicy signedUrls) {
        return tx.createQuery("""
                        update storage_config
                           set url = :url, signed_urls_enabled = :enabled, signed_urls_expiry = :expiry,
                               state = 'new', error = null, message = null, note = null, revision = revision + 1
                         where organisation = :organisation and id = :id
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("url", url)
                .bind("enabled", signedUrls.enabled())
                .bindBySqlType("expiry", seconds(signedUrls), Types.INTEGER)
                .map((row, _) -> config(row))
                .findOne();
    }

    /// Sets the credentials; the config is `new` again and must be tested.
    ///
    /// @param credentials empty to have none
    public Optional<StorageConfig> credentials(Handle tx, OrgId organisation, long id, Optional<Sealed> credentials) {
        return tx.createQuery("""
                        update storage_config
                           set credentials = :credentials,
                               state = 'new', error = null, message = null, note = null, revision = revision + 1
                         where organisation = :organisation and id = :id
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bindBySqlType(
                        "credentials", credentials.map(Sealed::ciphertext).orElse(null), Types.BINARY)
                .map((row, _) -> config(row))
                .findOne();
    }

    /// Sets what the URL does not say, in the transaction that sets the URL.
    public StorageConfig place(
            Handle tx,
            OrgId organisation,
            long id,
            StorageConfig.Place place,
            Optional<KeyTemplate> keyTemplate,
            Optional<AgeRecipients> recipients) {
        return tx.createQuery("""
                        update storage_config
                           set region = :region, endpoint = :endpoint, key_template = :keyTemplate,
                               age_recipients = :recipients
                         where organisation = :organisation and id = :id
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bindBySqlType("region", place.region().orElse(null), Types.VARCHAR)
                .bindBySqlType("endpoint", place.endpoint().map(URI::toString).orElse(null), Types.VARCHAR)
                .bindBySqlType("keyTemplate", keyTemplate.map(KeyTemplate::text).orElse(null), Types.VARCHAR)
                .bindBySqlType(
                        "recipients",
                        recipients.map(to -> String.join("\n", to.keys())).orElse(null),
                        Types.VARCHAR)
                .map((row, _) -> config(row))
                .one();
    }

    /// Notes what the test of that revision found: where the bucket is, and what is missing although it works.
    public Optional<StorageConfig> found(Handle tx, OrgId organisation, long id, int revision, Probe.Found found) {
        return tx.createQuery("""
                        update storage_config set region = coalesce(region, cast(:region as text)), note = :note
                         where organisation = :organisation and id = :id and revision = :revision and state = 'valid'
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("revision", revision)
                .bindBySqlType("region", found.region().orElse(null), Types.VARCHAR)
                .bindBySqlType("note", found.note().orElse(null), Types.VARCHAR)
                .map((row, _) -> config(row))
                .findOne();
    }

    /// All configs of that type that still have credentials, of every organisation and in whatever state: for a
    /// sweeper.
    public List<Owned> withCredentials(Handle system, String type) {
        return system.createQuery(
                        "select * from storage_config where url like :url and credentials is not null order by id")
                .bind("url", type + "://%")
                .map((row, _) -> new Owned(new OrgId(row.getLong("organisation")), config(row)))
                .list();
    }

    /// A config and whose it is.
    public record Owned(OrgId organisation, StorageConfig config) {}

    /// Its test succeeded. The organisation's first config to become valid becomes its default; so does one that
    /// becomes valid while the default is deactivated. Empty, and nothing changes, where the config was changed
    /// or deactivated since that revision was read.
    public Optional<StorageConfig> valid(Handle tx, OrgId organisation, long id, int revision) {
        var config = tested(tx, organisation, id, revision, StorageConfigState.VALID, Optional.empty());
        config.ifPresent(_ -> tx.createUpdate("""
                        insert into storage_default as d (organisation, config) values (:organisation, :id)
                        on conflict (organisation) do update set config = excluded.config
                         where exists (select from storage_config c
                                        where c.organisation = d.organisation and c.id = d.config
                                          and c.state = 'deactivated')
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .execute());
        return config;
    }

    /// Its test failed. Empty, and nothing changes, where the config was changed or deactivated since that
    /// revision was read.
    public Optional<StorageConfig> invalid(
            Handle tx, OrgId organisation, long id, int revision, StorageConfig.Problem why) {
        return tested(tx, organisation, id, revision, StorageConfigState.INVALID, Optional.of(why));
    }

    private static Optional<StorageConfig> tested(
            Handle tx,
            OrgId organisation,
            long id,
            int revision,
            StorageConfigState state,
            Optional<StorageConfig.Problem> why) {
        return tx.createQuery("""
                        update storage_config set state = :state, error = :error, message = :message, note = null
                         where organisation = :organisation and id = :id and revision = :revision
                           and state <> 'deactivated'
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("revision", revision)
                .bind("state", state.slug())
                .bindBySqlType("error", why.map(w -> w.error().slug()).orElse(null), Types.VARCHAR)
                .bindBySqlType(
                        "message", why.map(StorageConfig.Problem::message).orElse(null), Types.VARCHAR)
                .map((row, _) -> config(row))
                .findOne();
    }

    /// Switches it off; nothing is published to it any more. Where it is the default it stays so, without effect.
    public Optional<StorageConfig> deactivate(Handle tx, OrgId organisation, long id) {
        return tx.createQuery("""
                        update storage_config set state = 'deactivated', error = null, message = null, note = null
                         where organisation = :organisation and id = :id
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> config(row))
                .findOne();
    }

    /// Whether the organisation has that config and has not switched it off.
    public boolean inUse(Handle tx, OrgId organisation, long id) {
        return find(tx, organisation, id)
                .filter(config -> config.state() != StorageConfigState.DEACTIVATED)
                .isPresent();
    }

    /// Chooses the organisation's default; empty to have none until the next config becomes valid.
    ///
    /// @param id which [#inUse] has found
    public void makeDefault(Handle tx, OrgId organisation, Optional<Long> id) {
        tx.createUpdate("delete from storage_default where organisation = :organisation")
                .bind("organisation", organisation.value())
                .execute();
        id.ifPresent(config -> tx.createUpdate("""
                        insert into storage_default (organisation, config) values (:organisation, :id)
                        on conflict (organisation) do update set config = excluded.config
                        """)
                .bind("organisation", organisation.value())
                .bind("id", config)
                .execute());
    }

    /// The organisation's default, in whatever state; empty while it has none.
    public Optional<Long> defaultConfig(Handle tx, OrgId organisation) {
        return tx.createQuery("select config from storage_default where organisation = :organisation")
                .bind("organisation", organisation.value())
                .mapTo(Long.class)
                .findOne();
    }

    /// What results of this key are published to: the key's own config, else the organisation's default. Empty,
    /// for which the answer is `unconfigured`, where that one is not `valid`: a key's own is not passed over
    /// silently.
    ///
    /// @param key the key's number
    public Optional<StorageConfig> effective(Handle tx, OrgId organisation, long key) {
        return tx.createQuery("""
                        select c.*
                          from api_key k
                          left join storage_default d on d.organisation = k.organisation
                          join storage_config c on c.organisation = k.organisation
                                               and c.id = coalesce(k.storage_config, d.config)
                         where k.organisation = :organisation and k.id = :key and c.state = 'valid'
                        """)
                .bind("organisation", organisation.value())
                .bind("key", key)
                .map((row, _) -> config(row))
                .findOne();
    }

    private static Optional<StorageConfig.Problem> problem(@Nullable String error, String message) {
        return Optional.ofNullable(error).map(e -> new StorageConfig.Problem(ErrorCode.of(e), message));
    }

    private static @Nullable Integer seconds(SignedUrlsPolicy policy) {
        return policy.expiry().map(e -> Math.toIntExact(e.toSeconds())).orElse(null);
    }

    private static StorageConfig config(ResultSet row) throws SQLException {
        var url = row.getString("url");
        return new StorageConfig(
                row.getLong("id"),
                url,
                Destination.of(url),
                new StorageConfig.Place(
                        Optional.ofNullable(row.getString("region")),
                        Optional.ofNullable(row.getString("endpoint")).map(URI::create)),
                Optional.ofNullable(row.getString("key_template")).map(KeyTemplate::new),
                Optional.ofNullable(row.getString("age_recipients"))
                        .map(keys -> new AgeRecipients(keys.lines().toList())),
                Optional.ofNullable(row.getBytes("credentials")).map(Sealed::new),
                new SignedUrlsPolicy(
                        row.getBoolean("signed_urls_enabled"),
                        Optional.ofNullable(row.getObject("signed_urls_expiry", Integer.class))
                                .map(Duration::ofSeconds)),
                StorageConfigState.of(row.getString("state")),
                problem(row.getString("error"), row.getString("message")),
                Optional.ofNullable(row.getString("note")),
                row.getInt("revision"),
                row.getObject("date_created", OffsetDateTime.class).toInstant());
    }
}
