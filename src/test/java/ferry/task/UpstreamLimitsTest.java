package ferry.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.Limits.HostClass;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpstreamLimitsTest {
    private final Queue queue = new Queue();
    private final UpstreamSettings settings = new UpstreamSettings(50, 2, 4, Duration.ofSeconds(5));

    @AfterEach
    void close() {
        queue.close();
    }

    private UpstreamLimits limits(String account, UpstreamSettings by) {
        return new UpstreamLimits(queue.db, account, by, queue.clock);
    }

    @Test
    void twoNodesTogetherKeepToTheRateOfAnAccount() throws Exception {
        var one = limits("a", settings);
        var two = limits("a", settings);
        var start = Instant.now();

        for (var i = 0; i < 30; i++) {
            one.turn(HostClass.LISTING);
            two.turn(HostClass.LISTING);
        }

        // 60 turns at 50 a second, less the last batch.
        assertThat(Duration.between(start, Instant.now())).isGreaterThan(Duration.ofMillis(600));
    }

    @Test
    void aThrottledAccountStopsOnEveryNodeButNotForItsOtherHosts() throws Exception {
        limits("a", settings).throttled(HostClass.LISTING, Duration.ofMinutes(1));

        assertThatThrownBy(() -> limits("a", settings).turn(HostClass.LISTING))
                .isInstanceOfSatisfying(
                        ConnectorException.Unavailable.class,
                        busy -> assertThat(busy.retryAfter())
                                .isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60)));
        limits("a", settings).turn(HostClass.CONTENT);
        limits("b", settings).turn(HostClass.LISTING);
    }

    @Test
    void theRateFallsToHalfOncePerPauseAndRisesAgain() throws Exception {
        var limits = limits("a", settings);
        limits.throttled(HostClass.LISTING, Duration.ofMinutes(1));
        limits.throttled(HostClass.LISTING, Duration.ofMinutes(1));
        assertThat(rate()).isEqualTo(25);

        queue.clock.advance(Duration.ofMinutes(2));
        limits.turn(HostClass.LISTING);

        assertThat(rate()).isEqualTo(50);
    }

    @Test
    void withoutACeilingNothingWaitsUntilTheSourceComplains() throws Exception {
        var limits = limits("a", new UpstreamSettings(0, 2, 4, Duration.ofSeconds(5)));
        var start = Instant.now();

        for (var i = 0; i < 2000; i++) {
            limits.turn(HostClass.LISTING);
        }

        assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(2));
    }

    private double rate() {
        return queue.db.system(tx -> tx.createQuery("select rate from upstream where host = 'LISTING'")
                .mapTo(Double.class)
                .one());
    }
}
