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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Joins the assets and masters of one library to photos, across pages and views, each asset once (R16, R17).
///
/// Holds a bounded number of records: masters that may be shared or wait for their asset, and assets that wait
/// for their master. What falls out is looked up again when it is needed, as is what came as an error. One thread.
final class Pairing {
    private static final int MAX_MASTERS = 600;
    private static final int MAX_WAITING = 300;
    private static final int MAX_ORPHANS = 5_000;
    /// What refusals of records begin with.
    private static final String RECORD = "record:";

    private static final String PHOTO = "photo:";
    /// A record's name has to fit a locator beside its library's mark; genuine ones have 28 or 36 characters.
    private static final int MAX_NAME_BYTES = 88;

    private final PhotosDatabase database;
    private final Library library;
    private final Feed feed;
    private final int longestName;
    private final SeenIds seen = new SeenIds();
    /// The masters that assets have named.
    private final SeenIds claimed = new SeenIds();
    private final LinkedHashMap<String, Master> masters = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, List<Asset>> waiting = new LinkedHashMap<>();
    private final Set<String> orphans = new LinkedHashSet<>();
    /// Records that came as errors, by name, and the view in which they did.
    private final Map<String, View> unread = new LinkedHashMap<>();
    private final Set<String> refused = new LinkedHashSet<>();
    private int assetsWaiting;
    private long absurdDates;
    private long unreadable;

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

    private record Master(CloudRecord record, Instant received) {}

    /// The photos that are complete now.
    List<Listed> take(Page page, View view) throws ConnectorException, InterruptedException {
        var complete = new ArrayList<Listed>();
        for (var record : page.records()) {
            if (record.type().equals("CPLMaster") && isReadable(record, view)) {
                complete.addAll(master(record, page.received()));
            }
        }
        for (var record : page.records()) {
            if (!record.type().equals("CPLMaster")
                    && isReadable(record, view)
                    && record.type().equals("CPLAsset")) {
                asset(new Asset(record, view, page.received())).ifPresent(complete::add);
            }
        }
        if (assetsWaiting > MAX_WAITING) {
            complete.addAll(lookUpWaiting());
        }
        return complete;
    }

    /// Looks up the masters that never came, and what came as an error. What the source does not have then either is
    /// refused, one by one.
    List<Listed> lookUp() throws ConnectorException, InterruptedException {
        var complete = lookUpWaiting();
        for (var view : View.values()) {
            var names = missing().filter(name -> unread.get(name) == view).toList();
            for (int from = 0; from < names.size(); from += PhotosDatabase.MAX_LOOKUP) {
                var some = names.subList(from, Math.min(names.size(), from + PhotosDatabase.MAX_LOOKUP));
                complete.addAll(take(database.lookup(library, some), view));
            }
        }
        complete.addAll(lookUpWaiting());
        refuseMissing();
        return complete;
    }

    /// What came as an error, and neither well nor as the master of an asset: that is dealt with under the asset's
    /// name.
    private Stream<String> missing() {
        return unread.keySet().stream().filter(name -> !seen.contains(name) && !claimed.contains(name));
    }

    /// At the end: refuses the masters whose asset never came.
    void end() {
        unpaired()
                .forEach(name ->
                        refuse("master:" + name, "The library holds a file without the photo that it belongs to."));
    }

    /// How many places in the listings are accounted for. An asset that came as an error leaves its master unpaired.
    long places() {
        return seen.size() + Math.max(0, unpaired().count() - unreadable);
    }

    private Stream<String> unpaired() {
        return Stream.concat(orphans.stream(), masters.keySet().stream())
                .filter(name -> !claimed.contains(name))
                .distinct();
    }

    /// How many masters came without any of their assets.
    long mastersAlone() {
        return unpaired().count();
    }

    /// Their names, so far.
    Set<String> mastersWithoutAssets() {
        return unpaired().collect(Collectors.toSet());
    }

    /// The names of records that were refused, as far as they have one.
    Set<String> refusedRecords() {
        return refused.stream()
                .filter(item -> item.startsWith(PHOTO) || item.startsWith(RECORD))
                .map(item -> item.substring(item.indexOf(':') + 1))
                .collect(Collectors.toSet());
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
        if (record.error().isPresent() || database.isSealed(record)) {
            unread.putIfAbsent(record.name(), view);
            if (unread.size() > MAX_ORPHANS) {
                refuseMissing();
            }
            return false;
        }
        int length = record.name().getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > longestName) {
            refuse("record", "The source lists a record without a name that can be used.");
            return false;
        }
        return true;
    }

    private void refuseMissing() {
        missing().toList().forEach(this::refuseRecord);
        unread.clear();
    }

    /// Should it come well later, it stays refused.
    private void refuseRecord(String name) {
        unreadable += seen.add(name) ? 1 : 0;
        refuse(RECORD + name, "The source could not read this record.");
    }

    private List<Listed> master(CloudRecord record, Instant received) {
        var name = record.name();
        var waited = Optional.ofNullable(waiting.remove(name)).orElse(List.of());
        assetsWaiting -= waited.size();
        var master = new Master(record, received);
        masters.put(name, master);
        forgetOldest();
        return waited.stream().map(asset -> listed(asset, master)).toList();
    }

    private Optional<Listed> asset(Asset asset) {
        var record = asset.record;
        var name = record.value("masterRef").path("recordName").asString("");
        claimed.add(name);
        orphans.remove(name);
        if (record.flag("isExpunged") || !seen.add(record.name())) {
            return Optional.empty();
        }
        if (record.isAbsurd("assetDate") || record.isAbsurd("addedDate")) {
            absurdDates++;
        }
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > longestName) {
            refuse(PhotoEntry.id(record), "The library lists the photo without its file.");
            return Optional.empty();
        }
        var master = masters.get(name);
        if (master == null) {
            waiting.computeIfAbsent(name, _ -> new ArrayList<>()).add(asset);
            assetsWaiting++;
            return Optional.empty();
        }
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
            if (!claimed.contains(entry.getKey()) && orphans.size() < MAX_ORPHANS) {
                orphans.add(entry.getKey());
            }
            oldest.remove();
        }
    }

    private List<Listed> lookUpWaiting() throws ConnectorException, InterruptedException {
        var complete = new ArrayList<Listed>();
        var names = new ArrayList<>(waiting.keySet());
        for (int from = 0; from < names.size(); from += PhotosDatabase.MAX_LOOKUP) {
            var some = names.subList(from, Math.min(names.size(), from + PhotosDatabase.MAX_LOOKUP));
            var page = database.lookup(library, some);
            for (var record : page.records()) {
                if (record.type().equals("CPLMaster")
                        && record.error().isEmpty()
                        && !record.isTombstone()
                        && !database.isSealed(record)) {
                    complete.addAll(master(record, page.received()));
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
