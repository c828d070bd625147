package ferry.sandbox.photos;

import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// An album, a folder of albums, or one of the two records without a meaning to the owner that every library holds.
///
/// @param name record name
/// @param title as the owner wrote it
/// @param type 0 album, 3 folder, 6 smart
/// @param parent record name of the folder it lies in; null at the top
/// @param oneIn every so many-th photo is in it; 0 for none
record Album(String name, String title, int type, @Nullable String parent, boolean deleted, int oneIn, int position) {
    static final String ROOT = "----Root-Folder----";
    static final String PROJECT_ROOT = "----Project-Root-Folder----";

    /// Two albums of one name, one with a slash and decomposed letters, one in a folder, one deleted.
    static List<Album> of(long seed) {
        var folder = id(seed, 3);
        return List.of(
                new Album(ROOT, ROOT, 3, null, false, 0, 0),
                new Album(PROJECT_ROOT, PROJECT_ROOT, 3, null, false, 0, 0),
                new Album(id(seed, 0), "Holidays", 0, null, false, 4, 1024),
                new Album(id(seed, 1), "Cafe\u0301 / e\u0301te\u0301 2025", 0, null, false, 7, 2048),
                new Album(id(seed, 2), "Holidays", 0, null, false, 9, 3072),
                new Album(folder, "Years", 3, null, false, 0, 4096),
                new Album(id(seed, 4), "2024", 0, folder, false, 5, 1024),
                new Album(id(seed, 5), "Old receipts", 0, null, true, 11, 5120));
    }

    private static String id(long seed, int index) {
        return new UUID(Dice.roll(seed, index, 50), Dice.roll(seed, index, 51))
                .toString()
                .toUpperCase(Locale.ROOT);
    }

    boolean holds(Photo photo) {
        return oneIn > 0
                && photo.state() == Photo.State.LIVE
                && Dice.below(oneIn, photo.seed(), photo.serial(), 60 + position) == 0;
    }
}
