package ferry.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A user is deleted, and a canary that was its identifier, its account and the name of its files is nowhere.
class ErasureTest {
    private static final String CANARY = "aviary-7141";

    private final CanarySource source = new CanarySource(CANARY);
    private TestApp app;
    private Client client;

    @BeforeEach
    void start() {
        app = TestApp.start(setup -> setup.connector(source));
        client = app.client();
        client.storage("local://bucket/results");
    }

    @AfterEach
    void stop() {
        app.close();
    }

    private JsonNode session(String user) {
        var session = client.session(user, CanarySource.TYPE, CANARY + "@example.org", "'password': 'x'");
        assertThat(session.at("/state").asString()).isEqualTo("active");
        return session;
    }

    private JsonNode poll(JsonNode session) {
        return client.completedPoll(
                session.at("/id").asString(), "'data_types': ['canary.photos'], 'file_types': ['canary.file']");
    }

    @Test
    void nothingOfADeletedUserIsLeftInAnyTable() {
        var user = client.user(CANARY);
        var session = session(user);
        var poll = poll(session);
        assertThat(poll.at("/results/total_count").asInt()).isEqualTo(2);
        assertThat(places())
                .contains("end_user.identifier", "source.identifier", "result.url", "event.body", "poll_error.message");

        var answer = client.delete("/users/" + user).expect(200);

        assertThat(answer.at("/state").asString()).isEqualTo("deleted");
        assertThat(answer.at("/identifier").isNull()).isTrue();
        assertThat(answer.at("/id").asString()).isEqualTo(user);
        assertThat(client.get("/users/" + user).status()).isEqualTo(404);
        assertThat(client.get("/users").text("/total_count")).isEqualTo("0");
        Eventually.eventually("everything is gone", () -> places().isEmpty() && users() == 0);
        for (var path : List.of(
                "/users/" + user,
                "/sources/" + session.at("/source").asString(),
                "/sessions/" + session.at("/id").asString(),
                "/polls/" + poll.at("/id").asString(),
                "/tasks/" + poll.at("/tasks_completed/0").asString(),
                "/results/" + poll.at("/results/data/0/id").asString())) {
            assertThat(client.get(path).status()).as(path).isEqualTo(404);
        }
        for (var list : List.of("/users", "/sources", "/sessions", "/polls", "/results", "/tasks?user=" + user)) {
            assertThat(client.get(list).text("/total_count")).as(list).isEqualTo("0");
        }
        assertThat(client.delete("/users/" + user).status()).isEqualTo(404);
        Eventually.eventually("signing out at the source", () -> source.signOuts() == 1);
        Eventually.eventually("the sign-out's payload goes", () -> places().isEmpty());
    }

    @Test
    void whatWouldAnswerARepeatGoesToo() {
        var user = client.user(CANARY);
        var session = Client.send(client.request("/sessions")
                        .header("Idempotency-Key", "session")
                        .header("Ricloud-Await", "10")
                        .POST(BodyPublishers.ofString("{\"source\": {\"user\": \"" + user + "\", \"type\": \""
                                + CanarySource.TYPE + "\", \"identifier\": \"" + CANARY
                                + "\"}, \"payload\": {\"password\": \"x\"}}")))
                .expect(201)
                .at("/id")
                .asString();
        Client.send(client.request("/polls")
                        .header("Idempotency-Key", "poll")
                        .header("Ricloud-Await", "10")
                        .POST(BodyPublishers.ofString("{\"session\": \"" + session
                                + "\", \"payload\": {\"data_types\": [\"canary.photos\"]}}")))
                .expect(201);
        assertThat(keyed()).isEqualTo(2);

        client.delete("/users/" + user).expect(200);

        Eventually.eventually("what answers repeats is erased", () -> keyed() == 0);
    }

    private long keyed() {
        return app.db()
                .system(tx -> tx.createQuery("select count(*) from resend where keyed")
                        .mapTo(long.class)
                        .one());
    }

