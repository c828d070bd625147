package ferry.access;

import ferry.crypto.Sealed;
import ferry.crypto.Sealer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// The table of organisations.
public final class Organisations {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final InstantSource clock;
    private final Sealer master;

    /// @param clock gives `date_created`
    /// @param master seals each organisation's keys
    public Organisations(InstantSource clock, Sealer master) {
        this.clock = clock;
        this.master = master;
    }

    /// An organisation's keys, sealed under the master key.
    record Keys(Sealed dataKeys, Sealed fileKeys) {}

    static String dataKeysContext(long organisation) {
        return "organisation/" + organisation + "/data-keys";
    }

    static String fileKeysContext(long organisation) {
        return "organisation/" + organisation + "/file-keys";
    }

    /// Makes an organisation with keys of its own. System role.
    ///
    /// @param slug unique; a second one of that slug fails with the database's unique violation
    /// @param superOrganisation whether it may act for others; made by the operator's command only
    public Organisation create(Handle tx, String name, String slug, Scopes scopes, boolean superOrganisation) {
        long id = tx.createQuery("select nextval(pg_get_serial_sequence('organisation', 'organisation'))")
                .mapTo(long.class)
                .one();
        tx.createUpdate("""
                        insert into organisation (organisation, name, slug, type, scopes, data_keys, file_keys,
                                                  date_created)
                        values (:id, :name, :slug, :type, cast(:scopes as json), :dataKeys, :fileKeys, :now)
                        """)
                .bind("id", id)
                .bind("name", name)
                .bind("slug", slug)
                .bind("type", superOrganisation ? "super" : "standard")
                .bind("scopes", json(scopes))
                .bind("dataKeys", master.newKeyset(dataKeysContext(id)).ciphertext())
                .bind("fileKeys", master.newFileIdKeyset(fileKeysContext(id)).ciphertext())
                .bind("now", clock.instant())
                .execute();
        return find(tx, new OrgId(id)).orElseThrow();
    }

    /// One organisation.
    public Optional<Organisation> find(Handle tx, OrgId id) {
        return tx.createQuery("select * from organisation where organisation = :id")
                .bind("id", id.value())
                .map((row, _) -> organisation(row))
                .findOne();
    }

    /// All organisations, oldest first. System role.
    public List<Organisation> all(Handle tx) {
        return tx.createQuery("select * from organisation order by organisation")
                .map((row, _) -> organisation(row))
                .list();
    }

    /// Until the transaction ends nobody else changes which keys and permissions the organisation has.
    public static void lock(Handle tx, OrgId id) {
        tx.createQuery("select organisation from organisation where organisation = :id for no key update")
                .bind("id", id.value())
                .mapTo(long.class)
                .one();
    }

    /// Renames it, sets its config and how long it keeps its events. Its slug stays: operators and scripts know it by
    /// that.
    public Organisation update(Handle tx, OrgId id, String name, Config config, Optional<Duration> eventRetention) {
        return tx.createQuery("""
                        update organisation set name = :name, config = cast(:config as jsonb),
                                                event_retention = cast(:eventRetention as bigint)
                         where organisation = :id returning *
                        """)
                .bind("id", id.value())
                .bind("name", name)
                .bind("config", config.json())
                .bind("eventRetention", eventRetention.map(Duration::toSeconds))
                .map((row, _) -> organisation(row))
                .one();
    }

    /// Sets the base permission; nothing that its keys do from now on exceeds it. System role.
    public void permit(Handle tx, OrgId id, Scopes scopes) {
        tx.createUpdate("update organisation set scopes = cast(:scopes as json) where organisation = :id")
                .bind("id", id.value())
                .bind("scopes", json(scopes))
                .execute();
    }

    Keys keys(Handle tx, OrgId id) {
        return tx.createQuery("select data_keys, file_keys from organisation where organisation = :id")
                .bind("id", id.value())
                .map((row, _) -> new Keys(new Sealed(row.getBytes("data_keys")), new Sealed(row.getBytes("file_keys"))))
                .one();
    }

    /// Scopes as they lie in a table.
    public static Scopes scopes(String json) {
        return new Scopes(JSON.readValue(
                json, new TypeReference<LinkedHashMap<String, List<Map<String, Object>>>>() {}));
    }

    /// Scopes as a table keeps them.
    public static String json(Scopes scopes) {
        return JSON.writeValueAsString(scopes.byScope());
    }

    private static Organisation organisation(ResultSet row) throws SQLException {
        Instant created = row.getTimestamp("date_created").toInstant();
        return new Organisation(
                new OrgId(row.getLong("organisation")),
                row.getString("name"),
                row.getString("slug"),
                row.getString("type"),
                row.getLong("permission"),
                scopes(row.getString("scopes")),
                Config.of(row.getString("config")),
                Optional.ofNullable(row.getObject("event_retention", Long.class))
                        .map(Duration::ofSeconds),
                Optional.ofNullable(row.getString("blocked")),
                created);
    }
}
