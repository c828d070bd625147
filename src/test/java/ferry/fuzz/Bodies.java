package ferry.fuzz;

import ferry.testing.Contract;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Makes values from the document's schemas, and spoils them. What a schema cannot say, such as whose ids there
/// are, is told by the field's name. Used by one thread.
final class Bodies {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> TYPES = List.of(
            "*",
            "mocks.info",
            "mocks.notes",
            "mocks.note",
            "mocks.*",
            "icpl.photos",
            "icpl.*",
            "icloud.account",
            "ios_messages.messages",
            "icloud_contacts.contacts");
    private static final List<String> OFFERED = List.of("*", "mocks.notes", "mocks.*");
    private static final List<String> EVENTS =
            List.of("*", "poll.*", "*.completed", "task.failed", "session.*", "result.created", "webhook_config.test");
    /// The pattern of what an event is called by.
    private static final String WORD = "^[a-z][a-z_]{0,59}$";

    private static final List<String> WORDS = List.of("poll", "task", "completed", "made_up");
    private static final List<String> SCOPES = List.of(
            "task_type:*",
            "source_type:*",
            "source_type:mocks.mock",
            "data_type:*",
            "data_type:mocks.*",
            "info_type:*",
            "file_type:*");
    private static final List<String> DAYS = List.of(
            "2020-01-01",
            "2026-11-23",
            "2026-11-23T12:00",
            "2026-11-23T12:00:00.5Z",
            "2026-11-23 12:00:00-05:00",
            "0000-01-01",
            "9999-12-31T23:59:59.999999-18:00");
    private static final List<String> ACCOUNTS =
            List.of("plain@sandbox.example", "john.appleseed@sandbox.example", "locked@sandbox.example");

    /// What a field refers to that is not named after it.
    private static final Map<String, String> RESOURCES = Map.of(
            "storage_config_default", "storage_config", "webhook_config_default", "webhook_config", "parent", "source");

    /// A place that has no schema: the name alone tells.
    private static final String NONE = "/components";

    private final Contract contract;
    private final RandomGenerator random;
    private final Party party;
    private final Pool pool;

    Bodies(Contract contract, RandomGenerator random, Party party, Pool pool) {
        this.contract = contract;
        this.random = random;
        this.party = party;
        this.pool = pool;
    }

    /// A value that the schema allows, as far as it can be told.
    ///
    /// @param name of the field or parameter
    JsonNode valid(String pointer, String name) {
        var at = contract.resolved(pointer);
        var known = known(at, name);
        if (known != null) {
            return known;
        }
        var schema = contract.document().at(at);
        if (schema.has("const")) {
            return schema.get("const");
        }
        if (schema.has("enum")) {
            return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
        }
        for (var choice : List.of("oneOf", "anyOf")) {
            if (schema.has(choice)) {
                return valid(at + "/" + choice + "/" + chosen(schema.get(choice)), name);
            }
        }
        var type = schema.path("type");
        var word = type.isArray()
                ? type.get(random.nextInt(4) == 0 ? type.size() - 1 : 0).asString()
                : type.asString("");
        return switch (word) {
            case "string" ->
                NODES.stringNode(
                        schema.path("pattern").asString("").equals(WORD)
                                ? WORDS.get(random.nextInt(WORDS.size()))
                                : text());
            case "integer" ->
                NODES.numberNode(Math.max(1, schema.path("minimum").asInt(1)) + random.nextInt(20));
            case "number" -> NODES.numberNode(1 + random.nextInt(100) / 10.0);
            case "boolean" -> NODES.booleanNode(random.nextBoolean());
            case "null" -> NODES.nullNode();
            case "array" -> array(at, name);
            default -> object(at);
        };
    }

    /// One of these schemas; null, where it is the last, is not as likely as a value.
    private int chosen(JsonNode schemas) {
        int values = schemas.path(schemas.size() - 1).path("type").asString("").equals("null")
                ? schemas.size() - 1
                : schemas.size();
        return values < schemas.size() && random.nextInt(4) == 0 ? values : random.nextInt(values);
    }

