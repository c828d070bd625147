package ferry.connector;

import java.util.concurrent.atomic.LongAdder;

/// How a source answered requests for files since the process started, over all accounts. Thread-safe.
public final class FileAnswers {
    private final LongAdder all = new LongAdder();
    private final LongAdder expired = new LongAdder();

    /// Counts an answer.
    ///
    /// @param hasExpired whether it said that the address is no longer good (410); the file is asked for anew then
    public void count(boolean hasExpired) {
        all.increment();
        if (hasExpired) {
            expired.increment();
        }
    }

    /// All answers, whatever their status.
    public long all() {
        return all.sum();
    }

    /// Those that said that the address had expired (R18).
    public long expired() {
        return expired.sum();
    }
}
