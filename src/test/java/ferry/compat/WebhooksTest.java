package ferry.compat;

import static ferry.compat.Shapes.dates;
import static ferry.compat.Shapes.hasKeys;
import static ferry.compat.Shapes.id;
import static ferry.compat.Shapes.numbersInStrings;
import static ferry.compat.Shapes.refused;
import static ferry.compat.Shapes.state;
import static ferry.compat.Shapes.uuids;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Eventually;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/// Webhook configs and events (ricloud-api 15.2, 16). A key of its own has the listener, so that what the other classes
/// do does not come here.
@ExtendWith(FerryServer.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebhooksTest {
    private static final String CONFIGS = "/configs/webhook";

    private final RicloudPy client;
    private final RicloudPy withListener;
    private final Listener listener = new Listener();
    private final JsonNode config;

    WebhooksTest(FerryServer.Running server) throws IOException {
        this.client = server.client();
        this.config = client.post(CONFIGS, "{'url': '" + listener.url() + "'}");
        listener.verify(config.at("/secret").asString());
        var key = client.post("/keys", "{'webhook_config': " + id(config) + "}");
        this.withListener = new RicloudPy(server.url(), key.at("/token").asString());
    }

    @AfterAll
    void stop() {
        listener.close();
    }

    @Test
    void theSignatureIsThatOfTheContract() {
        assertThat(Listener.signature("secret", "1500000000", "{\"id\":\"x\"}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("qTLt6H7YHWyzwbn/MH+XL3MpC6vr8dncCTArRSpYYZI=");
    }

    @Test
    void aConfigHasTheContractsAttributes() {
        numbersInStrings(config, "id", "organisation");
        assertThat(config.at("/resource").asString()).isEqualTo("webhook_config");
        assertThat(config.at("/url").asString()).isEqualTo(listener.url());
        assertThat(config.at("/secret").asString()).isNotEmpty();
        assertThat(state(config)).isEqualTo("new");
        dates(config, "date_created");
    }

    @Test
    void aNewConfigIsTestedByItself() {
        Eventually.get(
                () -> client.retrieve(CONFIGS + "/" + id(config)),
                seen -> state(seen).equals("valid"));
        event("webhook_config", "test", "");
    }

    @Test
    void aTestIsATask() {
        var task = client.action(CONFIGS + "/" + id(config) + "/test");
        assertThat(task.at("/resource").asString()).isEqualTo("task");
        assertThat(task.at("/type").asString()).isEqualTo("webhook_config.test");
        assertThat(state(client.finished(task, "/tasks"))).isEqualTo("succeeded");
    }

    @Test
    void aConfigThatNobodyAnswersIsInvalid() {
        var path = CONFIGS + "/" + id(client.post(CONFIGS, "{'url': 'http://127.0.0.1:9/webhooks'}"));
        var test = "/tasks/" + id(client.action(path + "/test"));
        Eventually.get(
                () -> {
                    // It is tried again over some seconds: none of them has to pass.
                    if (state(client.retrieve(test)).equals("suspended")) {
                        client.post("/sandbox/clock/advance", "{'seconds': 10}");
                    }
                    return client.retrieve(path);
                },
                seen -> state(seen).equals("invalid"));
    }

    @Test
    void configsAreListedAndDeleted() {
        var other = client.post(CONFIGS, "{'url': '" + listener.url() + "/'}");
        assertThat(client.list(CONFIGS, "limit", "100").at("/data"))
                .anySatisfy(listed -> assertThat(id(listed)).isEqualTo(id(other)));
        assertThat(state(client.delete(CONFIGS + "/" + id(other)))).isEqualTo("deactivated");
    }

    @Test
    void aUrlIsRequired() {
        refused(400, "invalid-parameter", () -> client.post(CONFIGS, "{}"));
        refused(400, "invalid-parameter", () -> client.post(CONFIGS, "{'url': 'ftp://example.com/'}"));
        refused(400, "invalid-parameter", () -> client.post(CONFIGS, "{'url': 'http://example.com/hook'}"));
    }

    @Test
    void aPollTellsOfItself() {
        var poll = id(poll());
        uuids(event("poll", "created", poll), "id");
        event("poll", "completed", poll);
    }

    @Test
    void aTaskTellsOfItself() {
        var task = poll().at("/tasks_succeeded/0").asString();
        event("task", "created", task);
        event("task", "succeeded", task);
    }

    @Test
    void aTaskThatFailsTellsOfIt() {
        var session = id(
                withListener.iCloudSession(withListener.user("failing"), "not-activated@sandbox.example", List.of()));
        var poll = withListener.poll(session, "'data_types': ['icpl.photos']");
        event("task", "failed", poll.at("/tasks_failed/0").asString());
    }

    @Test
    void aSessionThatExpiresTellsOfIt() {
        var session = session();
        withListener.delete("/sessions/" + session);
        assertThat(event("session", "expired", session).at("/data/error").asString())
                .isEqualTo("organisation");
    }

    @Test
    void anEventHasTheContractsAttributes() {
        var event = event("poll", "completed", id(poll()));
        hasKeys(
                event,
                "id",
                "resource",
                "type",
                "action",
                "data",
                "state",
                "retries",
                "date_created",
                "date_delivered");
        assertThat(event.at("/data/resource").asString()).isEqualTo("poll");
        assertThat(event.at("/data/results/data")).hasSize(1);
        assertThat(event.at("/retries").isIntegralNumber()).isTrue();
    }

    @Test
    void anEventIsDeliveredAndSaysSo() {
        var event = id(event("poll", "completed", id(poll())));
        var seen = Eventually.get(() -> client.retrieve("/events/" + event), e -> state(e).equals("delivered"));
        dates(seen, "date_created", "date_delivered");
    }

    @Test
    void eventsAreListedByTypeAndAction() {
        var poll = id(poll());
        event("poll", "completed", poll);
        var listed = client.list("/events", "type", "poll", "action", "completed", "limit", "1");
        assertThat(listed.at("/data/0/type").asString()).isEqualTo("poll");
        assertThat(listed.at("/data/0/action").asString()).isEqualTo("completed");
    }

    @Test
    void eventsAreListedByStateAndDate() {
        assertThat(client.list("/events", "state", "delivered", "date_created", "2020-01-01T00:00:00")
                        .at("/data"))
                .isEmpty();
    }

    @Test
    void nothingThatCameWasRefused() {
        event("poll", "completed", id(poll()));
        assertThat(listener.refused()).isEmpty();
    }

    private String session() {
        return id(withListener.session(withListener.user("telling"), "mocks.mock", "telling", Map.of("password", "x")));
    }

    private JsonNode poll() {
        return withListener.poll(session(), "'info_types': ['*']");
    }

    /// The event that came for a subject; any where it is empty.
    private JsonNode event(String type, String action, String subject) {
        return Eventually.get(
                        () -> listener.received().stream()
                                .filter(event -> event.at("/type").asString().equals(type))
                                .filter(event -> event.at("/action").asString().equals(action))
                                .filter(event -> subject.isEmpty()
                                        || id(event.at("/data")).equals(subject))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }
}
