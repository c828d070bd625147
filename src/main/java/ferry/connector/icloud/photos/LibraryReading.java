package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Deletion;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Reads all photos of one library into a feed, once, or what changed since an earlier reading. One thread.
///
/// Each view is walked by rank; then what changed meanwhile is read from the zone's log, which starts at the
/// first page; then what still misses its other half is looked up (R16, R17).
final class LibraryReading {
    private static final Pattern ASSET_NAME = Pattern.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");
    private static final long TOLERATED_ITEMS = 10;
    private static final double TOLERATED_SHARE = 0.01;

    private final PhotosDatabase database;
    private final Library library;
    private final Window window;
    private final Feed feed;
    private final Listing listing;
    private final Pairing pairing;
    private final PhotoFiles downloads;
    /// Names of records that the next reading has to look up.
    private final Set<String> again = new HashSet<>();
    /// Names of assets whose deletion this reading has told.
    private final Set<String> removedNow = new HashSet<>();

    private boolean whole = true;
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

    /// Reads all of it.
    ///
    /// @param counted the estimated number of items in the library
    /// @return from where a later reading goes on: the first page of this one, so that what changed under way
    /// comes again; empty where that would not bring all that this one lacks
    Optional<PhotosPlace.OfLibrary> read(OptionalLong counted) throws ConnectorException, InterruptedException {
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
        return start.filter(_ -> whole).flatMap(token -> PhotosPlace.OfLibrary.of(token, pairing.refusedRecords()));
    }

    /// Reads what changed since an earlier reading.
    ///
    /// @param first the first page of that
    /// @param left names of records that the earlier reading left over
    /// @return from where a later reading goes on
    Optional<PhotosPlace.OfLibrary> further(PhotosDatabase.Changes first, Set<String> left)
            throws ConnectorException, InterruptedException {
        var changes = first;
        changed(changes.page());
        while (changes.more()) {
            var next = database.changes(library, token(changes));
            boolean stuck = next.more() && next.page().isEmpty() && next.token().equals(changes.token());
            if (stuck || next.token().isEmpty()) {
                throw new ConnectorException.Unavailable(
                        Duration.ofMinutes(5), ErrorCode.SERVICE_UNAVAILABLE, "The library does not tell its changes.");
            }
            changes = next;
            changed(changes.page());
        }
        leftOver(left);
        give(pairing.lookedUp());
        downloads.finish();
        again.addAll(pairing.refusedRecords());
        if (pairing.mastersAlone() > 0) {
            feed.warn(
                    "file_changed_alone",
                    pairing.mastersAlone() + " files changed whose photos the source did not name.");
        }
        return PhotosPlace.OfLibrary.of(token(changes), again);
    }

    private static String token(PhotosDatabase.Changes changes) {
        return changes.token().orElseThrow();
    }

    /// An asset may come without its master, and a master without any of its assets.
    private void changed(Page page) throws ConnectorException, InterruptedException {
        var fresh = new ArrayList<CloudRecord>();
        for (var record : page.records()) {
            if (isGone(record)) {
                gone(record.name());
            } else if (removedNow.contains(record.name()) || pairing.hasSeen(record.name())) {
                again.add(record.name());
            } else {
                fresh.add(record);
            }
        }
        give(pairing.take(new Page(fresh, page.received(), page.syncToken(), page.continuation()), View.LIBRARY));
    }

    /// A tombstone may not say of what. Assets have other names than masters.
    private static boolean isGone(CloudRecord record) {
        boolean asset = record.type().equals("CPLAsset")
                || (record.type().isEmpty() && ASSET_NAME.matcher(record.name()).matches());
        return asset && record.error().isEmpty() && (record.isTombstone() || record.flag("isExpunged"));
    }

    /// Said at once, and with the next reading of what this one has just told.
    private void gone(String asset) throws InterruptedException {
        if (pairing.hasSeen(asset)) {
            again.add(asset);
        } else if (removedNow.add(asset)) {
            feed.item(Deletion.of("photo:" + asset, "photo"));
        }
    }

    /// What an earlier reading left over, as far as this one has not come by it.
    private void leftOver(Set<String> left) throws ConnectorException, InterruptedException {
        var met = pairing.refusedRecords();
        var names = left.stream()
                .filter(name -> !pairing.hasSeen(name) && !removedNow.contains(name) && !met.contains(name))
                .sorted()
                .toList();
        for (int from = 0; from < names.size(); from += PhotosDatabase.MAX_LOOKUP) {
            var some = names.subList(from, Math.min(names.size(), from + PhotosDatabase.MAX_LOOKUP));
            var page = database.lookup(library, some);
            var found = new ArrayList<CloudRecord>();
            for (var record : page.records()) {
                if (record.error().filter("NOT_FOUND"::equals).isEmpty()) {
                    found.add(record);
                } else if (ASSET_NAME.matcher(record.name()).matches()) {
                    gone(record.name());
                }
            }
            changed(new Page(found, page.received(), page.syncToken(), page.continuation()));
        }
    }

    /// @return where the zone stood at the view's first page
    private Optional<String> walk(View view) throws ConnectorException, InterruptedException {
        try {
            var walk = listing.walk(view, page -> give(pairing.take(page, view)));
            if (!walk.whole()) {
                whole = false;
                feed.incomplete();
                feed.warn("listing_gap", "The source kept back a part of the listing.");
            }
            return walk.token();
        } catch (ConnectorException.Refused e) {
            if (view == View.LIBRARY) {
                throw e;
            }
            whole = false;
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
            feed.item(PhotoEntry.of(listed.photo(), listed.view(), feed::fileId));
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
