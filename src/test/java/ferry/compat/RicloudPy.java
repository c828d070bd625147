package ferry.compat;

import ferry.testing.Eventually;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A client with the habits of ricloud-py 3.2.0, as ricloud-api 20 lists them: no Content-Type, `Ricloud-Await: 0` on
/// every request, the body `null` where an action has none, up to three blind re-sends after a 5xx or a lost
/// connection, and a crash at any answer that it cannot cast. Written from those facts. Thread-safe.
final class RicloudPy {
    /// How often a request is sent again.
    static final int MAX_RETRIES = 3;

    private static final Set<String> CLASSES = Set.of(
            "list",
            "organisation",
            "key",
            "user",
            "source",
            "session",
            "poll",
            "subscription",
            "task",
            "result",
            "event",
            "storage_config",
            "webhook_config",
            "permissions");
    private static final Set<String> UNDER_WAY = Set.of("pending", "processing");
    private static final int CASCADE_LIMIT = 5;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;
    private final String token;

    /// @param url of the API, without a slash at its end
    RicloudPy(String url, String token) {
        this.url = url;
        this.token = token;
    }

    /// A 4xx: what the client reads of its body.
    static final class RequestError extends RuntimeException {
        private static final long serialVersionUID = 1L;

        final int status;
        final String error;
        final transient JsonNode body;

        RequestError(int status, JsonNode body) {
            super(status + " " + body, null, false, false);
            this.status = status;
            this.error = body.at("/error").asString("");
            this.body = body;
        }
    }

