package ferry.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Eventually;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SharedReadsTest {
    /// What is there, as it changes.
    private final Map<Integer, String> table = new ConcurrentHashMap<>(Map.of(1, "one", 2, "two", 3, "three"));

    private final ConcurrentLinkedQueue<Set<Integer>> reads = new ConcurrentLinkedQueue<>();
    private final CountDownLatch slow = new CountDownLatch(1);
    private final SharedReads<String, Integer, String> shared = new SharedReads<>(this::read);

    /// The first read of the group `slow` lasts until the test says so; it has read by then.
    private Map<Integer, String> read(String group, Set<Integer> keys) {
        var found = keys.stream().filter(table::containsKey).collect(Collectors.toMap(key -> key, table::get));
        reads.add(keys);
        if (group.equals("slow")) {
            try {
                slow.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (keys.contains(13)) {
            throw new IllegalArgumentException("no thirteen");
        }
        return found;
    }

    @Test
    void oneThatIsAloneReadsForItself() {
        assertThat(shared.find("a", 1)).contains("one");
        assertThat(shared.find("a", 1)).contains("one");
        assertThat(shared.find("a", 4)).isEmpty();
        assertThat(reads).containsExactly(Set.of(1), Set.of(1), Set.of(4));
    }

    @Test
    void thoseThatComeWhileAReadRunsShareTheNext() {
        var first = asked(1);
        var others = List.of(asked(1), asked(2), asked(2), asked(3), asked(4));
        slow.countDown();
        assertThat(first.join()).contains("one");
        assertThat(others.stream().map(CompletableFuture::join).toList())
                .containsExactly(
                        Optional.of("one"),
                        Optional.of("two"),
                        Optional.of("two"),
                        Optional.of("three"),
                        Optional.empty());
        assertThat(reads).containsExactly(Set.of(1), Set.of(1, 2, 3, 4));
    }

    @Test
    void nobodyIsToldWhatWasReadBeforeItAsked() {
        var before = asked(1);
        table.remove(1);
        var after = asked(1);
        slow.countDown();
        assertThat(before.join()).contains("one");
        assertThat(after.join()).isEmpty();
    }

    @Test
    void anotherGroupDoesNotWait() {
        var first = asked(1);
        assertThat(shared.find("a", 1)).contains("one");
        slow.countDown();
        assertThat(first.join()).contains("one");
    }

    @Test
    void aFailureIsToldToAllWhoAskedAndToNobodyElse() {
        var first = asked(13);
        var second = asked(1);
        slow.countDown();
        assertThatThrownBy(first::join).hasRootCauseMessage("no thirteen");
        assertThat(second.join()).contains("one");
        assertThat(shared.find("slow", 1)).contains("one");
    }

    /// Asks on a thread of its own; returns once that waits or reads.
    private CompletableFuture<Optional<String>> asked(int key) {
        var answer = new CompletableFuture<Optional<String>>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                answer.complete(shared.find("slow", key));
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        Eventually.get(thread::getState, state -> state == Thread.State.WAITING);
        return answer;
    }
}
