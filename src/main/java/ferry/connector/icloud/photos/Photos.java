package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Limits.HostClass;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Reads the photos, albums and files of one account during one task.
///
/// Blocks, on the caller's thread, which alone writes records; files come over threads of its own, which have
/// ended when a call returns or throws. An interrupt stops all of it.
public final class Photos {
    /// Every photo and video, the hidden and recently deleted ones and all frames of bursts included.
    public static final String PHOTOS = "icpl.photos";
    /// Albums and folders.
    public static final String ALBUMS = "icpl.albums";
    /// Which photo is in which album.
    public static final String ALBUM_MEMBERS = "icpl.album_members";

    public static final Set<String> DATA_TYPES = Set.of(PHOTOS, ALBUMS, ALBUM_MEMBERS);
    /// `icpl.photos.original`, `.edited`, `.live_video`, `.alternative` and the others of [Variant].
    public static final Set<String> FILE_TYPES = Variant.fileTypes();

    private final Calls calls;
    private final PhotosDatabase database;
    private final Limits limits;
    private final InstantSource clock;

    /// @param limits says how much may be in flight at once; `calls` takes the turns
    public Photos(Calls calls, Limits limits, InstantSource clock) {
        this.calls = calls;
        this.limits = limits;
        this.clock = clock;
        this.database = new PhotosDatabase(calls, clock);
    }

    /// Reads [#PHOTOS].
    ///
    /// @throws ConnectorException.Unavailable also while the source is still indexing the library (R16)
    public void photos(Window window, Feed feed) throws ConnectorException, InterruptedException {
        var libraries = database.libraries();
        var changes = changes(libraries, before(libraries, feed));
        if (changes.isEmpty() && feed.from().isPresent()) {
            feed.startOver();
        }
        var counts = new HashMap<Library, Map<View, Long>>();
        for (var library : libraries) {
            if (!changes.containsKey(library)) {
                database.requireIndexed(library);
                counts.put(library, count(library));
            }
        }
        feed.expect(counts.values().stream()
                .flatMap(count -> count.values().stream())
                .mapToLong(Long::longValue)
                .sum());
        var places = new HashMap<String, PhotosPlace.OfLibrary>();
        for (var library : libraries) {
            try (var downloads = downloads(feed.files())) {
                var writer = new PhotoWriter(window, feed, downloads);
                var further = changes.get(library);
                var place = further == null
                        ? new LibraryReading(database, library, feed, listing(library, feed), writer)
                                .read(counts.getOrDefault(library, Map.of()))
                        : new LibraryChanges(database, library, feed, writer).read(further.first(), further.left());
                place.ifPresent(reached -> places.put(library.zone(), reached));
            }
        }
        if (window.equals(Window.ALL) && places.size() == libraries.size()) {
            feed.reached(new PhotosPlace(places).state());
        }
    }

    private Listing listing(Library library, Feed feed) {
        boolean fetching = FILE_TYPES.stream().anyMatch(feed::wants);
        // Pages that wait for files to be fetched wait with URLs that age (R18).
        int ahead = fetching ? 1 : Math.max(1, limits.parallel(HostClass.LISTING));
        return new Listing(database, library, ahead);
    }

    /// From where the reading of a library goes on.
    ///
    /// @param first the first page of what changed
    /// @param left names of records that were left over
    private record Further(PhotosDatabase.Changes first, Set<String> left) {}

    /// How far each library had been read, by zone. Where one is gone, nobody knows what was in it: all is
    /// read.
    private static Map<String, PhotosPlace.OfLibrary> before(List<Library> libraries, Feed feed) {
        var zones = libraries.stream().map(Library::zone).toList();
        return feed.from()
                .flatMap(PhotosPlace::of)
                .map(PhotosPlace::libraries)
                .filter(places -> zones.containsAll(places.keySet()))
                .orElse(Map.of());
    }

    /// The first page of what changed in each library that was read before; of none where the source has
    /// forgotten how far, since a feed is either one of changes or one of everything.
    private Map<Library, Further> changes(List<Library> libraries, Map<String, PhotosPlace.OfLibrary> before)
            throws ConnectorException, InterruptedException {
        var all = new LinkedHashMap<Library, Further>();
        for (var library : libraries) {
            var place = before.get(library.zone());
            if (place != null) {
                var changes = database.changes(library, Optional.of(place.token()));
                if (changes.token().isEmpty()) {
                    return Map.of();
                }
                all.put(library, new Further(changes, place.again()));
            }
        }
        return all;
    }

