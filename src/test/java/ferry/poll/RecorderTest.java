package ferry.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.result.Results;
import ferry.storage.Content;
import ferry.storage.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RecorderTest {
    private static final UUID POLL = new UUID(0, 1);

    private final ConcurrentLinkedQueue<List<String>> batches = new ConcurrentLinkedQueue<>();
    private final AtomicInteger recorded = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private volatile CountDownLatch database = new CountDownLatch(0);

    @Test
    void whatComesWhileTheDatabaseIsBusyIsRecordedTogether() throws Exception {
        database = new CountDownLatch(1);
        try (var recorder = new Recorder(this::batch)) {
            add(recorder, 0);
            var settled = settled(recorder);
            for (int i = 1; i < 50; i++) {
                add(recorder, i);
            }
            assertThat(settled).isNotDone();
            assertThat(recorded).hasValue(0);
            database.countDown();
            settled.join();

            assertThat(recorded).hasValue(50);
            assertThat(batches).hasSizeLessThanOrEqualTo(3);
            assertThat(batches.stream().flatMap(List::stream)).containsExactlyElementsOf(names(50));
        }
    }

    @Test
    void nothingIsSettledBeforeItIsRecorded() throws Exception {
        try (var recorder = new Recorder(this::batch)) {
            recorder.settle();
            for (int i = 0; i < 10; i++) {
                add(recorder, i);
                recorder.settle();
                assertThat(recorded).hasValue(i + 1);
            }
        }
    }

    @Test
    void aTransactionHoldsItsRowForNoMoreThanItsShare() throws Exception {
        database = new CountDownLatch(1);
        try (var recorder = new Recorder(this::batch)) {
            for (int i = 0; i < Recorder.AT_MOST; i++) {
                add(recorder, i);
            }
            database.countDown();
            recorder.settle();
        }

        assertThat(batches).allSatisfy(batch -> assertThat(batch).hasSizeLessThanOrEqualTo(Recorder.AT_ONCE));
        assertThat(recorded).hasValue(Recorder.AT_MOST);
    }

    @Test
    void filesWaitWhileTooManyAreNotRecorded() throws Exception {
        database = new CountDownLatch(1);
        try (var recorder = new Recorder(this::batch)) {
            for (int i = 0; i < Recorder.AT_MOST; i++) {
                add(recorder, i);
            }
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> add(recorder, Recorder.AT_MOST)).isInstanceOf(InterruptedException.class);
            database.countDown();
            recorder.settle();
            add(recorder, Recorder.AT_MOST);
        }

        assertThat(recorded).hasValue(Recorder.AT_MOST + 1);
    }

    @Test
    void whatOneBatchThrowsEverybodyGets() throws Exception {
        try (var recorder = new Recorder(_ -> {
            throw new IllegalArgumentException("the lease is lost");
        })) {
            add(recorder, 0);

            assertThatThrownBy(recorder::settle).hasMessage("the lease is lost");
            assertThatThrownBy(recorder::settle).hasMessage("the lease is lost");
            assertThatThrownBy(recorder::throwFailure).hasMessage("the lease is lost");
            assertThatThrownBy(() -> add(recorder, 1)).hasMessage("the lease is lost");
        }

        assertThat(recorded).hasValue(0);
        assertThat(lost).hasValue(1);
    }

    /// What lies in the bucket should have its result, whatever stops the task.
    @Test
    void closingRecordsWhatIsLeftEvenWhereTheThreadIsStopped() throws Exception {
        database = new CountDownLatch(1);
        var recorder = new Recorder(this::batch);
        for (int i = 0; i < 5; i++) {
            add(recorder, i);
        }
        Thread.ofVirtual().start(database::countDown);
        Thread.currentThread().interrupt();

        recorder.close();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(recorded).hasValue(5);
    }

    private void batch(List<Results.Published> objects) {
        try {
            database.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        batches.add(objects.stream().map(Results.Published::identifier).toList());
    }

    private void add(Recorder recorder, int number) throws InterruptedException {
        recorder.add(published(number), done -> (done ? recorded : lost).incrementAndGet());
    }

    private static CompletableFuture<Boolean> settled(Recorder recorder) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                recorder.settle();
                return true;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static List<String> names(int count) {
        return new ArrayList<>(
                IntStream.range(0, count).mapToObj(i -> "file:" + i).toList());
    }

    private static Results.Published published(int number) {
        return new Results.Published(
                POLL,
                POLL,
                1,
                "file:" + number,
                Optional.empty(),
                "key",
                "s3://bucket/key",
                new Stored(1, "md5"),
                new Content(1, "md5", "sha256"),
                Optional.empty());
    }
}
