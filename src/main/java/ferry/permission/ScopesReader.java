package ferry.permission;

import ferry.access.Limit;
import ferry.access.Scopes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import tools.jackson.databind.JsonNode;

/// Reads scopes as clients and operators write them: scope to a list of limits (ricloud-api 7). Notes all that is
/// wrong; what comes back counts only where nothing was.
public final class ScopesReader {
    private static final int MOST_SCOPES = 200;
    private static final int MOST_LIMITS = 10;
    private static final int MOST_LIMITS_IN_ALL = 200;
    private static final Set<String> WORDS = Set.of("level", "type", "value", "window");

    private final String field;
    private final BiConsumer<String, String> problem;

    /// @param field how the scopes are called in what was sent
    /// @param problem told the name of a field and what is wrong with it
    public ScopesReader(String field, BiConsumer<String, String> problem) {
        this.field = field;
        this.problem = problem;
    }

    /// Reads them.
    public Scopes read(JsonNode node) {
        var scopes = new LinkedHashMap<String, List<Map<String, Object>>>();
        if (!node.isObject()) {
            problem.accept(field, "is not an object of scopes");
        } else if (node.size() > MOST_SCOPES) {
            problem.accept(field, "holds more than " + MOST_SCOPES + " scopes");
        } else if (node.valueStream().mapToInt(JsonNode::size).sum() > MOST_LIMITS_IN_ALL) {
            problem.accept(field, "holds more than " + MOST_LIMITS_IN_ALL + " limits in all");
        } else {
            node.forEachEntry((scope, limits) -> {
                var name = field + "." + shortened(scope);
                Scopes.problem(scope).ifPresent(what -> problem.accept(name, what));
                scopes.put(scope, limits(name, limits));
            });
        }
        return new Scopes(scopes);
    }

    private List<Map<String, Object>> limits(String name, JsonNode node) {
        if (!node.isArray()) {
            problem.accept(name, "is not a list of limits");
            return List.of();
        }
        if (node.size() > MOST_LIMITS) {
            problem.accept(name, "holds more than " + MOST_LIMITS + " limits");
            return List.of();
        }
        var limits = new ArrayList<Map<String, Object>>();
        node.forEach(limit -> limit(name, limit).map(Limit::stored).ifPresent(limits::add));
        return limits;
    }

    private Optional<Limit> limit(String name, JsonNode node) {
        if (!node.isObject()) {
            problem.accept(name, "holds a limit that is not an object");
            return Optional.empty();
        }
        node.propertyNames().stream()
                .filter(word -> !WORDS.contains(word))
                .forEach(word -> problem.accept(name, "has a limit with an unknown field: " + shortened(word)));
        if (!node.path("type").asString("").equals("count")) {
            problem.accept(name, "has a limit whose type is not count");
        }
        var level = Limit.Level.of(node.path("level").asString(""));
        if (level.isEmpty()) {
            problem.accept(name, "has a limit whose level is none of organisation, key, user");
        }
        var value = node.path("value");
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.asLong() < 0
                || value.asLong() > Limit.MOST) {
            problem.accept(name, "has a limit whose value is not a whole number from 0 to " + Limit.MOST);
            return Optional.empty();
        }
        var window = Optional.ofNullable(node.get("window")).filter(given -> !given.isNull());
        var per = window.flatMap(given -> Limit.Window.of(given.asString("")));
        if (window.isPresent() && per.isEmpty()) {
            problem.accept(name, "has a limit whose window is none of hour, day, month");
        }
        return level.map(of -> new Limit(of, value.asLong(), per));
    }

    private static String shortened(String text) {
        return text.length() > 120 ? text.substring(0, 120) + "…" : text;
    }
}