    /// A 5xx after the last re-send.
    static final class ServerError extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ServerError(int status) {
            super("status " + status, null, false, false);
        }
    }

    /// Where the real client would end with a traceback.
    static final class Crash extends AssertionError {
        private static final long serialVersionUID = 1L;

        Crash(String why) {
            super(why);
        }
    }

    JsonNode retrieve(String path) {
        return send("GET", path, null);
    }

    /// @param parameters name, value, name, value
    JsonNode list(String path, String... parameters) {
        var query = new ArrayList<String>();
        for (int i = 0; i < parameters.length; i += 2) {
            query.add(parameters[i] + "=" + URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
        }
        var list = send("GET", query.isEmpty() ? path : path + "?" + String.join("&", query), null);
        if (!list.at("/resource").asString("").equals("list")) {
            throw new Crash("no list: " + list);
        }
        return list;
    }

    /// The first item, as the sample commands take it.
    JsonNode latest(String path, String... parameters) {
        return list(path, parameters).at("/data/0");
    }

    /// Creates, and updates: both are POST.
    ///
    /// @param body single quotes stand for double ones
    JsonNode post(String path, String body) {
        return send("POST", path, body.replace('\'', '"'));
    }

    /// A body-less action: the body is the literal `null`.
    JsonNode action(String path) {
        return send("POST", path, "null");
    }

    JsonNode delete(String path) {
        return send("DELETE", path, null);
    }

    /// `get_or_create_user`.
    String user(String identifier) {
        return post("/users", "{'identifier': '" + identifier + "'}").at("/id").asString();
    }

    /// Looks at the resource again and again while it is under way.
    JsonNode finished(JsonNode resource, String collection) {
        var path = collection + "/" + resource.at("/id").asString();
        return Eventually.get(
                () -> retrieve(path),
                seen -> !UNDER_WAY.contains(seen.at("/state").asString()));
    }

    /// Creates a session and waits for it.
    JsonNode session(String user, String type, String identifier, Map<String, String> payload) {
        var fields = payload.entrySet().stream()
                .map(field -> "'" + field.getKey() + "': '" + field.getValue() + "'")
                .collect(Collectors.joining(", "));
        return finished(post("/sessions", """
                        {'source': {'user': '%s', 'type': '%s', 'identifier': '%s'}, 'payload': {%s}}""".formatted(user, type, identifier, fields)), "/sessions");
    }

    /// `icloud session create`: asks the person for the code as long as the answer is `code-required`.
    ///
    /// @param codes what the person types, in turn
    JsonNode iCloudSession(String user, String account, List<String> codes) {
        var session = session(user, "icloud.account", account, Map.of("password", "password"));
        for (var code : codes) {
            if (!session.at("/error").asString("").equals("code-required")) {
                return session;
            }
            session = session(user, "icloud.account", account, Map.of("password", "password", "code", code));
        }
        return session;
    }

    /// Creates a poll and waits for it.
    JsonNode poll(String session, String payload) {
        return finished(post("/polls", "{'payload': {" + payload + "}, 'session': '" + session + "'}"), "/polls");
    }

    /// What `poll download` leaves on the disk.
    ///
    /// @param files by the local name
    record Downloaded(Map<String, byte[]> files, List<JsonNode> cascaded) {}

    /// `poll download` with its cascade: after each JSON result a poll for the files that its entries name.
    Downloaded download(JsonNode poll) {
        var files = new TreeMap<String, byte[]>();
        var cascaded = new ArrayList<JsonNode>();
        for (var result : poll.at("/results/data")) {
            var bytes = fetch(result);
            files.put(localName(result), bytes);
            if (type(result).equals("json")) {
                cascaded.add(cascade(poll, bytes, files));
            }
        }
        return new Downloaded(files, cascaded);
    }

    private JsonNode cascade(JsonNode poll, byte[] feed, Map<String, byte[]> files) {
        var ids =
                fileIds(JSON.readTree(feed)).stream().map(id -> "'" + id + "'").collect(Collectors.joining(", "));
        var cascade = finished(
                post(
                        "/polls",
                        "{'payload': {'files': [%s]}, 'session': '%s', 'source': '%s'}"
                                .formatted(
                                        ids,
                                        poll.at("/session").asString(),
                                        poll.at("/source").asString())),
                "/polls");
        for (var result : cascade.at("/results/data")) {
            files.put(localName(result), fetch(result));
        }
        return cascade;
    }

    private static List<String> fileIds(JsonNode feed) {
        if (!feed.has("data")) {
            throw new Crash("KeyError: data");
        }
        var ids = new ArrayList<String>();
        for (var entry : feed.at("/data")) {
            if (ids.size() == CASCADE_LIMIT) {
                break;
            }
            if (entry.has("files")) {
                ids.add(entry.at("/files/0/id").asString());
            } else if (entry.has("file")) {
                ids.add(entry.at("/file/id").asString());
            } else if (entry.has("attachments") && !entry.at("/attachments").isEmpty()) {
                ids.add(entry.at("/attachments/0/file_id").asString());
            }
        }
        return ids;
    }

    /// What lies at a result's `url`: a path of the local disk here.
    byte[] fetch(JsonNode result) {
        var at = URI.create(result.at("/url").asString());
        if (!"local".equals(at.getScheme())) {
            throw new Crash("UnboundLocalError: " + at.getScheme());
        }
        try {
            return Files.readAllBytes(Path.of(at.getPath()));
        } catch (IOException e) {
            throw new Crash("cannot read what the result names: " + e);
        }
    }

    private static String type(JsonNode result) {
        if (!result.has("type")) {
            throw new Crash("KeyError: type");
        }
        return result.at("/type").asString("");
    }

    private static String localName(JsonNode result) {
        return result.at("/poll").asString() + "/"
                + URLEncoder.encode(result.at("/identifier").asString(), StandardCharsets.UTF_8);
    }

    /// Sends, and again up to three times after a 5xx or a lost connection.
    JsonNode send(String method, String path, @Nullable String body) {
        for (int resent = 0; ; resent++) {
            try {
                var response = http.send(request(method, path, body), BodyHandlers.ofString());
                if (response.statusCode() < 500) {
                    return read(response.statusCode(), response.body());
                }
                if (resent == MAX_RETRIES) {
                    throw new ServerError(response.statusCode());
                }
            } catch (IOException e) {
                if (resent == MAX_RETRIES) {
                    throw new Crash("ConnectionError: " + e);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    private HttpRequest request(String method, String path, @Nullable String body) {
        return HttpRequest.newBuilder(URI.create(url + path))
                .header("Authorization", "Token " + token)
                .header("User-Agent", "ricloud-py/3.2.0")
                .header("Ricloud-Await", "0")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
    }

    private static JsonNode read(int status, String text) {
        if (text.isEmpty()) {
            throw new Crash("json.loads of an empty body");
        }
        var json = JSON.readTree(text);
        if (status >= 400) {
            if (!json.isObject()) {
                throw new Crash("no attribute get: " + text);
            }
            throw new RequestError(status, json);
        }
        cast(json);
        return json;
    }

    /// Turns into classes what names a `resource`; a word that it does not know ends the call.
    private static void cast(JsonNode json) {
        if (!json.isObject()) {
            return;
        }
        var resource = json.at("/resource").asString("");
        if (resource.isEmpty()) {
            return;
        }
        if (!CLASSES.contains(resource)) {
            throw new Crash("TypeError: 'NoneType' object is not callable: " + resource);
        }
        if (resource.equals("list")) {
            castItems(json.at("/data"));
        } else {
            json.forEachEntry((_, value) -> cast(value));
        }
    }

    private static void castItems(JsonNode items) {
        if (items.isEmpty()) {
            return;
        }
        var first = items.at("/0/resource").asString("");
        for (var item : items) {
            if (!item.at("/resource").asString("").equals(first)) {
                throw new Crash("items of several kinds in one list: " + item);
            }
            cast(item);
        }
        if (!CLASSES.contains(first)) {
            throw new Crash("TypeError: a list of " + first);
        }
    }
}
