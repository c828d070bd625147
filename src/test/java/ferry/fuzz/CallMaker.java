package ferry.fuzz;

import ferry.testing.Contract;
import ferry.testing.Contract.Operation;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Draws calls from the document: two thirds as it describes them, the rest with something wrong. Used by one
/// thread.
final class CallMaker {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final List<String> METHODS =
            List.of("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "QUERY", "get");
    private static final List<String> AWAITS =
            List.of("0", "0", "0.1", "-1", "NaN", "Infinity", "1e308", "-0", "abc", "", "0x1p3", "0.3");
    private static final List<Call.Header> HEADERS = List.of(
            new Call.Header("Content-Type", "application/x-www-form-urlencoded"),
            new Call.Header("Content-Type", "application/json; charset=utf-16"),
            new Call.Header("Content-Type", "multipart/form-data; boundary=x"),
            new Call.Header("Content-Type", ";;;"),
            new Call.Header("Accept", "text/html"),
            new Call.Header("Accept", "*/*;q=0"),
            new Call.Header("Accept-Encoding", "gzip, br, identity;q=0"),
            new Call.Header("Accept-Language", "xx-YY"),
            new Call.Header("User-Agent", "ricloud-py/3.2.0"),
            new Call.Header("User-Agent", ""),
            new Call.Header("X-Request-Id", "mine"),
            new Call.Header("X-HTTP-Method-Override", "DELETE"),
            new Call.Header("X-Forwarded-For", "127.0.0.1"),
            new Call.Header("Range", "bytes=0-1"),
            new Call.Header("If-None-Match", "*"),
            new Call.Header("Cookie", "a=b; c=d"),
            new Call.Header("Idempotency-Key", "é"),
            new Call.Header("Idempotency-Key", "x".repeat(300)),
            new Call.Header("Content-Encoding", "gzip"),
            new Call.Header("Content-Encoding", "identity"),
            new Call.Header("X-Long", "x".repeat(3000)));
    private static final List<String> TOKENS = List.of(
            "", "x", "ferry_", "ferry_" + "a".repeat(49), "é", "a".repeat(3000), "ferry_%00", "null", "Token Token");

    private final Contract contract;
    private final RandomGenerator random;
    private final Pool pool;
    private final Party other;
    private final Bodies bodies;
    private final List<Operation> operations = new ArrayList<>();
    private String token;

    CallMaker(Contract contract, RandomGenerator random, Party party, Party other, Pool pool, String token) {
        this.contract = contract;
        this.random = random;
        this.pool = pool;
        this.other = other;
        this.bodies = new Bodies(contract, random, party, pool);
        this.token = token;
        contract.operations().forEach(operation -> {
            for (int i = weight(operation); i > 0; i--) {
                operations.add(operation);
            }
        });
    }

    /// Creating leads on; a deleted config leaves nowhere to publish to.
    private static int weight(Operation operation) {
        if (operation.method().equals("DELETE")) {
            return operation.path().startsWith("/configs") ? 1 : 3;
        }
        if (operation.node().path("security").isArray()) {
            return operation.path().equals("/docs/{file}") || operation.path().equals("/openapi.yaml") ? 1 : 2;
        }
        return operation.method().equals("POST") && !operation.path().startsWith("/configs") ? 12 : 6;
    }

    /// Goes on with another key.
    void token(String newToken) {
        token = newToken;
    }

    Call next() {
        var operation = Words.of(operations, random);
        return random.nextInt(3) < 2 ? valid(operation) : spoiled(operation);
    }

    /// The same once more, by the client that repeats blindly or by another.
    Call again(Call call) {
        var headers = new ArrayList<>(call.headers());
        if (random.nextBoolean()
                && headers.stream().noneMatch(header -> header.name().equals("User-Agent"))) {
            headers.add(new Call.Header("User-Agent", "ricloud-py/3.2.0"));
        }
        return new Call(call.method(), call.target(), headers, call.token(), call.body(), false, call.pointer());
    }

    /// A call to this operation with a body of the test's own.
    Call of(String method, String target, @Nullable String body) {
        var headers = body == null ? List.<Call.Header>of() : List.of(new Call.Header("Ricloud-Await", "2"));
        var pointer = contract.operation(method, Call.path(target)).map(Operation::pointer);
        return new Call(method, target, headers, token, body == null ? null : bytes(body), true, pointer);
    }

    Bodies bodies() {
        return bodies;
    }

    private Call valid(Operation operation) {
        return new Call(
                operation.method(),
                path(operation, false) + query(operation, false),
                headers(operation),
                token,
                body(operation)
                        .map(body -> bytes(JSON.writeValueAsString(body)))
                        .orElse(null),
                true,
                Optional.of(operation.pointer()));
    }

    private List<Call.Header> headers(Operation operation) {
        var headers = new ArrayList<Call.Header>();
        for (var parameter : parameters(operation)) {
            var name = contract.document().at(parameter).path("name").asString();
            if (isIn(parameter, "header") && random.nextInt(10) == 0) {
                // Few enough keys that some come again.
                headers.add(new Call.Header(name, name.equals("Ricloud-Await") ? "0.2" : "key " + random.nextInt(4)));
            }
        }
        return headers;
    }

    private List<String> parameters(Operation operation) {
        var pointers = new ArrayList<String>();
        for (int i = 0; i < operation.node().path("parameters").size(); i++) {
            pointers.add(contract.resolved(operation.pointer() + "/parameters/" + i));
        }
        return pointers;
    }

    private boolean isIn(String parameter, String place) {
        return contract.document().at(parameter).path("in").asString().equals(place);
    }

    private Call spoiled(Operation operation) {
        var call = valid(operation);
        return switch (random.nextInt(10)) {
            case 0 -> with(call, path(operation, true) + query(operation, false));
            case 1, 2 -> with(call, path(operation, false) + query(operation, true));
            case 3 ->
                new Call(
                        Words.of(METHODS, random),
                        call.target(),
                        call.headers(),
                        call.token(),
                        call.body(),
                        true,
                        Optional.empty());
            case 4 -> {
                var headers = new ArrayList<>(call.headers());
                headers.add(Words.of(HEADERS, random));
                headers.add(Words.of(HEADERS, random));
                headers.removeIf(header -> header.name().equals("Ricloud-Await"));
                headers.add(new Call.Header("Ricloud-Await", Words.of(AWAITS, random)));
                yield new Call(call.method(), call.target(), headers, call.token(), call.body(), true, call.pointer());
            }
            case 5 ->
                new Call(
                        call.method(),
                        call.target(),
                        call.headers(),
                        random.nextInt(4) == 0 ? null : Words.of(TOKENS, random),
                        call.body(),
                        false,
                        call.pointer());
            case 6 -> with(call, strange(call.target()));
            default -> withBody(operation, call);
        };
    }

    private Call withBody(Operation operation, Call call) {
        var valid = body(operation);
        var text = valid.map(body -> random.nextInt(4) > 0 ? bodies.spoiled(body) : JSON.writeValueAsString(body))
                .orElse("{\"more\": 1}");
        var bytes = random.nextInt(3) == 0 ? Words.body(text, random) : bytes(text);
        return new Call(call.method(), call.target(), call.headers(), call.token(), bytes, true, call.pointer());
    }

    private static Call with(Call call, String target) {
        return new Call(call.method(), target, call.headers(), call.token(), call.body(), true, Optional.empty());
    }

    private String strange(String target) {
        return switch (random.nextInt(9)) {
            case 0 -> target.replaceFirst("/", "//");
            case 1 -> target.replaceFirst("(\\?|$)", "/$1");
            case 2 -> target.replaceFirst("(\\?|$)", "/more$1");
            case 3 -> target.replaceFirst("(\\?|$)", "%00$1");
            case 4 -> target.replaceFirst("(\\?|$)", "%2F..%2Fkey$1");
            case 5 -> target.replaceFirst("(\\?|$)", ";a=b$1");
            case 6 -> target.toUpperCase(Locale.ROOT);
            case 7 -> "/" + encoded(Words.text(random));
            default -> target.replaceFirst("(\\?|$)", "%ff%fe$1");
        };
    }

    private Optional<JsonNode> body(Operation operation) {
        var pointer = operation.pointer() + "/requestBody/content/application~1json/schema";
        return contract.document().at(pointer).isMissingNode()
                ? Optional.empty()
                : Optional.of(bodies.valid(pointer, ""));
    }

    /// The path with its names filled in; the id's resource is what stands before it.
    private String path(Operation operation, boolean wrong) {
        var path = new StringBuilder();
        var before = "";
        for (var segment : operation.path().substring(1).split("/", -1)) {
            var value = switch (segment) {
                case "{id}" -> wrong ? wrongId(resource(before)) : bodies.id(resource(before));
                case "{token}" -> pool.any("download", random).orElse("none") + (wrong ? "x" : "");
                case "{type}" -> wrong ? Words.text(random) : Words.of(List.of("icpl.photos", "metadata.json"), random);
                case "{file}" -> wrong ? Words.text(random) : Words.of(List.of("page.js", "favicon-32x32.png"), random);
                default -> segment.startsWith("{") ? Words.text(random) : segment;
            };
            path.append('/').append(segment.startsWith("{") ? encoded(value) : value);
            before = before.isEmpty() || !before.equals("configs") ? segment : "configs/" + segment;
        }
        return path.toString();
    }

    private String wrongId(String resource) {
        return switch (random.nextInt(4)) {
            case 0, 1 -> other.any(resource, random).orElse("1");
            case 2 -> new UUID(random.nextLong(), random.nextLong()).toString();
            default -> Words.text(random);
        };
    }

    private static String resource(String collection) {
        return switch (collection) {
            case "configs/storage" -> "storage_config";
            case "configs/webhook" -> "webhook_config";
            case "permissions" -> collection;
            default -> collection.endsWith("s") ? collection.substring(0, collection.length() - 1) : collection;
        };
    }

    private String query(Operation operation, boolean wrong) {
        var query = new ArrayList<String>();
        for (var pointer : parameters(operation)) {
            if (!isIn(pointer, "query") || random.nextInt(wrong ? 2 : 4) > 0) {
                continue;
            }
            var members = contract.document().at(pointer + "/schema/properties").propertyNames();
            var name = members.isEmpty()
                    ? contract.document().at(pointer).path("name").asString()
                    : Words.of(List.copyOf(members), random);
            var schema = pointer + (members.isEmpty() ? "/schema" : "/schema/properties/" + name);
            query.add(encoded(name) + "="
                    + encoded(
                            wrong && random.nextBoolean()
                                    ? wrongValue(operation, name)
                                    : value(operation, schema, name)));
        }
        if (wrong && random.nextInt(3) == 0) {
            query.add(Words.of(
                    List.of("limit", "limit=", "=", "&", "limit=1&limit=2", "a[b]=c", "x=%25", "after_id=&before_id="),
                    random));
        }
        return query.isEmpty() ? "" : "?" + String.join("&", query);
    }

    private String value(Operation operation, String pointer, String name) {
        if (name.equals("limit")) {
            return Integer.toString(random.nextInt(200) == 0 ? 1000 : random.nextInt(1, 15));
        }
        if (name.equals("after_id") || name.equals("before_id")) {
            return bodies.id(resource(operation.path().replaceFirst("^/(configs/)?([a-z]+).*$", "$1$2")));
        }
        return bodies.valid(pointer, name).asString("");
    }

    private String wrongValue(Operation operation, String name) {
        if (random.nextInt(3) == 0) {
            var resource = name.endsWith("_id")
                    ? resource(operation.path().replaceFirst("^/(configs/)?([a-z]+).*$", "$1$2"))
                    : name;
            return other.any(resource, random).orElse("0");
        }
        return Words.text(random);
    }

    /// Short enough for a request line.
    private static String encoded(String text) {
        return URLEncoder.encode(text.substring(0, Math.min(text.length(), 160)), StandardCharsets.UTF_8)
                .replace("+", "%20");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
