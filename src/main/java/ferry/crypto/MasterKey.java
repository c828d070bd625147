package ferry.crypto;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// The key of the whole service, as `DIR/master.key` or `FERRY_MASTER_KEY` holds it:
/// `{"version":1,"aead":"<key set>","root":"<32 bytes>"}`, both base64url.
///
/// Two parts, since one must change and the other must not: `aead` seals and is rotated; from `root` stable values are
/// derived (database passwords, fingerprints), so no rotation changes it. Thread-safe.
///
/// A rotation over several nodes has three steps, so that none meets what it cannot open: [#withNewKey] is
/// given to all, [#promoted] writes under the new key, [#without] drops the old one.
public final class MasterKey {
    private static final Pattern TEXT =
            Pattern.compile("\\s*\\{\\s*\"version\"\\s*:\\s*1\\s*,\\s*\"aead\"\\s*:\\s*\"([A-Za-z0-9_-]+)\"\\s*,"
                    + "\\s*\"root\"\\s*:\\s*\"([A-Za-z0-9_-]{43})\"\\s*}\\s*");

    private final byte[] root;
    private volatile Keys keys;

    private MasterKey(KeysetHandle aead, byte[] root) {
        // A key set of another kind stops the start here, not the first use.
        this.keys = new Keys(aead, Keysets.primitive(aead, Aead.class));
        this.root = root;
    }

    private record Keys(KeysetHandle set, Aead aead) {}

    public static MasterKey generate(SecureRandom random) {
        var root = new byte[32];
        random.nextBytes(root);
        return new MasterKey(Keysets.fresh(PredefinedAeadParameters.AES256_GCM), root);
    }

    /// Reads a key.
    ///
    /// @throws CryptoException where it is not what [#text] wrote
    public static MasterKey of(Secret text) {
        return of(text, "the master key");
    }

    /// Reads a key.
    ///
    /// @param name where it comes from, such as a file's path: what a refusal names
    /// @throws CryptoException where it is not what [#text] wrote
    public static MasterKey of(Secret text, String name) {
        var parts = TEXT.matcher(text.reveal());
        if (!parts.matches()) {
            throw new CryptoException(name + " is not a key set as Ferry writes it; put its copy back.");
        }
        try {
            var decoder = Base64.getUrlDecoder();
            return new MasterKey(Keysets.of(decoder.decode(parts.group(1))), decoder.decode(parts.group(2)));
        } catch (IllegalArgumentException | CryptoException _) {
            throw new CryptoException(name + " is damaged; put its copy back.");
        }
    }

    /// As it is kept: the only form in which the key leaves this class.
    public Secret text() {
        return new Secret("{\"version\":1,\"aead\":\"" + Keysets.text(Keysets.bytes(keys.set())) + "\",\"root\":\""
                + Keysets.text(root) + "\"}");
    }

    /// A new key to seal under; what was sealed before still opens, what is derived stays the same.
    public MasterKey rotated() {
        return withNewKey().promoted();
    }

    /// The same and a new key behind the others: it opens, and nothing is sealed under it yet.
    public MasterKey withNewKey() {
        return new MasterKey(Keysets.extended(keys.set(), PredefinedAeadParameters.AES256_GCM), root);
    }

    /// The same, sealing under its newest key.
    public MasterKey promoted() {
        return new MasterKey(Keysets.promoted(keys.set()), root);
    }

    /// The same without one key: what is still sealed under it never opens again.
    ///
    /// @param id one of [#ids] and not [#primary]
    public MasterKey without(String id) {
        if (id.equals(primary())) {
            throw new IllegalArgumentException("the key that is sealed under stays");
        }
        return new MasterKey(Keysets.without(keys.set(), ids().indexOf(id)), root);
    }

    /// The ids of its keys, oldest first, eight hexadecimal digits each. No secrets.
    public List<String> ids() {
        var set = keys.set();
        return IntStream.range(0, set.size())
                .mapToObj(i -> id(set.getAt(i).getId()))
                .toList();
    }

    /// The id of the key that is sealed under.
    public String primary() {
        return id(keys.set().getPrimary().getId());
    }

    /// The id of the newest key where that is not sealed under yet.
    public Optional<String> waiting() {
        return Optional.of(ids().getLast()).filter(newest -> !newest.equals(primary()));
    }

    /// Takes the keys of another text of the same master key over, for every [Sealer] made of it too.
    ///
    /// @throws CryptoException where it is another master key: what was derived would no longer be right
    public void adopt(MasterKey other) {
        if (!MessageDigest.isEqual(root, other.root)) {
            throw new CryptoException("another master key cannot be taken over while the service runs");
        }
        keys = other.keys;
    }

    /// Seals under the newest key, also after [#adopt].
    public Sealer sealer() {
        return new Sealer(() -> keys.aead());
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
        return "[master key, " + keys.set().size() + " keys]";
    }

    private static String id(int key) {
        return String.format(Locale.ROOT, "%08x", key);
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
