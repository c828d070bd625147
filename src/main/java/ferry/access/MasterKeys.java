package ferry.access;

import ferry.crypto.CryptoException;
import ferry.crypto.MasterKey;
import ferry.crypto.Sealed;
import ferry.settings.SettingException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Which master keys are in use: those that the organisations' keys lie sealed under, and those that the running
/// nodes hold. Everything here works across organisations: system role, or owner.
public final class MasterKeys {
    /// A node that was not seen for so long counts as stopped.
    private static final Duration ALIVE = Duration.ofSeconds(30);

    private static final int AT_ONCE = 100;

    private final InstantSource clock;

    /// @param clock tells which nodes are alive
    public MasterKeys(InstantSource clock) {
        this.clock = clock;
    }

    /// A running node.
    ///
    /// @param keys the ids it holds, first the one it seals under
    public record Holder(UUID node, List<String> keys) {
        /// The id it seals under.
        public String primary() {
            return keys.getFirst();
        }
    }

    /// Says what a node holds; to be repeated well within half a minute.
    public void announce(Handle tx, UUID node, MasterKey held) {
        var keys = new ArrayList<>(held.ids());
        keys.remove(held.primary());
        keys.addFirst(held.primary());
        tx.createUpdate("""
                        insert into key_holder (node, keys, date_seen) values (:node, :keys, :now)
                        on conflict (node) do update set keys = excluded.keys, date_seen = excluded.date_seen
                        """)
                .bind("node", node)
                .bind("keys", String.join(",", keys))
                .bind("now", clock.instant())
                .execute();
        tx.createUpdate("delete from key_holder where date_seen < :old")
                .bind("old", clock.instant().minus(Duration.ofDays(1)))
                .execute();
    }

    /// The node stops.
    public void leave(Handle tx, UUID node) {
        tx.createUpdate("delete from key_holder where node = :node")
                .bind("node", node)
                .execute();
    }

    /// The nodes that run now.
    public List<Holder> holders(Handle tx) {
        return tx.createQuery("select node, keys from key_holder where date_seen > :since order by node")
                .bind("since", clock.instant().minus(ALIVE))
                .map((row, _) -> new Holder(
                        row.getObject("node", UUID.class),
                        List.of(row.getString("keys").split(",", -1))))
                .list();
    }

    /// How many organisations' keys lie sealed under each master key.
    public Map<String, Long> uses(Handle tx) {
        var uses = new LinkedHashMap<String, Long>();
        tx.createQuery("""
                        select encode(substring(data_keys from 2 for 4), 'hex') as key, count(*) as n
                          from organisation group by 1 order by 1
                        """)
                .map((row, _) -> Map.entry(row.getString("key"), row.getLong("n")))
                .forEach(use -> uses.put(use.getKey(), use.getValue()));
        return uses;
    }

    /// Seals the keys of some organisations anew: those under another key than the one `master` seals under. Call it
    /// until it gives back nobody; what they seal stays as it is.
    ///
    /// @return whose keys were sealed anew
    public List<OrgId> reseal(Handle tx, MasterKey master) {
        var sealer = master.sealer();
        var old = tx.createQuery("""
                        select organisation, data_keys, file_keys from organisation
                         where encode(substring(data_keys from 2 for 4), 'hex') <> :key
                         order by organisation limit :max for no key update
                        """)
                .bind("key", master.primary())
                .bind("max", AT_ONCE)
                .map((row, _) -> Map.entry(
                        row.getLong("organisation"),
                        new Organisations.Keys(
                                new Sealed(row.getBytes("data_keys")), new Sealed(row.getBytes("file_keys")))))
                .list();
        for (var one : old) {
            long id = one.getKey();
            var keys = one.getValue();
            tx.createUpdate("""
                            update organisation set data_keys = :dataKeys, file_keys = :fileKeys
                             where organisation = :id
                            """)
                    .bind("id", id)
                    .bind(
                            "dataKeys",
                            sealer.resealed(keys.dataKeys(), Organisations.dataKeysContext(id))
                                    .ciphertext())
                    .bind(
                            "fileKeys",
                            sealer.resealed(keys.fileKeys(), Organisations.fileKeysContext(id))
                                    .ciphertext())
                    .execute();
        }
        return old.stream().map(one -> new OrgId(one.getKey())).toList();
    }

    /// Makes sure that a master key is the one of this database, by one organisation for each key in use. A database
    /// without tables belongs to any.
    ///
    /// @param name where the key comes from, such as a file's path
    /// @throws SettingException where it is not
    public static void requireOpens(Handle tx, MasterKey master, String name) {
        var made = tx.createQuery("select to_regclass('organisation') is not null")
                .mapTo(Boolean.class)
                .one();
        if (!made) {
            return;
        }
        tx.createQuery("""
                        select distinct on (substring(data_keys for 5)) organisation, data_keys
                          from organisation order by substring(data_keys for 5), organisation
                        """)
                .map((row, _) -> Map.entry(row.getLong("organisation"), new Sealed(row.getBytes("data_keys"))))
                .forEach(one -> requireOpens(one.getKey(), one.getValue(), master, name));
    }

    private static void requireOpens(long organisation, Sealed keys, MasterKey master, String name) {
        try {
            var _ = master.sealer().openBytes(keys, Organisations.dataKeysContext(organisation));
        } catch (CryptoException _) {
            throw new SettingException(name + " does not open this database: the keys of organisation " + organisation
                    + " lie sealed under master key " + keys.key() + ", and it holds "
                    + String.join(", ", master.ids()) + "; give the key set that goes with this database.");
        }
    }
}
