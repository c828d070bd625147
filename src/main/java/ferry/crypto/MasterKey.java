package ferry.crypto;

import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// The key of the whole service, as `DIR/master.key` or `FERRY_MASTER_KEY` holds it:
/// `{"version":1,"aead":"<key set>","root":"<32 bytes>"}`, both base64url.
///
/// Two parts, since one must change and the other must not: `aead` seals and is rotated; from `root` stable values are
/// derived (database passwords, fingerprints), so [#rotated] keeps it. Thread-safe.
public final class MasterKey {
    private static final Pattern TEXT =
            Pattern.compile("\\s*\\{\\s*\"version\"\\s*:\\s*1\\s*,\\s*\"aead\"\\s*:\\s*\"([A-Za-z0-9_-]+)\"\\s*,"
                    + "\\s*\"root\"\\s*:\\s*\"([A-Za-z0-9_-]{43})\"\\s*}\\s*");

    private final KeysetHandle aead;
    private final byte[] root;

    private MasterKey(KeysetHandle aead, byte[] root) {
        this.aead = aead;
        this.root = root;
    }

    public static MasterKey generate(SecureRandom random) {
        var root = new byte[32];
        random.nextBytes(root);
        return new MasterKey(Keysets.fresh(PredefinedAeadParameters.AES256_GCM), root);
    }

    /// Reads a key.
    ///
    /// @throws CryptoException where it is not what [#text] wrote
    public static MasterKey of(Secret text) {
        var parts = TEXT.matcher(text.reveal());
        if (!parts.matches()) {
            throw new CryptoException("the master key is not a key set as Ferry writes it");
        }
        try {
            var decoder = Base64.getUrlDecoder();
            var key = new MasterKey(Keysets.of(decoder.decode(parts.group(1))), decoder.decode(parts.group(2)));
            key.sealer(); // a key set of another kind stops the start, not the first use
            return key;
        } catch (IllegalArgumentException _) {
            throw new CryptoException("the master key is damaged");
        }
    }

    /// As it is kept: the only form in which the key leaves this class.
    public Secret text() {
        return new Secret("{\"version\":1,\"aead\":\"" + Keysets.text(Keysets.bytes(aead)) + "\",\"root\":\""
                + Keysets.text(root) + "\"}");
    }

    /// A new key to seal under; what was sealed before still opens, what is derived stays the same.
    public MasterKey rotated() {
        return new MasterKey(Keysets.rotated(aead, PredefinedAeadParameters.AES256_GCM), root);
    }

    public Sealer sealer() {
        return new Sealer(aead);
    }

    /// A password of 256 bits for one purpose: always the same for this master key, rotated or not.
    public Secret derive(String purpose) {
        return new Secret(Keysets.text(derived("ferry/password/" + purpose)));
    }

    public Fingerprint fingerprint() {
        return new Fingerprint(derived("ferry/fingerprint"));
    }

    private byte[] derived(String info) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(new SecretKeySpec(root, "Generic"))
                            .thenExpand(info.getBytes(java.nio.charset.StandardCharsets.UTF_8), 32));
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a key could not be derived");
        }
    }

    @Override
    public String toString() {
        return "[master key, " + aead.size() + " keys]";
    }

    static Mac hmac(byte[] key) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac;
        } catch (GeneralSecurityException _) {
            throw new CryptoException("HMAC-SHA-256 is not usable");
        }
    }
}
