package ferry.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.error.ErrorCode;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PullsTest {
    @Test
    void aFileThatHasBeenPulledHandsItsTurnOn() throws Exception {
        var published = new CountDownLatch(1);
        var secondIsPulled = new CountDownLatch(1);
        try (var pulls = new Pulls(1)) {
            pulls.start(turn -> {
                turn.over();
                published.await();
            });
            pulls.start(_ -> secondIsPulled.countDown());
            secondIsPulled.await();
            published.countDown();
            pulls.finish();
        }
    }

    @Test
    void aSlowBucketHoldsThePullingUp() throws Exception {
        var published = new CountDownLatch(1);
        var pulled = new CountDownLatch(3);
        var next = new AtomicInteger();
        try (var pulls = new Pulls(1)) {
            for (int i = 0; i < 3; i++) {
                pulls.start(turn -> {
                    pulled.countDown();
                    turn.over();
                    published.await();
                });
            }
            pulled.await();
            var starting = Thread.ofVirtual().start(() -> {
                try {
                    pulls.start(_ -> next.incrementAndGet());
                } catch (ConnectorException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(starting.join(Duration.ofMillis(100))).isFalse();
            assertThat(next.get()).isZero();

            published.countDown();
            starting.join();
            pulls.finish();
            assertThat(next.get()).isEqualTo(1);
        }
    }

    @Test
    void finishWaitsForWhatIsBeingPublishedToo() throws Exception {
        var done = new AtomicInteger();
        try (var pulls = new Pulls(3)) {
            for (int i = 0; i < 20; i++) {
                pulls.start(turn -> {
                    turn.over();
                    turn.over();
                    done.incrementAndGet();
                });
            }
            pulls.finish();
            assertThat(done.get()).isEqualTo(20);
        }
    }

    @Test
    void whatOneFileThrowsStopsTheOthersAndComesOut() throws Exception {
        var stopped = new CountDownLatch(1);
        var waits = new CountDownLatch(1);
        var under = new CountDownLatch(1);
        try (var pulls = new Pulls(2)) {
            pulls.start(turn -> {
                turn.over();
                under.countDown();
                try {
                    waits.await();
                } finally {
                    stopped.countDown();
                }
            });
            under.await();
            pulls.start(_ -> {
                throw new ConnectorException.Refused(ErrorCode.NOT_RETRIEVABLE, "not this one");
            });
            stopped.await();
            assertThatThrownBy(pulls::finish).isInstanceOf(ConnectorException.Refused.class);
            assertThatThrownBy(() -> pulls.start(_ -> {})).isInstanceOf(ConnectorException.Refused.class);
        }
    }

    @Test
    void closingStopsWhatIsUnderWay() throws Exception {
        var stopped = new AtomicInteger();
        var under = new CountDownLatch(2);
        try (var pulls = new Pulls(2)) {
            for (int i = 0; i < 2; i++) {
                pulls.start(_ -> {
                    under.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        stopped.incrementAndGet();
                        throw e;
                    }
                });
            }
            under.await();
        }

        assertThat(stopped.get()).isEqualTo(2);
    }
}
