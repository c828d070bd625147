package ferry.sandbox;

import ferry.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Wants a small piece of work before it listens (`icloud-protocol 1.5`, hashcash). Each challenge is good once.
final class Hashcash {
    private static final int BITS = 11;

    private final Set<String> challenges = ConcurrentHashMap.newKeySet();
    private final Tokens tokens;

    Hashcash(Tokens tokens) {
        this.tokens = tokens;
    }

    void demand(Exchange exchange) {
        var challenge = tokens.next(32);
        challenges.add(challenge);
        exchange.set("X-Apple-HC-Bits", String.valueOf(BITS)).set("X-Apple-HC-Challenge", challenge);
    }

    /// Whether the work was done, for a challenge of ours: `1:<bits>:<yyyyMMddHHmmss>:<challenge>::<counter>`.
    boolean paid(Exchange exchange) {
        var stamp = exchange.header("X-Apple-HC").orElse("");
        var parts = stamp.split(":", -1);
        return parts.length == 6
                && parts[0].equals("1")
                && parts[1].equals(String.valueOf(BITS))
                && parts[2].matches("\\d{14}")
                && leadingZeros(stamp) >= BITS
                && challenges.remove(parts[3]);
    }

    private static int leadingZeros(String stamp) {
        try {
            var digest = MessageDigest.getInstance("SHA-1").digest(stamp.getBytes(StandardCharsets.UTF_8));
            var first = ((digest[0] & 0xff) << 24)
                    | ((digest[1] & 0xff) << 16)
                    | ((digest[2] & 0xff) << 8)
                    | (digest[3] & 0xff);
            return Integer.numberOfLeadingZeros(first);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this machine has no SHA-1", e);
        }
    }
}
