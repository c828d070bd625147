package ferry.form;

/// Where the objects of forms go. One thread at a time.
public interface Outlet {
    /// Takes an object that is whole. It becomes a result soon, beside others.
    void put(Sheet sheet, byte[] content) throws InterruptedException;

    /// Starts an object that is written bit by bit, and becomes a result together with the feed.
    Page open(Sheet sheet) throws InterruptedException;

    /// An object on its way. Closed by whoever opened it; one that is closed before [#commit] leaves nothing behind.
    interface Page extends AutoCloseable {
        /// Takes the next bytes. The array is the caller's again when this returns.
        void write(byte[] bytes) throws InterruptedException;

        /// Everything is there.
        void commit() throws InterruptedException;

        @Override
        void close();
    }
}
