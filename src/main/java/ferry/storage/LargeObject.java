package ferry.storage;

/// What differs between the stores in putting one object: in one piece, or in parts of which nothing is visible
/// before the last. Used by [PartedUpload] in this order: `whole`, or `begin`, any number of `part` and one `finish`.
/// Each retries what passes by itself, and throws when that did not help. Only `part` is called on other threads than
/// the caller's, at most [#parallel] of them at once, and none is when `finish` or `abandon` is.
public interface LargeObject {
    /// How many parts may be under way at once, from 1. With 1 they come in their order.
    int parallel();

    /// Puts it in one request, which the store checks against what was measured.
    void whole(byte[] bytes, int length, Stored measured) throws PublishException, InterruptedException;

    /// Parts will follow.
    void begin() throws PublishException, InterruptedException;

    /// Sends a part of [PartBuffers#PART] bytes. The array is the caller's again when this returns.
    ///
    /// @param number from 1, each once
    void part(int number, byte[] bytes) throws PublishException, InterruptedException;

    /// Sends the last bytes, perhaps none, and makes the object visible. All parts are sent.
    ///
    /// @param number of these bytes
    void finish(int number, byte[] bytes, int length, Stored measured) throws PublishException, InterruptedException;

    /// Forgets the parts sent so far, if any; the next call is `begin` again. Says nothing where it fails: a sweeper or
    /// the store itself removes what is left.
    void abandon();
}
