package ferry.task;

import ferry.access.OrgId;
import ferry.http.ListJson;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// The first page of a task's results, as the API shows it. Results stand on a higher floor; `App` fills this in.
@FunctionalInterface
public interface ResultsOf {
    /// Reads them in the caller's transaction.
    ListJson<?> task(Handle tx, OrgId organisation, UUID task);
}
