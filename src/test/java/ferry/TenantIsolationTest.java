package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Client;
import ferry.testing.Client.Answer;
import ferry.testing.TestApp;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Two organisations on one service: neither can read, name or change what is the other's, on any route.
class TenantIsolationTest {
    private static final Map<String, String> IDS = new HashMap<>();

    private static TestApp app;
    private static Client ours;
    private static Client theirs;
    private static String file;

    @BeforeAll
    static void twoOrganisations() throws Exception {
        app = TestApp.start();
        ours = app.client();
        theirs = app.organisation("Theirs", Scopes.ALL).client();
        IDS.put(
                "configs/storage",
                ours.storage("local://ours/results").at("/id").asString());
        theirs.storage("local://theirs/results");
        var session = session(ours, "ours");
        var poll = ours.completedPoll(id(session), "'data_types': ['mocks.notes']");
        IDS.put("keys", id(ours.post("/keys", "{}").expect(201)));
        IDS.put(
                "permissions",
                id(ours.post("/permissions", "{'identifier': 'ours', 'scopes': {}}")
                        .expect(201)));
        IDS.put("users", session.at("/user").asString());
        IDS.put("sources", session.at("/source").asString());
        IDS.put("sessions", id(session));
        IDS.put("polls", id(poll));
        IDS.put("tasks", poll.at("/tasks_completed/0").asString());
        IDS.put(
                "configs/webhook",
                ours.post("/configs/webhook", "{'url': 'http://127.0.0.1:1/webhooks'}")
                        .text("/id"));
        IDS.put("events", ours.get("/events?limit=1").text("/data/0/id"));
        IDS.put("results", poll.at("/results/data/0/id").asString());
        IDS.put(
                "subscriptions",
                ours.post(
                                "/subscriptions",
                                "{'session': '" + id(session) + "', 'poll_payload': {'info_types': ['*']},"
                                        + " 'date_start': '2090-01-01T00:00:00Z'}")
                        .text("/id"));
        var feed = Files.readString(
                Path.of(poll.at("/results/data/0/url").asString().replace("local://", "")));
        file = JsonMapper.builder()
                .build()
                .readTree(feed)
                .at("/data/0/files/0/id")
                .asString();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static JsonNode session(Client client, String name) {
        return client.session(client.user(name), "mocks.mock", name, "'password': 'x'");
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    /// Taken from the table of routes, so that none is forgotten.
    private static List<String> routesWithAnId() {
        return app.app().api().routes().list().stream()
                .filter(route -> route.contains("{id}"))
                .toList();
    }

    private static Answer ask(Client client, String route, String id) {
        var method = route.substring(0, route.indexOf(' '));
        var path = route.substring(route.indexOf(' ') + 1).replace("{id}", id);
        var body = method.equals("POST") ? BodyPublishers.ofString("{}") : BodyPublishers.noBody();
        return Client.send(client.request(path).method(method, body));
    }

    private static String kind(String route) {
        return route.substring(route.indexOf('/') + 1, route.indexOf("/{id}"));
    }

    @Test
    void anothersIdIsAnsweredOnEveryRouteAsOneThatWasMadeUp() {
        assertThat(routesWithAnId()).hasSizeGreaterThan(10);
        for (var route : routesWithAnId()) {
            var real = IDS.getOrDefault(kind(route), "");
            assertThat(real).as("an id for " + route).isNotEmpty();
            var madeUp = real.length() == 36 ? UUID.randomUUID().toString() : "123456789";

            var answer = ask(theirs, route, real);
            assertThat(answer.status()).as(route + ": " + answer.text()).isEqualTo(404);
            assertThat(withoutRequest(answer)).as(route).isEqualTo(withoutRequest(ask(theirs, route, madeUp)));
        }
        // And nothing has happened to them.
        assertThat(ours.get("/sessions/" + IDS.get("sessions")).text("/state")).isEqualTo("active");
        assertThat(ours.get("/results/" + IDS.get("results")).text("/state")).isEqualTo("available");
        assertThat(ours.get("/configs/storage/" + IDS.get("configs/storage")).text("/state"))
                .isEqualTo("valid");
        assertThat(ours.get("/keys/" + IDS.get("keys")).text("/state")).isEqualTo("active");
    }

    private static String withoutRequest(Answer answer) {
        return answer.text("/error") + answer.text("/message") + answer.body().at("/params");
    }

    @Test
    void noListShowsWhatIsAnothers() {
        var lists = app.app().api().routes().list().stream()
                .filter(route -> route.startsWith("GET /") && !route.contains("{"))
                .map(route -> route.substring(4))
                .toList();
        var stranger = app.organisation("Stranger", Scopes.ALL).client();
        for (var list : lists) {
            var answer = stranger.get(list).expect(200).toString();
            for (var id : List.of(
                    IDS.get("sessions"),
                    IDS.get("subscriptions"),
                    IDS.get("polls"),
                    IDS.get("tasks"),
                    IDS.get("results"))) {
                assertThat(answer).as(list).doesNotContain(id);
            }
            assertThat(answer).as(list).doesNotContain("local://ours").doesNotContain("\"ours\"");
        }
        for (var kind : List.of("users", "sources", "sessions", "polls", "results")) {
            assertThat(stranger.get("/" + kind).text("/total_count")).as(kind).isEqualTo("0");
        }
    }

    @Test
    void filtersAndCursorsThatNameAnothersFindNothing() {
        for (var query : List.of(
                "/sessions?source=" + IDS.get("sources"),
                "/sessions?user=" + IDS.get("users"),
                "/sources?user=" + IDS.get("users"),
                "/polls?session=" + IDS.get("sessions"),
                "/polls?subscription=" + IDS.get("subscriptions"),
                "/subscriptions?session=" + IDS.get("sessions"),
                "/subscriptions?source=" + IDS.get("sources"),
                "/tasks?poll=" + IDS.get("polls"),
                "/results?poll=" + IDS.get("polls"),
                "/results?task=" + IDS.get("tasks"))) {
            assertThat(theirs.get(query).text("/total_count")).as(query).isEqualTo("0");
        }
        for (var kind : IDS.keySet()) {
            var answer = theirs.get("/" + kind + "?after_id=" + IDS.get(kind));
            assertThat(answer.status()).as(kind + answer.text()).isEqualTo(400);
            assertThat(answer.body().at("/params").has("after_id")).as(kind).isTrue();
        }
    }

    @Test
    void anothersIdWithinABodyIsUnknown() {
        var user = theirs.post(
                "/sources", "{'user': '%s', 'type': 'mocks.mock', 'identifier': 'x'}".formatted(IDS.get("users")));
        assertRefused(user, "source.user");
        var session = theirs.post("/sessions", """
                {'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': 'x'}, 'payload': {'password': 'x'}}
                """.formatted(IDS.get("users")));
        assertRefused(session, "source.user");
        var poll = theirs.post(
                "/polls", "{'session': '%s', 'payload': {'info_types': ['*']}}".formatted(IDS.get("sessions")));
        assertRefused(poll, "session");
        var key = IDS.get("keys");
        assertRefused(theirs.post("/users", "{'identifier': 'x', 'key': '" + key + "'}"), "key");
        assertRefused(theirs.post("/keys", "{'permissions': '" + IDS.get("permissions") + "'}"), "permissions");
        var config = IDS.get("configs/storage");
        assertRefused(theirs.post("/keys", "{'storage_config': '" + config + "'}"), "storage_config");
        assertRefused(
                theirs.post("/organisation", "{'storage_config_default': " + config + "}"), "storage_config_default");
        assertRefused(theirs.post("/results/ack", "{'ids': ['" + IDS.get("results") + "']}"), "ids");
        assertThat(ours.get("/results/" + IDS.get("results")).text("/state")).isEqualTo("available");
    }

    @Test
    void aFileIdOpensForItsOwnSourceAlone() {
        var own = IDS.getOrDefault("sessions", "");
        assertThat(ours.post("/polls", files(own, file)).status()).isEqualTo(201);

        var otherSource = id(session(ours, "another source"));
        assertRefused(ours.post("/polls", files(otherSource, file)), "payload.files");
        assertRefused(theirs.post("/polls", files(id(session(theirs, "ours")), file)), "payload.files");
    }

    @Test
    void aFileIdThatWasChangedOrMadeUpIsRefused() {
        var own = IDS.getOrDefault("sessions", "");
        var changed = file.substring(0, 20) + (file.charAt(20) == 'A' ? "B" : "A") + file.substring(21);
        for (var forged : List.of(
                changed,
                file.substring(0, file.length() - 1),
                file.substring(1),
                file + "A",
                file + "=",
                "",
                "mocks.note\\n1",
                "x".repeat(200_000))) {
            assertRefused(ours.post("/polls", files(own, forged)), "payload.files");
        }
    }

    @Test
    void aLocalBucketBelongsToTheOrganisationThatNamedItFirst() {
        assertThat(theirs.storage("local://ours/elsewhere").at("/state").asString())
                .isEqualTo("invalid");
    }

    private static String files(String session, String file) {
        return "{'session': '" + session + "', 'payload': {'files': ['" + file + "']}}";
    }

    private static void assertRefused(Answer answer, String field) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.text("/error")).isEqualTo("invalid-parameter");
        assertThat(answer.body().at("/params").has(field)).as(answer.text()).isTrue();
    }
}
