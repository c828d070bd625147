package ferry.connector.icloud.web;

import ferry.connector.Target;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/// The source's own signature of a file, `fileChecksum`: a type byte, then a salted SHA-1 of the content
/// (`icloud-protocol` 2.6). A single thread takes the bytes in passing.
public final class Signature implements Proof {
    private static final int LENGTH = 21;
    private static final byte[] SALT =
            "com.apple.XattrObjectSalt\0com.apple.DataObjectSalt\0".getBytes(StandardCharsets.US_ASCII);

    private final byte[] expected;
    private final MessageDigest digest;

    private Signature(byte[] expected) {
        this.expected = expected;
        this.digest = sha1();
        restart();
    }

    /// Empty where the signature is none, or of a type or length that is not known: then only the size can be
    /// checked.
    public static Optional<Signature> of(String fileChecksum) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(fileChecksum);
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
        return bytes.length == LENGTH && known(bytes[0]) ? Optional.of(new Signature(bytes)) : Optional.empty();
    }

    private static boolean known(byte type) {
        return switch (type & 0x7f) {
            case 0x01, 0x02, 0x0b -> true;
            default -> false;
        };
    }

    @Override
    public void restart() {
        digest.reset();
        digest.update(SALT);
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        digest.update(bytes, offset, length);
    }

    @Override
    public boolean matches() {
        return MessageDigest.isEqual(digest.digest(), Arrays.copyOfRange(expected, 1, LENGTH));
    }

    @Override
    public Target.Integrity integrity() {
        return Target.Integrity.SIGNATURE;
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }
}
