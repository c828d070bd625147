package ferry.sandbox.photos;

/// What is special about one photo. Owners cause the first few, time and software the others (`icloud-protocol`
/// 2.6, R17, R21).
enum Oddity {
    FAVOURITE,
    HIDDEN,
    DELETED,
    EDITED,
    KEYWORDS,
    CAPTION,
    POSITION,
    /// No `filenameEnc` at all.
    NO_NAME,
    /// `filenameEnc` as plain STRING.
    NAME_AS_STRING,
    /// `filenameEnc` that is not base64.
    NAME_GARBAGE,
    /// A name in decomposed Unicode.
    NAME_DECOMPOSED,
    NO_ITEM_TYPE,
    /// `itemType` without `value`.
    EMPTY_ITEM_TYPE,
    DATE_ABSENT,
    DATE_YEAR_ONE,
    DATE_NEGATIVE,
    /// Later than the year 10000.
    DATE_FAR,
    /// An in-app duplicate: its master is that of the photo before it.
    SHARED_MASTER,
    /// The original was never uploaded: never a `downloadURL`.
    NO_ADDRESS,
    /// `downloadURL` is missing in listings, there when looked up.
    ADDRESS_LATER,
    /// No original in the master at all.
    NO_ORIGINAL,
    /// The content host has lost the file.
    LOST_CONTENT,
    CUT_SHORT,
    HTML_INSTEAD,
    FLIPPED_BYTE,
    /// An error in listings, fine when looked up.
    ERROR_IN_LISTING,
    /// An error in listings and when looked up.
    ERROR_ALWAYS,
    /// Addresses that a listing gave out are expired at once; those of a lookup live.
    EXPIRED_IN_LISTING,
    /// The content host never delivers the original, though it has it.
    UNDELIVERED
}
