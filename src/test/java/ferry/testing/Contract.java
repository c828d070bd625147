package ferry.testing;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// `openapi.yaml`, and what in an answer is not as it says. Read once per process; its schemas are compiled when they
/// are first needed. Thread-safe.
public final class Contract {
    private static final String BASE = "https://ferry.test/openapi.json";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Contract CONTRACT = read();

    private final JsonNode document;
    private final SchemaRegistry registry;
    private final Map<String, Schema> schemas = new ConcurrentHashMap<>();
    private final List<Operation> operations;

    /// One call.
    ///
    /// @param path as the document spells it, such as `/users/{id}`
    /// @param pointer where it stands in the document
    public record Operation(String method, String path, String pointer, JsonNode node) {
        /// As the table of routes spells it.
        public String route() {
            return method + " " + path;
        }

        private boolean isFor(List<String> asked) {
            var known = segments(path);
            if (known.size() != asked.size()) {
                return false;
            }
            for (int i = 0; i < known.size(); i++) {
                if (!known.get(i).startsWith("{") && !known.get(i).equals(asked.get(i))) {
                    return false;
                }
            }
            return true;
        }

        private long literals() {
            return segments(path).stream().filter(s -> !s.startsWith("{")).count();
        }
    }

    private Contract(JsonNode document) {
        this.document = document;
        this.registry = SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12,
                builder -> builder.schemas(Map.of(BASE, JSON.writeValueAsString(document)))
                        .schemaRegistryConfig(SchemaRegistryConfig.builder()
                                .formatAssertionsEnabled(true)
                                .build()));
        this.operations = document.get("paths").properties().stream()
                .flatMap(path -> path.getValue().properties().stream()
                        .filter(member -> isMethod(member.getKey()))
                        .map(member -> new Operation(
                                member.getKey().toUpperCase(Locale.ROOT),
                                path.getKey(),
                                "/paths/" + escaped(path.getKey()) + "/" + member.getKey(),
                                member.getValue())))
                .toList();
    }

    /// The contract.
    public static Contract get() {
        return CONTRACT;
    }

    /// The document as JSON.
    public JsonNode document() {
        return document;
    }

    /// All calls, in the document's order.
    public List<Operation> operations() {
        return operations;
    }

    /// The call that a request with this path is.
    ///
    /// @param path without a query; may hold more than the document spells, such as two slashes
    /// @return empty where the document knows no such path, or not with this method
    public Optional<Operation> operation(String method, String path) {
        return operation(method, segments(path));
    }

    private Optional<Operation> operation(String method, List<String> path) {
        return operations.stream()
                .filter(o -> o.isFor(path) && o.method().equals(method))
                .max((a, b) -> Long.compare(a.literals(), b.literals()));
    }

    /// Checks an answer that came over HTTP.
    ///
    /// @throws AssertionError naming the call, the place and the problem of all that is not as documented
    public static void check(HttpResponse<String> response) {
        var request = response.request();
        var problems = CONTRACT.problems(
                request.method(),
                request.uri().getRawPath(),
                response.statusCode(),
                response.headers(),
                response.body());
        if (!problems.isEmpty()) {
            throw new AssertionError("%s %s answered %d, which is not as openapi.yaml says:%n  %s%n%s"
                    .formatted(
                            request.method(),
                            request.uri().getRawPath(),
                            response.statusCode(),
                            String.join("\n  ", problems),
                            response.body()));
        }
    }

    /// What in an answer is not as documented; empty where all is.
    public List<String> problems(String sent, String path, int status, HttpHeaders headers, String body) {
        var method = sent.toUpperCase(Locale.ROOT);
        var pointer = response(method.equals("HEAD") ? "GET" : method, segments(path), status);
        if (pointer.isEmpty()) {
            return List.of("this status is not documented");
        }
        var problems = new ArrayList<>(headers(pointer.get(), headers));
        if (!method.equals("HEAD")) {
            problems.addAll(
                    body(pointer.get(), headers.firstValue("Content-Type").orElse("none"), body));
        }
        return problems;
    }

    /// Where a value is not as the schema at this place of the document says.
    public List<String> errors(String pointer, JsonNode value) {
        return schema(pointer).validate(value).stream()
                .map(error -> "at '" + error.getInstanceLocation() + "': " + error.getMessage() + " ("
                        + error.getSchemaLocation().getFragment() + ")")
                .toList();
    }

    /// The place that a reference there leads to, or the place itself.
    public String resolved(String pointer) {
        var reference = document.at(pointer).path("$ref").asString("");
        return reference.isEmpty() ? pointer : resolved(reference.substring(1));
    }

    /// Which documented response this is: of the call; of all paths where the method is not known; of all
    /// requests where the path is not.
    private Optional<String> response(String method, List<String> path, int status) {
        var fitting = operations.stream().filter(o -> o.isFor(path)).toList();
        var operation = operation(method, path);
        if (operation.isPresent()) {
            var pointer = operation.get().pointer() + "/responses/" + status;
            return Optional.of(pointer)
                    .filter(p -> !document.at(p).isMissingNode())
                    .map(this::resolved);
        }
        return switch (status) {
            // Of what is no HTTP, whatever its path.
            case 400 -> Optional.of("/components/responses/BadRequest");
            case 401 -> Optional.of("/components/responses/Unauthorized");
            case 429 -> Optional.of("/components/responses/TooManyRequests");
            case 404 -> Optional.of("/components/responses/NotFound").filter(_ -> fitting.isEmpty());
            case 405 -> Optional.of("/components/responses/MethodNotAllowed").filter(_ -> !fitting.isEmpty());
            case 500 -> Optional.of("/components/responses/Internal");
            default -> Optional.empty();
        };
    }

    private List<String> headers(String response, HttpHeaders headers) {
        var problems = new ArrayList<String>();
        for (var documented : document.at(response).path("headers").properties()) {
            var pointer = resolved(response + "/headers/" + documented.getKey());
            var value = headers.firstValue(documented.getKey());
            if (value.isEmpty()) {
                if (document.at(pointer).path("required").asBoolean(false)) {
                    problems.add("the header " + documented.getKey() + " is missing");
                }
                continue;
            }
            errors(pointer + "/schema", header(pointer, value.get()))
                    .forEach(error -> problems.add("header " + documented.getKey() + " " + error));
        }
        return problems;
    }

    private JsonNode header(String pointer, String value) {
        boolean number = document.at(pointer + "/schema/type").asString("").equals("integer");
        return number && value.matches("[0-9]{1,18}")
                ? JsonNodeFactory.instance.numberNode(Long.parseLong(value))
                : JsonNodeFactory.instance.stringNode(value);
    }

    private List<String> body(String response, String contentType, String body) {
        int end = contentType.indexOf(';');
        var type = (end < 0 ? contentType : contentType.substring(0, end)).strip();
        var pointer = response + "/content/" + escaped(type);
        if (document.at(pointer).isMissingNode()) {
            return List.of("the content type " + contentType + " is not documented");
        }
        if (document.at(pointer).path("schema").isMissingNode()) {
            return List.of();
        }
        try {
            return errors(pointer + "/schema", JSON.readTree(body));
        } catch (JacksonException e) {
            return List.of("the body is not JSON: " + e.getOriginalMessage());
        }
    }

    private Schema schema(String pointer) {
        return schemas.computeIfAbsent(
                pointer,
                p -> registry.getSchema(
                        SchemaLocation.of(BASE + "#" + p.replace("{", "%7B").replace("}", "%7D"))));
    }

    private static boolean isMethod(String word) {
        return List.of("get", "post", "put", "patch", "delete", "head", "options", "trace")
                .contains(word);
    }

    private static String escaped(String segment) {
        return segment.replace("~", "~0").replace("/", "~1");
    }

    private static List<String> segments(String path) {
        var inner = path.startsWith("/") ? path.substring(1) : path;
        return List.of((inner.endsWith("/") ? inner.substring(0, inner.length() - 1) : inner).split("/", -1));
    }

    private static Contract read() {
        try (var in = Contract.class.getResourceAsStream("/openapi.yaml")) {
            if (in == null) {
                throw new IllegalStateException("there is no openapi.yaml");
            }
            var options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            return new Contract(JSON.valueToTree(new Yaml(new SafeConstructor(options)).<Object>load(in)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
