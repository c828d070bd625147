package ferry.access;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What a key may do: what the organisation may, narrowed by the key's own scopes where it has some. Nothing
/// exceeds the base.
///
/// @param base the organisation's scopes
/// @param own the key's scopes; empty where it may do all that the organisation may
public record Permissions(Scopes base, Optional<Scopes> own) {
    /// Whether something of the family is allowed.
    public boolean allow(Family family, String name) {
        return base.cover(family, name)
                && own.map(scopes -> scopes.cover(family, name)).orElse(true);
    }

    /// A limit and the scope that has it.
    public record Limited(String scope, Limit limit) {}

    /// All that limits a use: the limits of every scope that covers it, the organisation's and the key's own.
    public List<Limited> limits(Family family, String name) {
        var limits = new ArrayList<Limited>();
        Stream.concat(Stream.of(base), own.stream())
                .forEach(scopes -> scopes.limits(family, name)
                        .forEach((scope, all) -> all.forEach(limit -> limits.add(new Limited(scope, limit)))));
        return limits;
    }
}
