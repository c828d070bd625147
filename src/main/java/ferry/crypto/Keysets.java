package ferry.crypto;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.Parameters;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.daead.DeterministicAeadConfig;
import java.security.GeneralSecurityException;
import java.util.Base64;

/// Tink's key sets: made, written, read and rotated. Registered with the first use, since that takes a fifth of a
/// second.
final class Keysets {
    static {
        try {
            AeadConfig.register();
            DeterministicAeadConfig.register();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the cryptography of this JVM is not usable", e);
        }
    }

    private Keysets() {}

    static KeysetHandle fresh(Parameters kind) {
        try {
            return KeysetHandle.generateNew(kind, RegistryConfiguration.get());
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a key could not be made");
        }
    }

    /// The same keys and a new one, under which everything is written from now on.
    static KeysetHandle rotated(KeysetHandle keys, Parameters kind) {
        try {
            return KeysetHandle.newBuilder(keys)
                    .addEntry(KeysetHandle.generateEntryFromParameters(kind)
                            .withRandomId()
                            .makePrimary())
                    .build();
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a key could not be added");
        }
    }

    /// The same keys and a new one at the end, under which nothing is written yet.
    static KeysetHandle extended(KeysetHandle keys, Parameters kind) {
        try {
            return KeysetHandle.newBuilder(keys)
                    .addEntry(KeysetHandle.generateEntryFromParameters(kind).withRandomId())
                    .build();
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a key could not be added");
        }
    }

    /// The same keys, of which the last is written under from now on.
    static KeysetHandle promoted(KeysetHandle keys) {
        try {
            var builder = KeysetHandle.newBuilder(keys);
            builder.getAt(keys.size() - 1).makePrimary();
            return builder.build();
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a key could not be put in front");
        }
    }

    /// The same keys without one, which must not be the primary one.
    static KeysetHandle without(KeysetHandle keys, int index) {
        try {
            return KeysetHandle.newBuilder(keys).deleteAt(index).build();
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a key could not be taken out");
        }
    }

    static byte[] bytes(KeysetHandle keys) {
        try {
            return TinkProtoKeysetFormat.serializeKeyset(
                    keys, InsecureSecretKeyAccess.get(), RegistryConfiguration.get());
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a key set could not be written");
        }
    }

    static KeysetHandle of(byte[] bytes) {
        try {
            return TinkProtoKeysetFormat.parseKeyset(bytes, InsecureSecretKeyAccess.get(), RegistryConfiguration.get());
        } catch (GeneralSecurityException | RuntimeException _) {
            throw new CryptoException("not a key set");
        }
    }

    static <P> P primitive(KeysetHandle keys, Class<P> kind) {
        try {
            return keys.getPrimitive(RegistryConfiguration.get(), kind);
        } catch (GeneralSecurityException | RuntimeException _) {
            throw new CryptoException("a key set of another kind");
        }
    }

    static String text(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
