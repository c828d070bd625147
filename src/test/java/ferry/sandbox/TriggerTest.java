package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.ServerProcess;
import ferry.testing.TestApp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Events that are made up, over HTTP and from the command line.
class TriggerTest {
    private static TestApp app;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        app = TestApp.start();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static Client client() {
        return app.client();
    }

    @Test
    void anEventOfAnyKindIsWrittenWithTheDataThatWasGiven() {
        var made = client().post(
                        "/sandbox/trigger",
                        "{'type': 'session', 'action': 'expired', 'data': {'id': '7', 'error': 'source-locked'}}")
                .expect(201);
        assertThat(made.at("/data/error").asString()).isEqualTo("source-locked");
        var listed = client().get("/events?type=session&action=expired&limit=1").expect(200);
        assertThat(listed.at("/data/0/id")).isEqualTo(made.at("/id"));
        assertThat(listed.at("/data/0/data")).isEqualTo(made.at("/data"));
    }

    @Test
    void whatCannotBeWrittenIsRefused() {
        var refused = client().post("/sandbox/trigger", "{'type': 'Poll', 'data': 3}");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.body().at("/params").propertyNames()).contains("type", "action", "data");
        assertThat(client().post(
                                "/sandbox/trigger", "{'type': 'poll', 'action': 'created', 'data': {'x': ['\\ud800']}}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void theCommandPrintsTheEventsId() throws Exception {
        var token = Files.writeString(folder.resolve("token"), app.token(app.first()) + "\n");
        try (var command = trigger(
                "poll.completed", "--data", "{\"id\": \"42\"}", "--url", app.url(), "--token-file", token.toString())) {
            assertThat(command.exitCode()).as(command.err()).isZero();
            var event = client().get("/events/" + command.out().strip()).expect(200);
            assertThat(event.at("/action").asString()).isEqualTo("completed");
            assertThat(event.at("/data/id").asString()).isEqualTo("42");
        }
    }

    @Test
    void theCommandSaysWhatItCannotUse() {
        try (var command = trigger("pollcompleted")) {
            assertThat(command.exitCode()).isEqualTo(1);
            assertThat(command.err()).contains("with a dot between");
        }
    }

    private ServerProcess trigger(String... arguments) {
        var all = new String[arguments.length + 1];
        all[0] = "trigger";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return ServerProcess.start(folder, Map.of(), all);
    }

    @Test
    void aServiceWithoutTheSandboxHasNoSuchRoute() throws Exception {
        var data = folder.resolve("data");
        try (var server = ServerProcess.start(
                folder, Map.of(), "serve", "--port", "0", "--workers", "0", "--data", data.toString())) {
            var url = server.url();
            var token = Files.readString(data.resolve("token")).strip();
            var answer = new Client(url, token).post("/sandbox/trigger", "{'type': 'poll', 'action': 'created'}");
            assertThat(answer.status()).isEqualTo(404);
        }
    }
}
