package ferry.poll;

import ferry.access.OrgId;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Which session a poll against a subscription reads with. Declared here for the room above; `App` fills it.
public interface SessionOf {
    /// Empty where the organisation has no such subscription, or has deleted it.
    Optional<UUID> session(Handle tx, OrgId organisation, UUID subscription);
}
