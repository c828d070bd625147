package ferry.storage;

import java.net.URI;
import java.util.Optional;

/// Puts objects into one bucket. Thread-safe; whoever opened it closes it, after its uploads.
///
/// Calls block, on a virtual thread; an interrupt means stop now, and is passed on.
public interface Publisher extends AutoCloseable {
    /// Starts an object. Nothing is visible under `key` before [Upload#commit]; then the object replaces, at once
    /// and whole, whatever was there. Several uploads of one key may be under way: the last to commit wins.
    Upload begin(ObjectKey key, About about) throws PublishException, InterruptedException;

    /// What a result shows as its `url`. Asks nobody.
    URI url(ObjectKey key);

    /// Whether customers publish here without the permission to delete.
    default boolean worksWithoutDeleting() {
        return false;
    }

    /// Removes the object; does nothing where there is none.
    void delete(ObjectKey key) throws PublishException, InterruptedException;

    /// What lies under `key` now, as the storage itself says; empty where nothing does.
    Optional<Head> head(ObjectKey key) throws PublishException, InterruptedException;

    @Override
    void close();

    /// What a storage says of an object.
    ///
    /// @param length bytes
    /// @param md5Hex lower case, of the content; empty where the storage does not know it
    record Head(long length, Optional<String> md5Hex) {
        /// Whether this can be what was measured on its way.
        public boolean shows(Stored measured) {
            return length == measured.length()
                    && md5Hex.orElse(measured.md5Hex()).equals(measured.md5Hex());
        }
    }
}
