package ferry.crash;

/// The moments at which a worker can be struck. Those of the database are known by the statement a worker sends;
/// the others are gates in the connector.
enum Point {
    /// Tasks are being admitted: the transaction holds the lock that every node waits for.
    ADMIT("insert into scheduled_tasks"),
    /// A task is being started.
    START("with held as"),
    /// The node says that it lives, whatever it is doing.
    HEARTBEAT("insert into node "),
    /// The object is in the bucket, its result is not recorded.
    RECORD("insert into result"),
    /// The outcome is being written.
    SETTLE("error_detail = $"),
    /// Everything is written; the execution is being removed.
    REMOVE("delete from scheduled_tasks"),
    /// Between two records of a feed.
    LISTING(""),
    /// In the middle of a file's bytes.
    FILE(""),
    /// All of a file's bytes are written, it is about to be committed.
    FILE_WHOLE(""),
    /// All records are listed, the feed is about to be committed.
    FEED_WHOLE("");

    private final String statement;

    Point(String statement) {
        this.statement = statement;
    }

    /// Part of the statement's text that no other one holds; empty for the connector's gates.
    String statement() {
        return statement;
    }
}
