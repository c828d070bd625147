package ferry.sandbox.photos;

import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.defects.Defect;
import ferry.sandbox.defects.Defects;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// One zone's photos. Derives each from the library's seed when asked; in memory are only the order of the
/// lists that were asked for (four bytes a photo), an index of masters once one was looked up, and what was
/// changed since. Thread-safe.
///
/// The mutators stand for what the owner does on a device while a connector is at work.
public final class PhotoLibrary {
    private static final Instant NEWEST = Instant.parse("2026-09-15T10:00:00Z");
    private static final Duration SPAN = Duration.ofDays(8 * 365);
    private static final Duration STEP = Duration.ofHours(7);
    /// How many serials one photo takes in the history: old versions and tombstones of things long gone among them.
    private static final int HISTORY_EACH = 6;
    /// Ranks between an item and the same one again, where a list has it twice.
    private static final int APART = 130;

    private static final int LONGEST_BURST = 20;

    private final LibrarySpec spec;
    private final InstantSource clock;
    private final Duration step;
    private final List<Album> albums;
    private final Defects defects;
    /// Photos that came later than the library was described; their serials follow the others'.
    private final List<Added> added = new CopyOnWriteArrayList<>();
    /// What differs from how the library began, by serial.
    private final Map<Integer, Photo.State> states = new ConcurrentHashMap<>();
    /// The serials of what changed, in order; each stands twice in the history, as master and as asset.
    private final List<Integer> changes = new CopyOnWriteArrayList<>();

    /// By serial, the newest of the changes that is one of the asset, and of the master: only that is in the history.
    private final Map<Integer, Integer> newestOfAsset = new ConcurrentHashMap<>();

    private final Map<Integer, Integer> newestOfMaster = new ConcurrentHashMap<>();
    /// Whose mark as a favourite is another than it was.
    private final Set<Integer> favoured = ConcurrentHashMap.newKeySet();
    private final Set<Integer> uploaded = ConcurrentHashMap.newKeySet();

    private volatile long forgotten;
    /// What the owner put into an album or took out of it since: whether it is in, by album and serial.
    private final Map<String, Map<Integer, Boolean>> moved = new ConcurrentHashMap<>();

    private final Map<View, int[]> views = new HashMap<>();
    private int @Nullable [] masters;

    private record Added(Instant at, long bytes) {}

    private PhotoLibrary(LibrarySpec spec, InstantSource clock) {
        this.spec = spec;
        this.clock = clock;
        this.step = min(STEP, SPAN.dividedBy(Math.max(1, spec.photos())));
        this.albums = has(LibraryQuirk.MANY_ALBUMS) ? Album.many(spec.seed()) : Album.of(spec.seed());
        this.defects = new Defects(spec.defects());
    }

