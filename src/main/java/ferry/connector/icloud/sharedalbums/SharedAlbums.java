package ferry.connector.icloud.sharedalbums;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Limits.HostClass;
import ferry.connector.Window;
import ferry.connector.icloud.photos.LoosePhoto;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.Raw;
import ferry.error.ErrorCode;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Reads the shared albums of one account and their photos during one task.
///
/// Blocks, on the caller's thread, which alone writes records; files come over threads of its own, which have
/// ended when a call returns or throws. An interrupt stops all of it.
public final class SharedAlbums {
    /// Each album, followed by its photos.
    public static final String ALBUMS = "icpl.shared_albums";
    /// `icpl.shared_albums.original` and the others that photos have.
    public static final Set<String> FILE_TYPES = LoosePhoto.variants().stream()
            .map(variant -> Locators.TYPE + variant)
            .collect(Collectors.toUnmodifiableSet());

    private final Calls calls;
    private final AlbumService service;
    private final Limits limits;
    private final InstantSource clock;

    /// @param limits says only how much may be in flight at once; `calls` takes the turns
    public SharedAlbums(Calls calls, Limits limits, InstantSource clock) {
        this.calls = calls;
        this.service = new AlbumService(calls, clock);
        this.limits = limits;
        this.clock = clock;
    }

    /// Reads [#ALBUMS]. Albums do not say when they changed, so that they come whatever the window.
    ///
    /// @throws Refused with `not-activated` where the account has no shared albums
    public void read(Window window, Feed feed) throws ConnectorException, InterruptedException {
        try (var downloads = downloads(feed.files())) {
            for (var album : albums(feed)) {
                new Reading(album, window, feed, downloads).read();
            }
            downloads.finish();
        }
    }

    /// Fetches files by references that [#read] gave out, perhaps long ago. Each ends committed or refused.
    /// Reads the albums that they lie in.
    public void files(List<FileRef> refs, Files files) throws ConnectorException, InterruptedException {
        var left = refs.stream()
                .filter(ref -> !files.isPublished(ref))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        try (var downloads = downloads(files)) {
            var own = service.own();
            for (var json : left.isEmpty() ? List.<JsonNode>of() : service.list()) {
                var album = Album.of(json, own);
                if (album.isPresent() && left.stream().anyMatch(ref -> isIn(album.get(), ref))) {
                    search(album.get(), left, downloads);
                }
            }
            left.forEach(ref -> files.refused(ref, ErrorCode.NOT_RETRIEVABLE, "The source no longer has the file."));
            downloads.finish();
        }
    }

    private static boolean isIn(Album album, FileRef ref) {
        return Locators.album(ref).equals(album.guid());
    }

    /// @param left what is found is taken out
    private void search(Album album, Set<FileRef> left, Downloads downloads)
            throws ConnectorException, InterruptedException {
        try {
            new AlbumWalk(service, album, new Search(album, left, downloads)).run();
        } catch (Refused e) {
            if (AlbumService.concernsAll(e)) {
                throw e;
            }
        }
    }

    private Downloads downloads(Files files) {
        return new Downloads(files, Math.max(1, limits.parallel(HostClass.CONTENT)));
    }

    /// Those that can be asked for, each once.
    private List<Album> albums(Feed feed) throws ConnectorException, InterruptedException {
        var own = service.own();
        var seen = new HashSet<String>();
        int unnamed = 0;
        var albums = new ArrayList<Album>();
        for (var json : service.list()) {
            var album = Album.of(json, own);
            if (album.isEmpty()) {
                unnamed++;
                feed.refused(
                        "shared_album:#" + unnamed,
                        ErrorCode.NOT_RETRIEVABLE,
                        "The source lists a shared album without an id or an address.");
            } else if (seen.add(album.get().guid())) {
                albums.add(album.get());
            }
        }
        return albums;
    }

    /// Reads one album into the feed.
    private final class Reading implements AlbumWalk.Visitor {
        private final Album album;
        private final Window window;
        private final Feed feed;
        private final Downloads downloads;

        Reading(Album album, Window window, Feed feed, Downloads downloads) {
            this.album = album;
            this.window = window;
            this.feed = feed;
            this.downloads = downloads;
        }

        void read() throws ConnectorException, InterruptedException {
            try {
                feed.item(AlbumEntry.album(album, service.count(album)), () -> Raw.of(album.json()));
                var walk = new AlbumWalk(service, album, this);
                walk.run();
                if (isShort(walk)) {
                    // Photos were taken out meanwhile, so that others moved into places that were read, or put in.
                    walk.run();
                    if (isShort(walk)) {
                        feed.incomplete();
                        feed.warn("listing_short", "A shared album holds more photos than the source listed.");
                    }
                }
            } catch (Refused e) {
                if (AlbumService.concernsAll(e)) {
                    throw e;
                }
                feed.refused(
                        AlbumEntry.id(album), ErrorCode.NOT_RETRIEVABLE, "The source does not hand out this album.");
            }
        }

        private boolean isShort(AlbumWalk walk) throws ConnectorException, InterruptedException {
            return service.count(album).orElse(0) > walk.photos();
        }

        @Override
        public void photo(AlbumWalk.Found found) throws ConnectorException, InterruptedException {
            var photo = found.photo();
            if (!photo.refs().stream().map(ref -> Locators.of(album, ref)).allMatch(Locators::fits)) {
                refused(
                        AlbumEntry.id(album, photo.asset().name()),
                        "The source lists a record without a name that can be used.");
                return;
            }
            if (!isAskedFor(photo)) {
                return;
            }
            feed.item(AlbumEntry.photo(album, photo, feed::fileId), photo::raw);
            for (var ref : photo.refs()) {
                if (feed.wants(Locators.of(album, ref).fileType())) {
                    downloads.fetch(new SharedFile(calls, service, clock, found, ref));
                }
            }
        }

        /// By when it was put there or changed; what does not say is never left out.
        private boolean isAskedFor(LoosePhoto photo) {
            var moments = Stream.of(
                            photo.asset().date("addedDate"),
                            photo.asset().stamp("created"),
                            photo.asset().stamp("modified"))
                    .flatMap(Optional::stream)
                    .toList();
            return moments.isEmpty() || moments.stream().anyMatch(window::holds);
        }

        @Override
        public void refused(String item, String detail) {
            feed.refused(item, ErrorCode.NOT_RETRIEVABLE, detail);
        }

        @Override
        public boolean goesOn() {
            return true;
        }
    }

    /// Looks through one album for files, and fetches those that it finds.
    private final class Search implements AlbumWalk.Visitor {
        private final Album album;
        private final Set<FileRef> left;
        private final Downloads downloads;

        Search(Album album, Set<FileRef> left, Downloads downloads) {
            this.album = album;
            this.left = left;
            this.downloads = downloads;
        }

        @Override
        public void photo(AlbumWalk.Found found) throws ConnectorException, InterruptedException {
            for (var ref : found.photo().refs()) {
                if (left.remove(Locators.of(album, ref))) {
                    downloads.fetch(new SharedFile(calls, service, clock, found, ref));
                }
            }
        }

        @Override
        public void refused(String item, String detail) {
            // A file that is not found is refused by its reference.
        }

        @Override
        public boolean goesOn() {
            return left.stream().anyMatch(ref -> isIn(album, ref));
        }
    }
}
