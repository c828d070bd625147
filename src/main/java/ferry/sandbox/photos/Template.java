package ferry.sandbox.photos;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/// All of a file but its last bytes: a head, then perhaps a long run of zeros that is never held in memory.
/// Shared by many photos; thread-safe.
final class Template {
    private static final byte[] ZEROS = new byte[64 * 1024];

    final Format format;
    final int width;
    final int height;
    private final byte[] head;
    private final long zeros;
    private @Nullable MessageDigest digest;

    /// @param zeros how many zero bytes follow the head; 0 for an ordinary file
    Template(Format format, int width, int height, byte[] head, long zeros) {
        this.format = format;
        this.width = width;
        this.height = height;
        this.head = head;
        this.zeros = zeros;
    }

    /// Bytes of a whole file made from this.
    long length() {
        return head.length + zeros + format.tailLength();
    }

    /// The file of one photo: its mark, [Format#MARK] bytes, makes it differ from all others.
    File file(byte[] mark) {
        return new File(this, format.tail(mark));
    }

    /// Computed once, then copied: a photo costs the digest of its last bytes only. For 5 GB of zeros the first call
    /// takes some seconds.
    private synchronized MessageDigest digest() {
        var known = digest;
        if (known == null) {
            known = Checksum.salted();
            known.update(head);
            for (long left = zeros; left > 0; left -= ZEROS.length) {
                known.update(ZEROS, 0, (int) Math.min(left, ZEROS.length));
            }
            digest = known;
        }
        return Checksum.copy(known);
    }

    /// One photo's file. Never whole in memory: it is written where it is wanted.
    static final class File {
        private final Template template;
        private final byte[] tail;

        private File(Template template, byte[] tail) {
            this.template = template;
            this.tail = tail;
        }

        Template template() {
            return template;
        }

        Format format() {
            return template.format;
        }

        long length() {
            return template.length();
        }

        /// The signature of the content (`icloud-protocol` 2.6).
        byte[] checksum() {
            var digest = template.digest();
            digest.update(tail);
            return Checksum.of(digest);
        }

        /// Writes the bytes from `from` (inclusive) to `to` (exclusive). The caller closes `out`.
        void write(OutputStream out, long from, long to) throws IOException {
            part(out, template.head, 0, from, to);
            long zerosFrom = Math.max(from, template.head.length);
            long tailStart = template.head.length + template.zeros;
            for (long at = zerosFrom; at < Math.min(to, tailStart); at += ZEROS.length) {
                out.write(ZEROS, 0, (int) Math.min(ZEROS.length, Math.min(to, tailStart) - at));
            }
            part(out, tail, tailStart, from, to);
        }

        /// What of `piece`, which stands at `start`, lies between `from` and `to`.
        private static void part(OutputStream out, byte[] piece, long start, long from, long to) throws IOException {
            long first = Math.max(from, start);
            long last = Math.min(to, start + piece.length);
            if (first < last) {
                out.write(piece, (int) (first - start), (int) (last - first));
            }
        }
    }
}
