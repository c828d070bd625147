package ferry.crypto;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Short digests by which things are told apart, where no secret is at stake.
public final class Digests {
    private Digests() {}

    /// The first eight bytes of a SHA-256 over the parts, each with its length.
    public static long first(String... parts) {
        return ByteBuffer.wrap(sha256(parts)).getLong();
    }

    /// The same eight bytes as sixteen hexadecimal digits.
    public static String shortHex(String... parts) {
        return HexFormat.of().toHexDigits(first(parts));
    }

    private static byte[] sha256(String... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                var bytes = part.getBytes(StandardCharsets.UTF_8);
                digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
                digest.update(bytes);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
