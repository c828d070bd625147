package ferry.db;

/// Is told how far a backup is. Called often, on the thread that works.
@FunctionalInterface
public interface Transfer {
    /// So much of `what` is done.
    ///
    /// @param done of `total`, rows or bytes
    void at(String what, long done, long total);
}
