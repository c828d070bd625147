package ferry.cli;

import ferry.access.Scopes;
import ferry.http.Json;
import ferry.permission.ScopesReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/// Scopes as they are typed: `data_type:icpl.*`.
final class ScopeOption {
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

    /// Those typed; empty where none was.
    static Optional<Scopes> given(List<String> typed) {
        return typed.isEmpty() ? Optional.empty() : Optional.of(of(typed));
    }

    /// Scopes with their limits, as JSON.
    static Scopes json(String text) {
        var problems = new ArrayList<String>();
        try {
            var node = Json.MAPPER.readTree(text);
            var scopes = new ScopesReader("scopes", (field, what) -> problems.add(field + " " + what)).read(node);
            if (problems.isEmpty()) {
                return scopes;
            }
        } catch (JacksonException e) {
            throw new CommandFailed("SCOPES is not JSON: " + e.getOriginalMessage());
        }
        throw new CommandFailed(String.join("; ", problems) + ".");
    }

    private static String checked(String scope) {
        Scopes.problem(scope).ifPresent(what -> {
            throw new CommandFailed("\"" + scope + "\" is not a scope: it " + what);
        });
        return scope;
    }
}
