package ferry;

import ferry.access.MasterKeys;
import ferry.access.OrgId;
import ferry.audit.Audit;
import ferry.cli.CommandFailed;
import ferry.crypto.MasterKey;
import ferry.db.Database;
import java.util.List;
import java.util.Map;

/// The steps of a rotation while nodes run. Each may be called again, also after a crash on its way.
///
/// Only organisations' keys lie sealed under the master key; what they seal is not touched, and what is derived
/// from the root (fingerprints, signed downloads, role passwords) stays as it is.
final class MasterKeyRotation {
    private final Database db;
    private final MasterKeys keys;
    private final Audit audit;

    MasterKeyRotation(Database db, MasterKeys keys, Audit audit) {
        this.db = db;
        this.keys = keys;
        this.audit = audit;
    }

    /// With a new key that waits; the same where one waits already.
    static MasterKey staged(MasterKey held) {
        return held.waiting().isPresent() ? held : held.withNewKey();
    }

    /// The running nodes that could not open what is sealed under a key.
    List<MasterKeys.Holder> lacking(String key) {
        return db.<List<MasterKeys.Holder>>system(tx -> keys.holders(tx)).stream()
                .filter(node -> !node.keys().contains(key))
                .toList();
    }

    /// The running nodes that seal under a key.
    List<MasterKeys.Holder> writers(String key) {
        return db.<List<MasterKeys.Holder>>system(tx -> keys.holders(tx)).stream()
                .filter(node -> node.primary().equals(key))
                .toList();
    }

    /// Seals all organisations' keys under the key that waits.
    ///
    /// @return the key set that seals under it
    /// @throws CommandFailed where a running node lacks that key
    MasterKey promote(MasterKey held) {
        held.waiting().ifPresent(this::requireEverywhere);
        var promoted = held.promoted();
        reseal(promoted);
        return promoted;
    }

    /// Drops a key.
    ///
    /// @return the key set without it
    /// @throws CommandFailed where it is still needed
    MasterKey retire(MasterKey held, String key) {
        if (!held.ids().contains(key)) {
            throw new CommandFailed("There is no master key " + key + "; there are: " + String.join(", ", held.ids()));
        }
        if (key.equals(held.primary())) {
            throw new CommandFailed("Master key " + key + " is the one that is sealed under; rotate first.");
        }
        requireEverywhere(held.primary());
        var writers = writers(key);
        if (!writers.isEmpty()) {
            throw new CommandFailed(writers.size() + " running nodes still seal under master key " + key
                    + "; give them the key set that --promote printed, and call this again.");
        }
        reseal(held);
        return held.without(key);
    }

    private void reseal(MasterKey master) {
        while (resealSome(master) > 0) {}
    }

    private int resealSome(MasterKey master) {
        List<OrgId> resealed = db.system(tx -> {
            var some = keys.reseal(tx, master);
            some.forEach(organisation -> audit.note(
                    tx,
                    organisation,
                    "master_key.rotate",
                    "organisation/" + organisation,
                    Map.of("by", "operator", "key", master.primary())));
            return some;
        });
        return resealed.size();
    }

    private void requireEverywhere(String key) {
        var lacking = lacking(key);
        if (!lacking.isEmpty()) {
            throw new CommandFailed(lacking.size() + " running nodes do not hold master key " + key
                    + " yet; give them the key set, restart them, and call this again. Nothing was changed.");
        }
    }
}
