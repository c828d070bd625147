package ferry.crash;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Account;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.SecondFactor;
import ferry.storage.StorageConfigs;
import ferry.storage.s3.UnfinishedParts;
import ferry.testing.TestApp;
import ferry.testing.TestS3;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// `kill -9` of the server while it publishes photos to S3, then the same start again. Run by `bench/publish-crash`.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class BucketKillNineTest {
    private static final String SHELF = "shelf@sandbox.example";
    private static final int PHOTOS = 400;
    /// In the shared library that an account of so many takes part in.
    private static final int SHARED = 6;
    /// The newest of all, so that each poll begins with it: an upload in three parts.
    private static final long FILM = 20_000_000;

    private static final int KILLS = 10;
    private static final int KILLS_OF_ONE_POLL = 4;

    /// The server's own sweeper waits for a day; another service with the same bucket has the clock that a test may
    /// move.
    private static void sweepADayLater(TestS3 s3) throws Exception {
        try (var app = TestApp.start()) {
            var client = app.client();
            var config = client.post("/configs/storage", """
                    {'url': 's3://killed/results', 'endpoint': '%s',
                     'credentials': {'access_key_id': '%s', 'secret_access_key': '%s'}}
                    """.formatted(
                            s3.url(), TestS3.KEYS.id(), TestS3.KEYS.secret().reveal()))
                    .expect(201)
                    .at("/id")
                    .asString();
            client.settled(
                    "/configs/storage/" + config,
                    it -> it.at("/state").asString().equals("valid"));
            new UnfinishedParts(
                            app.db(),
                            new StorageConfigs(InstantSource.system()),
                            app.publishers(),
                            () -> Instant.now().plus(Duration.ofDays(1)).plusSeconds(60))
                    .sweep(Duration.ofDays(1));
        }
    }

    @Test
    void tenKillsWhilePhotosArePublishedToS3() throws Exception {
        var dice = new Random(4);
        var shelf = new Account(
                SHELF, 7, "Shelf", "Sandbox", new SecondFactor.None(), Set.of(), new LibrarySpec(7, PHOTOS));
        try (var s3 = TestS3.start("first");
                var killed = new KilledPoll(
                        sandbox -> {
                            sandbox.accounts().add(shelf);
                            sandbox.photos().of(shelf).addFilm(FILM);
                        },
                        SHELF,
                        Duration.ofMillis(20),
                        _ -> Store.S3.in(s3, "killed"))) {
            var left = new TreeSet<String>();
            for (int kill = 0; kill < KILLS; ) {
                var poll = killed.ask("'data_types': ['icpl.photos'], 'file_types': ['icpl.photos.original']");
                for (int again = 0; again < KILLS_OF_ONE_POLL && kill < KILLS; again++) {
                    long before = killed.downloads();
                    int parts = killed.store().unfinished();
                    int files = again == 0 ? 0 : 5 + dice.nextInt(60);
                    if (again == 0) {
                        ServerProcess.patiently("the film is on its way", () -> s3.unfinished("killed") > parts);
                    } else {
                        killed.awaitDownloads(before + files);
                    }
                    assertThat(killed.state(poll)).isEqualTo("processing");
                    var started = killed.killAndStart();
                    kill++;
                    System.out.printf(
                            "kill %2d after %2d files of poll %s: answers again after %.1f s%n",
                            kill, files, poll, started.toMillis() / 1e3);
                }
                var completed = killed.completed(poll);
                assertThat(killed.feed(completed)).hasSize(PHOTOS + SHARED + 1);
                // compares each object with its result, and the poll's objects with its results
                var results = killed.results(poll);
                left.addAll(killed.objectsOf(poll));
                System.out.printf(
                        "poll %s: completed, %d results, each with its object and no object without%n",
                        poll, results.size());
            }
            assertThat(killed.store().withoutManifests()).isEqualTo(left);
            assertThat(killed.store().unfinished())
                    .as("films that were cut off")
                    .isPositive();
            sweepADayLater(s3);
            assertThat(killed.store().unfinished()).isZero();
            assertThat(killed.signIns()).isEqualTo(1);
        }
    }
}
