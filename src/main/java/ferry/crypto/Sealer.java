package ferry.crypto;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.function.Supplier;

/// Encrypts what the database keeps, with AES-256-GCM. Every value is bound to a context, such as
/// `organisation/7/session/<id>/access`, and opens under no other, so that a row cannot be put in another's place.
/// Thread-safe.
public final class Sealer {
    /// Asked at each use: the master key's set may be exchanged while the service runs.
    private final Supplier<Aead> keys;

    Sealer(KeysetHandle keys) {
        var aead = Keysets.primitive(keys, Aead.class);
        this.keys = () -> aead;
    }

    Sealer(Supplier<Aead> keys) {
        this.keys = keys;
    }

    public Sealed seal(Secret value, String context) {
        return seal(value.reveal().getBytes(StandardCharsets.UTF_8), context);
    }

    public Sealed seal(byte[] value, String context) {
        try {
            return new Sealed(keys.get().encrypt(value, context.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a value could not be sealed");
        }
    }

    /// Opens what [#seal] sealed.
    ///
    /// @throws CryptoException where it was sealed under another key or for another context, or was changed
    public Secret open(Sealed sealed, String context) {
        return new Secret(new String(openBytes(sealed, context), StandardCharsets.UTF_8));
    }

    /// Opens what was sealed as bytes.
    ///
    /// @throws CryptoException as [#open]
    public byte[] openBytes(Sealed sealed, String context) {
        try {
            return keys.get().decrypt(sealed.ciphertext(), context.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a sealed value does not open: another key, another context, or damaged");
        }
    }

    /// The same value, sealed anew under the newest key.
    ///
    /// @throws CryptoException as [#open]
    public Sealed resealed(Sealed sealed, String context) {
        return seal(openBytes(sealed, context), context);
    }

    /// A key set of an organisation's own, sealed under this one. Store it; [#keyset] opens it.
    public Sealed newKeyset(String context) {
        return seal(Keysets.bytes(Keysets.fresh(PredefinedAeadParameters.AES256_GCM)), context);
    }

    /// The same key set with a new key in front: what older ones sealed still opens.
    public Sealed rotatedKeyset(Sealed keyset, String context) {
        return seal(
                Keysets.bytes(
                        Keysets.rotated(Keysets.of(openBytes(keyset, context)), PredefinedAeadParameters.AES256_GCM)),
                context);
    }

    /// The sealer over a key set that [#newKeyset] made.
    public Sealer keyset(Sealed keyset, String context) {
        return new Sealer(Keysets.of(openBytes(keyset, context)));
    }

    /// A key set for [FileIdCipher], sealed under this one.
    public Sealed newFileIdKeyset(String context) {
        return seal(Keysets.bytes(Keysets.fresh(FileIdCipher.KIND)), context);
    }

    /// The same with a new key in front: ids issued before still open, new ids differ from them.
    public Sealed rotatedFileIdKeyset(Sealed keyset, String context) {
        return seal(Keysets.bytes(Keysets.rotated(Keysets.of(openBytes(keyset, context)), FileIdCipher.KIND)), context);
    }

    public FileIdCipher fileIds(Sealed keyset, String context) {
        return new FileIdCipher(Keysets.of(openBytes(keyset, context)));
    }
}
