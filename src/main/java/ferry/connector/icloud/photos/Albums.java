package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Raw;
import ferry.error.ErrorCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Reads the albums and folders of one library into a feed, folder by folder (`icloud-protocol` 2.6). One
/// thread.
final class Albums {
    private static final String ID = "album:";
    private static final String COUNT_INDEX = "CPLContainerRelationNotDeletedByAssetDate:";
    private static final int COUNTS_AT_ONCE = 25;
    /// The containers of the tree itself, which are no albums of the owner's.
    private static final Set<String> ROOTS = Set.of("----Root-Folder----", "----Project-Root-Folder----");

    private final PhotosDatabase database;
    private final Library library;
    private final Feed feed;
    private final Taker taker;
    private final Set<String> seen = new HashSet<>();
    private final ArrayDeque<String> folders = new ArrayDeque<>();

    /// Gives each album and folder to the feed.
    Albums(PhotosDatabase database, Library library, Feed feed) {
        this(
                database,
                library,
                feed,
                (album, folder, count) -> feed.item(entry(album, folder, count), () -> Raw.of(album.json())));
    }

    /// Gives each album and folder to `taker`; the feed is told what could not be read.
    Albums(PhotosDatabase database, Library library, Feed feed, Taker taker) {
        this.database = database;
        this.library = library;
        this.feed = feed;
        this.taker = taker;
    }

    /// Takes an album or folder as it is found, on the thread that reads.
    @FunctionalInterface
    interface Taker {
        /// The next one.
        ///
        /// @param folder the record name of the one that it lies in; empty at the root
        /// @param count estimated; empty where the source does not say, and for folders
        void take(CloudRecord album, Optional<String> folder, OptionalLong count)
                throws ConnectorException, InterruptedException;
    }

    void read() throws ConnectorException, InterruptedException {
        children(Optional.empty());
        while (!folders.isEmpty()) {
            children(Optional.of(folders.remove()));
        }
    }

    private void children(Optional<String> folder) throws ConnectorException, InterruptedException {
        Optional<String> marker = Optional.empty();
        while (true) {
            var page = database.albums(library, folder, marker);
            if (page.isEmpty()) {
                // The source sometimes shows nothing where there is something.
                page = database.albums(library, folder, marker);
            }
            give(page, folder);
            if (page.continuation().isEmpty()) {
                return;
            }
            if (page.continuation().equals(marker)) {
                feed.incomplete(); // it would lead round in circles
                feed.warn("listing_gap", "The source did not lead on to the end of the albums.");
                return;
            }
            marker = page.continuation();
        }
    }

    private void give(Page page, Optional<String> folder) throws ConnectorException, InterruptedException {
        var albums = page.records().stream().filter(this::isAlbum).toList();
        for (int from = 0; from < albums.size(); from += COUNTS_AT_ONCE) {
            var some = albums.subList(from, Math.min(albums.size(), from + COUNTS_AT_ONCE));
            var counts = counts(some);
            for (int i = 0; i < some.size(); i++) {
                taker.take(some.get(i), folder, counts.get(i));
            }
        }
    }

    private boolean isAlbum(CloudRecord record) {
        if (record.error().isPresent()) {
            feed.refused(ID + record.name(), ErrorCode.NOT_RETRIEVABLE, "The source could not read this album.");
            return false;
        }
        boolean album = record.type().equals("CPLAlbum")
                && !record.isTombstone()
                && !record.flag("isDeleted")
                && !record.name().isBlank()
                && !ROOTS.contains(record.name())
                && seen.add(record.name());
        if (album && kind(record).equals("folder")) {
            folders.add(record.name());
        }
        return album;
    }

    /// Folders have none: their albums do.
    private List<OptionalLong> counts(List<CloudRecord> albums) throws ConnectorException, InterruptedException {
        var counted = albums.stream().filter(a -> !kind(a).equals("folder")).toList();
        var counts = counted.isEmpty()
                ? List.<OptionalLong>of()
                : database.counts(
                        library,
                        counted.stream().map(a -> COUNT_INDEX + a.name()).toList());
        var all = new ArrayList<OptionalLong>();
        for (var album : albums) {
            int at = counted.indexOf(album);
            all.add(at < 0 ? OptionalLong.empty() : counts.get(at));
        }
        return all;
    }

    private static ObjectNode entry(CloudRecord album, Optional<String> folder, OptionalLong count) {
        var node = JsonNodeFactory.instance
                .objectNode()
                .put("id", ID + album.name())
                .put("data_type", "album")
                .put("title", album.text("albumNameEnc").orElse(null))
                .put("kind", kind(album));
        if (kind(album).equals("other")) {
            node.put("kind_raw", album.number("albumType").orElse(0));
        }
        node.put("parent_id", folder.map(f -> ID + f).orElse(null));
        put(node, "count", count.isPresent() && count.getAsLong() < 0 ? OptionalLong.empty() : count);
        put(node, "position", album.number("position"));
        node.put("date_created", PhotoEntry.date(album.stamp("created")));
        return node.put("date_modified", PhotoEntry.date(album.stamp("modified")));
    }

    /// The id of its entry.
    static String id(String recordName) {
        return ID + recordName;
    }

    static String kind(CloudRecord album) {
        return switch ((int) album.number("albumType").orElse(0)) {
            case 0 -> "album";
            case 3 -> "folder";
            case 6 -> "smart";
            default -> "other";
        };
    }

    private static void put(ObjectNode node, String name, OptionalLong number) {
        if (number.isPresent()) {
            node.put(name, number.getAsLong());
        } else {
            node.putNull(name);
        }
    }
}
