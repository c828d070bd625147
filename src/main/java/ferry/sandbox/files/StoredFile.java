package ferry.sandbox.files;

import ferry.sandbox.FileBody;
import ferry.sandbox.photos.Checksum;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/// One file: bytes that are made anew, and always the same, whenever they are wanted.
///
/// @param made the file as its owner has it
public record StoredFile(Supplier<byte[]> made, Oddity oddity) {
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
            case PAGE_INSTEAD -> FileBody.page();
            case CUT_SHORT -> FileBody.cutShort(bytes);
            case FLIPPED_BYTE -> FileBody.flipped(bytes);
            default -> bytes;
        };
    }
}
