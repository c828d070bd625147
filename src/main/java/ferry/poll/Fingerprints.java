package ferry.poll;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// A set of digests, eight bytes each. Does not change.
final class Fingerprints {
    static final Fingerprints NONE = new Fingerprints(new long[0]);

    private final long[] sorted;

    private Fingerprints(long[] sorted) {
        this.sorted = sorted;
    }

    /// What [#bytes] gave.
    static Fingerprints of(byte[] bytes) {
        var prints = new long[bytes.length / Long.BYTES];
        ByteBuffer.wrap(bytes).asLongBuffer().get(prints);
        return new Fingerprints(prints);
    }

    /// Eight bytes for each.
    byte[] bytes() {
        var bytes = ByteBuffer.allocate(sorted.length * Long.BYTES);
        bytes.asLongBuffer().put(sorted);
        return bytes.array();
    }

    boolean isEmpty() {
        return sorted.length == 0;
    }

    boolean holds(long print) {
        return Arrays.binarySearch(sorted, print) >= 0;
    }

    Fingerprints and(Fingerprints others) {
        var both = Arrays.copyOf(sorted, sorted.length + others.sorted.length);
        System.arraycopy(others.sorted, 0, both, sorted.length, others.sorted.length);
        return sorted(both);
    }

    private static Fingerprints sorted(long[] prints) {
        Arrays.sort(prints);
        int kept = 0;
        for (int i = 0; i < prints.length; i++) {
            if (i == 0 || prints[i] != prints[i - 1]) {
                prints[kept++] = prints[i];
            }
        }
        return new Fingerprints(Arrays.copyOf(prints, kept));
    }

    /// Grows. Thread-safe.
    static final class Growing {
        private long[] all = new long[64];
        private int count;

        synchronized void add(long print) {
            if (count == all.length) {
                all = Arrays.copyOf(all, 2 * count);
            }
            all[count++] = print;
        }

        synchronized Fingerprints now() {
            return sorted(Arrays.copyOf(all, count));
        }
    }
}
