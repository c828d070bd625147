package ferry.poll;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.storage.Intake;
import ferry.storage.ObjectKey;
import ferry.storage.Publisher;
import ferry.storage.StorageConfigs;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.FakeGcs;
import ferry.testing.TestApp;
import ferry.testing.TestS3;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// In a folder and at both providers: a poll whose task was started twice and left objects that are no results.
class LeftoversTest {
    private static final String ID = "0123456789abcdef0123456789abcdef";
    private static TestApp app;

    @BeforeAll
    static void start() {
        app = TestApp.start();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    /// A poll that is over, and the publisher it was published with.
    private record Over(TestApp.Organisation organisation, UUID poll, Publisher publisher) implements AutoCloseable {
        List<String> keys(String prefix) throws Exception {
            var all = new ArrayList<String>();
            publisher.list(prefix, all::add);
            return all;
        }

        /// Writes an object of ten bytes past the service.
        void put(String key) throws Exception {
            try (var intake = Intake.open(publisher, ObjectKey.listed(key), "text/plain")) {
                intake.write(new byte[10], 0, 10);
                intake.commit();
            }
        }

        @Override
        public void close() {
            publisher.close();
        }
    }

    @Test
    void inAFolder() throws Exception {
        assertSwept("Folder", "{'url': 'local://left/results'}");
    }

    @Test
    void inABucketOfS3() throws Exception {
        try (var s3 = TestS3.start("left")) {
            assertSwept("S3", """
                    {'url': 's3://left/results', 'endpoint': '%s',
                     'credentials': {'access_key_id': '%s', 'secret_access_key': '%s'}}
                    """.formatted(
                            s3.url(), TestS3.KEYS.id(), TestS3.KEYS.secret().reveal()));
        }
    }

    @Test
    void inABucketOfGoogle() throws Exception {
        try (var google = FakeGcs.start("left")) {
            var config = "{\"url\": \"gs://left/results\", \"endpoint\": \"" + google.url() + "\", \"credentials\": "
                    + google.serviceAccount() + "}";
            assertSwept("Google", config);

            // what may not be deleted stays, and is not tried for ever
            try (var over = over("Google without", config)) {
                var left = "results/" + over.poll() + "/files/" + ID + "/left.jpg";
                over.put(left);
                google.permit(Set.of("storage.objects.create", "storage.objects.list"));
                expect(over);
                sweep();
                assertThat(over.keys("results/" + over.poll())).contains(left);
                assertThat(looks(over)).contains(1);
            }
        }
    }

    private static void assertSwept(String name, String config) throws Exception {
        try (var over = over(name, config)) {
            var folder = "results/" + over.poll() + "/";
            var results = over.keys(folder);
            assertThat(results).hasSize(3).contains(folder + "manifest.json", folder + "manifest.json.sig");
            var left = List.of(
                    folder + "files/" + ID + "/left.jpg",
                    folder + "forms/" + ID + "/left.vcf",
                    folder + "data/" + ID + "/1.json");
            var theirs = List.of(
                    folder + "notes-of-the-client.txt",
                    "results/" + UUID.randomUUID() + "/files/" + ID + "/another-poll.jpg");
            for (var key : left) {
                over.put(key);
            }
            for (var key : theirs) {
                over.put(key);
            }
            sweep();
            assertThat(over.keys(folder)).as("nobody expects any").containsAll(left);

            expect(over);
            sweep();
            assertThat(over.keys(folder)).containsAll(results).doesNotContainAnyElementsOf(left);
            assertThat(over.keys("results/")).containsAll(theirs);
            assertThat(looks(over)).contains(1);

            // what a stalled worker publishes late
            over.put(left.getFirst());
            sweep();
            assertThat(over.keys(folder)).contains(left.getFirst());
            aDayLater(over);
            sweep();
            assertThat(over.keys(folder)).containsAll(results).doesNotContain(left.getFirst());
            assertThat(looks(over)).isEmpty();
        }
    }

    /// Without results all objects would seem to be such.
    @Test
    void ofAUserThatIsBeingErasedNothingIsDeleted() throws Exception {
        try (var over = over("Erased", "{'url': 'local://erased/results'}")) {
            expect(over);
            var before = over.keys("results/");
            app.db()
                    .systemDo(tx -> tx.createUpdate("delete from result where poll = :poll")
                            .bind("poll", over.poll())
                            .execute());
            app.db()
                    .systemDo(tx -> tx.createUpdate("""
                                    update end_user set state = 'deleted', identifier = null, date_deleted = now()
                                     where organisation = :organisation
                                    """)
                            .bind("organisation", over.organisation().id().value())
                            .execute());

            sweep();

            assertThat(over.keys("results/")).isEqualTo(before);
        }
    }

    private static Over over(String name, String body) throws IOException {
        var organisation = app.organisation("Leftovers " + name, Scopes.ALL);
        var client = organisation.client();
        var config = config(client, body);
        var session = client.session(client.user("u"), "mocks.mock", "m", "'password': 'password'");
        var poll = client.completedPoll(session.at("/id").asString(), "'data_types': ['mocks.notes']");
        var id = poll.at("/id").asString();
        Eventually.get(
                () -> client.get("/polls/" + id).expect(200),
                it -> it.at("/manifest/state").asString("").equals("available"));
        var number = Long.parseLong(config.at("/id").asString());
        var found = app.db()
                .tenant(organisation.id(), tx -> new StorageConfigs(app.clock()).find(tx, organisation.id(), number))
                .orElseThrow();
        try {
            return new Over(organisation, UUID.fromString(id), app.publishers().open(organisation.id(), found));
        } catch (ferry.storage.PublishException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode config(Client client, String body) {
        var id = client.post("/configs/storage", body).expect(201).at("/id").asString();
        var config = client.settled(
                "/configs/storage/" + id, it -> !it.at("/state").asString().equals("new"));
        assertThat(config.at("/state").asString()).as("%s", config).isEqualTo("valid");
        return config;
    }

    /// Completes the poll once more, as one whose task was started twice.
    private static void expect(Over over) {
        var organisation = over.organisation().id();
        app.db().systemDo(tx -> {
            for (var statement : List.of(
                    "update task set attempt = 2 where poll = :poll",
                    "update poll set date_completed = null where id = :poll")) {
                tx.createUpdate(statement).bind("poll", over.poll()).execute();
            }
        });
        boolean completed = app.db()
                .tenant(organisation, tx -> new Polls(app.clock()).completeIfDone(tx, organisation, over.poll()));
        assertThat(completed).isTrue();
        assertThat(looks(over)).contains(0);
    }

    private static void aDayLater(Over over) {
        app.db()
                .systemDo(tx -> tx.createUpdate(
                                "update leftover set date_next = date_next - interval '1 day' where poll = :poll")
                        .bind("poll", over.poll())
                        .execute());
    }

    private static Optional<Integer> looks(Over over) {
        return app.db()
                .system(tx -> tx.createQuery("select looks from leftover where poll = :poll")
                        .bind("poll", over.poll())
                        .mapTo(Integer.class)
                        .findOne());
    }

    private static void sweep() throws Exception {
        new Leftovers(app.db(), new StorageConfigs(app.clock()), app.publishers(), app.clock()).sweep();
    }
}
