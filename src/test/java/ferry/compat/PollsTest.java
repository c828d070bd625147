package ferry.compat;

import static ferry.compat.Shapes.dates;
import static ferry.compat.Shapes.hasKeys;
import static ferry.compat.Shapes.id;
import static ferry.compat.Shapes.nestedList;
import static ferry.compat.Shapes.nulls;
import static ferry.compat.Shapes.numbersInStrings;
import static ferry.compat.Shapes.refused;
import static ferry.compat.Shapes.state;
import static ferry.compat.Shapes.uuids;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/// Polls, tasks and results (ricloud-api 11, 12, 13, 17).
@ExtendWith(FerryServer.class)
class PollsTest {
    private final RicloudPy client;

    PollsTest(FerryServer.Running server) {
        this.client = server.client();
    }

    @Test
    void aPollHasTheContractsAttributes() {
        var poll = client.poll(mock(), "'info_types': ['*']");
        uuids(poll, "id", "session");
        numbersInStrings(poll, "organisation", "key", "user", "source");
        assertThat(poll.at("/resource").asString()).isEqualTo("poll");
        nulls(poll, "subscription");
        dates(poll, "date_created", "date_started", "date_completed");
        nestedList(poll.at("/results"), "/polls/" + id(poll) + "/results");
        nestedList(poll.at("/errors"), "/polls/" + id(poll) + "/errors");
    }

    @Test
    void aMockPollCompletes() {
        assertThat(state(client.poll(mock(), "'info_types': ['*']"))).isEqualTo("completed");
    }

    @Test
    void aPollNamesItsTasksInBothWays() {
        var poll = client.poll(mock(), "'info_types': ['*'], 'data_types': ['*']");
        assertThat(poll.at("/tasks_completed")).hasSize(2);
        assertThat(poll.at("/tasks_succeeded")).hasSize(2);
        assertThat(poll.at("/tasks_pending")).isEmpty();
        assertThat(poll.at("/tasks_processing")).isEmpty();
        assertThat(poll.at("/tasks_failed")).isEmpty();
        assertThat(poll.at("/tasks_suspended")).isEmpty();
    }

    @Test
    void aPollWithoutFilesCompletes() {
        var poll = client.poll(mock(), "'files': []");
        assertThat(state(poll)).isEqualTo("completed");
        assertThat(poll.at("/results/data")).isEmpty();
    }

    @Test
    void theClientsDefaultPollAsksAnAccountForWhatItLacks() {
        var poll = client.poll(icloud(), "'data_types': ['ios_messages.messages']");
        assertThat(state(poll)).isEqualTo("completed");
        assertThat(poll.at("/errors/data/0/error").asString()).isEqualTo("not-available");
    }

    @Test
    void aPollsErrorsAreAList() {
        var poll = client.poll(icloud(), "'data_types': ['ios_messages.messages']");
        var errors = client.retrieve("/polls/" + id(poll) + "/errors");
        assertThat(errors.at("/data")).hasSize(1);
        hasKeys(errors.at("/data/0"), "id", "task", "error", "message", "date_created");
        assertThat(errors.at("/data/0").has("resource")).isFalse();
    }

    @Test
    void anUnknownTypeIsRefused() {
        var session = mock();
        refused(400, "invalid-parameter", () -> client.poll(session, "'data_types': ['no.such']"));
    }

    @Test
    void anEmptyPayloadIsRefused() {
        var session = mock();
        refused(400, "invalid-parameter", () -> client.post("/polls", "{'session': '" + session + "', 'payload': {}}"));
    }

    @Test
    void aMissingPayloadIsRefused() {
        var session = mock();
        refused(400, "invalid-parameter", () -> client.post("/polls", "{'session': '" + session + "'}"));
    }

    @Test
    void anUnknownSessionIsRefused() {
        refused(
                400,
                "invalid-parameter",
                () -> client.poll("00000000-0000-0000-0000-000000000000", "'info_types': ['*']"));
    }

    @Test
    void anObsoleteTypeIsIgnored() {
        var poll = client.post(
                "/polls", "{'type': 'info', 'session': '" + mock() + "', 'payload': {'info_types': ['*']}}");
        assertThat(state(client.finished(poll, "/polls"))).isEqualTo("completed");
    }

    @Test
    void theSourceMayBeNamed() {
        var session = client.retrieve("/sessions/" + mock());
        var poll = client.post(
                "/polls",
                "{'session': '" + id(session) + "', 'source': '"
                        + session.at("/source").asString() + "', 'payload': {'info_types': ['*']}}");
        assertThat(poll.at("/source")).isEqualTo(session.at("/source"));
    }

    @Test
    void aWindowMayStandInEitherPlace() {
        var session = mock();
        assertThat(state(client.poll(session, "'data_types': ['*'], 'since': '2020-01-01T00:00:00'")))
                .isEqualTo("completed");
        assertThat(state(client.poll(session, "'data_types': ['*'], 'filters': {'until': '2030-01-01T00:00:00Z'}")))
                .isEqualTo("completed");
    }

    @Test
    void pollsAreListedBySession() {
        var session = mock();
        var poll = client.poll(session, "'info_types': ['*']");
        assertThat(id(client.latest("/polls", "session", session, "limit", "1")))
                .isEqualTo(id(poll));
    }

    @Test
    void anUnknownPollIsNotFound() {
        refused(404, "not-found", () -> client.retrieve("/polls/00000000-0000-0000-0000-000000000000"));
    }

