package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/// The signature Apple gives a file (`icloud-protocol` 2.6): `0x01`, then SHA-1 over two salts and the content; 21
/// bytes.
public final class Checksum {
    static final int LENGTH = 21;

    private static final byte[] SALTS = "com.apple.XattrObjectSalt\0com.apple.DataObjectSalt\0".getBytes(US_ASCII);

    private Checksum() {}

    /// A digest that has taken the salts and waits for the content.
    static MessageDigest salted() {
        var digest = sha1();
        digest.update(SALTS);
        return digest;
    }

    /// The signature of what `content`, a digest from [#salted], has taken. Resets it.
    static byte[] of(MessageDigest content) {
        var hash = content.digest();
        var checksum = new byte[LENGTH];
        checksum[0] = 1;
        System.arraycopy(hash, 0, checksum, 1, hash.length);
        return checksum;
    }

    /// The signature of a whole content.
    public static byte[] of(byte[] content) {
        var digest = salted();
        digest.update(content);
        return of(digest);
    }

    /// As records have it.
    public static String text(byte[] checksum) {
        return Base64.getEncoder().encodeToString(checksum);
    }

    /// Bare, without salts.
    public static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-1", e);
        }
    }

    /// An independent copy of a digest part-way through.
    static MessageDigest copy(MessageDigest digest) {
        try {
            return (MessageDigest) digest.clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError("Java's own SHA-1 can be copied", e);
        }
    }
}
