package ferry.bench.publish;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Random;

/// Files that are all of one size and each a little different: what is pulled, and what must then lie in the bucket.
///
/// @param objects how many
/// @param size bytes of each, at least 16
record Load(int objects, long size) {
    private static final byte[] BLOCK = block();

    static Load of(String name) {
        var parts = name.split("x", 2);
        return new Load(Integer.parseInt(parts[0]), Long.parseLong(parts[1]));
    }

    /// The name that [#of] reads.
    String name() {
        return objects + "x" + size;
    }

    long bytes() {
        return objects * size;
    }

    /// Whether its files are all zeros but for their beginning.
    private boolean isSparse() {
        return size >= 1L << 30;
    }

    /// Puts the bytes of a file from `position` on into `piece`, and returns how many.
    int read(int file, long position, byte[] piece) {
        int length = (int) Math.min(piece.length, size - position);
        if (isSparse()) {
            Arrays.fill(piece, 0, length, (byte) 0);
        }
        for (int done = 0; done < length && !isSparse(); ) {
            int at = (int) ((position + done) % BLOCK.length);
            int some = Math.min(length - done, BLOCK.length - at);
            System.arraycopy(BLOCK, at, piece, done, some);
            done += some;
        }
        if (position == 0) {
            ByteBuffer.wrap(piece).putInt(file).putInt(objects).putLong(size);
        }
        return length;
    }

    /// All of a file that fits in memory.
    byte[] whole(int file) {
        var bytes = new byte[Math.toIntExact(size)];
        read(file, 0, bytes);
        return bytes;
    }

    /// What a bucket that holds exactly these files says of itself.
    Contents contents() {
        var all = new Contents.Sum();
        var piece = new byte[1024 * 1024];
        for (int file = 0; file < objects; file++) {
            var md5 = md5();
            for (long position = 0; position < size; ) {
                int length = read(file, position, piece);
                md5.update(piece, 0, length);
                position += length;
            }
            all.add(size, md5.digest());
        }
        return all.contents(0);
    }

    static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] block() {
        var bytes = new byte[1024 * 1024];
        new Random(64).nextBytes(bytes);
        return Arrays.copyOf(bytes, bytes.length);
    }

    /// What lies in a bucket.
    ///
    /// @param sum of the first eight bytes of all MD5s: the same for the same objects, in whatever order
    /// @param unfinished uploads in parts that were neither completed nor aborted
    record Contents(long objects, long bytes, long sum, long unfinished) {
        static Contents of(String line) {
            var parts = line.split(" ", -1);
            return new Contents(
                    Long.parseLong(parts[0]),
                    Long.parseLong(parts[1]),
                    Long.parseLong(parts[2]),
                    Long.parseLong(parts[3]));
        }

        String line() {
            return objects + " " + bytes + " " + sum + " " + unfinished;
        }

        /// Adds up.
        static final class Sum {
            private long objects;
            private long bytes;
            private long sum;

            void add(long length, byte[] md5) {
                objects++;
                bytes += length;
                sum += ByteBuffer.wrap(md5).getLong();
            }

            Contents contents(long unfinished) {
                return new Contents(objects, bytes, sum, unfinished);
            }
        }
    }
}
