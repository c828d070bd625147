package ferry.access;

import ferry.crypto.FileIdCipher;
import ferry.crypto.Sealed;
import ferry.crypto.Sealer;
import ferry.crypto.Secret;
import ferry.db.Database;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Seals and opens with the organisation's own keys, which lie sealed under the master key in the
/// organisation's row. Thread-safe. Opened keys are kept for the life of the process. May be used within a
/// transaction of a tenant, but not within one of the system's.
public final class Vault {
    private final Database db;
    private final Organisations organisations;
    private final Sealer master;
    private final Map<OrgId, Sealer> sealers = new ConcurrentHashMap<>();
    private final Map<OrgId, FileIdCipher> fileIds = new ConcurrentHashMap<>();

    /// @param master seals the organisations' keys
    public Vault(Database db, Organisations organisations, Sealer master) {
        this.db = db;
        this.organisations = organisations;
        this.master = master;
    }

    /// Seals a secret of the organisation.
    ///
    /// @param context binds it to its place, such as `session/<id>/access`; opening needs the same
    public Sealed seal(OrgId organisation, Secret secret, String context) {
        return sealer(organisation).seal(secret, context(organisation, context));
    }

    /// Opens what [#seal] sealed for the same organisation and context.
    public Secret open(OrgId organisation, Sealed sealed, String context) {
        return sealer(organisation).open(sealed, context(organisation, context));
    }

    /// Seals what is no text.
    public Sealed seal(OrgId organisation, byte[] value, String context) {
        return sealer(organisation).seal(value, context(organisation, context));
    }

    /// Opens what was sealed as bytes.
    public byte[] openBytes(OrgId organisation, Sealed sealed, String context) {
        return sealer(organisation).openBytes(sealed, context(organisation, context));
    }

    /// The cipher of the organisation's file ids.
    public FileIdCipher fileIds(OrgId organisation) {
        var known = fileIds.get(organisation);
        return known != null ? known : kept(fileIds, organisation, openedFileIds(organisation));
    }

    private Sealer sealer(OrgId organisation) {
        var known = sealers.get(organisation);
        return known != null ? known : kept(sealers, organisation, openedSealer(organisation));
    }

    private Sealer openedSealer(OrgId organisation) {
        return master.keyset(keys(organisation).dataKeys(), Organisations.dataKeysContext(organisation.value()));
    }

    private FileIdCipher openedFileIds(OrgId organisation) {
        return master.fileIds(keys(organisation).fileKeys(), Organisations.fileKeysContext(organisation.value()));
    }

    /// Whoever was first: two may open the same keys at once.
    private static <T> T kept(Map<OrgId, T> opened, OrgId organisation, T mine) {
        var earlier = opened.putIfAbsent(organisation, mine);
        return earlier == null ? mine : earlier;
    }

    /// Over the other pool: callers hold a connection of the tenants' while they wait for this one.
    private Organisations.Keys keys(OrgId organisation) {
        return db.system(tx -> organisations.keys(tx, organisation));
    }

    private static String context(OrgId organisation, String context) {
        return "organisation/" + organisation + "/" + context;
    }
}