    /// Reads [#ALBUMS]. A shared library has none: CloudKit answers that it does not know the query there.
    public void albums(Feed feed) throws ConnectorException, InterruptedException {
        new Albums(database, database.libraries().getFirst(), feed).read();
    }

    /// Reads [#ALBUM_MEMBERS]: a request or two for each album, which is why it is a type of its own.
    public void albumMembers(Window window, Feed feed) throws ConnectorException, InterruptedException {
        new AlbumMembers(database, database.libraries().getFirst(), window, feed).read();
    }

    /// Fetches files by references that [#photos] gave out, perhaps long ago. Each ends committed or refused.
    public void files(List<FileRef> refs, Files files) throws ConnectorException, InterruptedException {
        var left = new ArrayList<>(refs);
        try (var downloads = downloads(files)) {
            for (var library : database.libraries()) {
                var mine = left.stream()
                        .filter(ref -> recordName(library, ref).isPresent())
                        .toList();
                left.removeAll(mine);
                for (int from = 0; from < mine.size(); from += PhotosDatabase.MAX_LOOKUP) {
                    var some = mine.subList(from, Math.min(mine.size(), from + PhotosDatabase.MAX_LOOKUP));
                    fetch(library, some, files, downloads);
                }
            }
            left.forEach(ref -> refuse(files, ref));
            downloads.finish();
        }
    }

    /// @param refs of that library, at most as many as one look-up takes
    private void fetch(Library library, List<FileRef> refs, Files files, PhotoFiles downloads)
            throws ConnectorException, InterruptedException {
        var missing = refs.stream().filter(ref -> !files.isPublished(ref)).toList();
        var found = lookedUp(
                library, missing.stream().map(ref -> recordName(library, ref)).flatMap(Optional::stream));
        // An edit lies on the asset, but its file's name and kind are those of the master.
        var masters = lookedUp(library, found.records.values().stream().map(Photos::masterName));
        for (var ref : missing) {
            var variant = Variant.of(ref.fileType());
            var record = recordName(library, ref).map(found.records::get);
            if (variant.isEmpty() || record.isEmpty()) {
                refuse(files, ref);
                continue;
            }
            var photo = variant.get().holder() == Variant.Holder.MASTER
                    ? new Photo(library, CloudRecord.NONE, record.get())
                    : new Photo(
                            library,
                            record.get(),
                            masters.records.getOrDefault(masterName(record.get()), CloudRecord.NONE));
            downloads.fetch(new PhotoFiles.Wanted(photo, variant.get(), found.received));
        }
    }

    private static void refuse(Files files, FileRef ref) {
        files.refused(ref, ErrorCode.NOT_RETRIEVABLE, "The source no longer has the file.");
    }

    /// Records by name, and when they came.
    private record Found(Map<String, CloudRecord> records, Instant received) {}

    private Found lookedUp(Library library, Stream<String> names) throws ConnectorException, InterruptedException {
        var wanted = new LinkedHashSet<String>();
        names.filter(name -> !name.isEmpty()).forEach(wanted::add);
        var records = new HashMap<String, CloudRecord>();
        if (wanted.isEmpty()) {
            return new Found(records, clock.instant());
        }
        var page = database.lookup(library, new ArrayList<>(wanted));
        for (var record : page.records()) {
            if (record.error().isEmpty() && !record.isTombstone()) {
                records.put(record.name(), record);
            }
        }
        return new Found(records, page.received());
    }

    private PhotoFiles downloads(Files files) {
        return new PhotoFiles(calls, database, files, clock, limits);
    }

    /// The estimated number of items in each view, as far as the source says it.
    private Map<View, Long> count(Library library) throws ConnectorException, InterruptedException {
        var views = View.COUNTED;
        var answers =
                database.counts(library, views.stream().map(View::countIndex).toList());
        var counts = new EnumMap<View, Long>(View.class);
        for (int i = 0; i < views.size(); i++) {
            var view = views.get(i);
            answers.get(i).ifPresent(count -> counts.put(view, count));
        }
        return counts;
    }

    /// The record of that library that a reference points into; empty for another library's, or a locator that
    /// is none of ours.
    private static Optional<String> recordName(Library library, FileRef ref) {
        return Variant.of(ref.fileType())
                .map(variant -> library.mark() + variant.holder().prefix())
                .filter(start ->
                        ref.locator().startsWith(start) && ref.locator().length() > start.length())
                .map(start -> ref.locator().substring(start.length()));
    }

    private static String masterName(CloudRecord asset) {
        return asset.value("masterRef").path("recordName").asString("");
    }
}
