package ferry.sandbox.files;

/// What may be wrong with a file.
public enum Oddity {
    NONE,
    /// The address leads nowhere.
    GONE,
    /// The first address that is given out has expired; the next one works.
    EXPIRED_ONCE,
    /// A page comes instead, with status 200.
    PAGE_INSTEAD,
    /// It ends early, whatever its record says.
    CUT_SHORT,
    /// A byte in its middle is another one.
    FLIPPED_BYTE,
    /// Its signature is of no known kind.
    UNSIGNED,
    /// Only a picture that stands for it is there.
    ONLY_PREVIEW
}
