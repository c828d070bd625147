package ferry.db;

import org.jdbi.v3.core.Handle;

/// How PostgreSQL goes about a statement. A connection keeps a plan for long, and one that was made while the tables
/// were empty reads them whole, once for each row of another: that is minutes where it should be milliseconds.
public final class Plans {
    /// Columns of a `select`, which may have others beside them.
    public static final String BY_INDEX = """
            set_config('jit', 'off', true) as jit, set_config('enable_seqscan', 'off', true) as scans,
            set_config('enable_hashjoin', 'off', true) as hashes, set_config('enable_mergejoin', 'off', true) as merges,
            set_config('enable_bitmapscan', 'off', true) as bitmaps
            """;

    private Plans() {}

    /// For the rest of the transaction each row is looked up by an index, whatever the statistics say.
    public static void byIndex(Handle tx) {
        tx.createQuery("select " + BY_INDEX).mapToMap().one();
    }
}
