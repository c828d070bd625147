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
import ferry.connector.icloud.web.Differences;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        var all = database.libraries();
        var libraries = new ArrayList<>(all);
        var changes = changes(libraries, before(all, feed), feed);
        if (changes.isEmpty() && feed.from().isPresent()) {
            feed.startOver();
        }
        var counts = new HashMap<Library, Map<View, Long>>();
        for (var library : List.copyOf(libraries)) {
            if (!changes.containsKey(library)
                    && !isRead(library, feed, () -> {
                        database.requireIndexed(library);
                        counts.put(library, count(library));
                    })) {
                libraries.remove(library);
            }
        }
        feed.expect(counts.values().stream()
                .flatMap(count -> count.values().stream())
                .mapToLong(Long::longValue)
                .sum());
        var places = new HashMap<String, PhotosPlace.OfLibrary>();
        for (var library : libraries) {
            isRead(
                    library,
                    feed,
                    () -> read(library, window, feed, counts, Optional.ofNullable(changes.get(library)))
                            .ifPresent(reached -> places.put(library.zone(), reached)));
        }
        if (window.equals(Window.ALL) && places.size() == all.size()) {
            feed.reached(new PhotosPlace(places).state());
        }
    }

    /// @return from where a later reading goes on
    private Optional<PhotosPlace.OfLibrary> read(
            Library library, Window window, Feed feed, Map<Library, Map<View, Long>> counts, Optional<Further> further)
            throws ConnectorException, InterruptedException {
        try (var downloads = downloads(feed.files())) {
            var writer = new PhotoWriter(window, feed, downloads);
            return further.isEmpty()
                    ? new LibraryReading(database, library, feed, listing(library, feed), writer)
                            .read(counts.getOrDefault(library, Map.of()))
                    : new LibraryChanges(database, library, feed, writer)
                            .read(further.get().first(), further.get().before());
        }
    }

    @FunctionalInterface
    private interface Part {
        void run() throws ConnectorException, InterruptedException;
    }

    /// A shared library that can't be read does not keep back the account's own (R15); the feed then says
    /// that it lacks it. What concerns the whole account, such as a wait for the owner's consent or for a
    /// host that is away, stops everything.
    ///
    /// @return whether it was
    private static boolean isRead(Library library, Feed feed, Part part)
            throws ConnectorException, InterruptedException {
        try {
            part.run();
            return true;
        } catch (ConnectorException.Refused | ConnectorException.Unavailable e) {
            boolean waits = e instanceof ConnectorException.Unavailable busy && busy.code() != ErrorCode.STILL_INDEXING;
            if (waits || !Library.isShared(library.zone())) {
                throw e;
            }
            feed.incomplete();
            feed.warn("library_unavailable", "A shared library could not be read to its end: " + e.getMessage());
            return false;
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
    /// @param before how far it had been read
    private record Further(PhotosDatabase.Changes first, PhotosPlace.OfLibrary before) {}

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
    ///
    /// @param libraries those that can't be read are taken out
    private Map<Library, Further> changes(List<Library> libraries, Map<String, PhotosPlace.OfLibrary> before, Feed feed)
            throws ConnectorException, InterruptedException {
        var all = new LinkedHashMap<Library, Further>();
        for (var library : List.copyOf(libraries)) {
            var place = before.get(library.zone());
            if (place == null) {
                continue;
            }
            if (!isRead(library, feed, () -> all.put(library, new Further(changes(library, place), place)))) {
                libraries.remove(library);
            } else if (!Objects.requireNonNull(all.get(library)).first().known()) {
                return Map.of();
            }
        }
        return all;
    }

    /// @throws ConnectorException.Unavailable where the source does not say, which is no word about the token
    private PhotosDatabase.Changes changes(Library library, PhotosPlace.OfLibrary place)
            throws ConnectorException, InterruptedException {
        var changes = database.changes(library, Optional.of(place.token()));
        if (changes.known() && changes.token().isEmpty()) {
            throw new ConnectorException.Unavailable(
                    Duration.ofMinutes(5), ErrorCode.SERVICE_UNAVAILABLE, "The library does not tell its changes.");
        }
        return changes;
    }

    /// Reads [#ALBUMS]. A shared library has none: CloudKit answers that it does not know the query there.
    public void albums(Feed feed) throws ConnectorException, InterruptedException {
        new Albums(database, database.libraries().getFirst(), feed).read();
    }

    /// Reads [#ALBUM_MEMBERS]: a request or two for each album, which is why it is a type of its own.
    ///
    /// @param before told where the source may have kept members back
    public void albumMembers(Window window, Feed feed, Differences.Before before)
            throws ConnectorException, InterruptedException {
        new AlbumMembers(database, database.libraries().getFirst(), window, feed, before).read();
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
                    var some = mine.subList(from, Math.min(mine.size(), from + PhotosDatabase.MAX_LOOKUP)).stream()
                            .filter(ref -> !files.isPublished(ref))
                            .toList();
                    try {
                        fetch(library, some, files, downloads);
                    } catch (ConnectorException.Refused e) {
                        if (!Library.isShared(library.zone())) {
                            throw e;
                        }
                        some.forEach(ref -> files.refused(ref, e.code(), "The source refused the shared library."));
                    }
                }
            }
            left.forEach(ref -> refuse(files, ref));
            downloads.finish();
        }
    }

    /// @param refs of that library, at most as many as one look-up takes, none of them published
    private void fetch(Library library, List<FileRef> refs, Files files, PhotoFiles downloads)
            throws ConnectorException, InterruptedException {
        var found = lookedUp(
                library, refs.stream().map(ref -> recordName(library, ref)).flatMap(Optional::stream));
        // An edit lies on the asset, but its file's name and kind are those of the master.
        var masters = lookedUp(library, found.records.values().stream().map(Photos::masterName));
        for (var ref : refs) {
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