    @Test
    void nothingIsLeftWhereRetentionHasDeletedThePollsBefore() {
        RetentionTest.catchUp(app);
        var user = client.user(CANARY);
        var poll = poll(session(user));
        client.settled(
                "/polls/" + poll.at("/id").asString(),
                shown -> !shown.at("/manifest").isNull());
        app.clock().advance(Duration.ofDays(31));
        assertThat(bodiesOf("poll", "task", "result")).anyMatch(body -> body.contains(CANARY));
        new Retention(
                        app.db(),
                        app.clock(),
                        new Retention.Settings(
                                Optional.of(Duration.ofDays(30)), Optional.empty(), Optional.empty(), Optional.empty()),
                        Optional.empty())
                .runDue();

        assertThat(bodiesOf("poll", "task", "result")).isNotEmpty().noneMatch(body -> body.contains(CANARY));
        client.delete("/users/" + user).expect(200);

        Eventually.eventually("everything is gone", () -> places().isEmpty() && users() == 0);
    }

    @Test
    void usersThatCannotBeErasedHoldUpNoOther() {
        client.user("the one whose organisation and key the others have");
        app.db().systemDo(tx -> tx.execute("""
                        with users as (
                          insert into end_user (organisation, key, state, date_deleted, date_created)
                          select organisation, key, 'deleted', 'epoch', 'epoch' from end_user, generate_series(1, 120)
                          returning *),
                        sources as (
                          insert into source (organisation, end_user, type, identifier, date_created)
                          select organisation, id, 'mocks.mock', 'x', 'epoch' from users returning *)
                        insert into session (id, organisation, key, end_user, source, state, access, date_created,
                                             date_used)
                        select gen_random_uuid(), s.organisation, u.key, u.id, s.id, 'active', '\\x00', 'epoch', now()
                          from sources s join users u on u.id = s.end_user
                        """));
        var user = client.user(CANARY);
        poll(session(user));

        client.delete("/users/" + user).expect(200);

        Eventually.eventually("the last one's turn comes", () -> places().isEmpty());
        assertThat(users()).isEqualTo(121);
    }

    @Test
    void whatTheUserUsedOfLimitsGoes() {
        var user = client.user(CANARY);
        app.db()
                .systemDo(tx -> tx.execute("insert into scope_use values (1, 's', 'user', " + user
                        + ", 'ever', 'epoch', null, 1), (1, 's', 'key', " + user + ", 'ever', 'epoch', null, 1)"));

        client.delete("/users/" + user).expect(200);

        Eventually.eventually("the user is gone", () -> users() == 0);
        var left = app.db()
                .system(tx -> tx.createQuery("select level from scope_use where scope = 's'")
                        .mapTo(String.class)
                        .list());
        assertThat(left).containsExactly("key");
    }

    @Test
    void theAuditLogKeepsTheNumberAlone() {
        var user = client.user(CANARY);
        poll(session(user));
        client.delete("/users/" + user).expect(200);

        var kept = app.db()
                .system(tx -> tx.createQuery("select subject from audit where action = 'user.delete'")
                        .mapTo(String.class)
                        .list());
        assertThat(kept).containsExactly("user/" + user);
    }

    @Test
    void whatWasPublishedStaysInTheOrganisationsBucket() {
        var user = client.user(CANARY);
        var poll = poll(session(user));
        var object = Path.of(poll.at("/results/data/0/url").asString().replace("local://", ""));

        client.delete("/users/" + user).expect(200);
        Eventually.eventually("the user is gone", () -> users() == 0);

        assertThat(Files.exists(object)).isTrue();
    }

    @Test
    void theManifestGoesTooWhereObjectsAreCleaned() {
        var month = Optional.of(Duration.ofDays(30));
        var results = new Retention.Settings(Optional.empty(), Optional.empty(), month, Optional.empty());
        try (var cleaning = TestApp.start(setup -> setup.connector(source).retention(results))) {
            var other = cleaning.client();
            other.storage("local://bucket/results");
            var user = other.user(CANARY);
            var session = other.session(user, CanarySource.TYPE, CANARY + "@example.org", "'password': 'x'");
            var made = other.completedPoll(session.at("/id").asString(), "'data_types': ['canary.photos']");
            var poll = other.settled(
                    "/polls/" + made.at("/id").asString(),
                    shown -> !shown.at("/manifest").isNull());
            var manifest = Path.of(poll.at("/manifest/url").asString().replace("local://", ""));
            assertThat(manifest).exists();

            other.delete("/users/" + user).expect(200);
            Eventually.eventually("the manifest is gone", () -> !Files.exists(manifest));
            Eventually.eventually(
                    "its signature is gone", () -> !Files.exists(manifest.resolveSibling("manifest.json.sig")));
            Eventually.eventually(
                    "its row is gone",
                    () -> cleaning.db()
                                    .<Long>system(tx -> tx.createQuery("select count(*) from manifest")
                                            .mapTo(Long.class)
                                            .one())
                            == 0);
        }
    }

