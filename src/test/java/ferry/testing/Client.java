package ferry.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// Asks the API as a backend would, over HTTP, and checks every answer against the contract. Thread-safe.
public final class Client {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final String url;
    private final String token;

    /// @param url where the API answers
    /// @param token of a key
    public Client(String url, String token) {
        this.url = url;
        this.token = token;
    }

    /// An answer.
    ///
    /// @param body as JSON
    /// @param text as it came
    public record Answer(int status, JsonNode body, String text, HttpResponse<String> raw) {
        /// The value at a path such as `/source/id`, as text.
        public String text(String pointer) {
            return body.at(pointer).asString("");
        }

        /// The body of an answer that must have this status.
        public JsonNode expect(int wanted) {
            if (status != wanted) {
                throw new AssertionError("status " + status + " instead of " + wanted + ": " + text);
            }
            return body;
        }
    }

    /// The same key, asking another node.
    public Client at(String otherUrl) {
        return new Client(otherUrl, token);
    }

    /// Reads.
    public Answer get(String path) {
        return send(request(path).GET());
    }

    /// Posts a body; single quotes stand for double ones.
    public Answer post(String path, String body) {
        return send(request(path).POST(BodyPublishers.ofString(body.replace('\'', '"'))));
    }

    /// Posts a body and waits for the work to end, 10 s at most.
    public Answer postAndAwait(String path, String body) {
        return send(request(path).header("Ricloud-Await", "10").POST(BodyPublishers.ofString(body.replace('\'', '"'))));
    }

    /// Deletes.
    public Answer delete(String path) {
        return send(request(path).DELETE());
    }

    /// Sends a request of the test's own making, with the token.
    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).header("Authorization", "Token " + token);
    }

    /// Sends it.
    public static Answer send(HttpRequest.Builder request) {
        try {
            var response = HTTP.send(request.build(), BodyHandlers.ofString());
            Contract.check(response);
            return new Answer(response.statusCode(), json(response), response.body(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// A body that is no JSON, such as a page, as a text.
    private static JsonNode json(HttpResponse<String> response) {
        return response.headers().firstValue("Content-Type").orElse("").contains("json")
                ? JSON.readTree(response.body())
                : JsonNodeFactory.instance.stringNode(response.body());
    }

    /// A new user's id.
    public String user(String identifier) {
        return post("/users", "{'identifier': '" + identifier + "'}").text("/id");
    }

    /// Asks for a session and waits until it is no longer pending.
    ///
    /// @param payload such as `'password': 'password'`
    public JsonNode session(String user, String type, String identifier, String payload) {
        var made = postAndAwait("/sessions", """
                {'source': {'user': '%s', 'type': '%s', 'identifier': '%s'}, 'payload': {%s}}
                """.formatted(user, type, identifier, payload))
                .expect(201);
        return settled(
                "/sessions/" + made.at("/id").asString(),
                s -> !s.at("/state").asString().equals("pending"));
    }

    /// An active session of an account of the sandbox, its second factor included.
    public String activeSession(String account) {
        var user = user("user of " + account);
        var session = session(user, "icloud.account", account, "'password': 'password'");
        if (session.at("/error").asString("").equals("code-required")) {
            session = session(user, "icloud.account", account, "'password': 'password', 'code': '123456'");
        }
        if (!session.at("/state").asString().equals("active")) {
            throw new AssertionError("the session is not active: " + session);
        }
        return session.at("/id").asString();
    }

    /// A storage config that is valid.
    public JsonNode storage(String localUrl) {
        var id = post("/configs/storage", "{'url': '" + localUrl + "', 'signed_urls_enabled': true}")
                .expect(201)
                .at("/id")
                .asString();
        return settled("/configs/storage/" + id, c -> !c.at("/state").asString().equals("new"));
    }

    /// Makes a poll and waits until it is completed.
    public JsonNode completedPoll(String session, String payload) {
        var made = postAndAwait("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}")
                .expect(201);
        return settled(
                "/polls/" + made.at("/id").asString(),
                p -> p.at("/state").asString().equals("completed"));
    }

    /// Reads a resource until it is as wanted, 60 s at most.
    public JsonNode settled(String path, Predicate<JsonNode> wanted) {
        return Eventually.get(() -> get(path).expect(200), wanted);
    }
}
