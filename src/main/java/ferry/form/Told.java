package ferry.form;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Reads records as their schemas describe them; what is not there, or null, is absent.
final class Told {
    private Told() {}

    /// A text that is not empty.
    static Optional<String> text(JsonNode record, String field) {
        var value = record.path(field);
        return value.isString() && !value.stringValue().isEmpty() ? Optional.of(value.stringValue()) : Optional.empty();
    }

    /// A whole number.
    static OptionalLong number(JsonNode record, String field) {
        var value = record.path(field);
        return value.isIntegralNumber() && value.canConvertToLong()
                ? OptionalLong.of(value.longValue())
                : OptionalLong.empty();
    }

    /// True where it says so.
    static boolean flag(JsonNode record, String field) {
        return record.path(field).asBoolean(false);
    }

    /// The texts of a list.
    static Stream<String> texts(JsonNode record, String field) {
        return record.path(field).valueStream().filter(JsonNode::isString).map(JsonNode::stringValue);
    }

    /// The entries of a list.
    static Stream<JsonNode> list(JsonNode record, String field) {
        var value = record.path(field);
        return value.isArray() ? value.valueStream() : Stream.empty();
    }

    /// The kind of record.
    static String kind(JsonNode record) {
        return text(record, "data_type").orElse("");
    }

    /// A text of one line, without what a line cannot hold.
    static String line(String text) {
        var kept = new StringBuilder();
        text.codePoints().map(c -> Character.isISOControl(c) ? ' ' : c).forEach(kept::appendCodePoint);
        return kept.toString().strip();
    }
}
