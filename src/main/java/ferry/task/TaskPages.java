package ferry.task;

import ferry.access.OrgId;
import org.jdbi.v3.core.Handle;

/// Tasks as the API shows them, with the first page of their results.
///
/// @param results of a task
public record TaskPages(ResultsOf results) {
    /// One task as the API shows it.
    public TaskJson shown(Handle tx, OrgId organisation, Task task) {
        return TaskJson.of(task, results.task(tx, organisation, task.id()));
    }
}
