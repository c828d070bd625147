package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class IdsTest {
    @Test
    void eachIdentifierIsGreaterThanTheOneBeforeThoughTheClockStandsStill() {
        var clock = InstantSource.fixed(Instant.parse("2026-11-22T12:00:00Z"));
        var last = Ids.next(clock).toString();
        for (var i = 0; i < 10_000; i++) {
            var next = Ids.next(clock).toString();
            assertThat(next).isGreaterThan(last);
            last = next;
        }
    }

    @Test
    void itIsAVersionSevenIdentifier() {
        var id = Ids.next(InstantSource.system());

        assertThat(id.version()).isEqualTo(7);
        assertThat(id.variant()).isEqualTo(2);
    }
}
