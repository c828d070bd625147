package ferry.sandbox;

/// What is out of the ordinary in an account's photo library.
public enum LibraryQuirk {
    /// The zone says that its index is not ready; some time later it is.
    INDEXING,
    /// The same, and it never is.
    NEVER_INDEXED,
    /// Photos are added while it is being listed, so that ranks shift.
    MOVING,
    /// The content host delivers some files cut short, wrong, or as an HTML page, with status 200.
    CORRUPT,
    /// Download addresses expire early.
    EXPIRING_URLS,
    /// Some originals, names and addresses are missing from their records.
    MISSING_FILES,
    /// Some records come as errors beside good ones.
    RECORD_ERRORS,
    /// Listings hold empty pages before their end.
    EMPTY_PAGES,
    /// CloudKit tells the client to come back later, in all the ways it knows.
    THROTTLING,
    /// Every answer takes long.
    SLOW,
    /// Three hundred albums.
    MANY_ALBUMS,
    /// Of each twelve originals five in a row never come: 500, 503, or a line that breaks at once.
    UNDELIVERED,
    /// The line to the content host breaks after each 256 KiB.
    BREAKING_LINE,
    /// The shared library beside it says for ever that its index is not ready.
    SHARED_NEVER_INDEXED
}
