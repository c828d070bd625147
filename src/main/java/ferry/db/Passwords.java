package ferry.db;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jdbi.v3.core.Handle;

/// Sets passwords so that only a SCRAM verifier (RFC 5803) travels: the clear text reaches neither the server nor its
/// log, whatever it logs.
final class Passwords {
    private static final int ROUNDS = 4096;
    /// Beyond ASCII a password would have to be normalised (SASLprep) first.
    private static final Pattern PRINTABLE = Pattern.compile("[!-~]{1,200}");

    private Passwords() {}

    /// @param role a name that needs no quotes
    static void set(Handle tx, String role, String password) {
        var salt = new byte[16];
        new SecureRandom().nextBytes(salt);
        tx.execute("alter role " + role + " password '" + verifier(password, salt) + "'");
    }

    static String verifier(String password, byte[] salt) {
        if (!PRINTABLE.matcher(password).matches()) {
            throw new IllegalArgumentException("A role's password is 1 to 200 printable ASCII characters.");
        }
        try {
            var salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password.toCharArray(), salt, ROUNDS, 256))
                    .getEncoded();
            var stored = MessageDigest.getInstance("SHA-256").digest(hmac(salted, "Client Key"));
            return "SCRAM-SHA-256$" + ROUNDS + ":" + base64(salt) + "$" + base64(stored) + ":"
                    + base64(hmac(salted, "Server Key"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
