package ferry.sandbox.photos;

import java.util.ArrayList;
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

    static final int MANY = 300;
    private static final int EACH = 50;

    /// Albums of one name, one with a slash and decomposed letters, folders within each other, a smart one,
    /// whose members only devices know, an empty one, one deleted.
    static List<Album> of(long seed) {
        var folder = id(seed, 3);
        var within = id(seed, 6);
        return List.of(
                new Album(ROOT, ROOT, 3, null, false, 0, 0),
                new Album(PROJECT_ROOT, PROJECT_ROOT, 3, null, false, 0, 0),
                new Album(id(seed, 0), "Holidays", 0, null, false, 4, 1024),
                new Album(id(seed, 1), "Cafe\u0301 / e\u0301te\u0301 2025", 0, null, false, 7, 2048),
                new Album(id(seed, 2), "Holidays", 0, null, false, 9, 3072),
                new Album(folder, "Years", 3, null, false, 0, 4096),
                new Album(id(seed, 4), "2024", 0, folder, false, 5, 1024),
                new Album(within, "Holidays", 3, folder, false, 0, 2048),
                new Album(id(seed, 7), "Holidays", 0, within, false, 6, 1024),
                new Album(id(seed, 8), "Sharp ones", 6, null, false, 0, 6144),
                new Album(id(seed, 9), "To sort", 0, null, false, 0, 7168),
                new Album(id(seed, 5), "Old receipts", 0, null, true, 11, 5120));
    }

    /// Three hundred albums in folders of fifty.
    static List<Album> many(long seed) {
        var albums = new ArrayList<Album>();
        for (int i = 0; i < MANY; i++) {
            if (i % EACH == 0) {
                albums.add(new Album(id(seed, MANY + i), "Box " + i / EACH, 3, null, false, 0, i));
            }
            albums.add(new Album(id(seed, i), "Album " + i, 0, id(seed, MANY + i / EACH * EACH), false, 15, i));
        }
        return List.copyOf(albums);
    }

    private static String id(long seed, int index) {
        return new UUID(Dice.roll(seed, index, 50), Dice.roll(seed, index, 51))
                .toString()
                .toUpperCase(Locale.ROOT);
    }

    boolean holds(Photo photo) {
        return oneIn > 0
                && photo.state() == Photo.State.LIVE
                && !photo.stacked()
                && Dice.below(oneIn, photo.seed(), photo.serial(), 60 + position) == 0;
    }
}