    private @Nullable JsonNode known(String pointer, String name) {
        return switch (pointer) {
            case "/components/schemas/NumberId", "/components/schemas/Uuid" -> NODES.stringNode(id(name));
            case "/components/schemas/NumberIdGiven" -> {
                var id = id(name);
                yield random.nextInt(3) == 0 && id.matches("[0-9]{1,9}")
                        ? NODES.numberNode(Integer.parseInt(id))
                        : NODES.stringNode(id);
            }
            case "/components/schemas/NewPoll", "/components/schemas/NewSubscription" -> asking(object(pointer));
            case "/components/schemas/PayloadGiven" -> payload(object(pointer));
            case "/components/schemas/SourceType" ->
                NODES.stringNode(random.nextInt(12) == 0 ? "icloud.account" : "mocks.mock");
            case "/components/schemas/Types" -> {
                var types = NODES.arrayNode();
                random.ints(random.nextInt(4), 0, TYPES.size()).forEach(i -> types.add(TYPES.get(i)));
                yield types;
            }
            case "/components/schemas/ScopesGiven" -> scopes();
            case "/components/schemas/DateFilter" -> NODES.stringNode(Words.of(DAYS, random));
            case "/components/schemas/Moment" ->
                NODES.stringNode("20%02d-06-15T12:00:00Z".formatted(random.nextInt(10, 40)));
            default ->
                switch (name) {
                    case "identifier" -> NODES.stringNode(identifier());
                    case "password" -> NODES.stringNode(random.nextInt(8) == 0 ? "wrong" : party.password());
                    case "code" -> NODES.stringNode(random.nextBoolean() ? "123456" : "000000");
                    case "events" -> array(EVENTS);
                    case "since", "until" ->
                        NODES.stringNode("20%02d-01-01T00:00:00Z".formatted(random.nextInt(20, 30)));
                    case "text_version" -> NODES.stringNode(text());
                    case "url" ->
                        NODES.stringNode(
                                pointer.contains("WebhookConfig")
                                        ? party.hooks() + "/" + random.nextInt(6)
                                        : "local://" + party.canary() + random.nextInt(3) + "/a" + random.nextInt(5));
                    default -> null;
                };
        };
    }

    /// Mostly with a session, which the document asks for in words, and without what has to fit to it.
    private ObjectNode asking(ObjectNode given) {
        if (random.nextInt(5) > 0) {
            given.put("session", id("session"));
            given.remove(List.of("source", "subscription"));
        }
        return given;
    }

    /// Mostly asks for something that the source of most sessions has.
    private ObjectNode payload(ObjectNode given) {
        if (random.nextInt(4) > 0) {
            given.remove(List.of("cursors", "files", "file_types", "formats", "info_types"));
            given.set("data_types", array(OFFERED));
        }
        return given;
    }

    private ArrayNode array(List<String> words) {
        var array = NODES.arrayNode();
        random.ints(random.nextInt(1, 4), 0, words.size()).forEach(i -> array.add(words.get(i)));
        return array;
    }

    /// Mostly enough to go on with.
    private ObjectNode scopes() {
        var scopes = NODES.objectNode();
        for (var scope : SCOPES) {
            if (random.nextInt(4) > 0) {
                var limits = scopes.putArray(scope);
                if (random.nextInt(6) == 0) {
                    limits.add(valid("/components/schemas/ScopeLimit", "limit"));
                }
            }
        }
        return scopes;
    }

    private String identifier() {
        return random.nextInt(10) == 0 ? Words.of(ACCOUNTS, random) : party.canary() + "-" + random.nextInt(500);
    }

    private String text() {
        return party.canary() + " " + random.nextInt(1000);
    }

    /// An id of the kind that the name asks for.
    String id(String asked) {
        var name = RESOURCES.getOrDefault(asked, asked);
        var resource = name.equals("session") && random.nextInt(5) > 0 ? "active" : name;
        return pool.any(resource, random)
                .or(() -> pool.any(name, random))
                .orElseGet(() -> List.of("poll", "session", "task", "result", "subscription", "event")
                                .contains(name)
                        ? new UUID(random.nextLong(), random.nextLong()).toString()
                        : Integer.toString(1 + random.nextInt(100)));
    }