    @Test
    void aManifestGoesTooWhoseWriterDiedBeforeItCouldSayThatItLiesThere() throws Exception {
        var month = Optional.of(Duration.ofDays(30));
        var results = new Retention.Settings(Optional.empty(), Optional.empty(), month, Optional.empty());
        try (var cleaning = TestApp.start(setup -> setup.connector(source).retention(results))) {
            var other = cleaning.client();
            other.storage("local://bucket/results");
            // Whoever writes a manifest gets no further than the bucket.
            var owner = cleaning.logins().owner();
            Jdbi.create(owner.url(), owner.user(), owner.password())
                    .useHandle(tx ->
                            tx.execute("alter table manifest add constraint nobody_says check (state <> 'available')"));
            var user = other.user(CANARY);
            var session = other.session(user, CanarySource.TYPE, CANARY + "@example.org", "'password': 'x'");
            var poll = other.completedPoll(session.at("/id").asString(), "'data_types': ['canary.photos']");
            var feed = Path.of(poll.at("/results/data/0/url").asString().replace("local://", ""));
            var folder = feed.resolve("../../..").normalize();
            Eventually.eventually("it lies there", () -> Files.exists(folder.resolve("manifest.json.sig")));

            other.delete("/users/" + user).expect(200);

            Eventually.eventually("the manifest is gone", () -> !Files.exists(folder.resolve("manifest.json")));
            Eventually.eventually("its signature is gone", () -> !Files.exists(folder.resolve("manifest.json.sig")));
        }
    }

    @Test
    void theIdentifierCanBeUsedForANewUser() {
        var user = client.user(CANARY);
        poll(session(user));
        client.delete("/users/" + user).expect(200);

        var again = client.post("/users", "{'identifier': '" + CANARY + "'}").expect(201);

        assertThat(again.at("/id").asString()).isNotEqualTo(user);
        assertThat(client.get("/sources?user=" + again.at("/id").asString()).text("/total_count"))
                .isEqualTo("0");
        assertThat(poll(session(again.at("/id").asString())).at("/state").asString())
                .isEqualTo("completed");
    }

    @Test
    void otherUsersKeepAllTheyHave() {
        var other = client.session(client.user("other"), CanarySource.TYPE, "else", "'password': 'x'");
        var kept = poll(other);
        var user = client.user(CANARY);
        poll(session(user));

        client.delete("/users/" + user).expect(200);
        Eventually.eventually("the user is gone", () -> users() == 1);

        assertThat(client.get("/polls/" + kept.at("/id").asString())
                        .body()
                        .at("/results/total_count")
                        .asInt())
                .isEqualTo(2);
        assertThat(client.get("/sessions/" + other.at("/id").asString()).text("/state"))
                .isEqualTo("active");
    }

    @Test
    void anothersUserIsNotFound() {
        var user = client.user(CANARY);
        var other = app.organisation("Other", Scopes.ALL).client();

        assertThat(other.delete("/users/" + user).status()).isEqualTo(404);
        assertThat(client.get("/users/" + user).status()).isEqualTo(200);
    }

