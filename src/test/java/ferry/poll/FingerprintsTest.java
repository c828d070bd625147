package ferry.poll;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FingerprintsTest {
    @Test
    void holdsWhatWasAddedAndNothingElse() {
        var random = new Random(17);
        var growing = new Fingerprints.Growing();
        var added = new HashSet<Long>();
        for (int i = 0; i < 20_000; i++) {
            long print = random.nextLong();
            assertThat(growing.holds(print)).isFalse();
            growing.add(print);
            growing.add(print);
            assertThat(growing.holds(print)).isTrue();
            added.add(print);
        }
        var now = growing.now();
        assertThat(now.bytes()).hasSize(added.size() * Long.BYTES);
        assertThat(added).allMatch(now::holds).allMatch(growing::holds);
    }

    @Test
    void noughtAndItsNeighboursAreLikeAnyOther() {
        var growing = new Fingerprints.Growing();
        assertThat(growing.holds(0)).isFalse();
        for (long print : new long[] {0, 64, -64, 1L << 32, Long.MIN_VALUE, -1}) {
            assertThat(growing.holds(print)).isFalse();
            growing.add(print);
            assertThat(growing.holds(print)).isTrue();
        }
        assertThat(growing.now().bytes()).hasSize(6 * Long.BYTES);
    }
}
