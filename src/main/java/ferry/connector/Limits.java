package ferry.connector;

import java.time.Duration;

/// How fast one upstream account may be asked, shared by every worker that reads it (R19). Thread-safe.
public interface Limits {
    /// The kinds of host that slow a reader down separately.
    enum HostClass {
        AUTH,
        SETUP,
        /// The one that photos, notes and reminders come from, and that locks an over-used account out for hours (R14).
        CLOUDKIT,
        /// Every other one that lists.
        LISTING,
        CONTENT
    }

    /// Waits for a turn to send one request, a few seconds at most.
    ///
    /// @throws ConnectorException.Unavailable where the wait would be longer; the task should then come back later
    void turn(HostClass host) throws ConnectorException.Unavailable, InterruptedException;

    /// The source asked to slow down; every worker of this account does.
    ///
    /// @param wait how long, as the source said or as its rule has it
    void throttled(HostClass host, Duration wait);

    /// How many requests of this kind may be under way at once, over all tasks, from 1. There is no use for a task to
    /// have more.
    int parallel(HostClass host);

    /// Waits until one more may be under way, as long as it takes, first come first served. The default is for what
    /// is shared with nobody.
    ///
    /// Whoever has one asks for no second of its kind, nor keeps something meanwhile that others need to end.
    /// A file may list while it has one of [HostClass#CONTENT]; a listing fetches no file.
    default Stream stream(HostClass host) throws InterruptedException {
        return () -> {};
    }

    /// One request, or file, that is under way.
    @FunctionalInterface
    interface Stream extends AutoCloseable {
        /// It has ended. Calling it again does nothing.
        @Override
        void close();
    }
}
