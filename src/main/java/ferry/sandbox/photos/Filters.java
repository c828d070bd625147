package ferry.sandbox.photos;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The `filterBy` of a query, by field name.
record Filters(Map<String, JsonNode> values) {
    /// @param node one filter or an array of them, as clients send either
    static Filters of(JsonNode node) {
        var values = new HashMap<String, JsonNode>();
        if (node.isArray()) {
            node.forEach(filter -> add(values, filter));
        } else if (node.isObject()) {
            add(values, node);
        }
        return new Filters(values);
    }

    private static void add(Map<String, JsonNode> values, JsonNode filter) {
        values.put(
                filter.path("fieldName").asString(""), filter.path("fieldValue").path("value"));
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name)).map(node -> node.asString(""));
    }

    Optional<Long> number(String name) {
        return Optional.ofNullable(values.get(name)).map(node -> node.asLong(0));
    }

    List<String> texts(String name) {
        var texts = new ArrayList<String>();
        var node = values.get(name);
        if (node != null) {
            node.forEach(item -> texts.add(item.asString("")));
        }
        return texts;
    }
}
