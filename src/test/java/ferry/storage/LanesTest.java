package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.egress.Answer;
import ferry.egress.Header;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LanesTest {
    private final Lanes lanes = new Lanes.ToBuckets().to("127.0.0.1/a");

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void aStoreThatAsksToSlowDownGetsHalfAsMany(int status) throws IOException {
        send(status);
        assertThat(lanes.open()).isEqualTo(Lanes.MOST / 2);

        send(status);
        assertThat(lanes.open()).isEqualTo(Lanes.MOST / 4);
    }

    @Test
    void otherRefusalsDoNotSlowDown() throws IOException {
        send(500);
        send(403);
        send(404);

        assertThat(lanes.open()).isEqualTo(Lanes.MOST);
    }

    @Test
    void requestsThatWereRefusedTogetherCountOnce() throws IOException {
        lanes.send(() -> {
            send(503);
            send(200);
            return new Status(503);
        });

        assertThat(lanes.open()).isEqualTo(Lanes.MOST / 2);
    }

    @Test
    void aRoundOfAnswersOpensOneMore() throws IOException {
        send(503);
        for (int i = 0; i < Lanes.MOST / 2; i++) {
            send(200);
        }
        assertThat(lanes.open()).isEqualTo(Lanes.MOST / 2 + 1);

        for (int i = 0; i < 10_000; i++) {
            send(200);
        }
        assertThat(lanes.open()).isEqualTo(Lanes.MOST);
    }

    @Test
    void oneAlwaysStaysOpen() throws IOException {
        for (int i = 0; i < 20; i++) {
            send(503);
        }

        assertThat(lanes.open()).isEqualTo(1);
    }

    @Test
    void noMoreAreUnderWayThanAreOpen() throws Exception {
        send(503);
        send(503);
        send(503);
        var underWay = new AtomicInteger();
        var most = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 100; i++) {
                threads.execute(() -> {
                    try {
                        lanes.send(() -> {
                            most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                            LockSupport.parkNanos(100_000);
                            underWay.decrementAndGet();
                            return new Status(500);
                        });
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
            }
        }

        // it has only ever grown meanwhile
        assertThat(most.get()).isBetween(1, lanes.open());
        assertThat(lanes.open()).isLessThan(Lanes.MOST);
        assertThat(underWay.get()).isZero();
    }

    @Test
    void whoWaitsCanBeStopped() throws Exception {
        for (int i = 0; i < 20; i++) {
            send(503);
        }
        var taken = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var first = Thread.ofVirtual().start(() -> {
            try {
                lanes.send(() -> {
                    taken.countDown();
                    await(goOn);
                    return new Status(200);
                });
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        taken.await();

        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> send(200)).isInstanceOf(InterruptedIOException.class);
        assertThat(Thread.interrupted()).isTrue();

        goOn.countDown();
        first.join();
        send(200);
    }

    @Test
    void aRequestWithoutAnAnswerTellsNothing() throws IOException {
        send(503);
        for (int i = 0; i < Lanes.MOST; i++) {
            assertThatThrownBy(() -> lanes.send(() -> {
                        throw new IOException("reset");
                    }))
                    .hasMessage("reset");
        }

        assertThat(lanes.open()).isEqualTo(Lanes.MOST / 2);
    }

    @Test
    void whoWaitsTooLongIsSentAwayToSignAnew() throws IOException {
        var impatient = new Lanes(Duration.ofMillis(1));
        for (int i = 0; i < 20; i++) {
            impatient.send(() -> new Status(503)).close();
        }

        impatient.send(() -> {
            assertThatThrownBy(() -> impatient.send(() -> new Status(200)))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(InterruptedIOException.class)
                    .hasMessageContaining("too slowly");
            return new Status(200);
        });

        // it gave no lane back that it never had
        assertThat(impatient.open()).isEqualTo(2);
    }

    @Test
    void whoeverPublishesToABucketSharesItsLanes() throws IOException {
        var all = new Lanes.ToBuckets();
        var one = all.to("127.0.0.1/a");
        one.send(() -> new Status(503));

        assertThat(all.to("127.0.0.1/a")).isSameAs(one);
        assertThat(all.to("127.0.0.1/b").open()).isEqualTo(Lanes.MOST);
    }

    private void send(int status) throws IOException {
        lanes.send(() -> new Status(status)).close();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// An answer of nothing but its status.
    private record Status(int status) implements Answer {
        @Override
        public Optional<String> header(String name) {
            return Optional.empty();
        }

        @Override
        public List<String> headers(String name) {
            return List.of();
        }

        @Override
        public List<Header> allHeaders() {
            return List.of();
        }

        @Override
        public InputStream body() {
            return InputStream.nullInputStream();
        }

        @Override
        public byte[] bytes(int atMost) {
            return new byte[0];
        }

        @Override
        public void close() {
            // nothing was opened
        }
    }
}
