package ferry.sandbox.s3;

/// What is wrong with a bucket, for who wants to see it refused (docs/sandbox.md).
enum Quirk {
    NONE,
    /// The key may not write: `s3:PutObject` is missing.
    NO_WRITES,
    /// The key may not delete: `s3:DeleteObject` is missing.
    NO_DELETES,
    /// It lies in another region than requests are signed for.
    ELSEWHERE,
    /// Every third write is told to slow down.
    BUSY
}
