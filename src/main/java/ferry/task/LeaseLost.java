package ferry.task;

import java.util.UUID;

/// This attempt is no longer the task's current one: another worker has it, or it is over. Whatever it found is
/// dropped.
public final class LeaseLost extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LeaseLost(UUID task, int attempt) {
        super("task " + task + ": attempt " + attempt + " has lost its lease");
    }
}
