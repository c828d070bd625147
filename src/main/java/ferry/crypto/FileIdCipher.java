package ferry.crypto;

import com.google.crypto.tink.DeterministicAead;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.Parameters;
import com.google.crypto.tink.daead.PredefinedDeterministicAeadParameters;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Optional;

/// Issues ids that nobody else can make or read, with AES-SIV: the same input has the same id for as long as the
/// newest key is the same, and an id of an older key still opens. Thread-safe.
public final class FileIdCipher {
    static final Parameters KIND = PredefinedDeterministicAeadParameters.AES256_SIV;
    private static final int LONGEST = 110; // with 5 bytes of prefix and 16 of SIV: 175 characters
    private final DeterministicAead cipher;

    FileIdCipher(KeysetHandle keys) {
        cipher = Keysets.primitive(keys, DeterministicAead.class);
    }

    /// Issues the id.
    ///
    /// @param plain at most 110 bytes of UTF-8, for an id of at most 175 characters
    /// @param context what the id is bound to, such as its source
    public String issue(String plain, String context) {
        var bytes = plain.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > LONGEST) {
            throw new IllegalArgumentException("a file id carries at most " + LONGEST + " bytes");
        }
        try {
            return Keysets.text(cipher.encryptDeterministically(bytes, context.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException _) {
            throw new CryptoException("a file id could not be issued");
        }
    }

    /// What [#issue] was given; empty for anything that was not issued here for this context.
    public Optional<String> open(String id, String context) {
        try {
            var bytes = Base64.getUrlDecoder().decode(id);
            if (!Keysets.text(bytes).equals(id)) {
                return Optional.empty(); // a second spelling of the same bytes
            }
            var plain = cipher.decryptDeterministically(bytes, context.getBytes(StandardCharsets.UTF_8));
            return Optional.of(new String(plain, StandardCharsets.UTF_8));
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
