package ferry.crash;

/// The moments at which a worker, or a node that sends webhooks, can be struck. Those of the database are known by the
/// statement a worker sends;
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
    /// Events get their places: the transaction holds the lock that every sending node waits for.
    ARRANGE("nextval('event_sequence')"),
    /// Events are taken, and their attempts written; nothing is sent yet.
    TAKE("insert into webhook_attempt"),
    /// What was sent is about to be written.
    NOTE("set status = o.status"),
    /// What another node took and did not settle is put back.
    EXPIRE("with lost as"),
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
