package ferry.user;

import ferry.access.OrgId;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// Finds the key under which a user is made. The keys' room stands beside this one, so `App` fills it.
@FunctionalInterface
public interface ActiveKey {
    /// The organisation's key of that id if it is active; the oldest active one where none is named.
    Optional<Long> active(Handle tx, OrgId organisation, Optional<Long> id);
}
