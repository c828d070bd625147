package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.icloud.web.CloudRecord;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads all photos of one library into a feed, once. One thread.
///
/// Each view is walked by rank; then what changed meanwhile is read from the zone's log, which starts at the
/// first page; then what still misses its other half is looked up (R16, R17). Where the listings turn out to lack
/// something, the zone's whole log is read.
final class LibraryReading {
    private static final long TOLERATED_ITEMS = 10;
    private static final double TOLERATED_SHARE = 0.01;

    private final PhotosDatabase database;
    private final Library library;
    private final Feed feed;
    private final Listing listing;
    private final Pairing pairing;
    private final PhotoWriter writer;
    private final Map<View, Listing.Walk> walks = new EnumMap<>(View.class);
    private final Set<String> removed = new HashSet<>();
    private boolean moved;
    private boolean whole = true;
    /// Frames of bursts that no counted view holds.
    private long stacked;

    LibraryReading(PhotosDatabase database, Library library, Feed feed, Listing listing, PhotoWriter writer) {
        this.database = database;
        this.library = library;
        this.feed = feed;
        this.listing = listing;
        this.writer = writer;
        this.pairing = new Pairing(database, library, feed);
    }

    /// Reads all of it.
    ///
    /// @param counted the estimated number of items in each view, as far as the source says it
    /// @return from where a later reading goes on: the first page of this one, so that what changed under way
    /// comes again; empty where that would not bring all that this one lacks
    Optional<PhotosPlace.OfLibrary> read(Map<View, Long> counted) throws ConnectorException, InterruptedException {
        Optional<String> start = Optional.empty();
        for (var view : View.COUNTED) {
            var walked = walk(view);
            start = start.or(() -> walked);
        }
        if (start.isPresent() && (!follow(start) || moved)) {
            // Items have left a view while it was read, so that others moved up into a stretch that was read already;
            // or the source has forgotten the token.
            for (var view : View.COUNTED) {
                walk(view);
            }
        }
        writer.give(pairing.lookUp());
        if (isShort(counted) && !follow(Optional.empty())) {
            whole = false;
            feed.incomplete();
            feed.warn("listing_gap", "The source kept back a part of the listing.");
        }
        writer.give(pairing.lookUp());
        bursts();
        writer.give(pairing.lookUp());
        pairing.end();
        writer.finish();
        warn(counted);
        return start.filter(_ -> whole).flatMap(token -> PhotosPlace.OfLibrary.of(token, leftOver(), writer.awaited()));
    }

    private Set<String> leftOver() {
        var names = new HashSet<>(pairing.refusedRecords());
        names.addAll(writer.withRefusedFiles());
        return names;
    }

    /// Last: what a listing lacked, and the log then had, must not be taken for a frame that only its burst
    /// shows.
    private void bursts() throws ConnectorException, InterruptedException {
        long before = pairing.places();
        walk(View.BURSTS);
        stacked = pairing.places() - before;
        var walked = walks.get(View.BURSTS);
        if (walked != null && !walked.whole()) {
            whole = false;
            feed.incomplete();
            feed.warn("listing_gap", "The source kept back a part of the bursts.");
        }
    }

    /// @return where the zone stood at the view's first page
    private Optional<String> walk(View view) throws ConnectorException, InterruptedException {
        try {
            // Where listings lack something, a frame of a burst may be one of what they lack.
            var told = view == View.BURSTS && !whole ? View.CHANGED : view;
            var walk = listing.walk(view, page -> writer.give(pairing.take(page, told)));
            walks.put(view, walk);
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

    /// Takes what was added since a token; without one, all that the zone's log holds, which is longer than the listing
    /// and lacks nothing (R16).
    ///
    /// @return whether the source led on to the end
    private boolean follow(Optional<String> start) throws ConnectorException, InterruptedException {
        var token = start;
        while (true) {
            var changes = database.changes(library, token);
            for (var record : changes.page().records()) {
                moved |= hasMoved(record);
            }
            writer.give(pairing.take(changes.page(), View.CHANGED));
            boolean stuck = changes.page().isEmpty() && changes.token().equals(token);
            // Empty pages are normal while there is more to come; one that does not lead on is not.
            if (!changes.more() || stuck || changes.token().isEmpty()) {
                return changes.token().isPresent() && !changes.more();
            }
            token = changes.token();
        }
    }

    /// Whether the listings gave less than there is: a stretch that stayed empty, one that came twice in the place of
    /// another, or fewer items than the source counts.
    private boolean isShort(Map<View, Long> counted) {
        long ranks = 0;
        for (var walked : walks.entrySet()) {
            var walk = walked.getValue();
            long missing = counted.getOrDefault(walked.getKey(), 0L) - walk.ranks();
            if (!walk.whole() || (missing > 0 && deviates(missing, walk.ranks() + missing))) {
                return true;
            }
            ranks += walk.ranks();
        }
        return pairing.places() < ranks;
    }

    private static boolean deviates(long by, long counted) {
        return by > TOLERATED_ITEMS || by > TOLERATED_SHARE * counted;
    }

    private boolean hasMoved(CloudRecord record) {
        if (!pairing.hasSeen(record.name())) {
            return record.isTombstone();
        }
        if (record.isTombstone()) {
            removed.add(record.name());
        }
        return record.isTombstone() || record.flag("isDeleted") || record.flag("isHidden");
    }

    private void warn(Map<View, Long> counted) {
        long listed = pairing.assets() - stacked;
        long total = counted.values().stream().mapToLong(Long::longValue).sum();
        if (counted.size() == View.COUNTED.size() && deviates(Math.abs(total - listed), total)) {
            feed.warn("count_deviates", "The source counted " + total + " items and listed " + listed + ".");
        }
        if (pairing.absurdDates() > 0) {
            feed.warn("date_out_of_range", pairing.absurdDates() + " items have a date that is none.");
        }
        if (!removed.isEmpty()) {
            feed.warn(
                    "removed_meanwhile",
                    removed.size() + " items were removed at the source after they had been listed.");
        }
    }
}
