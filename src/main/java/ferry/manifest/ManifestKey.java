package ferry.manifest;

import ferry.crypto.Sealed;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/// A key that an organisation's manifests are signed with: Ed25519.
///
/// @param id of the public key, see [#id(byte[])]
/// @param publicKey X.509 (SubjectPublicKeyInfo); not copied
/// @param privateKey PKCS #8 in Base64, sealed
/// @param retired since when nothing is signed with it any more
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ManifestKey(
        String id, byte[] publicKey, Sealed privateKey, Instant dateCreated, Optional<Instant> retired) {
    private static final int ID_BYTES = 8;

    /// The id of a public key: the first sixteen hexadecimal digits of its SHA-256.
    public static String id(byte[] publicKey) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(publicKey);
            return HexFormat.of().formatHex(digest, 0, ID_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /// The public key as OpenSSL reads it.
    public String pem() {
        return "-----BEGIN PUBLIC KEY-----\n" + Base64.getEncoder().encodeToString(publicKey)
                + "\n-----END PUBLIC KEY-----\n";
    }

    /// The context its private key is sealed under.
    static String context(String id) {
        return "manifest_key/" + id;
    }
}
