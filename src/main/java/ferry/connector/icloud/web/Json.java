package ferry.connector.icloud.web;

import ferry.connector.ConnectorException.Refused;
import ferry.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads what Apple sends: JSON by its content and not by its type, booleans that may be numbers, numbers that may be
/// text (icloud-protocol 7).
public final class Json {
    /// The one mapper of this room. Immutable. Its buffers go back to no pool, where they would keep the code or
    /// the session that they last held.
    public static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
                    .build())
            .build();

    /// The words for what is wrong.
    private static final Set<String> ERRORS =
            Set.of("error", "reason", "errorReason", "errorMessage", "errorCode", "serverErrorCode");

    private Json() {}

    /// An empty object.
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /// The JSON of a body that starts as an object or array; empty for anything else, such as an HTML page.
    public static Optional<JsonNode> parse(byte[] body) {
        var text = new String(body, StandardCharsets.UTF_8).strip();
        if (!text.startsWith("{") && !text.startsWith("[")) {
            return Optional.empty();
        }
        try {
            return Optional.of(MAPPER.readTree(text));
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    /// The JSON of a state that this connector once wrote; missing for anything else.
    public static JsonNode of(String state) {
        return parse(state.getBytes(StandardCharsets.UTF_8)).orElse(MissingNode.getInstance());
    }

    /// Text, or the text of a number; null where there is neither, or nothing in it.
    public static @Nullable String text(JsonNode node, String field) {
        var value = node.path(field);
        if (!value.isString() && !value.isNumber()) {
            return null;
        }
        var text = value.asString();
        return text.isEmpty() ? null : text;
    }

    /// True for `true`, a number other than 0, `"true"` and `"1"`.
    public static boolean flag(JsonNode node, String field) {
        return Boolean.TRUE.equals(maybeFlag(node, field));
    }

    /// As [#flag], null where the field is absent or neither.
    public static @Nullable Boolean maybeFlag(JsonNode node, String field) {
        var value = node.path(field);
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        if (value.isNumber()) {
            return value.asLong(0) != 0;
        }
        if (value.isString()) {
            return switch (value.asString().strip().toLowerCase(java.util.Locale.ROOT)) {
                case "true", "1", "yes" -> true;
                case "false", "0", "no" -> false;
                default -> null;
            };
        }
        return null;
    }

    /// Whether this is Apple's envelope of an error: it says that or what is wrong, in any of the words for it, and
    /// holds nothing beside (icloud-protocol 1.12). It may come with status 200.
    public static boolean isError(JsonNode answer) {
        boolean told = Boolean.FALSE.equals(maybeFlag(answer, "success"))
                || ERRORS.stream().map(answer::path).anyMatch(Json::isTold);
        return told
                && answer.properties().stream()
                        .allMatch(field -> ERRORS.contains(field.getKey()) || !holdsMore(field.getValue()));
    }

    /// A zero says that nothing is wrong.
    private static boolean isTold(JsonNode error) {
        if (error.isNumber()) {
            return error.asDouble(0) != 0;
        }
        return error.isString() ? !error.asString().isBlank() : error.asBoolean(false) || holdsMore(error);
    }

    private static boolean holdsMore(JsonNode value) {
        return value.isContainer() && !value.isEmpty();
    }

    /// The list that an answer is there for. Null is how some say that it is empty, and an answer that holds nothing
    /// at all comes from a service that nobody ever opened.
    ///
    /// @throws Refused where the answer holds something else: taken for empty, it would read as if all were gone
    public static JsonNode list(JsonNode answer, String field) throws Refused {
        var list = answer.path(field);
        if (list.isArray()) {
            return list;
        }
        if (list.isNull() || (answer.isObject() && answer.isEmpty())) {
            return MAPPER.createArrayNode();
        }
        throw new Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source's answer holds no " + field + ".");
    }

    /// A whole number, be it written as number or text. What is beyond all counting is none.
    public static OptionalLong number(JsonNode node, String field) {
        var value = node.path(field);
        if (value.isNumber()) {
            return value.canConvertToLong() ? OptionalLong.of(value.longValue()) : OptionalLong.empty();
        }
        if (value.isString()) {
            try {
                return OptionalLong.of(Long.parseLong(value.asString().strip()));
            } catch (NumberFormatException _) {
                return OptionalLong.empty();
            }
        }
        return OptionalLong.empty();
    }
}
