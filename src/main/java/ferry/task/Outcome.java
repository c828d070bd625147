package ferry.task;

import ferry.error.ErrorCode;
import java.time.Duration;

/// How an attempt ended.
public sealed interface Outcome {
    /// An outcome after which nothing more happens to the task.
    sealed interface Final extends Outcome {}

    /// Done.
    record Succeeded() implements Final {}

    /// Trying again would change nothing.
    ///
    /// @param detail a sentence for the client, without personal data
    record Failed(ErrorCode why, String detail) implements Final {}

    /// It passes: the task is suspended and started again `after` that time. Too many of these in a row without
    /// progress, or a single one of a task that had a payload, end it as `Failed(why, detail)`.
    record Again(Duration after, ErrorCode why, String detail) implements Outcome {}
}
