package ferry.cli;

import ferry.access.Family;
import ferry.access.Scopes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Scopes as they are typed: `data_type:icpl.*`.
final class ScopeOption {
    private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9_.*]{1,100}");

    private ScopeOption() {}

    /// Those typed, or everything where none was.
    static Scopes of(List<String> typed) {
        if (typed.isEmpty()) {
            return Scopes.ALL;
        }
        var scopes = new LinkedHashMap<String, List<Map<String, Object>>>();
        typed.forEach(scope -> scopes.put(checked(scope), List.of()));
        return new Scopes(scopes);
    }

    private static String checked(String scope) {
        var parts = scope.split(":", 2);
        var families = Arrays.stream(Family.values()).map(Family::slug).toList();
        if (parts.length < 2
                || !families.contains(parts[0])
                || !PATTERN.matcher(parts[1]).matches()) {
            throw new CommandFailed("\"" + scope + "\" is not a scope: one of "
                    + families.stream().collect(Collectors.joining(", "))
                    + ", a colon, and a name in which * stands for any letters, such as data_type:icpl.*");
        }
        return scope;
    }
}
