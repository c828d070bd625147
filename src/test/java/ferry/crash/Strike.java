package ferry.crash;

/// What befalls whichever worker first comes to a point.
///
/// @param pass how often the point is passed unharmed before, over all workers
/// @param atCommit of a point of the database: not when the statement is sent but when its transaction is committed
/// @param answered of a death at a commit: the commit is done, and only its answer is lost
record Strike(Kind kind, Point point, int pass, boolean atCommit, boolean answered) {
    enum Kind {
        /// Its connections break, its storage stands still, and it is never heard of again.
        DEATH,
        /// It stands still, its heartbeats too, and wakes up once others have finished its work.
        STALL,
        /// Every node's connections to the database break; new ones are to be had at once.
        DATABASE_AWAY,
        /// The folder of all buckets is gone for a moment.
        DISK_AWAY
    }

    @Override
    public String toString() {
        return kind + " at " + point + (atCommit ? (answered ? "'s done commit" : "'s commit") : "")
                + (pass == 0 ? "" : " after " + pass);
    }
}
