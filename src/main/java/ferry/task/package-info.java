/// The queue: tasks, who may start when, and how an attempt ends.
///
/// The `task` table is both the API's resource and the queue's truth; db-scheduler executes. Start at
/// [Tasks] for the table, at [TaskHandler] for what a room above brings.
@NullMarked
package ferry.task;

import org.jspecify.annotations.NullMarked;
