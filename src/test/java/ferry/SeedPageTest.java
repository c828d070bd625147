package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Client;
import ferry.testing.TestApp;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/// Every call of the getting-started page, with its bodies as printed there (trailing commas included), gives
/// the shape printed there: each key is there and is of the printed type.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SeedPageTest {
    private static final String LIST = "list";
    private static final String NULL_OR_TEXT = "null|text";

    private static final Map<String, String> ORGANISATION = Map.ofEntries(
            Map.entry("/id", "number"),
            Map.entry("/resource", "=organisation"),
            Map.entry("/name", "=Getting started"),
            Map.entry("/slug", "=getting-started"),
            Map.entry("/permissions/id", "number"),
            Map.entry("/permissions/resource", "=organisation_permissions"),
            Map.entry("/permissions/identifier", "=default"),
            Map.entry("/permissions/scopes", "object"),
            Map.entry("/permissions/date_created", "date"),
            Map.entry("/storage_configs", LIST),
            Map.entry("/storage_config_default", NULL_OR_TEXT),
            Map.entry("/webhook_configs", LIST),
            Map.entry("/webhook_config_default", NULL_OR_TEXT),
            Map.entry("/state", "text"),
            Map.entry("/date_created", "date"));

    private static final Map<String, String> USER = Map.of(
            "/id", "text",
            "/resource", "=user",
            "/organisation", "text",
            "/key", "text",
            "/identifier", "text",
            "/state", "=active",
            "/date_created", "date");

    private static final Map<String, String> SESSION = Map.of(
            "/id", "uuid",
            "/resource", "=session",
            "/organisation", "text",
            "/user", "text",
            "/source", "text",
            "/state", "text",
            "/error", NULL_OR_TEXT,
            "/date_created", "date",
            "/date_expired", "null|date");

    private static final Map<String, String> POLL = Map.ofEntries(
            Map.entry("/id", "uuid"),
            Map.entry("/resource", "=poll"),
            Map.entry("/organisation", "text"),
            Map.entry("/key", "text"),
            Map.entry("/user", "text"),
            Map.entry("/source", "text"),
            Map.entry("/session", "uuid"),
            Map.entry("/tasks_pending", "array"),
            Map.entry("/tasks_processing", "array"),
            Map.entry("/tasks_completed", "array"),
            Map.entry("/results", LIST),
            Map.entry("/errors", LIST),
            Map.entry("/state", "text"),
            Map.entry("/date_created", "date"),
            Map.entry("/date_started", "null|date"),
            Map.entry("/date_completed", "null|date"));

    private static final Map<String, String> RESULT = Map.ofEntries(
            Map.entry("/id", "uuid"),
            Map.entry("/resource", "=result"),
            Map.entry("/task", "uuid"),
            Map.entry("/identifier", "text"),
            Map.entry("/url", "text"),
            Map.entry("/checksum", "text"),
            Map.entry("/size", "number"),
            Map.entry("/state", "=available"),
            Map.entry("/date_created", "date"),
            Map.entry("/date_consumed", "null"),
            Map.entry("/date_deleted", "null"));

    @SuppressWarnings("NullAway.Init") // before all tests
    private TestApp app;

    @BeforeAll
    void start() {
        app = TestApp.start();
    }

    @AfterAll
    void stop() {
        app.close();
    }

    @Test
    void everyCallGivesThePrintedShape() {
        var organisation = app.organisation("Getting started", Scopes.ALL);
        var client = organisation.client();

        shape(client.get("/organisation").expect(200), ORGANISATION);
        assertThat(client.get("/organisation").text("/state")).isEqualTo("unconfigured");

        var user = curl(client, "/users", """
                {
                  "identifier": "someone we know"
                }""").expect(201);
        shape(user, USER);

        var pending = curl(client, "/sessions", session(user, "")).expect(201);
        shape(pending, SESSION);
        assertThat(pending.at("/state").asString()).isEqualTo("pending");
        var asked = client.settled("/sessions/" + pending.at("/id").asString(), SeedPageTest::isOver);
        shape(asked, SESSION);
        assertThat(asked.at("/state").asString()).isEqualTo("failed");
        assertThat(asked.at("/error").asString()).isEqualTo("code-required");

        var second = curl(client, "/sessions", session(user, """
                ,
                    "code": "123456\"""")).expect(201);
        var active = client.settled("/sessions/" + second.at("/id").asString(), SeedPageTest::isOver);
        shape(active, SESSION);
        assertThat(active.at("/state").asString()).isEqualTo("active");

        client.storage("local://seed-page/results");
        assertThat(client.get("/organisation").text("/state")).isEqualTo("active");
        shape(client.get("/organisation").expect(200), ORGANISATION);

        var poll = curl(client, "/polls", """
                {
                  "session": "%s",
                  "payload": {
                    "data_types": ["icpl.photos"],
                  }
                }""".formatted(active.at("/id").asString()))
                .expect(201);
        shape(poll, POLL);
        assertThat(poll.at("/state").asString()).isIn("pending", "processing");
        var completed = client.settled(
                "/polls/" + poll.at("/id").asString(),
                p -> p.at("/state").asString().equals("completed"));
        shape(completed, POLL);
        shape(completed.at("/results/data/0"), RESULT);
        assertThat(completed.at("/results/total_count").asInt()).isEqualTo(1);
        assertThat(completed.at("/tasks_completed").size()).isEqualTo(1);
    }

    @Test
    void theTwoListsOfAPollAnswerAtTheirUrls() {
        var client = app.organisation("Lists", Scopes.ALL).client();
        var session = client.activeSession("plain@sandbox.example");
        client.storage("local://seed-lists/results");
        var poll = client.completedPoll(session, "'data_types': ['info.account']");
        var results = client.get(poll.at("/results/url").asString()).expect(200);
        assertThat(results.at("/data/0/identifier").asString()).isEqualTo("data:info.account");
        assertThat(client.get(poll.at("/errors/url").asString())
                        .expect(200)
                        .at("/data")
                        .size())
                .isZero();
    }

    private static String session(JsonNode user, String code) {
        return """
                {
                  "source": {
                    "user": "%s",
                    "type": "icloud.account",
                    "identifier": "john.appleseed@sandbox.example"
                  },
                  "payload": {
                    "password": "password"%s
                  }
                }""".formatted(user.at("/id").asString(), code);
    }

    private static Client.Answer curl(Client client, String path, String body) {
        return Client.send(
                client.request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)));
    }

    private static boolean isOver(JsonNode session) {
        return !session.at("/state").asString().equals("pending");
    }

    private static void shape(JsonNode body, Map<String, String> shape) {
        List<String> wrong = new ArrayList<>();
        shape.forEach((pointer, type) -> {
            var value = body.at(pointer);
            if (value.isMissingNode() || !List.of(type.split("\\|")).stream().anyMatch(t -> is(value, t))) {
                wrong.add(pointer + " is not " + type + " but " + value);
            }
        });
        assertThat(wrong).isEmpty();
    }

    private static boolean is(JsonNode value, String type) {
        return switch (type) {
            case "null" -> value.isNull();
            case "number" -> value.isIntegralNumber();
            case "text" -> value.isString() && !value.asString().isEmpty();
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "uuid" -> value.isString() && value.asString().matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
            case "date" ->
                value.isString() && value.asString().matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");
            case LIST ->
                value.at("/data").isArray()
                        && value.at("/has_more").isBoolean()
                        && value.at("/total_count").isIntegralNumber()
                        && value.at("/url").asString("").startsWith("/");
            default -> type.equals("=" + value.asString(""));
        };
    }
}
