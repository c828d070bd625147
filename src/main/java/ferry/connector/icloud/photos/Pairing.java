package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.SeenIds;
import ferry.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Joins the assets and masters of one library to photos, across pages and views, each asset once (R16, R17).
///
/// Holds a bounded number of records: masters that may be shared or wait for their asset, and assets that wait
/// for their master. What falls out is looked up again when it is needed. One thread.
final class Pairing {
    private static final int MAX_MASTERS = 600;
    private static final int MAX_WAITING = 300;
    private static final int MAX_ORPHANS = 5_000;
    /// A record's name has to fit a locator beside its library's mark; genuine ones have 28 or 36 characters.
    private static final int MAX_NAME_BYTES = 88;

    private final PhotosDatabase database;
    private final Library library;
    private final Feed feed;
    private final int longestName;
    private final SeenIds seen = new SeenIds();
    private final LinkedHashMap<String, Master> masters = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, List<Asset>> waiting = new LinkedHashMap<>();
    private final Set<String> orphans = new LinkedHashSet<>();
    private final Set<String> refused = new LinkedHashSet<>();
    /// Records that came as errors, by name, and the view in which they did.
    private final Map<String, View> unread = new LinkedHashMap<>();
    private boolean ending;
    private int assetsWaiting;
    private long absurdDates;

    Pairing(PhotosDatabase database, Library library, Feed feed) {
        this.database = database;
        this.library = library;
        this.feed = feed;
        this.longestName = MAX_NAME_BYTES - library.mark().length();
    }

    /// A photo as it was listed.
    ///
    /// @param received when the older of its two records came
    record Listed(Photo photo, View view, Instant received) {}

    private record Asset(CloudRecord record, View view, Instant received) {}

    private static final class Master {
        final CloudRecord record;
        final Instant received;
        boolean used;

        Master(CloudRecord record, Instant received, boolean used) {
            this.record = record;
            this.received = received;
            this.used = used;
        }
    }

    /// The photos that are complete now.
    List<Listed> take(Page page, View view) throws ConnectorException, InterruptedException {
        var complete = new ArrayList<Listed>();
        var readable = page.records().stream()
                .filter(record -> isReadable(record, view))
                .toList();
        for (var record : readable) {
            if (record.type().equals("CPLMaster")) {
                complete.addAll(master(record, page.received(), false));
            }
        }
        for (var record : readable) {
            if (record.type().equals("CPLAsset")) {
                asset(new Asset(record, view, page.received())).ifPresent(complete::add);
            }
        }
        if (assetsWaiting > MAX_WAITING) {
            complete.addAll(lookUpWaiting());
        }
        return complete;
    }

    /// At the end: looks up the records that were errors, and the masters that never came. What still is one, or
    /// misses its other half, is refused, one by one.
    List<Listed> rest() throws ConnectorException, InterruptedException {
        var complete = lookUpUnread();
        complete.addAll(lookUpWaiting());
        masters.forEach((name, master) -> {
            if (!master.used) {
                orphans.add(name);
            }
        });
        masters.clear();
        orphans.forEach(
                name -> refuse("master:" + name, "The library holds a file without the photo that it belongs to."));
        orphans.clear();
        return complete;
    }

    boolean hasSeen(String asset) {
        return seen.contains(asset);
    }

    /// How many different assets were listed.
    int assets() {
        return seen.size();
    }

    /// How many assets had a date that is none.
    long absurdDates() {
        return absurdDates;
    }