    /// Describes a library; nothing is computed yet. The same description gives the same library everywhere.
    public static PhotoLibrary of(LibrarySpec spec, InstantSource clock) {
        return new PhotoLibrary(spec, clock);
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    long seed() {
        return spec.seed();
    }

    LibrarySpec spec() {
        return spec;
    }

    boolean has(LibraryQuirk quirk) {
        return spec.quirks().contains(quirk);
    }

    List<Album> albums() {
        return albums;
    }

    /// What goes wrong when it is read, and what has.
    public Defects defects() {
        return defects;
    }

    /// How many photos there ever were, expunged ones too: serials are below it.
    public int total() {
        return spec.photos() + added.size();
    }

    /// Adds a plain photo, the newest, taken just now.
    ///
    /// @return its serial
    public int addPhoto() {
        return add(0);
    }

    /// Adds a film of exactly `bytes` bytes, which may be more than any memory holds. Its signature is computed
    /// when the film is first listed, some seconds for 5 GB.
    ///
    /// @return its serial
    public int addFilm(long bytes) {
        return add(bytes);
    }

    private synchronized int add(long bytes) {
        added.add(new Added(clock.instant(), bytes));
        return changed(total() - 1);
    }

    /// Moves a photo to the recently deleted ones.
    public void trash(int serial) {
        become(serial, Photo.State.TRASHED);
    }

    /// Moves a photo to the hidden ones.
    public void hide(int serial) {
        become(serial, Photo.State.HIDDEN);
    }

    /// Takes a photo back from the hidden or recently deleted ones.
    public void recover(int serial) {
        become(serial, Photo.State.LIVE);
    }

    /// Makes a photo a favourite, or no favourite any more: the asset alone changes.
    public synchronized void favour(int serial) {
        if (!favoured.add(serial)) {
            favoured.remove(serial);
        }
        changes.add(serial);
        newestOfAsset.put(serial, changes.size() - 1);
        views.clear();
    }

    /// The original arrives that a photo has lacked so far: the master alone changes.
    public synchronized void upload(int serial) {
        uploaded.add(serial);
        changes.add(serial);
        newestOfMaster.put(serial, changes.size() - 1);
        views.clear();
    }

    /// The serials of the photos whose originals were never uploaded.
    public List<Integer> withoutOriginals() {
        return IntStream.range(0, total())
                .filter(serial -> photo(serial).has(Oddity.NO_ADDRESS))
                .boxed()
                .toList();
    }

    boolean isFavourite(Photo photo) {
        return photo.has(Oddity.FAVOURITE) != favoured.contains(photo.serial());
    }

    /// From now on no sync token is known that was given out before.
    public synchronized void forgetTokens() {
        forgotten++;
    }

    /// What a token is made and checked with.
    long tokenSeed() {
        return seed() + forgotten;
    }

    /// Removes a photo for good; a tombstone stays in the history.
    public void expunge(int serial) {
        become(serial, Photo.State.EXPUNGED);
    }

    /// Puts a photo into an album, or takes it out.
    ///
    /// @param album its record name
    public synchronized void move(int serial, String album, boolean in) {
        moved.computeIfAbsent(album, _ -> new ConcurrentHashMap<>()).put(serial, in);
        views.clear();
    }

    /// The record names of the albums with photos in them that go by that title, folders and deleted ones
    /// left out.
    public List<String> albumsNamed(String title) {
        return albums.stream()
                .filter(album -> album.type() == 0 && !album.deleted())
                .filter(album -> album.title().equals(title))
                .map(Album::name)
                .toList();
    }

    /// Every membership there is now, as the names of album and asset with a slash between.
    public Set<String> memberships() {
        var memberships = new HashSet<String>();
        for (var album : albums) {
            for (int serial : album.deleted() ? new int[0] : ranks(new View.Members(album))) {
                memberships.add(album.name() + "/" + assetName(serial));
            }
        }
        return memberships;
    }

    private boolean isIn(View view, Photo photo) {
        if (view instanceof View.Members(var album)) {
            var own = moved.getOrDefault(album.name(), Map.of()).get(photo.serial());
            return own == null ? view.holds(photo) : own && photo.state() == Photo.State.LIVE;
        }
        return view.holds(photo);
    }

    private synchronized void become(int serial, Photo.State state) {
        if (serial < 0 || serial >= total()) {
            throw new IllegalArgumentException("no photo has the serial " + serial);
        }
        states.put(serial, state);
        changed(serial);
    }

    private int changed(int serial) {
        changes.add(serial);
        newestOfAsset.put(serial, changes.size() - 1);
        newestOfMaster.put(serial, changes.size() - 1);
        views.clear();
        return serial;
    }

    /// The asset record name of a photo, by which tests find it again.
    public String assetName(int serial) {
        return Photo.assetName(spec.seed(), serial);
    }

    /// Derives one photo.
    ///
    /// @param serial from 0 below [#total]
    Photo photo(int serial) {
        int late = serial - spec.photos();
        var extra = late < 0 ? null : added.get(late);
        var pick = extra != null && extra.bytes > 0 ? new Mix.Pick(Shot.MOV, Set.of()) : Mix.of(spec, serial);
        pick = uploaded.contains(serial) ? Mix.without(pick, Oddity.NO_ADDRESS) : pick;
        int master = pick.has(Oddity.SHARED_MASTER) ? serial - 1 : serial;
        return new Photo(
                spec.seed(),
                serial,
                master,
                pick,
                extra == null ? began(serial) : extra.at,
                extra == null ? 0 : extra.bytes,
                spec.photos() > Mix.ORDINARY,
                states.getOrDefault(serial, beginning(pick)),
                pick.shot() == Shot.BURST ? burst(serial) : -1);
    }

    /// Frames that follow each other are one burst, and the oldest stands for it.
    private int burst(int serial) {
        int first = serial;
        while (first > 0
                && serial - first < LONGEST_BURST
                && Mix.of(spec, first - 1).shot() == Shot.BURST) {
            first--;
        }
        return first;
    }

    private Instant began(int serial) {
        long steps = spec.photos() - 1L - serial;
        return NEWEST.minus(step.multipliedBy(steps))
                .minusMillis(Dice.below((int) step.toMillis() / 2, spec.seed(), serial, 3));
    }

    private static Photo.State beginning(Mix.Pick pick) {
        if (pick.has(Oddity.HIDDEN)) {
            return Photo.State.HIDDEN;
        }
        return pick.has(Oddity.DELETED) ? Photo.State.TRASHED : Photo.State.LIVE;
    }

    /// The serials in a list by rank, newest first. Not to be changed; a change of the library makes a new one.
    synchronized int[] ranks(View view) {
        return views.computeIfAbsent(view, this::rank);
    }

    /// Serials are in the order of dates but for the photos with absurd dates or none, which come first or last.
    private int[] rank(View view) {
        boolean byDate = !(view instanceof View.Library(boolean byAddedDate) && byAddedDate);
        var ranks = new int[total()];
        var late = new int[total()];
        int end = 0;
        int lateEnd = 0;
        for (int serial = total() - 1; serial >= 0; serial--) {
            var photo = photo(serial);
            if (!isIn(view, photo)) {
                continue;
            }
            if (byDate && photo.has(Oddity.DATE_FAR)) {
                System.arraycopy(ranks, 0, ranks, 1, end++);
                ranks[0] = serial;
            } else if (byDate && dateless(photo)) {
                late[lateEnd++] = serial;
            } else {
                ranks[end++] = serial;
            }
        }
        System.arraycopy(late, 0, ranks, end, lateEnd);
        var once = Arrays.copyOf(ranks, end + lateEnd);
        return view instanceof View.Library && defects.any() ? repeated(once) : once;
    }

    /// With those twice that the list is to have twice: in turn beside each other, and a page and more apart.
    private int[] repeated(int[] ranks) {
        var rows = IntStream.builder();
        for (int rank = 0; rank < ranks.length; rank++) {
            rows.add(ranks[rank]);
            if (ranks[rank] % 2 == 0 && isRepeated(ranks[rank])) {
                rows.add(ranks[rank]);
            }
            if (rank >= APART && ranks[rank - APART] % 2 == 1 && isRepeated(ranks[rank - APART])) {
                rows.add(ranks[rank - APART]);
            }
        }
        return rows.build().toArray();
    }

    private boolean isRepeated(int serial) {
        return defects.marks(Defect.DUPLICATE_ASSET, assetName(serial));
    }

    private static boolean dateless(Photo photo) {
        return photo.has(Oddity.DATE_NEGATIVE) || photo.has(Oddity.DATE_YEAR_ONE) || photo.has(Oddity.DATE_ABSENT);
    }

    /// The photo whose asset has that name, expunged ones too.
    Optional<Photo> byAsset(String recordName) {
        int serial = Photo.serialOf(spec.seed(), recordName);
        return serial < 0 || serial >= total() ? Optional.empty() : Optional.of(photo(serial));
    }

    /// The photo that has that master for its own.
    Optional<Photo> byMaster(String recordName) {
        for (int serial = spec.photos(); serial < total(); serial++) {
            if (Records.masterName(photo(serial)).equals(recordName)) {
                return Optional.of(photo(serial));
            }
        }
        var table = masters();
        for (int slot = recordName.hashCode() & (table.length - 1);
                table[slot] >= 0;
                slot = (slot + 1) & (table.length - 1)) {
            var photo = photo(table[slot]);
            if (Records.masterName(photo).equals(recordName)) {
                return Optional.of(photo);
            }
        }
        return Optional.empty();
    }

    /// Serials by the hash of their master's name, with open addressing: names come from content and lead nowhere by
    /// themselves. Half a second and a megabyte for 100,000 photos, once.
    private synchronized int[] masters() {
        var known = masters;
        if (known != null) {
            return known;
        }
        var table = new int[Integer.highestOneBit(Math.max(8, spec.photos())) * 4];
        Arrays.fill(table, -1);
        for (int serial = 0; serial < spec.photos(); serial++) {
            var photo = photo(serial);
            if (photo.master() != serial) {
                continue;
            }
            int slot = Records.masterName(photo).hashCode() & (table.length - 1);
            while (table[slot] >= 0) {
                slot = (slot + 1) & (table.length - 1);
            }
            table[slot] = serial;
        }
        masters = table;
        return table;
    }

    /// One place of the history. Most places of a library that was in use for years hold nothing any more.
    sealed interface Past {
        record Nothing() implements Past {}

        /// A record that is gone.
        record Tombstone(String recordName, String recordType) implements Past {}

        record Master(Photo photo) implements Past {}

        record Asset(Photo photo) implements Past {}

        record OfAlbum(Album album) implements Past {}
    }

    /// One more than the newest place of the history.
    long historyEnd() {
        return changesStart() + 2L * changes.size();
    }

    private long changesStart() {
        return quiet() + (long) HISTORY_EACH * spec.photos() + albums.size();
    }

    /// The history begins with a long stretch of nothing: three pages, and forty of a huge library.
    private long quiet() {
        return spec.photos() > Mix.ORDINARY ? 8000 : 600;
    }

    /// What stands at one place of the history, as it is now.
    ///
    /// @param place from 0 below [#historyEnd]
    Past history(long place) {
        if (place < quiet()) {
            return new Past.Nothing();
        }
        long later = place - changesStart();
        if (later >= 0) {
            int change = (int) (later / 2);
            int serial = changes.get(change);
            boolean master = later % 2 == 0;
            var newest = (master ? newestOfMaster : newestOfAsset).get(serial);
            return newest == null || newest != change ? new Past.Nothing() : now(photo(serial), master);
        }
        long past = place - quiet();
        int serial = (int) (past / HISTORY_EACH);
        if (serial >= spec.photos()) {
            return new Past.OfAlbum(albums.get((int) (past - (long) HISTORY_EACH * spec.photos())));
        }
        return switch ((int) (past % HISTORY_EACH)) {
            case 0 -> new Past.Tombstone(Photo.assetName(~spec.seed(), serial), "CPLAsset");
            case 2 -> now(photo(serial), true);
            case 3 -> now(photo(serial), false);
            default -> new Past.Nothing();
        };
    }

    private Past now(Photo photo, boolean master) {
        boolean gone = photo.state() == Photo.State.EXPUNGED;
        if (!master) {
            return gone ? new Past.Tombstone(photo.assetName(), "CPLAsset") : new Past.Asset(photo);
        }
        if (photo.master() != photo.serial() || (gone && sharer(photo))) {
            return new Past.Nothing();
        }
        return gone ? new Past.Tombstone(Records.masterName(photo), "CPLMaster") : new Past.Master(photo);
    }

    /// Whether an in-app duplicate still needs this photo's master.
    boolean sharer(Photo photo) {
        if (photo.serial() + 1 >= total()) {
            return false;
        }
        var next = photo(photo.serial() + 1);
        return next.has(Oddity.SHARED_MASTER) && next.state() != Photo.State.EXPUNGED;
    }
}
