package ferry.testing;

import com.exceptionfactory.jagged.x25519.X25519KeyPairGenerator;
import ferry.crypto.Secret;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;

/// A pair of age keys, as `age-keygen` makes them.
///
/// @param recipient the public one, `age1…`
/// @param identity the other, `AGE-SECRET-KEY-1…`
public record AgeKeys(String recipient, Secret identity) {
    /// A new pair.
    public static AgeKeys generate() {
        try {
            var pair = new X25519KeyPairGenerator().generateKeyPair();
            return new AgeKeys(
                    new String(pair.getPublic().getEncoded(), StandardCharsets.US_ASCII),
                    new Secret(new String(pair.getPrivate().getEncoded(), StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has X25519", e);
        }
    }
}