    @Test
    void aTaskThatGoesOnDelaysItAndWritesNothingAfterwards() {
        var user = client.user(CANARY);
        var session = session(user);
        var poll = client.post("/polls", """
                {'session': '%s', 'payload': {'data_types': ['canary.held'], 'file_types': ['canary.file']}}
                """.formatted(session.at("/id").asString()))
                .expect(201);
        source.awaitReading();

        client.delete("/users/" + user).expect(200);
        assertThat(client.get("/users/" + user).status()).isEqualTo(404);
        assertThat(client.get("/sessions/" + session.at("/id").asString()).text("/state"))
                .isIn("expired", "");
        app.clock().advance(Duration.ofMinutes(11));
        Eventually.eventually(
                "its poll goes",
                () -> client.get("/polls/" + poll.at("/id").asString()).status() == 404);
        source.letGo();

        Eventually.eventually("everything is gone", () -> places().isEmpty());
        assertThat(app.db().<Integer>system(tx -> count(tx, "select count(*) from result")))
                .isZero();
    }

    @Test
    void anErasureWhoseProcessDiedRightAfterTheMarkIsFinishedByTheSweeper() {
        var user = client.user(CANARY);
        poll(session(user));

        app.db()
                .systemDo(tx -> tx.execute(
                        "update end_user set state = 'deleted', identifier = null, date_deleted = now() where id = "
                                + user));

        Eventually.eventually("everything is gone", () -> places().isEmpty());
        assertThat(app.db().<Integer>system(tx -> count(tx, "select count(*) from end_user")))
                .isZero();
    }

    @Test
    void nothingStartsForAUserThatIsMarked() {
        var user = client.user(CANARY);
        var session = session(user);
        client.delete("/users/" + user).expect(200);

        assertThat(client.post("/sessions", """
                                {'source': {'user': '%s', 'type': '%s', 'identifier': 'n'},
                                 'payload': {'password': 'x'}}
                                """.formatted(user, CanarySource.TYPE))
                        .status())
                .isEqualTo(400);
        assertThat(client.post(
                                "/polls",
                                "{'session': '" + session.at("/id").asString()
                                        + "', 'payload': {'data_types': ['canary.photos']}}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void everyTableThatNamesWhatAUserHasIsKnown() {
        var naming =
                app.db().system(tx -> tx.createQuery("""
                                select distinct conrelid::regclass::text from pg_constraint
                                 where contype = 'f'
                                   and confrelid in ('end_user'::regclass, 'source'::regclass, 'session'::regclass,
                                                     'poll'::regclass)
                                """).mapTo(String.class).list());
        assertThat(new TreeSet<>(naming))
                .as("a new table that names these is to be erased in Traces")
                .containsExactly(
                        "cursor",
                        "leftover",
                        "manifest",
                        "open_sign_in",
                        "poll",
                        "poll_error",
                        "result",
                        "session",
                        "source",
                        "subscription");
    }

    private int users() {
        return app.db().<Integer>system(tx -> count(tx, "select count(*) from end_user"));
    }

    private List<String> bodiesOf(String... types) {
        return app.db()
                .system(tx -> tx.createQuery("select body::text from event where type = any(:types)")
                        .bindArray("types", String.class, List.of(types))
                        .mapTo(String.class)
                        .list());
    }

    /// Every column of every table that holds the canary, as text or within bytes.
    private List<String> places() {
        return app.db().system(tx -> {
            var found = new ArrayList<String>();
            for (var column : columns(tx)) {
                if (holds(tx, column)) {
                    found.add(column.table() + "." + column.name());
                }
            }
            return found;
        });
    }

    private record Column(String table, String name, boolean bytes) {}

    private static List<Column> columns(Handle tx) {
        var all = tx.createQuery("""
                        select table_name, column_name, data_type from information_schema.columns
                         where table_schema = 'public'
                        """)
                .map((row, _) -> new Column(
                        row.getString("table_name"),
                        row.getString("column_name"),
                        row.getString("data_type").equals("bytea")))
                .list();
        assertThat(all).hasSizeGreaterThan(80);
        return all;
    }

    private static boolean holds(Handle tx, Column column) {
        var name = "\"" + column.name() + "\"";
        var test = column.bytes()
                ? "position(convert_to(:canary, 'UTF8') in " + name + ") > 0"
                : "position(:canary in " + name + "::text) > 0";
        return tx.createQuery("select exists (select from \"" + column.table() + "\" where " + test + ")")
                .bind("canary", CANARY)
                .mapTo(boolean.class)
                .one();
    }

    private static Integer count(Handle tx, String sql) {
        return tx.createQuery(sql).mapTo(Integer.class).one();
    }
}
