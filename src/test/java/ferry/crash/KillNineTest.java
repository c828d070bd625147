package ferry.crash;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Account;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.SecondFactor;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// `kill -9` of the server in the middle of a poll, then the same start again.
class KillNineTest {
    private static final int PHOTOS = 80;
    /// In the shared library that an account of so many takes part in.
    private static final int SHARED = 6;
    private static final String BIG = "big@sandbox.example";
    private static final int PHOTOS_OF_BIG = 100_000;
    private static final int KILLS = 20;
    private static final int KILLS_OF_ONE_POLL = 10;

    @Test
    void aKilledServersPollCompletesWithoutAnythingMissingOrDoubleAndWithoutASecondSignIn() throws Exception {
        var photos = "'data_types': ['icpl.photos'], 'file_types': ['icpl.photos.original']";
        var shelf = new Account(
                "shelf@sandbox.example",
                7,
                "Shelf",
                "Sandbox",
                new SecondFactor.None(),
                Set.of(),
                new LibrarySpec(7, PHOTOS));
        try (var killed = new KilledPoll(
                sandbox -> sandbox.accounts().add(shelf), "shelf@sandbox.example", Duration.ofMillis(20))) {
            var poll = killed.ask(photos);
            killed.awaitDownloads(PHOTOS / 4);

            killed.killAndStart();

            assertThat(killed.state(poll)).isEqualTo("processing");
            var completed = killed.completed(poll);
            var undisturbed = killed.ask(photos);
            var other = killed.completed(undisturbed);
            killed.killAndStart();
            assertThat(killed.problems(poll)).isEmpty();
            assertThat(killed.problems(undisturbed)).isEmpty();
            assertThat(killed.feed(completed)).hasSize(PHOTOS + SHARED).isEqualTo(killed.feed(other));
            var results = killed.results(poll);
            var expected = killed.results(undisturbed);
            // Nothing in a feed but its cursor tells when or by which attempt it was made: even its bytes are the same.
            assertThat(results).isEqualTo(expected);
            assertThat(killed.errors(poll)).isEqualTo(killed.errors(undisturbed));
            assertThat(killed.signIns()).isEqualTo(1);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
    void twentyKillsInTheMiddleOfPollsOverAHundredThousandPhotos() throws Exception {
        var dice = new Random(9);
        try (var killed = new KilledPoll(_ -> {}, BIG, Duration.ZERO)) {
            for (int kill = 0; kill < KILLS; ) {
                var poll = killed.ask("'data_types': ['icpl.photos']");
                for (int again = 0; again < KILLS_OF_ONE_POLL && kill < KILLS; again++) {
                    kill++;
                    int pages = 3 + dice.nextInt(60);
                    killed.awaitPages(pages);
                    assertThat(killed.state(poll)).isEqualTo("processing");
                    long start = System.nanoTime();
                    var started = killed.killAndStart();
                    killed.awaitPages(1);
                    System.out.printf(
                            "kill %2d after %2d pages of poll %s: answers again after %.1f s, its task moves after"
                                    + " %.1f s; sign-ins so far %d%n",
                            kill,
                            pages,
                            poll,
                            started.toMillis() / 1e3,
                            (System.nanoTime() - start) / 1e9,
                            killed.signIns());
                }
                var completed = killed.completed(poll);
                assertThat(killed.feed(completed)).hasSize(PHOTOS_OF_BIG);
                assertThat(killed.results(poll)).hasSize(1);
                assertThat(killed.signIns()).isEqualTo(1);
                System.out.printf("poll %s: completed, %d photos, none missing or double%n", poll, PHOTOS_OF_BIG);
            }
        }
    }
}
