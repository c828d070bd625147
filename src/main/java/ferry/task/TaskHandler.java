package ferry.task;

import org.jdbi.v3.core.Handle;

/// What one type of task does. One instance serves every task of its type at once, on every thread.
public interface TaskHandler {
    /// The slow part, outside any transaction, on a virtual thread. Runs at least once, perhaps twice, even
    /// at the same time on two nodes of which one has lost its lease: make it repeatable, and record what
    /// it finds by [Attempt#fenced] only.
    ///
    /// An interrupt means stop now (cancelled, lease lost, or the node stops): throw, or return; unless the
    /// outcome is `Succeeded` it is then ignored. Any other exception is a bug of ours: the task is tried again
    /// a few times.
    Outcome run(Attempt attempt) throws Exception;

    /// The part that must happen with the change to a final state, in the same transaction (a tenant
    /// transaction of the task's organisation), exactly once. `task` shows the new state. Short, and never
    /// calls the outside world.
    ///
    /// Called also when the task never ran (cancelled, payload swept) and when it was given up, so `outcome`
    /// need not be one that [#run] returned. Holds the task's row lock: whoever locks another row that this
    /// takes as well must lock tasks first. Where several tasks end one common thing, take that thing's row
    /// lock before looking at the other tasks: two that settle at once do not see each other before. If it
    /// throws, the change is undone and the task tried again later.
    void settled(Handle tx, Task task, Outcome.Final outcome);

    /// Happens with the change to `suspended`, likewise.
    default void suspended(Handle tx, Task task, Outcome.Again outcome) {}
}
