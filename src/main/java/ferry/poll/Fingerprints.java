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

    /// Grows, and tells what it holds meanwhile. Thread-safe.
    static final class Growing {
        /// Open addressing; 0 is a free place.
        private long[] places = new long[64];

        private int count;
        private boolean zero;

        synchronized void add(long print) {
            if (print == 0) {
                zero = true;
            } else if (put(places, print) && 2 * ++count > places.length) {
                var larger = new long[2 * places.length];
                for (long each : places) {
                    put(larger, each);
                }
                places = larger;
            }
        }

        synchronized boolean holds(long print) {
            return print == 0 ? zero : places[place(places, print)] == print;
        }

        synchronized Fingerprints now() {
            var all = new long[count + (zero ? 1 : 0)];
            int at = 0;
            for (long each : places) {
                if (each != 0) {
                    all[at++] = each;
                }
            }
            return sorted(all);
        }

        private static boolean put(long[] places, long print) {
            int place = place(places, print);
            boolean fresh = places[place] != print;
            places[place] = print;
            return fresh;
        }

        /// Where it is, or would be. There is always a free place.
        private static int place(long[] places, long print) {
            int place = (int) print & (places.length - 1);
            while (places[place] != 0 && places[place] != print) {
                place = (place + 1) & (places.length - 1);
            }
            return place;
        }
    }
}
