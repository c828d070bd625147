package ferry.poll;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.storage.LocalBuckets;
import ferry.storage.Publishers;
import ferry.storage.StorageConfigs;
import ferry.testing.TestApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LateFeedsTest {
    @Test
    void aFeedThatNeverBecameAResultIsDeletedAndTheResultStays() throws Exception {
        try (var app = TestApp.start()) {
            var client = app.client();
            client.storage("local://late/results");
            var session = client.session(client.user("u"), "mocks.mock", "m", "'password': 'password'");
            var poll = client.completedPoll(session.at("/id").asString(), "'data_types': ['mocks.notes']");
            var published = Path.of(poll.at("/results/data/0/url").asString().replace("local://", ""));
            var late = Files.writeString(published.resolveSibling("2.json"), "late");
            // The third attempt settled; it found what the first had recorded.
            app.db().systemDo(tx -> tx.execute("update task set attempt = 3 where type = 'data'"));

            var sweeper = new LateFeeds(app.db(), new StorageConfigs(app.clock()), publishers(app), app.clock());
            sweeper.sweep(Duration.ofDays(1));

            assertThat(late).doesNotExist();
            assertThat(published).exists();
        }
    }

    @Test
    void whatWasPublishedOfAUserThatIsBeingErasedStays() throws Exception {
        try (var app = TestApp.start()) {
            var client = app.client();
            client.storage("local://erased/results");
            var session = client.session(client.user("u"), "mocks.mock", "m", "'password': 'password'");
            var poll = client.completedPoll(session.at("/id").asString(), "'data_types': ['mocks.notes']");
            var published = Path.of(poll.at("/results/data/0/url").asString().replace("local://", ""));
            // Results go before tasks.
            app.db()
                    .systemDo(tx -> tx.execute("update task set attempt = 3 where type = 'data'; delete from result;"
                            + " update end_user set state = 'deleted', identifier = null, date_deleted = now()"));

            new LateFeeds(app.db(), new StorageConfigs(app.clock()), publishers(app), app.clock())
                    .sweep(Duration.ofDays(1));

            assertThat(published).exists();
        }
    }

    @Test
    void aTaskThatEndedLongAgoIsLeftAlone() throws Exception {
        try (var app = TestApp.start()) {
            var client = app.client();
            client.storage("local://old/results");
            var session = client.session(client.user("u"), "mocks.mock", "m", "'password': 'password'");
            var poll = client.completedPoll(session.at("/id").asString(), "'data_types': ['mocks.notes']");
            var published = Path.of(poll.at("/results/data/0/url").asString().replace("local://", ""));
            var other = Files.writeString(published.resolveSibling("2.json"), "not looked for any more");
            app.db().systemDo(tx -> tx.execute("update task set attempt = 3 where type = 'data'"));
            app.clock().advance(Duration.ofDays(2));

            new LateFeeds(app.db(), new StorageConfigs(app.clock()), publishers(app), app.clock())
                    .sweep(Duration.ofDays(1));

            assertThat(other).exists();
        }
    }

    private static Publishers publishers(TestApp app) throws IOException {
        return Publishers.local(
                Optional.of(new Publishers.Local(app.buckets().toRealPath(), app.db(), new LocalBuckets(app.clock()))));
    }
}
