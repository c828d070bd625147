package ferry.access;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A set of scopes as the API shows it: scope to limits. A scope is `<family>:<pattern>`, where `*` in the pattern
/// stands for any letters and dots (ricloud-api 7.1).
///
/// @param byScope in the order they were given; an empty list is no limit
public record Scopes(Map<String, List<Map<String, Object>>> byScope) {
    /// Everything, without a limit.
    public static final Scopes ALL = new Scopes(all());

    public Scopes {
        byScope = Collections.unmodifiableMap(new LinkedHashMap<>(byScope));
    }

    /// Whether a scope of the family covers the name.
    public boolean cover(Family family, String name) {
        var prefix = family.slug() + ":";
        return byScope.keySet().stream()
                .filter(scope -> scope.startsWith(prefix))
                .anyMatch(scope -> matches(scope.substring(prefix.length()), name));
    }

    /// Whether `name` fits `pattern`, in which `*` stands for any run of letters.
    public static boolean matches(String pattern, String name) {
        int star = pattern.indexOf('*');
        if (star < 0) {
            return pattern.equals(name);
        }
        if (!name.startsWith(pattern.substring(0, star))) {
            return false;
        }
        var rest = pattern.substring(star + 1);
        for (int at = star; at <= name.length(); at++) {
            if (matches(rest, name.substring(at))) {
                return true;
            }
        }
        return false;
    }

    private static Map<String, List<Map<String, Object>>> all() {
        var scopes = new LinkedHashMap<String, List<Map<String, Object>>>();
        for (var family : Family.values()) {
            scopes.put(family.slug() + ":*", List.of());
        }
        return scopes;
    }
}
