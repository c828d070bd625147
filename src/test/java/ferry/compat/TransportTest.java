package ferry.compat;

import static ferry.compat.Shapes.id;
import static ferry.compat.Shapes.refused;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Basics, authentication, errors and lists (ricloud-api 1 to 4).
@ExtendWith(FerryServer.class)
class TransportTest {
    private final FerryServer.Running server;
    private final RicloudPy client;

    TransportTest(FerryServer.Running server) {
        this.server = server;
        this.client = server.client();
    }

    @Test
    void aBodyWithoutAContentTypeIsJson() {
        assertThat(client.post("/users", "{'identifier': 'no type'}")
                        .at("/identifier")
                        .asString())
                .isEqualTo("no type");
    }

    @Test
    void aBodyWithAnOddContentTypeIsJson() throws Exception {
        var answer = raw("POST", "/users", "{\"identifier\": \"odd type\"}", "Content-Type", "text/plain");
        assertThat(answer.statusCode()).isBetween(200, 201);
    }

    @Test
    void trailingCommasAreAllowed() throws Exception {
        assertThat(raw("POST", "/users", "{\"identifier\": \"comma\",}").statusCode())
                .isBetween(200, 201);
    }

    @Test
    void aLatinOneBodyIsRead() throws Exception {
        var body = "{\"identifier\": \"ren\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
        var answer = HttpClient.newHttpClient()
                .send(request("/users").POST(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofString());
        assertThat(answer.body()).contains("ren\u00e9");
    }

    @Test
    void theBodyNullMeansNoParameters() {
        refused(400, "invalid-parameter", () -> client.action("/users"));
    }

    @Test
    void anEmptyBodyMeansNoParameters() throws Exception {
        assertThat(raw("POST", "/users", "").body()).contains("invalid-parameter");
    }

    @Test
    void aBodyThatIsNoJsonIsRefused() {
        refused(400, "invalid-body", () -> client.post("/users", "{'identifier': "));
    }

    @Test
    void aBodyThatIsAListIsRefused() {
        refused(400, "invalid-body", () -> client.post("/users", "['identifier']"));
    }

    @Test
    void anAwaitOfNothingDoesNotWait() {
        var user = client.user("await");
        var session = client.post(
                "/sessions",
                "{'source': {'user': '" + user + "', 'type': 'icloud.account', 'identifier': 'plain@sandbox.example'},"
                        + " 'payload': {'password': 'password'}}");
        assertThat(session.at("/state").asString()).isEqualTo("pending");
        client.finished(session, "/sessions");
    }

    @Test
    void anAwaitWaitsForTheEnd() throws Exception {
        var user = client.user("await long");
        var answer = raw(
                "POST",
                "/sessions",
                "{\"source\": {\"user\": " + user + ", \"type\": \"mocks.mock\", \"identifier\": \"a\"},"
                        + " \"payload\": {\"password\": \"abcd1234\"}}",
                "Ricloud-Await",
                "10");
        assertThat(answer.body()).contains("\"active\"");
    }

    @Test
    void anAwaitElsewhereIsIgnored() throws Exception {
        var started = System.nanoTime();
        assertThat(raw("GET", "/organisation", "", "Ricloud-Await", "10").statusCode())
                .isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void aMissingTokenIsUnauthorized() throws Exception {
        var answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(server.url() + "/organisation"))
                                .build(),
                        BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("\"error\":\"unauthorized\"");
    }

    @Test
    void aWrongTokenIsUnauthorized() {
        var stranger = new RicloudPy(server.url(), "ferry_wrong");
        refused(401, "unauthorized", () -> stranger.retrieve("/organisation"));
    }

    @Test
    void anUnknownPathIsNotFound() {
        refused(404, "not-found", () -> client.retrieve("/nothing/here"));
    }

    @Test
    void aWrongMethodIsNamed() {
        refused(405, "method-not-allowed", () -> client.delete("/users"));
    }

    @Test
    void aWrongParameterIsNamed() {
        var refusal = refused(400, "invalid-parameter", () -> client.post("/users", "{'identifier': 3.5}"));
        assertThat(refusal.body.at("/params/identifier").isArray()).isTrue();
    }

    @Test
    void anErrorCarriesTheRequestsId() throws Exception {
        var answer = raw("GET", "/users/999999", "");
        assertThat(answer.body())
                .contains("\"request_id\":\""
                        + answer.headers().firstValue("X-Request-Id").orElseThrow() + "\"");
    }

    @Test
    void anIdMayBeANumberOrAString() {
        var user = client.user("number or string");
        var asNumber = client.post("/sessions", """
                {'source': {'user': %s, 'type': 'mocks.mock', 'identifier': 'n'}, 'payload': {'password': 'x'}}""".formatted(user));
        assertThat(asNumber.at("/user").asString()).isEqualTo(user);
    }

    @Test
    void aListHasItsFiveFields() {
        client.user("in a list");
        var list = client.list("/users");
        Shapes.hasKeys(list, "resource", "data", "has_more", "total_count", "url");
        assertThat(list.at("/url").asString()).isEqualTo("/users");
    }

    @Test
    void aListIsNewestFirst() {
        client.user("older");
        var newest = client.user("newest of all");
        assertThat(id(client.latest("/users", "limit", "1"))).isEqualTo(newest);
    }

    @Test
    void aListHoldsTenUnlessAskedForMore() {
        for (int i = 0; i < 12; i++) {
            client.user("one of twelve " + i);
        }
        assertThat(client.list("/users").at("/data")).hasSize(10);
        assertThat(client.list("/users").at("/has_more").asBoolean()).isTrue();
        assertThat(client.list("/users", "limit", "12").at("/data")).hasSize(12);
    }

    @Test
    void aListsLimitEndsAtAThousand() {
        client.list("/users", "limit", "1000");
        refused(400, "invalid-parameter", () -> client.list("/users", "limit", "1001"));
        refused(400, "invalid-parameter", () -> client.list("/users", "limit", "0"));
    }

    @Test
    void cursorsGoToOlderItems() {
        var older = client.user("cursor older");
        var newer = client.user("cursor newer");
        assertThat(id(client.latest("/users", "after_id", newer, "limit", "1"))).isEqualTo(older);
        assertThat(client.list("/users", "before_id", older, "limit", "1000").at("/data"))
                .isNotEmpty()
                .allSatisfy(item -> assertThat(id(item)).isNotEqualTo(older));
    }

    @Test
    void anUnknownCursorIsRefused() {
        refused(400, "invalid-parameter", () -> client.list("/users", "after_id", "99999999"));
    }

    @Test
    void anUnknownFilterIsIgnored() {
        client.list("/users", "colour", "green");
    }

    @Test
    void aListMayBeFilteredByDate() {
        client.user("dated");
        assertThat(client.list("/users", "date_created[gte]", "2020-01-01T00:00:00")
                        .at("/total_count")
                        .asInt())
                .isPositive();
        assertThat(client.list("/users", "date_created__lt", "2020-01-01T00:00:00Z")
                        .at("/total_count")
                        .asInt())
                .isZero();
        assertThat(client.list("/users", "date_created", "2020-01-01T00:00:00").at("/data"))
                .isEmpty();
    }

    @Test
    void aFiltersBracketsMayBeEscapedOrNot() {
        client.list("/users", "date_created%5Bgte%5D", "2020-01-01T00:00:00");
        client.list("/users", "date_created[gte]", "2020-01-01T00:00:00");
    }

    @Test
    void aDateThatIsNoneIsRefused() {
        refused(400, "invalid-parameter", () -> client.list("/users", "date_created[gte]", "yesterday"));
    }

    private HttpResponse<String> raw(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        var request = request(path).method(method, BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path))
                .header("Authorization", "Token " + server.token());
    }
}
