package ferry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import ferry.error.ErrorCode;
import ferry.http.WebServer;
import ferry.testing.Contract;
import ferry.testing.TestApp;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `openapi.yaml` is a sound document, says what the service does, and is served with its page. Whether the answers are
/// as it says is checked by the tests' client, at every call of the suite.
class ContractTest {
    private static final Contract CONTRACT = Contract.get();
    private static TestApp app;

    @BeforeAll
    static void start() {
        app = TestApp.start();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void everyRouteIsDocumentedAndNoOther() {
        var documented =
                CONTRACT.operations().stream().map(Contract.Operation::route).toList();
        assertThat(documented).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(app.routes());
    }

    /// By the specification's own schema, which leaves the schemas in the document to the schema language.
    @Test
    void theDocumentIsValidOpenApi() throws IOException {
        var registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        var openApi = registry.getSchema(
                Files.readString(Path.of("src/test/resources/openapi/oas-3.1-2022-10-07.json")), InputFormat.JSON);
        assertThat(openApi.validate(CONTRACT.document())).isEmpty();
        // What OpenAPI's own dialect adds to is this one. The page warns of a document that names another dialect.
        assertThat(CONTRACT.document().has("jsonSchemaDialect")).isFalse();
        var draft = registry.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));
        CONTRACT.document()
                .at("/components/schemas")
                .properties()
                .forEach(schema -> assertThat(draft.validate(schema.getValue()))
                        .as(schema.getKey())
                        .isEmpty());
        var broken = ((ObjectNode) CONTRACT.document().deepCopy()).put("paths", "none");
        assertThat(openApi.validate(broken)).isNotEmpty();
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        var dead = new TreeSet<String>();
        for (var reference : CONTRACT.document().findValuesAsString("$ref")) {
            if (!reference.startsWith("#/")
                    || CONTRACT.document().at(reference.substring(1)).isMissingNode()) {
                dead.add(reference);
            }
        }
        assertThat(dead).isEmpty();
    }

    @Test
    void everyComponentIsUsed() {
        var used = new HashSet<>(CONTRACT.document().findValuesAsString("$ref"));
        // What answers a wrong method belongs to no operation.
        used.add("#/components/responses/MethodNotAllowed");
        var unused = new TreeSet<String>();
        for (var kind : List.of("parameters", "headers", "responses", "schemas")) {
            CONTRACT.document().at("/components/" + kind).propertyNames().stream()
                    .map(name -> "#/components/" + kind + "/" + name)
                    .filter(name -> !used.contains(name))
                    .forEach(unused::add);
        }
        assertThat(unused).isEmpty();
    }

    @Test
    void everyCallHasANameATagAndItsErrors() {
        var tags = CONTRACT.document().at("/tags").findValuesAsString("name");
        var names = new ArrayList<String>();
        for (var operation : CONTRACT.operations()) {
            var node = operation.node();
            names.add(node.path("operationId").asString(""));
            assertThat(node.path("summary").asString("")).as(operation.route()).isNotBlank();
            assertThat(node.path("tags").size()).as(operation.route()).isEqualTo(1);
            assertThat(tags).as(operation.route()).contains(node.at("/tags/0").asString());
            var statuses = node.path("responses").propertyNames();
            assertThat(statuses).as(operation.route()).contains("500").anyMatch(status -> status.startsWith("2"));
            assertThat(node.path("responses").propertyNames().contains("401"))
                    .as("%s answers 401 unless it is open", operation.route())
                    .isEqualTo(!node.path("security").isEmpty() || !node.has("security"));
            assertThat(names(operation)).as(operation.route()).isEqualTo(placeholders(operation.path()));
        }
        assertThat(names).doesNotHaveDuplicates().doesNotContain("");
    }

    /// What every call of a kind takes and answers, besides what is its own.
    @Test
    void whatIsTrueOfManyCallsIsSaidOfAllOfThem() {
        assertThat(CONTRACT.operations()).allSatisfy(operation -> {
            var statuses = operation.node().path("responses").propertyNames();
            var open = operation.node().has("security");
            assertThat(statuses).as(operation.route()).contains("400");
            assertThat(statuses.contains("429")).as(operation.route()).isEqualTo(!open);
            var parameters = parameters(operation, "query");
            if (parameters.contains("limit")) {
                assertThat(parameters).as(operation.route()).contains("after_id", "before_id", "date_created");
            }
            // These two give what is there already.
            boolean create = statuses.contains("201") && !statuses.contains("200");
            assertThat(parameters(operation, "header").contains("Idempotency-Key"))
                    .as(operation.route())
                    .isEqualTo(create);
            if (create) {
                assertThat(statuses).as(operation.route()).contains("409");
            }
        });
    }

    @Test
    void everyResponseHasADescriptionAndTheRequestId() {
        for (var operation : CONTRACT.operations()) {
            for (var response : operation.node().path("responses").properties()) {
                var pointer = CONTRACT.resolved(operation.pointer() + "/responses/" + response.getKey());
                var node = CONTRACT.document().at(pointer);
                assertThat(node.path("description").asString("")).as(pointer).isNotBlank();
                assertThat(node.path("headers").has("X-Request-Id")).as(pointer).isTrue();
                assertThat(node.path("content").isEmpty()).as(pointer).isFalse();
            }
        }
    }

    @Test
    void everyExampleIsAsItsSchemaSays() {
        var checked = new ArrayList<String>();
        for (var media : mediaTypes()) {
            var node = CONTRACT.document().at(media);
            var examples = new ArrayList<JsonNode>();
            if (node.has("example")) {
                examples.add(node.get("example"));
            }
            node.path("examples").forEach(example -> examples.add(example.get("value")));
            for (var example : examples) {
                checked.add(media);
                assertThat(CONTRACT.errors(media + "/schema", example))
                        .as(media)
                        .isEmpty();
            }
        }
        assertThat(checked).hasSizeGreaterThan(20);
    }

    @Test
    void everyErrorCodeStandsInTheDocument() {
        var statuses = Map.of(
                "BadRequest", 400,
                "Unauthorized", 401,
                "Forbidden", 403,
                "NotFound", 404,
                "MethodNotAllowed", 405,
                "Conflict", 409,
                "TooManyRequests", 429,
                "Internal", 500);
        statuses.forEach((schema, status) -> assertThat(words("/components/schemas/" + schema + "/properties/error"))
                .as(schema)
                .containsExactlyElementsOf(Arrays.stream(ErrorCode.values())
                        .filter(code -> code.status() == status)
                        .map(ErrorCode::slug)
                        .toList()));
        assertThat(statuses.values())
                .containsAll(Arrays.stream(ErrorCode.values())
                        .map(ErrorCode::status)
                        .filter(status -> status != 0)
                        .toList());
        assertThat(words("/components/schemas/Reason"))
                .containsAll(Arrays.stream(ErrorCode.values())
                        .filter(code -> code.status() == 0)
                        .map(ErrorCode::slug)
                        .toList());
    }

    @Test
    void theDocumentHasTheVersionOfTheBuild() throws IOException {
        var pom = Files.readString(Path.of("pom.xml"));
        assertThat(pom)
                .contains("<artifactId>ferry</artifactId>\n  <version>"
                        + CONTRACT.document().at("/info/version").asString() + "</version>");
    }

    @Test
    void theDocumentIsServedAsItIs() throws Exception {
        var answer = get("/openapi.yaml");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/yaml");
        assertThat(answer.body()).isEqualTo(Files.readAllBytes(Path.of("src/main/resources/openapi.yaml")));
    }

    @Test
    void thePageNeedsNothingFromElsewhere() throws Exception {
        var page = get("/docs");
        var html = new String(page.body(), StandardCharsets.UTF_8);
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                .startsWith("default-src 'none'; script-src 'self';")
                .contains("connect-src 'self'")
                .doesNotContain("http");
        assertThat(html).doesNotContain("://").doesNotContain("<script>").doesNotContain("style=");
        var parts = Pattern.compile("(?:src|href)=\"([^\"]+)\"")
                .matcher(html)
                .results()
                .map(part -> part.group(1))
                .toList();
        assertThat(parts).hasSize(4);
        for (var part : parts) {
            var answer = get(part);
            assertThat(answer.statusCode()).as(part).isEqualTo(200);
            assertThat(answer.body()).as(part).isNotEmpty();
            assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
            assertThat(answer.headers().firstValue("Content-Type").orElse(""))
                    .as(part)
                    .startsWith(
                            part.endsWith(".js")
                                    ? "text/javascript"
                                    : part.endsWith(".css") ? "text/css" : "image/png");
        }
        assertThat(get("/docs/").statusCode()).isEqualTo(200);
    }

    @Test
    void thePageLeadsToNothingElseInTheJar() throws Exception {
        for (var path : List.of(
                "/docs/page.html",
                "/docs/index.html",
                "/docs/..%2fopenapi.yaml",
                "/docs/%2e%2e%2f%2e%2e%2flogback.xml",
                "/docs/..%5copenapi.yaml",
                "/docs/%2fMETA-INF%2fMANIFEST.MF",
                "/docs/page.js%00.css",
                "/docs/page.js/")) {
            var answer = get(path);
            var text = new String(answer.body(), StandardCharsets.UTF_8);
            if (path.equals("/docs/page.js/")) {
                assertThat(answer.statusCode()).isEqualTo(200);
            } else {
                assertThat(answer.statusCode()).as(path).isEqualTo(404);
                assertThat(text).as(path).contains("not-found");
            }
        }
    }

    @Test
    void aDriftIsFoundAndNamed() {
        var headers = HttpHeaders.of(
                Map.of("Content-Type", List.of("application/json"), "X-Request-Id", List.of("0123456789abcdef")),
                (_, _) -> true);
        var user = """
                {"id": "1", "resource": "user", "organisation": "1", "key": "1", "identifier": "a", "state": "active",
                 "date_created": "2026-11-23T00:12:38.648640Z"}""";
        assertThat(CONTRACT.problems("GET", "/users/1", 200, headers, user)).isEmpty();
        assertThat(CONTRACT.problems("GET", "/users/1", 200, headers, user.replace("\"active\"", "\"alive\"")))
                .singleElement()
                .asString()
                .contains("/state");
        assertThat(CONTRACT.problems("GET", "/users/1", 200, headers, user.replace("648640Z", "648Z")))
                .singleElement()
                .asString()
                .contains("/date_created");
        assertThat(CONTRACT.problems("GET", "/users/1", 200, headers, user.replace("\"key\": \"1\", ", "")))
                .singleElement()
                .asString()
                .contains("key");
        assertThat(CONTRACT.problems("GET", "/users/1", 200, headers, user.replace("{", "{\"more\": 1, ")))
                .singleElement()
                .asString()
                .contains("more");
        assertThat(CONTRACT.problems("GET", "/users/1", 200, headers, "")).isNotEmpty();
        assertThat(CONTRACT.problems("GET", "/users/1", 202, headers, user)).isNotEmpty();
        assertThat(CONTRACT.problems("GET", "/users/1", 405, headers, user)).isNotEmpty();
        assertThat(CONTRACT.problems("GET", "/users/1", 200, HttpHeaders.of(Map.of(), (_, _) -> true), user))
                .hasSize(2);
        var list =
                "{\"resource\": \"list\", \"data\": [%s], \"has_more\": false, \"total_count\": 1, \"url\": \"/users\"}";
        assertThat(CONTRACT.problems("GET", "/users", 200, headers, list.formatted(user)))
                .isEmpty();
        assertThat(CONTRACT.problems("GET", "/users", 200, headers, list.formatted(user.replace("\"1\"", "1"))))
                .isNotEmpty();
        assertThat(CONTRACT.problems(
                        "GET", "/users", 200, headers, list.formatted("").replace("/users", "/polls")))
                .isNotEmpty();
        assertThatThrownBy(() -> Contract.check(wrong())).hasMessageContaining("GET /nowhere answered 200");
    }

    /// An answer of a server that is not ours.
    private static HttpResponse<String> wrong() throws Exception {
        try (var server = WebServer.start("127.0.0.1", 0, exchange -> exchange.respond(200, new byte[] {'{', '}'}))) {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(server.url() + "/nowhere"))
                                    .build(),
                            BodyHandlers.ofString());
        }
    }

    private static List<String> words(String pointer) {
        var node = CONTRACT.document().at(pointer);
        return node.has("const")
                ? List.of(node.get("const").asString())
                : node.path("enum").valueStream().map(JsonNode::asString).toList();
    }

    private static Set<String> placeholders(String path) {
        var names = new TreeSet<String>();
        Pattern.compile("\\{([^}]+)}").matcher(path).results().forEach(name -> names.add(name.group(1)));
        return names;
    }

    /// Of the parameters in the path.
    private static Set<String> names(Contract.Operation operation) {
        return parameters(operation, "path");
    }

    private static Set<String> parameters(Contract.Operation operation, String in) {
        var names = new TreeSet<String>();
        var above = operation.pointer().substring(0, operation.pointer().lastIndexOf('/'));
        for (var place : List.of(above, operation.pointer())) {
            for (int i = 0; i < CONTRACT.document().at(place + "/parameters").size(); i++) {
                var parameter = CONTRACT.document().at(CONTRACT.resolved(place + "/parameters/" + i));
                if (parameter.path("in").asString().equals(in)) {
                    names.add(parameter.path("name").asString());
                }
            }
        }
        return names;
    }

    /// Where a body is described, of requests and of responses.
    private static List<String> mediaTypes() {
        var bodies = Stream.concat(
                CONTRACT.operations().stream().flatMap(ContractTest::bodies),
                CONTRACT.document().at("/components/responses").propertyNames().stream()
                        .map(name -> "/components/responses/" + name));
        return bodies.flatMap(body -> CONTRACT.document().at(body + "/content").properties().stream()
                        .filter(media -> media.getValue().has("schema"))
                        .map(media -> body + "/content/" + media.getKey().replace("/", "~1")))
                .distinct()
                .toList();
    }

    private static Stream<String> bodies(Contract.Operation operation) {
        return Stream.concat(
                Stream.of(operation.pointer() + "/requestBody"),
                operation.node().path("responses").propertyNames().stream()
                        .map(status -> operation.pointer() + "/responses/" + status));
    }

    private static HttpResponse<byte[]> get(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(app.url() + path)).build(), BodyHandlers.ofByteArray());
    }
}
