package ferry.manifest;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.crypto.Sealed;
import ferry.crypto.Secret;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// The table of the keys that manifests are signed with. An organisation's first one is made when its first manifest
/// is. Nothing replaces one yet; one that is retired stays listed.
public final class ManifestKeys {
    /// The name of the signature's algorithm, as in the JDK and in manifests.
    public static final String ALGORITHM = "Ed25519";

    private final Vault vault;
    private final InstantSource clock;

    /// @param vault seals the private keys
    public ManifestKeys(Vault vault, InstantSource clock) {
        this.vault = vault;
        this.clock = clock;
    }

    /// The key that the organisation signs with now; made where it has none. Two that make one at once get the same.
    public ManifestKey current(Handle tx, OrgId organisation) {
        var known = inUse(tx, organisation);
        if (known.isPresent()) {
            return known.get();
        }
        insert(tx, organisation);
        return inUse(tx, organisation).orElseThrow();
    }

    /// One key of the organisation, also one that is retired.
    public Optional<ManifestKey> find(Handle tx, OrgId organisation, String id) {
        return tx.createQuery("select * from manifest_key where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> key(row))
                .findOne();
    }

    /// All keys of the organisation, newest first.
    public List<ManifestKey> all(Handle tx, OrgId organisation) {
        return tx.createQuery("""
                        select * from manifest_key where organisation = :organisation
                         order by date_created desc, id
                        """)
                .bind("organisation", organisation.value())
                .map((row, _) -> key(row))
                .list();
    }

    /// The signature, 64 bytes; the same each time.
    public byte[] sign(OrgId organisation, ManifestKey key, byte[] message) {
        var pkcs8 = Base64.getDecoder()
                .decode(vault.open(organisation, key.privateKey(), ManifestKey.context(key.id()))
                        .reveal());
        try {
            var signature = Signature.getInstance(ALGORITHM);
            signature.initSign(KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("manifest key " + key.id() + " cannot sign", e);
        }
    }

    private void insert(Handle tx, OrgId organisation) {
        var pair = fresh();
        var publicKey = pair.getPublic().getEncoded();
        var id = ManifestKey.id(publicKey);
        var secret =
                new Secret(Base64.getEncoder().encodeToString(pair.getPrivate().getEncoded()));
        tx.createUpdate("""
                        insert into manifest_key (id, organisation, public_key, private_key, date_created)
                        values (:id, :organisation, :publicKey, :privateKey, :now)
                        on conflict (organisation) where date_retired is null do nothing
                        """)
                .bind("id", id)
                .bind("organisation", organisation.value())
                .bind("publicKey", publicKey)
                .bind(
                        "privateKey",
                        vault.seal(organisation, secret, ManifestKey.context(id))
                                .ciphertext())
                .bind("now", clock.instant())
                .execute();
    }

    private static Optional<ManifestKey> inUse(Handle tx, OrgId organisation) {
        return tx.createQuery("""
                        select * from manifest_key where organisation = :organisation and date_retired is null
                        """)
                .bind("organisation", organisation.value())
                .map((row, _) -> key(row))
                .findOne();
    }

    private static KeyPair fresh() {
        try {
            return KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + ALGORITHM, e);
        }
    }

    private static ManifestKey key(ResultSet row) throws SQLException {
        return new ManifestKey(
                row.getString("id"),
                row.getBytes("public_key"),
                new Sealed(row.getBytes("private_key")),
                row.getTimestamp("date_created").toInstant(),
                Optional.ofNullable(row.getTimestamp("date_retired")).map(Timestamp::toInstant));
    }
}
