package ferry.sandbox.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.sandbox.photos.Checksum;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/// One file: bytes that are made anew, and always the same, whenever they are wanted.
///
/// @param made the file as its owner has it
public record StoredFile(Supplier<byte[]> made, Oddity oddity) {
    private static final byte[] PAGE =
            "<!DOCTYPE html><html><head><title>iCloud</title></head><body>Service busy</body></html>\n".getBytes(UTF_8);

    /// Bytes that depend on the seed alone.
    public static StoredFile random(long seed, int size, Oddity oddity) {
        return new StoredFile(
                () -> {
                    var bytes = new byte[size];
                    new SplittableRandom(seed).nextBytes(bytes);
                    return bytes;
                },
                oddity);
    }

    /// How long it is, as its record says.
    public int size() {
        return made.get().length;
    }

    /// The source's signature, as its record says.
    public String checksum() {
        var bytes = made.get();
        return oddity == Oddity.UNSIGNED
                ? Integer.toHexString(Arrays.hashCode(bytes))
                : Checksum.text(Checksum.of(bytes));
    }

    /// What the source hands out.
    public byte[] sent() {
        var bytes = made.get();
        return switch (oddity) {
            case PAGE_INSTEAD -> PAGE.clone();
            case CUT_SHORT -> Arrays.copyOf(bytes, bytes.length / 10 * 9);
            case FLIPPED_BYTE -> {
                bytes[bytes.length / 2] ^= 1;
                yield bytes;
            }
            default -> bytes;
        };
    }
}
