package ferry.sandbox.photos;

/// Numbers that look random and depend on nothing but the seed, the photo and what they are for. Invertible where said.
final class Dice {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private Dice() {}

    /// 64 bits for one purpose of one photo.
    static long roll(long seed, long serial, int purpose) {
        return mix(mix(seed + GOLDEN * (purpose + 1)) ^ (serial * GOLDEN));
    }

    /// A number from 0 below `bound`.
    static int below(int bound, long seed, long serial, int purpose) {
        return (int) Long.remainderUnsigned(roll(seed, serial, purpose), bound);
    }

    /// The finaliser of SplitMix64: a permutation of all 64-bit numbers, undone by [#unmix].
    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    static long unmix(long z) {
        z = (z ^ (z >>> 31) ^ (z >>> 62)) * 0x319642b2d24d8ec3L;
        z = (z ^ (z >>> 27) ^ (z >>> 54)) * 0x96de1b173f119089L;
        return z ^ (z >>> 30) ^ (z >>> 60);
    }

    /// `length` bytes for one purpose of one photo.
    static byte[] bytes(int length, long seed, long serial, int purpose) {
        var bytes = new byte[length];
        long word = roll(seed, serial, purpose);
        for (int i = 0; i < length; i++) {
            if (i % 8 == 0) {
                word = mix(word + GOLDEN);
            }
            bytes[i] = (byte) (word >>> (8 * (i % 8)));
        }
        return bytes;
    }
}
