package ferry.storage;

/// One object on its way into a bucket. One thread at a time. Used through an [Intake], which keeps these rules.
public interface Upload extends AutoCloseable {
    /// The most bytes one [#write] is given.
    int PIECE = 64 * 1024;

    /// Takes the next bytes, at most [#PIECE]. The array is the caller's again when this returns.
    void write(byte[] bytes, int offset, int length) throws PublishException, InterruptedException;

    /// Forgets all bytes taken so far; the next write is the first again.
    void restart() throws PublishException, InterruptedException;

    /// Makes the object visible, durably: when this returns, it outlives this process. At most once, as the last
    /// call before [#close]. Where it fails, the object that was there before is still there, or the new one is.
    ///
    /// @param measured what was written since the start or the last restart, for storages that check it
    void commit(Stored measured) throws PublishException, InterruptedException;

    /// Without a commit before it, leaves nothing behind.
    @Override
    void close();
}
