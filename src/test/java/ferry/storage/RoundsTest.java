package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RoundsTest {
    private final ConcurrentLinkedQueue<String> done = new ConcurrentLinkedQueue<>();

    private record One(long config, String name) {}

    @Test
    void aConfigThatFailsIsLeftForTheNextTimeAndOneThatHangsHoldsUpNoOther() throws Exception {
        var all = List.of(
                new One(1, "refused"),
                new One(2, "hangs"),
                new One(1, "not tried"),
                new One(3, "a"),
                new One(3, "broken"),
                new One(4, "b"),
                new One(4, "c"));
        var others = new CountDownLatch(3);
        Rounds.make("objects", all, One::config, one -> {
            switch (one.name()) {
                case "refused" -> throw new PublishException.Refused("no", null);
                case "broken" -> throw new IllegalStateException("broken");
                case "hangs" -> others.await();
                default -> others.countDown();
            }
            done.add(one.name());
        });

        assertThat(done).containsExactlyInAnyOrder("hangs", "a", "b", "c");
    }

    @Test
    void whoIsStoppedStopsAll() throws Exception {
        var begun = new CountDownLatch(2);
        var round = Thread.ofVirtual().start(() -> {
            try {
                Rounds.make("objects", List.of(new One(1, "a"), new One(2, "b")), One::config, one -> {
                    begun.countDown();
                    new CountDownLatch(1).await();
                });
            } catch (InterruptedException _) {
                done.add("stopped");
            }
        });
        begun.await();
        round.interrupt();
        round.join();

        assertThat(done).containsExactly("stopped");
    }
}
