package ferry.connector;

/// Where the bytes of one file go. One thread at a time. Closed by the connector; a target that is closed before
/// [#commit] leaves nothing behind.
public interface Target extends AutoCloseable {
    /// Takes the next bytes. The array is the caller's again when this returns.
    void write(byte[] bytes, int offset, int length) throws InterruptedException;

    /// How many bytes it has taken since the start or the last [#restart].
    long written();

    /// Forgets all bytes taken so far: the source starts over.
    void restart() throws InterruptedException;

    /// Everything is there and is what the source said it would be. The file becomes a result, unless this attempt has
    /// lost its task meanwhile.
    ///
    /// @param integrity how the connector knows
    void commit(Integrity integrity) throws InterruptedException;

    @Override
    void close();

    /// How a connector knows that a file is whole.
    enum Integrity {
        /// Length and the source's own signature match.
        SIGNATURE,
        /// The source gave no signature that is known; the length matches.
        SIZE_ONLY,
        /// The source gave neither; the file is whole by its own form, as a zip that ends in its directory.
        FORM_ONLY
    }
}
