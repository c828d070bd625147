package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How an object is cut into parts. What the stores make of them is told by their own tests.
@Timeout(60)
class PartedUploadTest {
    private static final Stored UNSEEN = new Stored(0, "");

    private final Parts parts = new Parts();

    @Test
    void partsAreSentSeveralAtOnce() throws Exception {
        parts.together = new CountDownLatch(3);
        try (var upload = new PartedUpload(parts, new PartBuffers(5))) {
            write(upload, 4 * PartBuffers.PART + 1);
            upload.commit(UNSEEN);
        }

        assertThat(parts.together.getCount()).isZero();
        assertThat(parts.sent).containsOnlyKeys(1, 2, 3, 4, 5);
        assertThat(parts.finished.get()).isEqualTo(1);
    }

    @Test
    void everyPartIsWhatWasWritten() throws Exception {
        try (var upload = new PartedUpload(parts, new PartBuffers(3))) {
            write(upload, 7 * PartBuffers.PART + 100);
            upload.commit(UNSEEN);
        }

        assertThat(parts.sent).hasSize(8);
        parts.sent.forEach((number, first) -> assertThat(first).isEqualTo((byte) (number - 1)));
    }

    @Test
    void whereNoMemoryIsFreeOnePartIsSentAfterTheOther() throws Exception {
        try (var upload = new PartedUpload(parts, new PartBuffers(1))) {
            write(upload, 5 * PartBuffers.PART);
            upload.commit(UNSEEN);
        }

        assertThat(parts.mostAtOnce.get()).isEqualTo(1);
        assertThat(parts.memory).hasSize(1);
    }

    /// However many there are: what they need is what the buffers are.
    @Test
    void largeObjectsWaitForTheirFirstBuffer() throws Exception {
        var buffers = new PartBuffers(1);
        var first = new PartedUpload(parts, buffers);
        write(first, 1024 * 1024 + 1);
        Thread.currentThread().interrupt();
        try (var stopped = new PartedUpload(parts, buffers)) {
            assertThatThrownBy(() -> write(stopped, 1024 * 1024 + 1)).isInstanceOf(InterruptedException.class);
        }
        var others = IntStream.range(0, 20)
                .mapToObj(_ -> CompletableFuture.runAsync(() -> whole(buffers)))
                .toList();
        assertThat(others).noneMatch(CompletableFuture::isDone);
        first.close();
        others.forEach(CompletableFuture::join);

        assertThat(parts.finished.get()).isEqualTo(20);
        assertThat(parts.memory).hasSize(1);
    }

    /// A feed is open while the files it lists are published.
    @Test
    void whatStaysOpenHoldsNoMemoryThatOthersWaitFor() throws Exception {
        var buffers = new PartBuffers(1);
        try (var feed = new PartedUpload(parts, PartBuffers.ofOne())) {
            write(feed, 2 * PartBuffers.PART + 1);
            whole(buffers);
            feed.commit(UNSEEN);
        }

        assertThat(parts.finished.get()).isEqualTo(2);
        assertThat(parts.memory).hasSize(2);
    }

    /// Its uploads hold three of four buffers at most, whatever waits for them.
    @Test
    void aBucketThatHangsLeavesMemoryToOthers() throws Exception {
        var all = new PartBuffers(4);
        var lanes = new Lanes.ToBuckets();
        var hung = lanes.to("hung").share(all);
        var hanging = new Parts();
        hanging.hold = new Semaphore(0);
        var stuck = IntStream.range(0, 8)
                .mapToObj(_ -> Thread.ofVirtual().start(() -> {
                    try (var upload = new PartedUpload(hanging, hung)) {
                        write(upload, 3 * PartBuffers.PART);
                    } catch (Exception _) {
                        // it is stopped in the end
                    }
                }))
                .toList();
        hanging.underWay(3);

        var others = IntStream.range(0, 20)
                .mapToObj(i -> CompletableFuture.runAsync(
                        () -> whole(new Parts(), lanes.to("works " + i % 2).share(all))))
                .toList();
        others.forEach(CompletableFuture::join);

        assertThat(hanging.mostAtOnce.get()).isEqualTo(3);
        stuck.forEach(Thread::interrupt);
        for (var each : stuck) {
            each.join();
        }
        for (int i = 0; i < 4; i++) {
            assertThat(all.takeFree()).isPresent();
        }
        assertThat(all.takeFree()).isEmpty();
    }

    @Test
    void aBucketHasOneBufferAtLeast() throws Exception {
        whole(new PartBuffers(1).ofBucket());

        assertThat(parts.finished.get()).isEqualTo(1);
    }

    private void whole(PartBuffers buffers) {
        whole(parts, buffers);
    }

