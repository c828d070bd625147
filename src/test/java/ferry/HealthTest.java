package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Databases;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HealthTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void whoAsksWithinASecondTakesNoConnection() {
        try (var db = Databases.freshLogins().open(1)) {
            var health = new Health(db, nanos::get);
            assertThat(health.isReady()).isTrue();
            // The only connection there is.
            var ready = db.<Boolean>system(_ -> {
                pass(Duration.ofMillis(999));
                return health.isReady();
            });
            assertThat(ready).isTrue();
        }
    }

    @Test
    void aDatabaseThatIsAwayShowsWithinASecond() {
        var db = Databases.fresh();
        var health = new Health(db, nanos::get);
        assertThat(health.isReady()).isTrue();
        db.close();

        pass(Duration.ofSeconds(1));

        assertThat(health.isReady()).isFalse();
        pass(Duration.ofMillis(500));
        assertThat(health.isReady()).isFalse();
    }
}
