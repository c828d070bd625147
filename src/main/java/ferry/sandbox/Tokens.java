package ferry.sandbox;

import java.util.SplittableRandom;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// Makes the values that stand for something: tokens, ids, cookies. The same seed gives the same ones in the
/// same order; they protect nothing but make-believe. Thread-safe.
final class Tokens {
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private final SplittableRandom random;

    Tokens(long seed) {
        random = new SplittableRandom(seed);
    }

    /// A generator of its own for one use by one thread.
    synchronized RandomGenerator generator() {
        return random.split();
    }

    /// Something opaque of that length.
    synchronized String next(int length) {
        var token = new StringBuilder(length);
        for (var i = 0; i < length; i++) {
            token.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return token.toString();
    }

    synchronized String uuid() {
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }
}
