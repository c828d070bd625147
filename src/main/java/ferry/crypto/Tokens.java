package ferry.crypto;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/// API tokens: `ferry_`, 43 base62 digits of 256 random bits, and 6 of their CRC-32, by which a mistyped one is told
/// from a wrong one without asking the database.
public final class Tokens {
    private static final String PREFIX = "ferry_";
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final Pattern SHAPE = Pattern.compile(PREFIX + "[0-9A-Za-z]{49}");

    private Tokens() {}

    public static Secret newToken(SecureRandom random) {
        var bits = new byte[32];
        random.nextBytes(bits);
        var body = PREFIX + base62(new BigInteger(1, bits), 43);
        return new Secret(body + checksum(body));
    }

    public static boolean looksValid(String token) {
        return SHAPE.matcher(token).matches() && token.endsWith(checksum(token.substring(0, token.length() - 6)));
    }

    /// SHA-256, what the database keeps; enough without salt for 256 random bits.
    public static byte[] hash(Secret token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.reveal().getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    private static String checksum(String body) {
        var crc = new CRC32();
        crc.update(body.getBytes(StandardCharsets.US_ASCII));
        return base62(BigInteger.valueOf(crc.getValue()), 6);
    }

    private static String base62(BigInteger number, int digits) {
        var text = new StringBuilder();
        for (var rest = number; text.length() < digits; rest = rest.divide(BigInteger.valueOf(62))) {
            text.append(DIGITS.charAt(rest.mod(BigInteger.valueOf(62)).intValue()));
        }
        return text.reverse().toString();
    }
}
