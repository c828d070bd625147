package ferry.connector.icloud.sharedalbums;

import ferry.connector.FileRef;
import java.nio.charset.StandardCharsets;

/// The references of files: the album, then what a library would call the file. The same photo in two albums
/// is two files, since each album has a copy of its own.
final class Locators {
    static final String TYPE = "icpl.shared_albums.";

    private static final String OF_A_LIBRARY = "icpl.photos.";
    private static final int MOST_BYTES = 90;

    private Locators() {}

    /// @param ref as a library has it
    static FileRef of(Album album, FileRef ref) {
        return new FileRef(TYPE + ref.fileType().substring(OF_A_LIBRARY.length()), album.guid() + "/" + ref.locator());
    }

    /// The album that it is in.
    static String album(FileRef ref) {
        int slash = ref.locator().indexOf('/');
        return slash < 0 ? "" : ref.locator().substring(0, slash);
    }

    /// Whether a reference can hold it; genuine ones can.
    static boolean fits(FileRef ref) {
        return ref.locator().getBytes(StandardCharsets.UTF_8).length <= MOST_BYTES;
    }
}