    @Test
    void aTaskHasTheContractsAttributes() {
        var task = task(client.poll(mock(), "'data_types': ['*']"));
        uuids(task, "id", "session", "poll");
        numbersInStrings(task, "organisation", "key", "user", "source");
        hasKeys(task, "type", "target", "state", "results", "error", "source_type");
        dates(task, "date_created", "date_started", "date_completed");
        assertThat(task.at("/source_type").asString()).isEqualTo("mocks.mock");
        assertThat(state(task)).isEqualTo("succeeded");
        nestedList(task.at("/results"), "/tasks/" + id(task) + "/results");
    }

    @Test
    void aTasksResultsAreAList() {
        var task = task(client.poll(mock(), "'data_types': ['*']"));
        assertThat(client.list("/tasks/" + id(task) + "/results").at("/data")).hasSize(1);
    }

    @Test
    void tasksAreListedByPoll() {
        var poll = client.poll(mock(), "'info_types': ['*'], 'data_types': ['*']");
        assertThat(client.list("/tasks", "poll", id(poll)).at("/total_count").asInt())
                .isEqualTo(2);
    }

    @Test
    void aSessionsTaskIsListedToo() {
        var session = mock();
        assertThat(client.list("/tasks", "session", session, "state", "succeeded")
                        .at("/data"))
                .isNotEmpty();
    }

    @Test
    void aResultHasTheContractsAttributes() {
        var result = client.poll(mock(), "'info_types': ['*']").at("/results/data/0");
        uuids(result, "id", "poll", "task");
        numbersInStrings(result, "organisation");
        hasKeys(result, "signed_url");
        assertThat(result.at("/identifier").asString()).startsWith("info:");
        assertThat(result.at("/type").asString()).isEqualTo("json");
        assertThat(result.at("/checksum").asString()).matches("[0-9a-f]{32}");
        assertThat(result.at("/size").isIntegralNumber()).isTrue();
        assertThat(state(result)).isEqualTo("available");
        nulls(result, "date_consumed", "date_deleted");
        dates(result, "date_created");
    }

    @Test
    void aResultCanBeRead() throws Exception {
        var result = client.poll(mock(), "'data_types': ['*']").at("/results/data/0");
        var bytes = client.fetch(result);
        assertThat(bytes).hasSize(result.at("/size").asInt());
        var md5 = MessageDigest.getInstance("MD5").digest(bytes);
        assertThat(HexFormat.of().formatHex(md5))
                .isEqualTo(result.at("/checksum").asString());
    }

    @Test
    void aPollIsDownloadedWithItsCascade() {
        var poll = client.poll(icloud(), "'data_types': ['icpl.photos']");
        var downloaded = client.download(poll);
        assertThat(downloaded.cascaded()).hasSize(1);
        assertThat(downloaded.cascaded().getFirst().at("/results/data")).hasSize(5);
        assertThat(downloaded.files()).hasSize(6);
        assertThat(downloaded.files().keySet())
                .anySatisfy(name -> assertThat(name).endsWith("data%3Aicpl.photos"));
    }

    @Test
    void anInfoResultCascadesIntoNothing() {
        var downloaded = client.download(client.poll(mock(), "'info_types': ['*']"));
        assertThat(downloaded.cascaded()).hasSize(1);
        assertThat(downloaded.cascaded().getFirst().at("/results/data")).isEmpty();
    }

    @Test
    void aResultIsAcknowledged() {
        var result = client.poll(mock(), "'info_types': ['*']").at("/results/data/0");
        var consumed = client.action("/results/" + id(result) + "/ack");
        assertThat(state(consumed)).isEqualTo("consumed");
        dates(consumed, "date_consumed");
        assertThat(client.action("/results/" + id(result) + "/ack")).isEqualTo(consumed);
    }

    @Test
    void resultsAreAcknowledgedTogether() {
        var poll = client.poll(mock(), "'info_types': ['*'], 'data_types': ['*']");
        var ids = poll.at("/results/data/0/id").asString() + "', '"
                + poll.at("/results/data/1/id").asString();
        var acknowledged = client.post("/results/ack", "{'ids': ['" + ids + "']}");
        assertThat(acknowledged.at("/data"))
                .hasSize(2)
                .allSatisfy(result -> assertThat(state(result)).isEqualTo("consumed"));
    }

    @Test
    void aResultIsRetrieved() {
        var result = client.poll(mock(), "'info_types': ['*']").at("/results/data/0");
        assertThat(id(client.retrieve("/results/" + id(result)))).isEqualTo(id(result));
    }

    @Test
    void resultsAreListedOfAPoll() {
        var poll = client.poll(mock(), "'info_types': ['*'], 'data_types': ['*']");
        assertThat(client.list("/polls/" + id(poll) + "/results")
                        .at("/total_count")
                        .asInt())
                .isEqualTo(2);
        assertThat(client.list("/results", "poll", id(poll)).at("/total_count").asInt())
                .isEqualTo(2);
    }

    @Test
    void aForeignFileIdIsRefused() {
        var session = mock();
        refused(400, "invalid-parameter", () -> client.poll(session, "'files': ['made-up']"));
    }

    private String mock() {
        // Each its own, so that none is taken for a re-send of the one before.
        var identifier = UUID.randomUUID().toString();
        return id(client.session(client.user("polled"), "mocks.mock", identifier, Map.of("password", "x")));
    }

    private String icloud() {
        return id(client.iCloudSession(client.user("polled"), "plain@sandbox.example", List.of()));
    }

    private JsonNode task(JsonNode poll) {
        return client.retrieve("/tasks/" + poll.at("/tasks_succeeded/0").asString());
    }
}