    private static void whole(LargeObject object, PartBuffers buffers) {
        try (var upload = new PartedUpload(object, buffers)) {
            write(upload, PartBuffers.PART + 1);
            upload.commit(UNSEEN);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void memoryIsGivenBack() throws Exception {
        var buffers = new PartBuffers(4);
        for (int i = 0; i < 3; i++) {
            try (var upload = new PartedUpload(parts, buffers)) {
                write(upload, 6 * PartBuffers.PART);
                if (i % 2 == 0) {
                    upload.commit(UNSEEN);
                }
            }
        }

        for (int i = 0; i < 4; i++) {
            assertThat(buffers.takeFree()).isPresent();
        }
        assertThat(buffers.takeFree()).isEmpty();
        assertThat(parts.memory).hasSizeLessThanOrEqualTo(4);
    }

    @Test
    void aPartThatFailsFailsTheUploadAndTheRestIsGivenUp() throws Exception {
        parts.fails = 2;
        try (var upload = new PartedUpload(parts, new PartBuffers(3))) {
            assertThatThrownBy(() -> {
                        write(upload, 6 * PartBuffers.PART);
                        upload.commit(UNSEEN);
                    })
                    .isInstanceOf(PublishException.Unavailable.class)
                    .hasMessage("part 2");
        }

        assertThat(parts.finished.get()).isZero();
        assertThat(parts.abandoned.get()).isEqualTo(1);
    }

    /// A part that arrived after the others were forgotten would stay in the store.
    @Test
    void nothingIsUnderWayWhenItIsGivenUp() throws Exception {
        parts.hold = new Semaphore(0);
        var upload = new PartedUpload(parts, new PartBuffers(4));
        write(upload, 2 * PartBuffers.PART + 1);

        upload.close();

        assertThat(parts.underWayWhenAbandoned.get()).isZero();
        assertThat(parts.abandoned.get()).isEqualTo(1);
    }

    @Test
    void aRestartForgetsThePartsThatWereSent() throws Exception {
        try (var upload = new PartedUpload(parts, new PartBuffers(4))) {
            write(upload, 3 * PartBuffers.PART);
            upload.restart();
            assertThat(parts.abandoned.get()).isEqualTo(1);
            write(upload, PartBuffers.PART + 1);
            upload.commit(UNSEEN);
        }

        assertThat(parts.begun.get()).isEqualTo(2);
        assertThat(parts.sent).containsOnlyKeys(1, 2);
        assertThat(parts.abandoned.get()).isEqualTo(1);
    }

    /// Each part's bytes are all its number, counted from nought.
    private static void write(PartedUpload upload, int size) throws Exception {
        var piece = new byte[Upload.PIECE];
        for (int done = 0; done < size; ) {
            int length = Math.min(piece.length, size - done);
            Arrays.fill(piece, (byte) (done / PartBuffers.PART));
            upload.write(piece, 0, length);
            done += length;
        }
    }

    /// A store that only counts.
    private static final class Parts implements LargeObject {
        private final ConcurrentSkipListMap<Integer, Byte> sent = new ConcurrentSkipListMap<>();
        private final Set<Integer> memory = ConcurrentHashMap.newKeySet();
        private final AtomicInteger begun = new AtomicInteger();
        private final AtomicInteger underWay = new AtomicInteger();
        private final AtomicInteger mostAtOnce = new AtomicInteger();
        private final AtomicInteger finished = new AtomicInteger();
        private final AtomicInteger abandoned = new AtomicInteger();
        private final AtomicInteger underWayWhenAbandoned = new AtomicInteger();
        private volatile CountDownLatch together = new CountDownLatch(0);
        private volatile Semaphore hold = new Semaphore(Integer.MAX_VALUE);
        private volatile int fails;

        @Override
        public int parallel() {
            return 4;
        }

        @Override
        public void whole(byte[] bytes, int length, Stored measured) {
            throw new IllegalStateException("all of these are larger than a part");
        }

        @Override
        public void begin() {
            begun.incrementAndGet();
        }

        @Override
        public void part(int number, byte[] bytes) throws PublishException, InterruptedException {
            mostAtOnce.accumulateAndGet(underWay.incrementAndGet(), Math::max);
            memory.add(System.identityHashCode(bytes));
            try {
                together.countDown();
                together.await(10, TimeUnit.SECONDS);
                hold.acquire();
                if (number == fails) {
                    throw new PublishException.Unavailable("part " + number, null);
                }
                assertThat(isAll(bytes[0], bytes)).isTrue();
                sent.put(number, bytes[0]);
            } finally {
                underWay.decrementAndGet();
            }
        }

        /// Waits until so many parts are.
        void underWay(int count) {
            while (underWay.get() < count) {
                Thread.onSpinWait();
            }
        }

        private static boolean isAll(byte one, byte[] bytes) {
            for (var each : bytes) {
                if (each != one) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void finish(int number, byte[] bytes, int length, Stored measured) {
            assertThat(underWay.get()).isZero();
            sent.put(number, bytes[0]);
            finished.incrementAndGet();
        }

        @Override
        public void abandon() {
            underWayWhenAbandoned.set(underWay.get());
            sent.clear();
            abandoned.incrementAndGet();
        }
    }
}
