package ferry.webhook;

import static ferry.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.ServerProcess;
import ferry.testing.TestApp;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `./ferry listen` as its user runs it: a process of its own, which the service delivers to.
class ListenTest {
    private static final Pattern LISTENING = Pattern.compile("Listening on (http://\\S+?/webhooks)(, unverified)?\\R");

    @TempDir
    private Path folder;

    private final TestApp app = TestApp.start();
    private final Client client = app.client();
    private final Receiver behind = Receiver.start();

    @AfterEach
    void stop() {
        behind.close();
        app.close();
    }

    private ServerProcess listen(String... options) {
        var all = new String[options.length + 3];
        all[0] = "listen";
        all[1] = "--port";
        all[2] = "0";
        System.arraycopy(options, 0, all, 3, options.length);
        return ServerProcess.start(folder, Map.of(), all);
    }

    private static String url(ServerProcess listener) {
        return Eventually.get(
                () -> {
                    var found = LISTENING.matcher(listener.out());
                    return found.find() ? found.group(1) : "";
                },
                url -> !url.isEmpty());
    }

    private String trigger(String type, String action) {
        return client.post("/sandbox/trigger", "{'type': '" + type + "', 'action': '" + action + "'}")
                .text("/id");
    }

    private void delivered(String event) {
        client.settled("/events/" + event, e -> e.at("/state").asString().equals("delivered"));
    }

    @Test
    void itPrintsVerifiesAndForwardsWhatItIsAskedTo() throws Exception {
        var made = client.post("/configs/webhook", "{'url': '" + behind.url() + "', 'events': ['*']}")
                .expect(201);
        var path = "/configs/webhook/" + made.at("/id").asString();
        try (var listener = listen(
                "--secret",
                made.at("/secret").asString(),
                "--only",
                "poll.*,webhook_config.*",
                "--exclude",
                "*.created",
                "--forward-to",
                behind.url())) {
            var url = url(listener);
            eventually("the config's own test came", () -> behind.all().size() == 1);
            client.post(path, "{'url': '" + url + "'}").expect(200);
            client.settled(path, c -> c.at("/state").asString().equals("valid"));
            eventually(
                    "the test was forwarded",
                    () -> behind.of("webhook_config.test").size() == 2);

            var completed = trigger("poll", "completed");
            var created = trigger("poll", "created");
            var task = trigger("task", "succeeded");
            delivered(completed);
            delivered(created);
            delivered(task);

            assertThat(listener.out())
                    .contains("webhook_config.test ")
                    .contains("poll.completed " + completed + ", both signatures verified")
                    .contains("forwarded: 200")
                    .doesNotContain(created)
                    .doesNotContain(task);
            assertThat(behind.all()).hasSize(3);
            var forwarded = behind.of("poll.completed").getFirst();
            assertThat(forwarded.id()).isEqualTo(completed);
            assertThat(forwarded.ricloudSigned(made.at("/secret").asString())).isTrue();
            assertThat(forwarded.standardSigned(made.at("/secret").asString())).isTrue();

            assertThat(forged(url + "/" + completed)).isEqualTo(400);
            assertThat(behind.all()).hasSize(3);
        }
    }

    @Test
    void withoutASecretItSaysThatNothingWasVerified() throws Exception {
        try (var listener = listen()) {
            var url = url(listener);
            assertThat(listener.out()).contains(", unverified");
            assertThat(forged(url + "/019dc8a1-6c5e-7000-9d2f-6a1f0f2c7b11")).isEqualTo(200);
            assertThat(listener.out())
                    .contains("poll.completed 019dc8a1-6c5e-7000-9d2f-6a1f0f2c7b11, not verified: no --secret");
        }
    }

    @Test
    void whatIsBehindItDecidesTheAnswer() throws Exception {
        behind.answering(_ -> Receiver.Reply.of(503));
        try (var listener = listen("--forward-to", behind.url())) {
            assertThat(forged(url(listener) + "/019dc8a1-6c5e-7000-9d2f-6a1f0f2c7b11"))
                    .isEqualTo(503);
        }
        behind.close();
        try (var listener = listen("--forward-to", behind.url())) {
            assertThat(forged(url(listener) + "/019dc8a1-6c5e-7000-9d2f-6a1f0f2c7b11"))
                    .isEqualTo(502);
        }
    }

    /// As somebody who does not know the secret would send it.
    private static int forged(String url) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .header("Ricloud-Signature", "t=1,s=AAAA")
                .POST(HttpRequest.BodyPublishers.ofString("{\"type\": \"poll\", \"action\": \"completed\"}"));
        try (var http = HttpClient.newHttpClient()) {
            return http.send(request.build(), BodyHandlers.discarding()).statusCode();
        }
    }
}
