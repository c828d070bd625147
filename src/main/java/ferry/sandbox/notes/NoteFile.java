package ferry.sandbox.notes;

import ferry.sandbox.photos.Checksum;
import java.util.Arrays;
import java.util.SplittableRandom;

/// What is attached to a note: bytes that depend on the seed alone, made anew whenever they are wanted.
record NoteFile(long seed, int size, Oddity oddity) {
    /// What may be wrong with an attachment.
    enum Oddity {
        NONE,
        /// The address leads nowhere.
        GONE,
        /// The first address that is given out has expired; the next one works.
        EXPIRED_ONCE,
        /// A page comes instead, with status 200.
        PAGE_INSTEAD,
        /// It ends early, whatever its record says.
        CUT_SHORT,
        /// A byte in its middle is another one.
        FLIPPED_BYTE,
        /// Only a picture that stands for it is there.
        ONLY_PREVIEW
    }

    byte[] bytes() {
        var bytes = new byte[size];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    String checksum() {
        return Checksum.text(Checksum.of(bytes()));
    }

    /// What the host hands out.
    byte[] sent(byte[] page) {
        var bytes = bytes();
        switch (oddity) {
            case PAGE_INSTEAD -> bytes = page;
            case CUT_SHORT -> bytes = Arrays.copyOf(bytes, bytes.length / 10 * 9);
            case FLIPPED_BYTE -> bytes[bytes.length / 2] ^= 1;
            default -> {}
        }
        return bytes;
    }
}