    private boolean isReadable(CloudRecord record, View view) {
        if (record.isTombstone()) {
            return false;
        }
        if (record.error().isPresent()) {
            unreadable(record, view);
            return false;
        }
        int length = record.name().getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > longestName) {
            refuse("record", "The source lists a record without a name that can be used.");
            return false;
        }
        unread.remove(record.name());
        return true;
    }

    /// An error may pass: the record is looked up at the end, once.
    private void unreadable(CloudRecord record, View view) {
        if (ending || unread.size() >= MAX_ORPHANS || record.name().isEmpty()) {
            refuse("record:" + record.name(), "The source could not read this record.");
        } else {
            unread.putIfAbsent(record.name(), view);
        }
    }

    private List<Listed> master(CloudRecord record, Instant received, boolean used) {
        var name = record.name();
        var waited = Optional.ofNullable(waiting.remove(name)).orElse(List.of());
        assetsWaiting -= waited.size();
        var known = masters.get(name);
        var master = new Master(record, received, used || !waited.isEmpty() || (known != null && known.used));
        masters.put(name, master);
        forgetOldest();
        return waited.stream().map(asset -> listed(asset, master)).toList();
    }

    private Optional<Listed> asset(Asset asset) {
        var record = asset.record;
        if (record.flag("isExpunged") || !seen.add(record.name())) {
            return Optional.empty();
        }
        if (record.isAbsurd("assetDate") || record.isAbsurd("addedDate")) {
            absurdDates++;
        }
        var name = record.value("masterRef").path("recordName").asString("");
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > longestName) {
            refuse(PhotoEntry.id(record), "The library lists the photo without its file.");
            return Optional.empty();
        }
        orphans.remove(name);
        var master = masters.get(name);
        if (master == null) {
            waiting.computeIfAbsent(name, _ -> new ArrayList<>()).add(asset);
            assetsWaiting++;
            return Optional.empty();
        }
        master.used = true;
        return Optional.of(listed(asset, master));
    }

    private Listed listed(Asset asset, Master master) {
        var received = asset.received.isBefore(master.received) ? asset.received : master.received;
        return new Listed(new Photo(library, asset.record, master.record), asset.view, received);
    }

    private void forgetOldest() {
        Iterator<Map.Entry<String, Master>> oldest = masters.entrySet().iterator();
        while (masters.size() > MAX_MASTERS) {
            var entry = oldest.next();
            if (!entry.getValue().used && orphans.size() < MAX_ORPHANS) {
                orphans.add(entry.getKey());
            }
            oldest.remove();
        }
    }

    private List<Listed> lookUpUnread() throws ConnectorException, InterruptedException {
        ending = true;
        var complete = new ArrayList<Listed>();
        for (var view : View.values()) {
            var names = unread.keySet().stream()
                    .filter(name -> unread.get(name) == view)
                    .toList();
            for (int from = 0; from < names.size(); from += PhotosDatabase.MAX_LOOKUP) {
                var some = names.subList(from, Math.min(names.size(), from + PhotosDatabase.MAX_LOOKUP));
                complete.addAll(take(database.lookup(library, some), view));
            }
        }
        unread.clear();
        return complete;
    }

    private List<Listed> lookUpWaiting() throws ConnectorException, InterruptedException {
        var complete = new ArrayList<Listed>();
        var names = new ArrayList<>(waiting.keySet());
        for (int from = 0; from < names.size(); from += PhotosDatabase.MAX_LOOKUP) {
            var some = names.subList(from, Math.min(names.size(), from + PhotosDatabase.MAX_LOOKUP));
            var page = database.lookup(library, some);
            for (var record : page.records()) {
                if (record.type().equals("CPLMaster") && record.error().isEmpty() && !record.isTombstone()) {
                    complete.addAll(master(record, page.received(), true));
                }
            }
        }
        waiting.values()
                .forEach(assets -> assets.forEach(
                        asset -> refuse(PhotoEntry.id(asset.record), "The library lists the photo without its file.")));
        waiting.clear();
        assetsWaiting = 0;
        return complete;
    }

    /// Once for each item, however often a page is read; beyond a bound of memory perhaps again.
    private void refuse(String item, String detail) {
        if (refused.size() >= MAX_ORPHANS || refused.add(item)) {
            feed.refused(item, ErrorCode.NOT_RETRIEVABLE, detail);
        }
    }
}