    private ArrayNode array(String pointer, String name) {
        var array = NODES.arrayNode();
        int length = random.nextInt(
                Math.max(1, contract.document().at(pointer).path("minItems").asInt(0)), 4);
        for (int i = 0; i < length; i++) {
            array.add(valid(pointer + "/items", name.equals("ids") ? "result" : name));
        }
        return array;
    }

    private ObjectNode object(String pointer) {
        var object = NODES.objectNode();
        var schema = contract.document().at(pointer);
        for (int i = 0; i < schema.path("allOf").size(); i++) {
            if (valid(pointer + "/allOf/" + i, "") instanceof ObjectNode part) {
                object.setAll(part);
            }
        }
        var required = new ArrayList<String>();
        schema.path("required").forEach(field -> required.add(field.asString()));
        for (var property : schema.path("properties").propertyNames()) {
            if (required.contains(property) || random.nextInt(3) == 0) {
                object.set(property, valid(pointer + "/properties/" + property, property));
            }
        }
        for (var field : required) {
            if (!object.has(field)) {
                object.set(field, valid(property(pointer, field), field));
            }
        }
        return object;
    }

    /// Where a field is described: here or in a schema that this one extends.
    private String property(String pointer, String field) {
        var at = contract.resolved(pointer);
        var schema = contract.document().at(at);
        if (schema.path("properties").has(field)) {
            return at + "/properties/" + field;
        }
        for (int i = 0; i < schema.path("allOf").size(); i++) {
            var found = property(at + "/allOf/" + i, field);
            if (!found.equals(NONE)) {
                return found;
            }
        }
        return NONE;
    }

    /// The same with one to three things spoiled; as text, since not all of it could be a tree.
    String spoiled(JsonNode valid) {
        var node = valid.deepCopy();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            spoil(node);
        }
        var text = JSON.writeValueAsString(node);
        for (int i = 0; text.contains("\"@number@\"") && i < 5; i++) {
            text = text.replaceFirst("\"@number@\"", Words.number(random));
        }
        return random.nextInt(20) == 0 && text.startsWith("{\"") ? "{\"id\": 1, \"id\": 2, " + text.substring(1) : text;
    }

    private void spoil(JsonNode node) {
        var children = node.isObject() ? List.copyOf(node.propertyNames()) : List.<String>of();
        if (node instanceof ArrayNode array && !array.isEmpty() && random.nextBoolean()) {
            array.set(random.nextInt(array.size()), bad(0));
            return;
        }
        if (!(node instanceof ObjectNode object)) {
            return;
        }
        if (children.isEmpty() || random.nextInt(10) == 0) {
            object.set(random.nextBoolean() ? Words.text(random) : "more", bad(0));
            return;
        }
        var name = Words.of(children, random);
        var child = object.get(name);
        if ((child.isObject() || child.isArray()) && random.nextInt(3) > 0) {
            spoil(child);
        } else if (random.nextInt(4) == 0) {
            object.remove(name);
        } else {
            object.set(name, bad(0));
        }
    }

    private JsonNode bad(int depth) {
        return switch (random.nextInt(12)) {
            case 0 -> NODES.nullNode();
            case 1 -> NODES.booleanNode(random.nextBoolean());
            case 2, 3 -> NODES.stringNode("@number@");
            case 4 -> NODES.arrayNode();
            case 5 -> NODES.objectNode();
            case 6 ->
                depth > 3
                        ? NODES.nullNode()
                        : NODES.arrayNode().add(bad(depth + 1)).add(bad(depth + 1));
            case 7 -> depth > 3 ? NODES.nullNode() : NODES.objectNode().set(Words.text(random), bad(depth + 1));
            case 8 -> nested();
            default -> NODES.stringNode(Words.text(random));
        };
    }

    private JsonNode nested() {
        JsonNode inner = NODES.nullNode();
        for (int i = random.nextInt(60); i > 0; i--) {
            inner = NODES.arrayNode().add(inner);
        }
        return inner;
    }
}
