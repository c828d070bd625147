package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Journal;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A backend that reads accounts of the simulated iCloud, over the API. As a registered extension of a test
/// class it is closed with it, and a test fails that asked for something forbidden; else whoever started it
/// closes it.
final class ICloudAtSandbox implements AutoCloseable, AfterAllCallback, AfterEachCallback {
    static final String PHOTOS = "'data_types': ['icpl.photos']";
    static final String ORIGINALS = PHOTOS + ", 'file_types': ['icpl.photos.original']";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    final TestApp app;
    final Client client;

    ICloudAtSandbox() {
        this(setup -> setup);
    }

    ICloudAtSandbox(UnaryOperator<TestApp.Setup> change) {
        app = TestApp.start(change);
        client = app.client();
        client.storage("local://icloud/results");
    }

    @Override
    public void afterEach(ExtensionContext test) {
        assertThat(app.sandbox().journal().violations()).isEmpty();
    }

    @Override
    public void afterAll(ExtensionContext tests) {
        close();
    }

    @Override
    public void close() {
        app.close();
    }

    static String name(String account) {
        return account + "@sandbox.example";
    }

    Stream<Journal.Entry> asked(String account) {
        return app.sandbox().journal().entries().stream()
                .filter(entry -> entry.account().equals(name(account)));
    }

    /// How often it was asked for paths that end so.
    long asked(String account, String pathEnd) {
        return asked(account).filter(entry -> entry.path().endsWith(pathEnd)).count();
    }

    JsonNode signIn(String account, String payload) {
        return client.session(client.user("user of " + account), "icloud.account", name(account), payload);
    }

    JsonNode refusedSession(String account) {
        var session = signIn(account, "'password': 'password'");
        assertThat(session.at("/state").asString()).isEqualTo("failed");
        return session;
    }

    /// An active session's id.
    String active(String account) {
        return client.activeSession(name(account));
    }

    /// A poll to its end, however often it is told to come back later.
    JsonNode polled(String account, String payload) {
        return completed(begun(active(account), payload));
    }

    /// A new poll's id.
    String begun(String session, String payload) {
        return client.post("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}")
                .expect(201)
                .at("/id")
                .asString();
    }

    JsonNode completed(String poll) {
        return completed(poll, Duration.ofSeconds(10));
    }

    /// @param step how far time moves whenever the poll waits
    JsonNode completed(String poll, Duration step) {
        return Eventually.get(
                () -> {
                    var shown = client.get("/polls/" + poll).expect(200);
                    if (!shown.at("/tasks_suspended").isEmpty()) {
                        app.clock().advance(step);
                    }
                    return shown;
                },
                p -> p.at("/state").asString().equals("completed"));
    }

    /// The poll's task that waits, once one does.
    JsonNode suspended(String poll) {
        var task = client.settled(
                        "/polls/" + poll, p -> !p.at("/tasks_suspended").isEmpty())
                .at("/tasks_suspended/0")
                .asString();
        return client.get("/tasks/" + task).expect(200);
    }

    static Set<String> errors(JsonNode poll) {
        var codes = new HashSet<String>();
        poll.at("/errors/data").forEach(error -> codes.add(error.at("/error").asString()));
        return codes;
    }

    JsonNode feed(JsonNode poll, String identifier) throws IOException {
        var found = client.get("/results?poll=" + poll.at("/id").asString() + "&identifier=" + identifier);
        return JSON.readTree(Files.readString(path(found.text("/data/0/url"))));
    }

    private static Path path(String url) {
        return Path.of(URI.create(url.replace("local://", "file://")));
    }

    /// Answers the next request for such a path otherwise.
    ///
    /// @param account empty for what is asked before one knows whose it is
    /// @param body in JSON with `'` for `"`
    void fault(String account, String path, int status, String body) {
        fault(account, path, status, body, 1);
    }

    /// @param retryAfterS what the answer says of when to come back
    void fault(String account, String path, int status, String body, int retryAfterS) {
        var order = "{'account': '" + (account.isEmpty() ? "" : name(account)) + "', 'path': '" + path + "', 'status': "
                + status + ", 'retry_after': " + retryAfterS + ", 'body': '" + body.replace("'", "\\'") + "'}";
        var request = HttpRequest.newBuilder(URI.create(app.sandbox().controlUrl() + "/faults"))
                .POST(HttpRequest.BodyPublishers.ofString(order.replace('\'', '"')))
                .build();
        try (var http = HttpClient.newHttpClient()) {
            assertThat(http.send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(201);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// How many files the poll of one feed has published.
    static long files(JsonNode poll) {
        return poll.at("/results/total_count").asLong() - 1;
    }
}
