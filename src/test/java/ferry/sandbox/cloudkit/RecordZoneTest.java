package ferry.sandbox.cloudkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class RecordZoneTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private final RecordZone zone = new RecordZone("Notes", 7);

    @Test
    void aChangeTakesANewPlaceAndLeavesNothingAtTheOldOne() {
        zone.put("a", "Note", new Fields(), NOW);
        zone.put("b", "Note", new Fields(), NOW);
        zone.put("a", "Note", new Fields().number("x", 1), NOW);
        assertThat(zone.page(0, 1).records()).isEmpty();
        assertThat(zone.page(0, 1).more()).isTrue();
        assertThat(zone.page(0, 9).records())
                .extracting(RecordZone.Stored::name)
                .containsExactly("b", "a");
        assertThat(zone.page(0, 9).records().getLast().version()).isEqualTo(2);
    }

    @Test
    void whatIsDeletedLeavesATombstone() {
        zone.put("a", "Note", new Fields(), NOW);
        zone.remove("a", NOW);
        assertThat(zone.page(0, 9).records()).allMatch(RecordZone.Stored::deleted);
        assertThat(zone.names("Note")).isEmpty();
    }

    @Test
    void aTokenLeadsBackToItsPlaceAndNoOtherDoes() {
        zone.forget(5);
        assertThat(zone.place(zone.token(3))).hasValue(3);
        assertThat(zone.place(zone.token(6))).isEmpty();
        assertThat(zone.place(new RecordZone("Notes", 8).token(3))).isEmpty();
        assertThat(zone.place("no token")).isEmpty();
    }
}
