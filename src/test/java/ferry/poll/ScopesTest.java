package ferry.poll;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Client;
import ferry.testing.Client.Answer;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a poll may ask for, and what becomes of what it may not (ricloud-api 7.1 and 11.2, design 4).
class ScopesTest {
    private static final String ICLOUD = "plain@sandbox.example";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static TestApp app;
    private static Client client;
    private static String mock;
    private static String icloud;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
        client.storage("local://scopes/all");
        mock = session(client, "mocks.mock", "m");
        icloud = session(client, "icloud.account", ICLOUD);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static String session(Client of, String type, String identifier) {
        var session = of.session(of.user(identifier), type, identifier, "'password': 'password'");
        assertThat(session.at("/state").asString()).as(session.toString()).isEqualTo("active");
        return session.at("/id").asString();
    }

    /// An organisation that may do just this, configured.
    private static Client scoped(String... scopes) {
        var all = new LinkedHashMap<String, List<Map<String, Object>>>();
        Arrays.stream(scopes).forEach(scope -> all.put(scope, List.of()));
        var number = NUMBER.incrementAndGet();
        var made = app.organisation("Scoped " + number, new Scopes(all)).client();
        made.storage("local://scoped" + number + "/x");
        return made;
    }

    private static Answer poll(Client of, String session, String payload) {
        return of.post("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}");
    }

