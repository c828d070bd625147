package ferry.sandbox.defects;

/// The ways in which an answer may be wrong (`icloud-protocol` 3, R16 to R21).
public enum Defect {
    /// A listing goes on behind a stretch that it never gives.
    MISSING_PAGE,
    /// In place of a stretch comes the one before it.
    REPEATED_PAGE,
    /// A stretch comes empty although there is more behind it.
    EMPTY_PAGE,
    /// Something is added or deleted before a page is given, so that all ranks shift. Strikes once.
    SHIFTING_RANKS,
    /// A listing has an item twice. Stays so.
    DUPLICATE_ASSET,
    /// An error stands in the place of a record.
    RECORD_ERROR,
    /// A record has no address for a file.
    MISSING_URL,
    /// A record has an address that has expired.
    EXPIRED_URL,
    /// A record says that a file is longer or shorter than it is.
    LYING_LENGTH,
    /// A file's body ends early.
    TRUNCATED_BODY,
    /// Bytes of a file are swapped.
    SWAPPED_BYTES,
    /// A page of HTML comes in place of a file, with status 200.
    HTML_BODY
}
