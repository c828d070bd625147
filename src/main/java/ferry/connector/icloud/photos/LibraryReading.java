package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Reads all photos of one library into a feed, once. One thread.
///
/// Each view is walked by rank; then what changed meanwhile is read from the zone's log, which starts at the
/// first page; then what still misses its other half is looked up (R16, R17).
final class LibraryReading {
    private static final long TOLERATED_ITEMS = 10;
    private static final double TOLERATED_SHARE = 0.01;

    private final PhotosDatabase database;
    private final Library library;
    private final Window window;
    private final Feed feed;
    private final Listing listing;
    private final Pairing pairing;
    private final PhotoFiles downloads;
    private long removed;

    LibraryReading(
            PhotosDatabase database, Library library, Window window, Feed feed, Listing listing, PhotoFiles downloads) {
        this.database = database;
        this.library = library;
        this.window = window;
        this.feed = feed;
        this.listing = listing;
        this.downloads = downloads;
        this.pairing = new Pairing(database, library, feed);
    }

    /// @param counted the estimated number of items in the library
    void read(OptionalLong counted) throws ConnectorException, InterruptedException {
        Optional<String> start = Optional.empty();
        for (var view : View.values()) {
            var walked = walk(view);
            start = start.or(() -> walked);
        }
        if (start.isPresent() && !caughtUp(start.get())) {
            // Items have left a view while it was read, so that others moved up into a stretch that was read already.
            for (var view : View.values()) {
                walk(view);
            }
        }
        give(pairing.rest());
        downloads.finish();
        warn(counted);
    }

    /// @return where the zone stood at the view's first page
    private Optional<String> walk(View view) throws ConnectorException, InterruptedException {
        try {
            var walk = listing.walk(view, page -> give(pairing.take(page, view)));
            if (!walk.whole()) {
                feed.incomplete();
                feed.warn("listing_gap", "The source kept back a part of the listing.");
            }
            return walk.token();
        } catch (ConnectorException.Refused e) {
            if (view == View.LIBRARY) {
                throw e;
            }
            feed.incomplete();
            feed.warn("view_unavailable", "The source did not list the " + view.words() + " items.");
            return Optional.empty();
        }
    }

    /// Takes what was added since a token.
    ///
    /// @return whether nothing left a view meanwhile
    private boolean caughtUp(String start) throws ConnectorException, InterruptedException {
        boolean unmoved = true;
        var token = start;
        while (true) {
            var changes = database.changes(library, token);
            for (var record : changes.page().records()) {
                unmoved &= !hasMoved(record);
            }
            give(pairing.take(changes.page(), View.LIBRARY));
            if (changes.token().isEmpty()) {
                return false; // the source has forgotten the token: only another look at everything tells
            }
            boolean stuck = changes.page().isEmpty() && changes.token().get().equals(token);
            // Empty pages are normal while there is more to come; one that does not lead on is not.
            if (!changes.more() || stuck) {
                return unmoved;
            }
            token = changes.token().get();
        }
    }

    private boolean hasMoved(CloudRecord record) {
        if (!pairing.hasSeen(record.name())) {
            return record.isTombstone();
        }
        removed += record.isTombstone() ? 1 : 0;
        return record.isTombstone() || record.flag("isDeleted") || record.flag("isHidden");
    }

    private void give(List<Pairing.Listed> photos) throws ConnectorException, InterruptedException {
        var wanted = Stream.of(Variant.values())
                .filter(variant -> feed.wants(variant.fileType()))
                .toList();
        for (var listed : photos) {
            if (!isAskedFor(listed.photo().asset())) {
                continue;
            }
            feed.item(PhotoEntry.of(listed.photo(), listed.view(), feed::fileId), () -> raw(listed.photo()));
        }
        for (var listed : photos) {
            for (var variant : wanted) {
                var file = new PhotoFiles.Wanted(listed.photo(), variant, listed.received());
                if (isAskedFor(listed.photo().asset()) && file.resource().isPresent()) {
                    downloads.fetch(file);
                }
            }
        }
    }

    private static JsonNode raw(Photo photo) {
        var both = Json.object();
        both.set("asset", photo.asset().json());
        both.set("master", photo.master().json());
        return Raw.of(both);
    }

    /// By when the library got or changed it; what does not say is never left out.
    private boolean isAskedFor(CloudRecord asset) {
        var moments = Stream.of(asset.date("addedDate"), asset.stamp("modified"))
                .flatMap(Optional::stream)
                .toList();
        return moments.isEmpty() || moments.stream().anyMatch(window::holds);
    }

    private void warn(OptionalLong counted) {
        long listed = pairing.assets();
        long deviation = Math.abs(counted.orElse(listed) - listed);
        if (deviation > TOLERATED_ITEMS || deviation > TOLERATED_SHARE * counted.orElse(listed)) {
            feed.warn(
                    "count_deviates", "The source counted " + counted.orElse(0) + " items and listed " + listed + ".");
        }
        if (pairing.absurdDates() > 0) {
            feed.warn("date_out_of_range", pairing.absurdDates() + " items have a date that is none.");
        }
        if (removed > 0) {
            feed.warn("removed_meanwhile", removed + " items were removed at the source after they had been listed.");
        }
    }
}
