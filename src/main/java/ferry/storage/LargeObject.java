package ferry.storage;

/// What differs between the stores in putting one object: in one piece, or in parts of which nothing is visible
/// before the last. Used by [PartedUpload], one thread at a time, in this order: `whole`, or any number of `part`
/// and one `finish`. Each retries what passes by itself, and throws when that did not help.
public interface LargeObject {
    /// Puts it in one request, which the store checks against what was measured.
    void whole(byte[] bytes, int length, Stored measured) throws PublishException, InterruptedException;

    /// Sends the next [PartBuffers#PART] bytes. The array is the caller's again when this returns.
    void part(byte[] bytes) throws PublishException, InterruptedException;

    /// Sends the last bytes, perhaps none, and makes the object visible.
    void finish(byte[] bytes, int length, Stored measured) throws PublishException, InterruptedException;

    /// Forgets the parts sent so far, if any; the next `part` is the first again. Says nothing where it fails: a
    /// sweeper or the store itself removes what is left.
    void abandon();
}
