package ferry.sandbox.sharedalbums;

import ferry.sandbox.Account;
import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.photos.PhotoLibraries;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// Everyone's shared albums, made when first asked for and then kept, so that what a test changes stays
/// changed. What is out of the ordinary in them goes by the account's name. Thread-safe.
public final class SharedAlbums {
    /// No account has such a number.
    private static final long FIRST = 90_000_000_000L;
    private static final int MOST = 16;

    private final PhotoLibraries photos;
    private final Map<Long, List<SharedAlbum>> shelves = new ConcurrentHashMap<>();

    public SharedAlbums(PhotoLibraries photos) {
        this.photos = photos;
    }

    /// Those of the account, its own and those that it has joined, in the order of the list.
    public List<SharedAlbum> of(Account account) {
        return shelves.computeIfAbsent(account.dsid(), _ -> new Shelf(account).albums());
    }

    /// Makes the albums of one account.
    private final class Shelf {
        private final Account account;
        private final List<SharedAlbum> albums = new ArrayList<>();

        Shelf(Account account) {
            this.account = account;
        }

        List<SharedAlbum> albums() {
            var name = account.identifier().substring(0, account.identifier().indexOf('@'));
            switch (name) {
                case "shared-albums-large" -> {
                    own("All of it", 500);
                    joined("The club's", 130);
                }
                case "shared-albums-odd" -> {
                    add("Old words", account.dsid(), 30, false, true, Set.of());
                    add("Taken away", account.dsid() + 1, 4, true, false, Set.of());
                    add("Damaged", account.dsid() + 1, 30, false, false, Set.of(LibraryQuirk.CORRUPT));
                }
                case "shared-albums-none" -> {
                    // The owner shares nothing with anyone.
                }
                default -> {
                    own("Trip to Lisbon", 8);
                    own("Cafe\u0301 / e\u0301te\u0301", 3);
                    own("Nothing yet", 0);
                    joined("Trip to Lisbon", 6);
                }
            }
            return List.copyOf(albums);
        }

        private void own(String title, int size) {
            add(title, account.dsid(), size, false, false, Set.of());
        }

        private void joined(String title, int size) {
            add(title, account.dsid() + 1, size, false, false, Set.of());
        }

        private void add(String title, long owner, int size, boolean gone, boolean plain, Set<LibraryQuirk> quirks) {
            long id = FIRST + account.dsid() % FIRST * MOST + albums.size();
            var guid = new UUID(account.dsid() << 16 ^ 0x4a5b, id).toString().toUpperCase(Locale.ROOT);
            var spec = new LibrarySpec(id, size, quirks);
            albums.add(new SharedAlbum(guid, title, owner, gone, plain, photos.loose(id, spec)));
        }
    }
}
