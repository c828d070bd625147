package ferry.connector.icloud;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/// A small puzzle that Apple's developer sign-in sets; should iCloud's ever set it, it is solved once a call
/// (icloud-protocol 1.5).
///
/// @param bits how many leading zero bits the SHA-1 must have
record Hashcash(int bits, String challenge) {
    /// 11 and 12 were seen; more than this would take minutes.
    private static final int MOST_BITS = 22;

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.UTC);

    /// The puzzle of an answer, where it sets one that can be solved.
    static Optional<Hashcash> of(Reply reply) {
        var bits = reply.header("x-apple-hc-bits").filter(text -> text.matches("\\d{1,2}"));
        var challenge = reply.header("x-apple-hc-challenge");
        return bits.map(Integer::parseInt)
                .filter(count -> count <= MOST_BITS)
                .flatMap(count -> challenge.map(text -> new Hashcash(count, text)));
    }

    /// The value of the `X-Apple-HC` header.
    String solve(Instant now) {
        var start = "1:" + bits + ":" + STAMP.format(now) + ":" + challenge + "::";
        for (var counter = 0L; ; counter++) {
            var candidate = start + counter;
            if (leadingZeros(sha1(candidate)) >= bits) {
                return candidate;
            }
        }
    }

    static int leadingZeros(byte[] hash) {
        var zeros = 0;
        for (var b : hash) {
            if (b != 0) {
                return zeros + Integer.numberOfLeadingZeros(b & 0xff) - 24;
            }
            zeros += 8;
        }
        return zeros;
    }

    static byte[] sha1(String text) {
        try {
            return MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }
}
