package ferry.access;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// A set of scopes as the API shows it: scope to limits. A scope is `<family>:<pattern>`, where `*` in the pattern
/// stands for any letters and dots (ricloud-api 7.1).
///
/// @param byScope in the order they were given; an empty list is no limit
public record Scopes(Map<String, List<Map<String, Object>>> byScope) {
    private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9_.*-]{1,100}");

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

    /// The limits of every scope of the family that covers the name, by scope. A scope without limits takes nothing
    /// away from what another's limit says.
    Map<String, List<Limit>> limits(Family family, String name) {
        var prefix = family.slug() + ":";
        var limits = new LinkedHashMap<String, List<Limit>>();
        byScope.forEach((scope, all) -> {
            if (!all.isEmpty() && scope.startsWith(prefix) && matches(scope.substring(prefix.length()), name)) {
                limits.put(scope, all.stream().map(Limit::of).toList());
            }
        });
        return limits;
    }

    /// What is wrong with the word of a scope; empty where it is one.
    public static Optional<String> problem(String scope) {
        var families = Arrays.stream(Family.values()).map(Family::slug).toList();
        var parts = scope.split(":", 2);
        if (parts.length < 2 || !families.contains(parts[0])) {
            return Optional.of("is not one of " + String.join(", ", families)
                    + ", a colon, and a name in which * stands for any letters, such as data_type:icpl.*");
        }
        return PATTERN.matcher(parts[1]).matches()
                ? Optional.empty()
                : Optional.of("has a name that is not 1 to 100 letters, digits, dots, underscores, hyphens and *");
    }

    /// Whether `name` fits `pattern`, in which `*` stands for any run of letters. Takes time in the product of
    /// their lengths at most, however many stars there are.
    public static boolean matches(String pattern, String name) {
        int at = 0;
        int read = 0;
        int star = -1;
        int taken = 0;
        while (read < name.length()) {
            if (at < pattern.length() && pattern.charAt(at) == '*') {
                star = at++;
                taken = read;
            } else if (at < pattern.length() && pattern.charAt(at) == name.charAt(read)) {
                at++;
                read++;
            } else if (star >= 0) {
                at = star + 1;
                read = ++taken;
            } else {
                return false;
            }
        }
        while (at < pattern.length() && pattern.charAt(at) == '*') {
            at++;
        }
        return at == pattern.length();
    }

    private static Map<String, List<Map<String, Object>>> all() {
        var scopes = new LinkedHashMap<String, List<Map<String, Object>>>();
        for (var family : Family.values()) {
            scopes.put(family.slug() + ":*", List.of());
        }
        return scopes;
    }
}
