package ferry.storage;

import java.net.URI;
import java.util.List;
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

    /// Whether customers publish here without the permission to read what they wrote.
    default boolean worksWithoutReading() {
        return false;
    }

    /// What the credentials lack although objects can be published and deleted, a sentence each: what only cleaning
    /// up after a killed process needs, tried out.
    ///
    /// @param prefix what the keys begin with that it is tried out on
    default List<String> lacks(String prefix) throws PublishException, InterruptedException {
        return List.of();
    }

    /// Removes the object; does nothing where there is none.
    void delete(ObjectKey key) throws PublishException, InterruptedException;

    /// What lies under `key` now, as the storage itself says; empty where nothing does.
    Optional<Head> head(ObjectKey key) throws PublishException, InterruptedException;

    /// The first bytes of the object; empty where there is none.
    Optional<byte[]> read(ObjectKey key, int atMost) throws PublishException, InterruptedException;

    /// Names all objects whose keys begin with `prefix`, in any order. They may be deleted meanwhile.
    void list(String prefix, Listed each) throws PublishException, InterruptedException;

    /// Hears of objects.
    @FunctionalInterface
    interface Listed {
        /// One of them.
        void key(String key) throws PublishException, InterruptedException;
    }

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
