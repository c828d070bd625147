package ferry.sandbox.drive;

/// What is out of the ordinary in an account's drive.
public enum DriveQuirk {
    /// Some folders say that they hold more than they list: one at first, one always.
    SHORT,
    /// A folder lists one that it lies in.
    CYCLE,
    /// A folder and a file that are listed are gone when they are asked for.
    GONE,
    /// Some files come damaged, or only at the second attempt.
    DAMAGED,
    /// Tells the client again and again to come back later.
    BUSY
}
