package ferry.sandbox.drive;

/// What is wrong with one thing in a drive.
enum Oddity {
    NONE,
    /// The first listing leaves out its last items.
    SHORT_ONCE,
    /// Each listing says that there is more.
    SHORT_ALWAYS,
    /// It also lists the folder that it lies in.
    LOOP,
    /// Listed, but gone.
    GONE,
    /// Its body ends early, with status 200.
    CUT_SHORT,
    /// One byte is wrong.
    FLIPPED_BYTE,
    /// An HTML page comes in its place, with status 200.
    PAGE_INSTEAD,
    /// The first address has expired when it is given out.
    EXPIRED_ONCE,
    /// The first address answers 330 and leads nowhere.
    REDIRECT_ONCE,
    /// A stray newline stands in a key's name.
    NEWLINE_IN_KEY,
    /// Its bytes have never been uploaded: the answer has no token.
    NOT_UPLOADED
}