    private static void assertError(Answer answer, int status, String code, String named) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text("/error")).isEqualTo(code);
        assertThat(answer.text("/message")).contains(named);
    }

    private static String firstFile(Client of, String session) throws Exception {
        var poll = of.completedPoll(session, "'data_types': ['mocks.notes']");
        var feed = Files.readString(
                Path.of(poll.at("/results/data/0/url").asString().replace("local://", "")));
        return JsonMapper.builder()
                .build()
                .readTree(feed)
                .at("/data/0/files/0/id")
                .asString();
    }

    @Test
    void aSourceTypeThatIsNotCoveredIsAMissingScope() {
        var narrow = scoped("source_type:icloud.*", "task_type:*", "info_type:*");
        var source = "{'user': '" + narrow.user("u") + "', 'type': 'mocks.mock', 'identifier': 'i'}";
        assertError(narrow.post("/sources", source), 403, "missing-scope", "source_type:mocks.mock");
        assertError(
                narrow.post("/sessions", "{'source': " + source + ", 'payload': {'password': 'x'}}"),
                403,
                "missing-scope",
                "source_type:mocks.mock");
    }

    @ParameterizedTest
    @CsvSource({
        "info_types, icloud.devices, info_type:icloud.devices",
        "data_types, icpl.albums, data_type:icpl.albums",
        "data_types, icloud.account.info, data_type:icloud.account.info",
        "data_types, info.account, data_type:icloud.account.info",
        "data_types, ios_messages.messages, data_type:ios_messages.messages",
    })
    void aTypeThatIsNotCoveredIsAMissingScope(String field, String type, String scope) {
        var narrow = scoped("source_type:*", "task_type:*", "info_type:icloud.account", "data_type:icpl.photos");
        var session = session(narrow, "icloud.account", ICLOUD);
        assertError(poll(narrow, session, "'" + field + "': ['" + type + "']"), 403, "missing-scope", scope);
    }

    @Test
    void aFileTypeThatIsNotCoveredIsAMissingScopeByNameAndById() throws Exception {
        var narrow = scoped("source_type:*", "task_type:*", "data_type:*");
        var session = session(narrow, "mocks.mock", "files");
        assertError(
                poll(narrow, session, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']"),
                403,
                "missing-scope",
                "file_type:mocks.note");
        var file = firstFile(narrow, session);
        assertError(poll(narrow, session, "'files': ['" + file + "']"), 403, "missing-scope", "file_type:mocks.note");
    }

    @Test
    void aTaskTypeThatIsNotCoveredIsAMissingScope() {
        var narrow = scoped(
                "source_type:*",
                "task_type:mocks.mock.info",
                "task_type:*.session.initialise",
                "data_type:*",
                "info_type:*");
        var session = session(narrow, "mocks.mock", "tasks");
        assertError(
                poll(narrow, session, "'data_types': ['mocks.notes']"),
                403,
                "missing-scope",
                "task_type:mocks.mock.data");
        assertThat(poll(narrow, session, "'info_types': ['mocks.info']").status())
                .isEqualTo(201);
        assertThat(narrow.get("/polls").text("/total_count")).isEqualTo("1");
    }

    @Test
    void aSignInIsATaskTypeToo() {
        var narrow = scoped("source_type:*", "task_type:icloud.*", "info_type:*");
        var source = "{'user': '" + narrow.user("u") + "', 'type': 'mocks.mock', 'identifier': 'i'}";
        assertError(
                narrow.post("/sessions", "{'source': " + source + ", 'payload': {'password': 'x'}}"),
                403,
                "missing-scope",
                "task_type:mocks.mock.session.initialise");
        assertThat(narrow.get("/sessions").text("/total_count")).isEqualTo("0");
        assertThat(narrow.get("/sources").text("/total_count")).isEqualTo("0");
    }

    @Test
    void aKeysOwnScopesNarrowThoseOfItsOrganisation() {
        var key = app.key(app.first());
        var id = key.get("/key").text("/id");
        app.db()
                .systemDo(tx -> tx.createUpdate("update api_key set scopes = cast(:scopes as json) where id = :id")
                        .bind("scopes", "{\"source_type:*\": [], \"task_type:*\": [], \"info_type:*\": []}")
                        .bind("id", Long.parseLong(id))
                        .execute());
        assertError(poll(key, mock, "'data_types': ['mocks.notes']"), 403, "missing-scope", "data_type:mocks.notes");
        assertThat(poll(key, mock, "'info_types': ['mocks.info']").status()).isEqualTo(201);
    }

    @Test
    void aWildcardMeansWhatTheScopesCoverAndIsNeverMissingAScope() {
        var narrow = scoped("source_type:*", "task_type:*", "info_type:icloud.account");
        var session = session(narrow, "icloud.account", ICLOUD);
        var poll = narrow.completedPoll(session, "'info_types': ['*'], 'data_types': ['*']");
        assertThat(poll.at("/results/total_count").asInt()).isEqualTo(1);
        assertThat(poll.at("/results/data/0/identifier").asString()).isEqualTo("info:icloud.account");
        assertThat(poll.at("/errors/total_count").asInt()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"info_types, icloud.nothing", "data_types, icpl.fotos", "file_types, icpl.photos.huge"})
    void anUnknownTypeIsNamed(String field, String type) {
        var answer = poll(client, icloud, "'data_types': ['icpl.photos'], '" + field + "': ['" + type + "']");
        assertError(answer, 400, "invalid-parameter", type);
        assertThat(answer.body().at("/params").has("payload." + field)).isTrue();
    }

    @Test
    void aKnownTypeThatTheSourceLacksIsAnErrorOfThePollWhichCompletes() {
        var poll = client.completedPoll(mock, "'data_types': ['ios_messages.messages', 'info.account', 'mocks.notes']");
        assertThat(poll.at("/results/total_count").asInt()).isEqualTo(1);
        assertThat(poll.at("/errors/total_count").asInt()).isEqualTo(2);
        var error = poll.at("/errors/data/0");
        assertThat(error.at("/error").asString()).isEqualTo("not-available");
        assertThat(error.at("/task").isNull()).isTrue();
        // ricloud-py can cast neither the list nor its items.
        assertThat(poll.at("/errors").has("resource")).isFalse();
        assertThat(error.has("resource")).isFalse();
        assertThat(client.get("/polls/" + poll.at("/id").asString() + "/errors")
                        .body()
                        .has("resource"))
                .isFalse();
    }

    @Test
    void aListedAliasIsPublishedUnderTheNameItWasAskedBy() {
        var poll = client.completedPoll(icloud, "'data_types': ['info.account']");
        assertThat(poll.at("/results/data/0/identifier").asString()).isEqualTo("data:info.account");
    }

    @ParameterizedTest
    @ValueSource(strings = {"'files': []", "'info_types': []", "'data_types': [], 'files': []"})
    void aPollForNothingIsCompletedAtOnce(String payload) {
        var poll = poll(client, mock, payload).expect(201);
        assertThat(poll.at("/state").asString()).isEqualTo("completed");
        assertThat(poll.at("/results/resource").asString()).isEqualTo("list");
        assertThat(poll.at("/results/total_count").asInt()).isZero();
        assertThat(poll.at("/date_completed").isNull()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "'since': '2020-01-01T00:00:00Z'",
                "'file_types': ['icpl.photos.original']",
                "'data_types': 'icpl.photos'",
                "'data_types': [1]",
                "'data_types': ['*'], 'since': 'yesterday'",
                "'data_types': ['*'], 'until': 17",
                "'data_types': ['*'], 'filters': []",
                "'data_types': ['*'], 'filters': {'since': '2020-13-01T00:00:00Z'}",
                "'files': ['x']",
                "'files': [null]",
            })
    void aPayloadThatMeansNothingIsRefused(String payload) {
        assertError(poll(client, icloud, payload), 400, "invalid-parameter", "");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'since': '2100-01-01T00:00:00Z'",
                "'filters': {'since': '2100-01-01T00:00:00'}",
                "'until': '1990-01-01T00:00:00+02:00'",
                "'filters': {'until': '1990-01-01T00:00:00.123456Z'}"
            })
    void sinceAndUntilNarrowAFeedFromEitherPlace(String bound) throws Exception {
        var poll = client.completedPoll(icloud, "'data_types': ['icpl.photos'], " + bound);
        var feed = Files.readString(
                Path.of(poll.at("/results/data/0/url").asString().replace("local://", "")));
        assertThat(JsonMapper.builder().build().readTree(feed).at("/data").size())
                .isZero();
    }

    @Test
    void aPollOnASessionThatIsNotActiveIsAConflict() {
        var failed = client.session(client.user("m"), "mocks.mock", "refused", "'password': 'wrong'");
        assertThat(failed.at("/state").asString()).isEqualTo("failed");
        assertError(
                poll(client, failed.at("/id").asString(), "'info_types': ['*']"),
                409,
                "conflict",
                "The session has failed");
        app.db()
                .systemDo(tx -> tx.execute("update session set state = 'pending', error = null where id = '"
                        + failed.at("/id").asString() + "'"));
        assertError(poll(client, failed.at("/id").asString(), "'info_types': ['*']"), 409, "conflict", "still pending");
    }

    @Test
    void anOrganisationWithoutAStorageIsUnconfigured() {
        var bare = app.organisation("Bare", Scopes.ALL).client();
        var session = session(bare, "mocks.mock", "bare");
        assertError(poll(bare, session, "'info_types': ['*']"), 400, "unconfigured", "/configs/storage");
        assertThat(bare.get("/polls").text("/total_count")).isEqualTo("0");
        assertThat(bare.get("/organisation").text("/state")).isEqualTo("unconfigured");
    }

    @Test
    void aPollIsCancelledWithinFiveSecondsAndSaysSo() {
        var session = session(client, "icloud.account", "slow@sandbox.example");
        var made = poll(client, session, "'data_types': ['icpl.photos'], 'file_types': ['*']")
                .expect(201);
        var id = made.at("/id").asString();
        Eventually.eventually(
                "the task runs",
                () -> client.get("/polls/" + id).body().at("/tasks_processing").size() == 1);
        long before = System.nanoTime();
        client.post("/polls/" + id + "/cancel", "null").expect(200);
        var poll = client.settled("/polls/" + id, p -> p.at("/state").asString().equals("completed"));
        assertThat((System.nanoTime() - before) / 1e9).isLessThan(5.0);
        assertThat(poll.at("/tasks_failed").size()).isEqualTo(1);
        assertThat(poll.at("/errors/data/0/error").asString()).isEqualTo("cancelled");
        var task = client.get("/tasks/" + poll.at("/tasks_failed/0").asString()).body();
        assertThat(task.at("/error").asString()).isEqualTo("cancelled");
        // Again changes nothing.
        assertThat(client.post("/polls/" + id + "/cancel", "")
                        .expect(200)
                        .at("/errors/total_count")
                        .asInt())
                .isEqualTo(1);
        assertThat(client.post("/tasks/" + task.at("/id").asString() + "/cancel", "null")
                        .expect(200)
                        .at("/error"))
                .isEqualTo(task.at("/error"));
    }

    @Test
    void nestedListsAreListsWithAddresses() {
        var poll = client.completedPoll(mock, "'info_types': ['mocks.info']");
        var id = poll.at("/id").asString();
        assertThat(poll.at("/results/resource").asString()).isEqualTo("list");
        assertThat(poll.at("/results/url").asString()).isEqualTo("/polls/" + id + "/results");
        assertThat(poll.at("/errors/url").asString()).isEqualTo("/polls/" + id + "/errors");
        // The whole list again, but for its signed URLs, of which every answer makes new ones.
        var again = client.get(poll.at("/results/url").asString()).body();
        assertThat(again.at("/data/0/id")).isEqualTo(poll.at("/results/data/0/id"));
        assertThat(again.at("/total_count").asInt()).isEqualTo(1);
        var task =
                client.get("/tasks/" + poll.at("/tasks_succeeded/0").asString()).body();
        assertThat(task.at("/results/resource").asString()).isEqualTo("list");
        assertThat(task.at("/results/total_count").asInt()).isEqualTo(1);
        var source = client.get("/sources/" + poll.at("/source").asString()).body();
        assertThat(source.at("/children/resource").asString()).isEqualTo("list");
        assertThat(client.get("/organisation").text("/storage_configs/resource"))
                .isEqualTo("list");
    }

    @Test
    void permissionsAreCalledAsTheClientCanReadThem() {
        assertThat(client.get("/organisation").text("/permissions/resource")).isEqualTo("organisation_permissions");
        assertThat(organisation("ricloud-py/3.2.0").at("/permissions/resource").asString())
                .isEqualTo("permissions");
        assertThat(organisation("curl/8 ricloud-py/3.2.0")
                        .at("/permissions/resource")
                        .asString())
                .isEqualTo("organisation_permissions");
    }

    private static JsonNode organisation(String userAgent) {
        return Client.send(client.request("/organisation")
                        .header("User-Agent", userAgent)
                        .method("GET", BodyPublishers.noBody()))
                .expect(200);
    }
}
