package ferry.storage;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Replaces lone surrogates, which UTF-8 cannot carry and old messages do hold (ios-backup 3.1), by U+FFFD.
final class ValidText {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ValidText() {}

    /// The node itself where all its text is valid, else a repaired copy.
    static ObjectNode in(ObjectNode node) {
        return isValid(node) ? node : (ObjectNode) repaired(node);
    }

    /// Whether all names and values in it are valid.
    static boolean isValid(JsonNode node) {
        if (node.isString()) {
            return isValid(node.stringValue());
        }
        if (node.isObject()) {
            return node.propertyStream().allMatch(p -> isValid(p.getKey()) && isValid(p.getValue()));
        }
        return node.valueStream().allMatch(ValidText::isValid);
    }

    private static JsonNode repaired(JsonNode node) {
        if (node.isString()) {
            return NODES.stringNode(repaired(node.stringValue()));
        }
        if (node.isObject()) {
            var copy = NODES.objectNode();
            node.propertyStream().forEach(p -> copy.set(repaired(p.getKey()), repaired(p.getValue())));
            return copy;
        }
        if (node.isArray()) {
            var copy = NODES.arrayNode();
            node.valueStream().forEach(value -> copy.add(repaired(value)));
            return copy;
        }
        return node;
    }

    private static boolean isValid(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (Character.charCount(text.codePointAt(i)) == 1) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    private static String repaired(String text) {
        var valid = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> Character.MIN_SURROGATE <= c && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .forEach(valid::appendCodePoint);
        return valid.toString();
    }
}
