package ferry.http;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.access.Permissions;
import ferry.access.Scopes;
import ferry.testing.Client;
import ferry.testing.Client.Answer;
import ferry.testing.TestApp;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a client must not send, and what it is told then: always one of the documented errors, never a detail
/// of ours.
class BadInputTest {
    private static final int LARGEST_BODY = 4 << 20;

    private static final ferry.http.Answer OK = ferry.http.Answer.ok(Map.of("resource", "thing"));

    private static TestApp app;
    private static Client client;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static Answer post(String path, byte[] body) {
        return Client.send(client.request(path).POST(BodyPublishers.ofByteArray(body)));
    }

    private static Answer post(String path, String body) {
        return post(path, body.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertError(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text("/error")).isEqualTo(code);
        assertThat(answer.text("/message")).isNotBlank();
        assertThat(answer.text("/request_id")).isNotBlank();
        assertThat(answer.raw().headers().firstValue("X-Request-Id")).contains(answer.text("/request_id"));
        assertThat(answer.raw().headers().firstValue("Content-Type")).contains("application/json");
    }

    // ---- who asks

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Token",
                "Token ",
                "Bearer abc",
                "Token nonsense",
                "Token ferry_0000000000000000000000000000000000000000000000000",
                "Token ferry_\u00e9",
                "Basic dXNlcjpwYXNz"
            })
    void withoutAValidTokenNothingIsAnswered(String header) {
        for (var path : List.of("/organisation", "/nowhere", "/sessions/1", "/polls")) {
            var request = HttpRequest.newBuilder(URI.create(app.url() + path)).GET();
            assertError(
                    Client.send(header.isEmpty() ? request : request.header("Authorization", header)),
                    401,
                    "unauthorized");
        }
    }

    @Test
    void aKeyThatWasSwitchedOffOrHasExpiredLetsNobodyIn() {
        var off = app.key(app.first());
        var id = off.get("/key").expect(200).at("/id").asString();
        app.db().systemDo(tx -> tx.execute("update api_key set state = 'deactivated' where id = " + id));
        assertError(off.get("/key"), 401, "unauthorized");

        var late = app.key(app.first());
        var other = late.get("/key").expect(200).at("/id").asString();
        app.db()
                .systemDo(tx -> tx.createUpdate("update api_key set date_expires = :now where id = :id")
                        .bind("now", app.clock().instant())
                        .bind("id", Long.parseLong(other))
                        .execute());
        assertError(late.get("/key"), 401, "unauthorized");
    }

    @Test
    void theSchemeMayBeSpelledInAnyCase() {
        var token = client.request("/key")
                .build()
                .headers()
                .firstValue("Authorization")
                .orElseThrow();
        var request = HttpRequest.newBuilder(URI.create(app.url() + "/key"))
                .header("Authorization", token.replace("Token ", "token  "));
        assertThat(Client.send(request).status()).isEqualTo(200);
    }

    // ---- the body

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{\"identifier\": }",
                "[]",
                "[{\"identifier\": \"x\"}]",
                "\"text\"",
                "12",
                "true",
                "{\"identifier\": \"x\"} {}",
                "{\"identifier\": \"x\"} trailing",
                "{'identifier': 'x'}",
                "identifier=x",
                "{\"identifier\": NaN}",
                "{\"identifier\": \"a\nb\"}",
                "{\"identifier\": \"\\x\"}",
                "\u0000",
            })
    void aBodyThatIsNoJsonObjectIsAnInvalidBody(String body) {
        assertError(post("/users", body), 400, "invalid-body");
    }

    @Test
    void aBodyThatIsTooDeepOrHasATextTooLongIsAnInvalidBody() {
        assertError(post("/users", "{\"a\": ".repeat(40) + "1" + "}".repeat(40)), 400, "invalid-body");
        assertError(post("/users", "[".repeat(100_000)), 400, "invalid-body");
        assertError(post("/users", "{\"identifier\": \"" + "x".repeat((1 << 20) + 1) + "\"}"), 400, "invalid-body");
        assertError(post("/users", "{\"identifier\": " + "9".repeat(100_000) + "}"), 400, "invalid-body");
    }

    @Test
    void aBodyOfMoreThanFourMebibytesIsRefused() {
        var filling = " ".repeat(LARGEST_BODY);
        assertError(post("/users", "{}" + filling), 400, "invalid-body");
        // Right at the limit it is read.
        assertError(post("/users", "{}" + filling.substring(2)), 400, "invalid-parameter");
        // The connection, or a new one, goes on.
        assertThat(client.get("/key").status()).isEqualTo(200);
    }

    @Test
    void aChunkedBodyIsReadAndLimitedLikeAnyOther() {
        var body = "{\"identifier\": \"chunked\"}".getBytes(StandardCharsets.UTF_8);
        var request = client.request("/users").POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)));
        assertThat(Client.send(request).status()).isEqualTo(201);

        var large = new byte[LARGEST_BODY + 10];
        Arrays.fill(large, (byte) ' ');
        var tooLarge =
                client.request("/users").POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)));
        assertError(Client.send(tooLarge), 400, "invalid-body");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "{}", "  ", "\r\n"})
    void noParametersMayBeSaidInAnyWay(String body) {
        var answer = post("/users", body);
        assertError(answer, 400, "invalid-parameter");
        assertThat(answer.body().at("/params/identifier/0").asString()).isEqualTo("is required");
    }

    @Test
    void trailingCommasAndAnOddContentTypeAreFine() {
        var request = client.request("/users")
                .header("Content-Type", "text/plain; charset=utf-16")
                .POST(BodyPublishers.ofString("{\"identifier\": \"commas\",}"));
        assertThat(Client.send(request).status()).isEqualTo(201);
    }

    @Test
    void latin1IsReadWhereItIsNotUtf8() {
        var answer = post("/users", "{\"identifier\": \"Ren\u00e9e\"}".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(answer.text("/identifier")).isEqualTo("Ren\u00e9e");
        assertThat(post("/users", "{\"identifier\": \"Ren\u00e9e\"}").text("/id"))
                .isEqualTo(answer.text("/id"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/users    | {\"identifier\": [\"x\"]}                        | identifier",
                "/users    | {\"identifier\": {}}                             | identifier",
                "/users    | {\"identifier\": true}                           | identifier",
                "/users    | {\"identifier\": 1.5}                            | identifier",
                "/users    | {\"identifier\": \"  \"}                         | identifier",
                "/users    | {\"identifier\": \"a\\u0000b\"}                  | identifier",
                "/users    | {\"identifier\": \"a\\ud800b\"}                  | identifier",
                "/sources  | {\"user\": \"x\", \"type\": \"mocks.mock\", \"identifier\": \"i\"} | user",
                "/sources  | {\"user\": -1, \"type\": \"mocks.mock\", \"identifier\": \"i\"} | user",
                "/sources  | {\"user\": 99999999999999999999, \"type\": \"mocks.mock\", \"identifier\": \"i\"} | user",
                "/sources  | {\"user\": 1, \"type\": \"nothing.here\", \"identifier\": \"i\"} | type",
                "/sources  | {\"user\": 1, \"type\": [], \"identifier\": \"i\"} | type",
                "/sessions | {\"source\": 1, \"payload\": {}}                 | source",
                "/sessions | {\"source\": {\"user\": 1}, \"payload\": 1}      | payload",
                "/sessions | {\"source\": {\"user\": \"1\", \"type\": \"mocks.mock\", \"identifier\": \"i\"}, \"payload\": {\"password\": {}}} | payload.password",
                "/sessions | {\"source\": {\"user\": \"1\", \"type\": \"mocks.mock\", \"identifier\": \"i\"}, \"payload\": {\"password\": null}} | payload.password",
                "/sessions | {\"source\": {\"user\": \"1\", \"type\": \"mocks.mock\", \"identifier\": \"i\"}, \"payload\": {\"method\": \"pigeon\", \"password\": \"x\"}} | payload.method",
                "/polls    | {\"session\": {}, \"payload\": {}}               | session",
                "/polls    | {\"session\": \"x\", \"payload\": []}            | payload",
                "/polls    | {\"session\": \"x\"}                             | payload",
                "/configs/storage | {\"url\": \"ftp://bucket/path\"}          | url",
                "/configs/storage | {\"url\": \"local://b/../c\"}             | url",
                "/configs/storage | {\"url\": \"local://bucket/a\", \"signed_urls_enabled\": \"yes\"} | signed_urls_enabled",
                "/configs/storage | {\"url\": \"local://bucket/a\", \"signed_urls_expiry\": -1} | signed_urls_expiry",
                "/configs/storage | {\"url\": \"local://bucket/a\", \"signed_urls_expiry\": 1e400} | signed_urls_expiry",
                "/configs/storage | {\"url\": \"local://bucket/a\", \"credentials\": \"secret\"} | credentials",
                "/configs/storage | {\"url\": \"local://bucket/a\", \"region\": {}} | region",
                "/configs/storage | {\"url\": \"local://bucket/a\", \"region\": 1} | region",
                "/configs/storage | {\"url\": \"local://bucket/a\", \"endpoint\": []} | endpoint",
                "/events/redeliver | {\"since\": \"2026-11-23T00:00:00Z\", \"type\": 1} | type",
                "/events/redeliver | {\"since\": \"2026-11-23T00:00:00Z\", \"action\": 0} | action",
                "/results/ack | {\"ids\": \"x\"}                              | ids",
                "/results/ack | {\"ids\": [1]}                                | ids",
                "/results/ack | {\"ids\": [\"x\"]}                            | ids",
            })
    void aFieldOfTheWrongKindIsNamed(String path, String body, String field) {
        client.user("somebody");
        var answer = post(path, body);
        assertError(answer, 400, "invalid-parameter");
        assertThat(answer.body().at("/params").has(field)).as(answer.text()).isTrue();
    }

    @Test
    void anUpdateRefusesWhatACreateRefuses() {
        var config = client.storage("local://bad-input").at("/id").asString();
        var answer = client.post("/configs/storage/" + config, "{'credentials': [[]]}");
        assertError(answer, 400, "invalid-parameter");
        assertThat(answer.body().at("/params").has("credentials")).isTrue();
    }

    @Test
    void allWrongFieldsAreNamedAtOnce() {
        var answer = post("/sessions", "{\"source\": {\"user\": \"x\"}, \"payload\": {\"password\": []}}");
        assertError(answer, 400, "invalid-parameter");
        var params = answer.body().at("/params");
        assertThat(params.propertyNames())
                .contains("source.user", "source.type", "source.identifier", "payload.password");
    }

    @Test
    void textsLongerThanAnyoneNeedsAreRefused() {
        assertError(post("/users", "{\"identifier\": \"" + "x".repeat(513) + "\"}"), 400, "invalid-parameter");
        var user = client.user("long");
        assertError(
                post(
                        "/sources",
                        "{\"user\": " + user + ", \"type\": \"mocks.mock\", \"identifier\": \"" + "x".repeat(513)
                                + "\"}"),
                400,
                "invalid-parameter");
        assertError(
                post(
                        "/sessions",
                        "{\"source\": {\"user\": " + user
                                + ", \"type\": \"mocks.mock\", \"identifier\": \"i\"}, \"payload\": {\"password\": \""
                                + "x".repeat(2000) + "\"}}"),
                400,
                "invalid-parameter");
    }

    // ---- the path

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/nowhere",
                "/",
                "//users",
                "/users//",
                "/users/1/nothing",
                "/polls/%2e%2e/organisation",
                "/polls/..%2forganisation",
                "/download/../organisation/x",
                "/%00",
                "/users%00",
                "/organisation/1"
            })
    void anUnknownPathIsNotFound(String path) throws IOException {
        assertThat(raw("GET " + path + " HTTP/1.1")).contains("404").contains("not-found");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/..", "/polls/..", "/users/../../etc/passwd", "/polls/%zz", "/%", "/polls/%e9", "/polls/{id}"})
    void anOddPathIsAnsweredWithoutAFault(String path) throws IOException {
        assertThat(raw("GET " + path + " HTTP/1.1").split("\r\n", 2)[0]).containsAnyOf("400", "404");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/users/x",
                "/users/0",
                "/users/-1",
                "/users/1.0",
                "/users/99999999999999999999",
                "/users/%00",
                "/sources/abc",
                "/sources/abc/children",
                "/sessions/1",
                "/sessions/1-1-1-1-1",
                "/polls/not-a-uuid-at-all-but-as-long-as-one",
                "/polls/1/results",
                "/polls/1/errors",
                "/tasks/x",
                "/tasks/x/results",
                "/results/x",
                "/configs/storage/x",
                "/results/%F0%9F%98%80",
                "/users/%D9%A1",
                "/users/01",
                "/users/%2B1",
                "/polls/000000000-000-7000-8000-000000000000"
            })
    void anIdThatIsNoneIsNotFound(String path) {
        assertError(client.get(path), 404, "not-found");
    }

    @Test
    void aMethodThatAPathDoesNotKnowIsAnsweredWithThoseItDoes() {
        var answer = Client.send(client.request("/sessions").method("PATCH", BodyPublishers.ofString("{}")));
        assertError(answer, 405, "method-not-allowed");
        assertThat(answer.raw().headers().firstValue("Allow")).contains("GET, POST");
        assertError(client.delete("/users"), 405, "method-not-allowed");
        assertError(client.post("/key", "{}"), 405, "method-not-allowed");
    }

    @Test
    void aStrangerLearnsOnlyOfPathsThatAreOpenToAll() {
        var stranger = new Client(app.url(), "nobody");
        for (var path : List.of("/users", "/nothing")) {
            var answer = stranger.delete(path);
            assertError(answer, 401, "unauthorized");
            assertThat(answer.raw().headers().firstValue("Allow")).isEmpty();
        }
        assertError(stranger.delete("/health"), 405, "method-not-allowed");
    }

    @Test
    void aHeadIsAGetWithoutItsBody() throws IOException {
        try (var socket = connect()) {
            var token = client.request("/key")
                    .build()
                    .headers()
                    .firstValue("Authorization")
                    .orElseThrow();
            send(socket, "HEAD /key HTTP/1.1\r\nHost: x\r\nAuthorization: " + token + "\r\n\r\n");
            assertThat(head(socket.getInputStream()))
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("content-length:");
            // The next answer on the connection begins where the head ended.
            send(socket, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assertThat(answer(socket.getInputStream()))
                    .startsWith("HTTP/1.1 200")
                    .contains("\"ok\"");
        }
    }

    // ---- lists

    @ParameterizedTest
    @CsvSource({
        "/users?limit=0, limit",
        "/users?limit=-1, limit",
        "/users?limit=1001, limit",
        "/users?limit=ten, limit",
        "/users?limit=99999999999999999999, limit",
        "/users?after_id=x, after_id",
        "/users?after_id=999999, after_id",
        "/users?before_id=999999, before_id",
        "/users?before_id=%D9%A1, before_id",
        "/users?limit=%D9%A1, limit",
        "/sessions?after_id=1, after_id",
        "/polls?after_id=000000000-000-7000-8000-000000000000, after_id",
        "/sessions?before_id=00000000-0000-7000-8000-000000000000, before_id",
        "/polls?after_id=00000000-0000-7000-8000-000000000000, after_id",
        "/polls?session=1, session",
        "/polls?state=done, state",
        "/polls?user=x, user",
        "/polls?source=0, source",
        "/tasks?state=done, state",
        "/tasks?poll=1, poll",
        "/tasks?after_id=00000000-0000-7000-8000-000000000000, after_id",
        "/results?state=gone, state",
        "/results?poll=x, poll",
        "/results?after_id=00000000-0000-7000-8000-000000000000, after_id",
        "/sources?user=x, user",
        "/sources?state=asleep, state",
        "/sources?after_id=999999, after_id",
        "/sessions?state=asleep, state",
        "/configs/storage?after_id=999999, after_id",
        "/users?identifier=%00, identifier",
        "/sources?type=%00, type",
        "/sources?identifier=a%00, identifier",
        "/results?identifier=%00, identifier",
        "/tasks?type=%00, type",
    })
    void aListRefusesWhatItCannotMean(String path, String parameter) {
        var answer = client.get(path);
        assertError(answer, 400, "invalid-parameter");
        assertThat(answer.body().at("/params").has(parameter)).as(answer.text()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/users?colour=blue",
                "/users?limit=",
                "/users?&&=&==&a",
                "/users?limit=5&limit=x",
                "/users?limit=1000",
                "/sessions?user=&state="
            })
    void whatAListDoesNotKnowItIgnores(String path) throws IOException {
        assertThat(raw("GET " + path + " HTTP/1.1")).startsWith("HTTP/1.1 200").contains("\"list\"");
    }

    // ---- the wire

    @Test
    void aBodyThatNeverComesFreesTheServer() throws IOException {
        Routes.Endpoint endpoint = request -> OK;
        try (var server = WebServer.start("127.0.0.1", 0, Duration.ofMillis(300), api(endpoint));
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(10_000);
            send(socket, "POST /thing HTTP/1.1\r\nHost: x\r\nAuthorization: Token x\r\nContent-Length: 10\r\n\r\n{");
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            // Told once, and the connection is over.
            assertThat(answer).doesNotContain("500");
            if (!answer.isEmpty()) {
                assertThat(answer).contains("400").contains("invalid-body");
            }
        }
    }

    @Test
    void aClientThatGoesAwayHalfWayHarmsNobody() throws IOException {
        for (int i = 0; i < 20; i++) {
            try (var socket = connect()) {
                var token = client.request("/key")
                        .build()
                        .headers()
                        .firstValue("Authorization")
                        .orElseThrow();
                send(
                        socket,
                        "POST /users HTTP/1.1\r\nHost: x\r\nAuthorization: " + token
                                + "\r\nContent-Length: 100\r\n\r\n{\"identifier\": \"half");
            }
        }
        assertThat(client.get("/users?identifier=half").text("/total_count")).isEqualTo("0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NONSENSE",
                "GET /users",
                "GET  HTTP/1.1",
                "GET /users HTTP/9.9",
                "\u0000\u0001\u0002",
            })
    void whatIsNoRequestIsRefusedAndTheServerGoesOn(String line) throws IOException {
        var answer = raw(line);
        assertThat(answer).doesNotContain("HTTP/1.1 200").doesNotContain("Exception");
        assertThat(client.get("/health").status()).isEqualTo(200);
    }

    private static final String HEAD = "GET /health HTTP/1.1\r\nHost: x\r\n";
    private static final String POST = "POST /users HTTP/1.1\r\nHost: x\r\n";

    static List<Arguments> whatTheLibraryRefuses() {
        return List.of(
                Arguments.of("an encoded body", POST + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
                Arguments.of("an odd encoding", POST + "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}"),
                Arguments.of("long headers", HEAD + "X-Long: " + "x".repeat(17 << 10) + "\r\n\r\n"),
                Arguments.of("a long line", "GET /users?identifier=" + "x".repeat(16 << 10) + " HTTP/1.1\r\n\r\n"),
                Arguments.of("no host", "GET /health HTTP/1.1\r\n\r\n"),
                Arguments.of("two hosts", HEAD + "Host: y\r\n\r\n"),
                Arguments.of("a header without a colon", HEAD + "CANARY\r\n\r\n"),
                Arguments.of("a length that is none", POST + "Content-Length: CANARY\r\n\r\n{}"),
                Arguments.of("a negative length", POST + "Content-Length: -5\r\n\r\n{}"),
                Arguments.of("an unknown transfer", POST + "Transfer-Encoding: CANARY\r\n\r\n{}"),
                Arguments.of("two lengths", POST + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"));
    }

    /// ricloud-py fails on a body that is no JSON. What does not even begin as HTTP/1.1 gets no answer at all.
    @ParameterizedTest(name = "{0}")
    @MethodSource("whatTheLibraryRefuses")
    void whatTheHttpLibraryRefusesIsAnErrorLikeAnyOther(String name, String request) throws IOException {
        try (var socket = connect()) {
            send(socket, request);
            var answer = answer(socket.getInputStream());
            assertThat(answer).as(name).startsWith("HTTP/1.1 400 ").doesNotContain("CANARY");
            var head = answer.substring(0, answer.indexOf("\r\n\r\n"));
            assertThat(head).containsIgnoringCase("\r\nContent-Type: application/json");
            assertThat(head).containsIgnoringCase("\r\nConnection: close");
            var body = Json.MAPPER.readTree(answer.substring(head.length()).strip());
            assertThat(body.propertyNames()).containsExactly("error", "message", "request_id");
            assertThat(body.at("/error").asString()).isEqualTo("invalid-body");
            assertThat(body.at("/request_id").asString()).matches("[0-9a-f]{16}");
            assertThat(head)
                    .containsIgnoringCase(
                            "\r\nX-Request-Id: " + body.at("/request_id").asString());
        }
        assertThat(client.get("/health").status()).isEqualTo(200);
    }

    @Test
    void aContentLengthThatLiesIsRefused() throws IOException {
        try (var socket = connect()) {
            send(socket, "POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}");
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .doesNotContain("HTTP/1.1 2")
                    .doesNotContain("HTTP/1.1 5");
        }
    }

    @Test
    void aFaultOfOursSaysNothingOfItsCause() throws Exception {
        Routes.Endpoint broken = request -> {
            throw new IllegalStateException("select * from secret_table where password = 'hunter2'");
        };
        try (var server = WebServer.start("127.0.0.1", 0, api(broken))) {
            var request = HttpRequest.newBuilder(URI.create(server.url() + "/thing"))
                    .header("Authorization", "Token x")
                    .POST(BodyPublishers.ofString("{}"));
            var answer = Client.send(request);
            assertError(answer, 500, "internal");
            assertThat(answer.text())
                    .doesNotContain("hunter2")
                    .doesNotContain("secret_table")
                    .doesNotContain("IllegalState");
        }
    }

    private static Api api(Routes.Endpoint endpoint) {
        return new Api(
                _ -> new Caller(new OrgId(1), 1, new Permissions(Scopes.ALL, Optional.empty())),
                List.of(routes -> routes.post("/thing", endpoint)));
    }

    @Test
    void aClientThatAsksForItHasItsConnectionClosed() throws IOException {
        try (var socket = connect()) {
            send(socket, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            var answer = answer(socket.getInputStream());
            assertThat(answer).contains("onnection: close");
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void everyAnswerCarriesARequestIdOfItsOwn() {
        var one = client.get("/key").raw().headers().firstValue("X-Request-Id").orElseThrow();
        var other = client.get("/polls/" + UUID.randomUUID());
        assertError(other, 404, "not-found");
        assertThat(other.text("/request_id")).isNotEqualTo(one);
    }

    private static Socket connect() throws IOException {
        var url = URI.create(app.url());
        var socket = new Socket(url.getHost(), url.getPort());
        socket.setSoTimeout(3_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            head.append((char) next);
        }
        return head.toString();
    }

    @Test
    void aQueryWithBracketsOrAVeryLongFilterIsRead() throws IOException {
        assertThat(raw("GET /users?date_created[gte]=2026-01-01&x=a|b HTTP/1.1"))
                .contains(" 200 ");
        assertThat(client.get("/users?identifier=" + "%E6%BC%A2".repeat(512))
                        .expect(200)
                        .at("/total_count")
                        .asInt())
                .isZero();
    }

    /// What comes back for a request line sent as it stands.
    private static String raw(String line) throws IOException {
        try (var socket = connect()) {
            var token = client.request("/key")
                    .build()
                    .headers()
                    .firstValue("Authorization")
                    .orElseThrow();
            send(socket, line + "\r\nHost: x\r\nAuthorization: " + token + "\r\nConnection: close\r\n\r\n");
            return answer(socket.getInputStream());
        }
    }

    /// An answer's head and as much body as it announces.
    private static String answer(InputStream in) throws IOException {
        var head = head(in);
        var length = Pattern.compile("(?i)content-length: (\\d+)").matcher(head);
        return length.find()
                ? head + new String(in.readNBytes(Integer.parseInt(length.group(1))), StandardCharsets.UTF_8)
                : head;
    }
}
