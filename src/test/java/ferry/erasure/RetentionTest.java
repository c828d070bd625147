package ferry.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.db.Ids;
import ferry.storage.disk.DiskObjects;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RetentionTest {
    private static final Optional<Duration> MONTH = Optional.of(Duration.ofDays(30));
    private static final Optional<Duration> FOR_EVER = Optional.empty();

    private TestApp app;
    private Client client;
    private String session;

    @BeforeEach
    void start() {
        app = TestApp.start();
        catchUp(app);
        client = app.client();
        client.storage("local://bucket/results");
        session = client.session(client.user("u"), "mocks.mock", "m", "'password': 'password'")
                .at("/id")
                .asString();
    }

    /// Identifiers never go back within a process: where an earlier test was ahead, this one begins there.
    static void catchUp(TestApp app) {
        var newest = Instant.ofEpochMilli(Ids.next(app.clock()).getMostSignificantBits() >>> 16);
        var behind = Duration.between(app.clock().instant(), newest);
        if (behind.isPositive()) {
            app.clock().advance(behind);
        }
    }

    @AfterEach
    void stop() {
        app.close();
    }

    private JsonNode poll() {
        var poll = client.completedPoll(session, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']");
        return client.settled(
                "/polls/" + id(poll), shown -> !shown.at("/manifest").isNull());
    }

    private void run(Retention.Settings settings) {
        new Retention(app.db(), app.clock(), settings, Optional.of(new DiskObjects(real(app.buckets())))).runDue();
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long rows(String table) {
        return app.db()
                .system(tx -> tx.createQuery("select count(*) from " + table)
                        .mapTo(Long.class)
                        .one());
    }

    private static Path object(JsonNode poll) {
        return Path.of(poll.at("/results/data/0/url").asString().replace("local://", ""));
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    @Test
    void everythingIsKeptForEverUnlessTheOperatorSaysOtherwise() {
        var poll = poll();
        app.clock().advance(Duration.ofDays(400));
        long events = rows("event");
        run(Retention.Settings.KEEP);

        assertThat(client.get("/polls/" + id(poll)).status()).isEqualTo(200);
        assertThat(rows("event")).isGreaterThanOrEqualTo(events);
        assertThat(object(poll)).exists();
    }

    @Test
    void anOldPollGoesAsAWholeAndAYoungOneStaysAsAWhole() {
        var old = poll();
        // The session outlives the month only because nobody lets it expire here.
        app.db().systemDo(tx -> tx.execute("update session set date_used = date_used + interval '100 days'"));
        app.clock().advance(Duration.ofDays(31));
        var young = poll();
        long audited = rows("audit");

        run(new Retention.Settings(MONTH, FOR_EVER, FOR_EVER, FOR_EVER));

        assertThat(client.get("/polls/" + id(old)).status()).isEqualTo(404);
        assertThat(client.get("/tasks/" + old.at("/tasks_completed/0").asString())
                        .status())
                .isEqualTo(404);
        assertThat(client.get("/results?poll=" + id(old)).text("/total_count")).isEqualTo("0");
        var shown = client.get("/polls/" + id(young)).expect(200);
        assertThat(shown.at("/results/total_count").asInt()).isEqualTo(4);
        assertThat(shown.at("/tasks_completed").size()).isEqualTo(1);
        assertThat(client.get("/tasks?type=session.initialise").text("/total_count"))
                .isEqualTo("0");
        assertThat(client.get("/sessions/" + session).text("/state")).isEqualTo("active");
        assertThat(rows("audit")).isEqualTo(audited);
        assertThat(object(old)).as("an object outlives its row").exists();
    }

    @Test
    void aManifestGoesWithTheLastOfItsPollsObjects() {
        var poll = poll();
        var manifest = Path.of(poll.at("/manifest/url").asString().replace("local://", ""));
        var signature = Path.of(poll.at("/manifest/signature_url").asString().replace("local://", ""));
        app.clock().advance(Duration.ofDays(31));
        var last = poll.at("/results/data/3/id").asString();
        app.db()
                .systemDo(tx -> tx.createUpdate("update result set id = :young where id = cast(:id as uuid)")
                        .bind("young", Ids.next(app.clock()))
                        .bind("id", last)
                        .execute());
        run(new Retention.Settings(FOR_EVER, FOR_EVER, MONTH, FOR_EVER));
        assertThat(object(poll)).doesNotExist();
        assertThat(manifest).as("something it names is still there").exists();

        app.clock().advance(Duration.ofDays(31));
        run(new Retention.Settings(FOR_EVER, FOR_EVER, MONTH, FOR_EVER));

        assertThat(manifest).doesNotExist();
        assertThat(signature).doesNotExist();
        assertThat(client.get("/polls/" + id(poll)).text("/manifest/state")).isEqualTo("expired");
    }

    @Test
    void aPollWhoseManifestIsYetToBeWrittenStaysWhole() {
        var poll = poll();
        app.db()
                .systemDo(tx -> tx.createUpdate("""
                        update manifest set state = 'pending', writing = false, date_next = :later
                         where poll = cast(:poll as uuid)
                        """)
                        .bind("later", app.clock().instant().plus(Duration.ofDays(365)))
                        .bind("poll", id(poll))
                        .execute());
        app.clock().advance(Duration.ofDays(31));

        run(new Retention.Settings(MONTH, FOR_EVER, FOR_EVER, FOR_EVER));

        assertThat(client.get("/polls/" + id(poll)).expect(200).at("/results/total_count"))
                .isEqualTo(poll.at("/results/total_count"));
        app.db()
                .systemDo(tx -> tx.createUpdate(
                                "update manifest set state = 'available' where poll = cast(:poll as uuid)")
                        .bind("poll", id(poll))
                        .execute());
        run(new Retention.Settings(MONTH, FOR_EVER, FOR_EVER, FOR_EVER));
        assertThat(client.get("/polls/" + id(poll)).status()).isEqualTo(404);
    }

    @Test
    void aPollThatIsNotCompletedStays() {
        var poll = poll();
        app.clock().advance(Duration.ofDays(31));
        app.db().systemDo(tx -> tx.execute("update poll set date_completed = null"));

        run(new Retention.Settings(MONTH, FOR_EVER, FOR_EVER, FOR_EVER));

        assertThat(client.get("/polls/" + id(poll)).status()).isEqualTo(200);
    }

    @Test
    void oldEventsGo() {
        poll();
        app.clock().advance(Duration.ofDays(29));
        long before = rows("event");
        run(new Retention.Settings(FOR_EVER, MONTH, FOR_EVER, FOR_EVER));
        assertThat(rows("event")).isGreaterThanOrEqualTo(before).isPositive();

        app.clock().advance(Duration.ofDays(2));
        inNoLine();
        run(new Retention.Settings(FOR_EVER, MONTH, FOR_EVER, FOR_EVER));
        assertThat(rows("event")).isLessThan(before);
    }

    @Test
    void anOrganisationHasItsOwnEventsForgottenEarlier() {
        poll();
        var other = app.organisation("Other", Scopes.ALL).client();
        other.session(other.user("u"), "mocks.mock", "m", "'password': 'password'");
        client.post("/organisation", "{'event_retention': 864000}").expect(200);
        app.clock().advance(Duration.ofDays(9));
        inNoLine();
        long before = rows("event");
        run(Retention.Settings.KEEP);
        assertThat(rows("event")).isEqualTo(before);
        app.clock().advance(Duration.ofDays(2));
        inNoLine();
        run(Retention.Settings.KEEP);
        assertThat(rows("event where organisation = 1 and type <> 'session'")).isZero();
        assertThat(other.get("/events").text("/total_count")).isNotEqualTo("0");
    }

    @Test
    void noOrganisationKeepsItsEventsLongerThanTheOperator() {
        var month = new Retention.Settings(FOR_EVER, MONTH, FOR_EVER, FOR_EVER);
        try (var bounded = TestApp.start(setup -> setup.retention(month))) {
            assertThat(bounded.client()
                            .post("/organisation", "{'event_retention': 2592001}")
                            .text("/params/event_retention/0"))
                    .isEqualTo("is more than 2592000 seconds");
            assertThat(bounded.client()
                            .post("/organisation", "{'event_retention': 2592000}")
                            .text("/event_retention"))
                    .isEqualTo("2592000");
            assertThat(bounded.client()
                            .post("/organisation", "{'event_retention': null}")
                            .expect(200)
                            .get("event_retention")
                            .isNull())
                    .isTrue();
        }
    }

    @Test
    void anEventThatWaitsToBeSentStays() {
        poll();
        inNoLine();
        app.db().systemDo(tx -> tx.execute("update delivery set line = 'waiting', config = 7, due = 'infinity'"));
        app.clock().advance(Duration.ofDays(31));
        long before = rows("event");

        run(new Retention.Settings(FOR_EVER, MONTH, FOR_EVER, FOR_EVER));

        assertThat(rows("event")).isGreaterThanOrEqualTo(before).isPositive();
    }

    private void inNoLine() {
        Eventually.eventually("every event has its place", () -> rows("delivery where line is not null") == 0);
    }

    @Test
    void aTokenThatIsOverGoes() {
        app.db()
                .systemDo(tx -> tx.execute("insert into key_token (hash, organisation, key, date_expires)"
                        + " select '\\x01', organisation, key, 'epoch' from key_token limit 1"));
        long tokens = rows("key_token");

        run(Retention.Settings.KEEP);

        assertThat(rows("key_token")).isEqualTo(tokens - 1);
        assertThat(client.get("/users").status()).isEqualTo(200);
    }

    @Test
    void anOldLocalObjectIsDeletedAndItsResultSaysSo() {
        var poll = poll();
        var result = "/results/" + poll.at("/results/data/0/id").asString();
        app.clock().advance(Duration.ofDays(29));
        run(new Retention.Settings(FOR_EVER, FOR_EVER, MONTH, FOR_EVER));
        assertThat(client.get(result).text("/state")).isEqualTo("available");

        app.clock().advance(Duration.ofDays(2));
        run(new Retention.Settings(FOR_EVER, FOR_EVER, MONTH, FOR_EVER));

        var shown = client.get(result).body();
        assertThat(shown.at("/state").asString()).isEqualTo("expired");
        assertThat(shown.at("/date_deleted").asString()).startsWith("20");
        assertThat(shown.at("/signed_url").isNull()).isTrue();
        assertThat(object(poll)).doesNotExist();
        assertThat(client.get("/results?state=expired").text("/total_count")).isEqualTo("4");
    }

    @Test
    void anObjectInABucketThatIsNotOursIsNeverCleaned() {
        var poll = poll();
        app.db().systemDo(tx -> tx.execute("update result set url = replace(url, 'local:', 's3:')"));
        app.clock().advance(Duration.ofDays(400));

        run(new Retention.Settings(FOR_EVER, FOR_EVER, MONTH, FOR_EVER));

        assertThat(client.get("/results?state=available").text("/total_count")).isEqualTo("4");
        assertThat(Files.exists(object(poll))).isTrue();
    }

    @Test
    void aPollWaitsForItsObjectsToBeCleaned() {
        var poll = poll();
        app.clock().advance(Duration.ofDays(31));
        run(new Retention.Settings(MONTH, FOR_EVER, Optional.of(Duration.ofDays(60)), FOR_EVER));
        assertThat(client.get("/polls/" + id(poll)).status()).isEqualTo(200);

        app.clock().advance(Duration.ofDays(30));
        run(new Retention.Settings(MONTH, FOR_EVER, Optional.of(Duration.ofDays(60)), FOR_EVER));
        assertThat(client.get("/polls/" + id(poll)).status()).isEqualTo(404);
        assertThat(object(poll)).doesNotExist();
    }

    @Test
    void anExpiredKeyGoesOnceNothingNamesIt() {
        var named = app.key(app.first());
        named.user("made by the key");
        app.key(app.first());
        app.db()
                .systemDo(
                        tx -> tx.execute(
                                "update api_key set state = 'expired', date_expires = date_created where id > 1 and organisation = 1"));
        long keys = rows("api_key");
        app.clock().advance(Duration.ofDays(31));

        run(new Retention.Settings(FOR_EVER, FOR_EVER, FOR_EVER, MONTH));

        assertThat(rows("api_key")).isEqualTo(keys - 1);
        assertThat(client.get("/users").text("/total_count")).isEqualTo("2");
    }
}
