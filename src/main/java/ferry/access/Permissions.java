package ferry.access;

import java.util.Optional;

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
}
