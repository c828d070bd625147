package ferry.db;

import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// What is done in one transaction. Short, and never calls the outside world.
@FunctionalInterface
public interface Work<T extends @Nullable Object> {
    /// Runs inside the transaction; may run again where the caller repeats it, never by itself.
    T in(Handle tx);
}
