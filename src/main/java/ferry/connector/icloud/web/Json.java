package ferry.connector.icloud.web;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
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
