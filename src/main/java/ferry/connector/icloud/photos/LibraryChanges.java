package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Deletion;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads what changed in one library since an earlier reading into a feed, once. One thread.
final class LibraryChanges {
    private static final Pattern ASSET_NAME = Pattern.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");

    private final PhotosDatabase database;
    private final Library library;
    private final Feed feed;
    private final Pairing pairing;
    private final PhotoWriter writer;
    /// Names of records that the next reading has to look up.
    private final Set<String> again = new HashSet<>();
    /// Names of assets whose deletion this reading has told.
    private final Set<String> removed = new HashSet<>();
    /// Names of awaited assets whose masters are gone.
    private final Set<String> lost = new HashSet<>();
    /// Whether anything has changed. Where nothing has, no file that is waited for can have come.
    private boolean hasChanges;

    LibraryChanges(PhotosDatabase database, Library library, Feed feed, PhotoWriter writer) {
        this.database = database;
        this.library = library;
        this.feed = feed;
        this.writer = writer;
        this.pairing = new Pairing(database, library, feed);
    }

    /// Reads what changed since an earlier reading.
    ///
    /// @param first the first page of that
    /// @param before what the earlier reading left over
    /// @return from where a later reading goes on
    Optional<PhotosPlace.OfLibrary> read(PhotosDatabase.Changes first, PhotosPlace.OfLibrary before)
            throws ConnectorException, InterruptedException {
        var changes = first;
        changed(changes.page());
        while (changes.more()) {
            var next = database.changes(library, changes.token());
            boolean stuck = next.more() && next.page().isEmpty() && next.token().equals(changes.token());
            if (stuck || next.token().isEmpty()) {
                throw new ConnectorException.Unavailable(
                        Duration.ofMinutes(5), ErrorCode.SERVICE_UNAVAILABLE, "The library does not tell its changes.");
            }
            changes = next;
            changed(changes.page());
        }
        var names = new HashSet<>(before.again());
        if (hasChanges) {
            names.addAll(arrived(before.awaited()));
        }
        leftOver(names);
        writer.give(pairing.lookUp());
        writer.finish();
        again.addAll(pairing.refusedRecords());
        again.addAll(writer.withRefusedFiles());
        var awaited = new HashMap<>(before.awaited());
        awaited.keySet().removeIf(asset -> pairing.hasSeen(asset) || removed.contains(asset) || lost.contains(asset));
        awaited.putAll(writer.awaited());
        if (pairing.mastersAlone() > 0) {
            feed.warn(
                    "file_changed_alone",
                    pairing.mastersAlone() + " files changed whose photos the source did not name.");
        }
        return PhotosPlace.OfLibrary.of(changes.token().orElseThrow(), again, awaited);
    }

    /// The assets whose files the source hands out now, or whose masters have changed. As many masters are looked
    /// up as one call takes; of the others only a change tells.
    private Set<String> arrived(Map<String, String> awaited) throws ConnectorException, InterruptedException {
        var left = new TreeMap<>(awaited);
        left.keySet().removeIf(asset -> pairing.hasSeen(asset) || removed.contains(asset));
        var changed = pairing.mastersWithoutAssets();
        var some = left.values().stream()
                .filter(master -> !changed.contains(master))
                .distinct()
                .limit(PhotosDatabase.MAX_LOOKUP)
                .toList();
        var here = new HashSet<>(changed);
        for (var record : some.isEmpty()
                ? List.<CloudRecord>of()
                : database.lookup(library, some).records()) {
            var photo = new Photo(library, CloudRecord.NONE, record);
            if (record.isUnknown()) {
                left.forEach((asset, master) -> {
                    if (master.equals(record.name())) {
                        lost.add(asset);
                    }
                });
            } else if (record.error().isEmpty() && !PhotoWriter.isAwaited(photo)) {
                here.add(record.name());
            }
        }
        return left.entrySet().stream()
                .filter(photo -> here.contains(photo.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /// An asset may come without its master, and a master without any of its assets.
    private void changed(Page page) throws ConnectorException, InterruptedException {
        hasChanges |= !page.isEmpty();
        var fresh = new ArrayList<CloudRecord>();
        for (var record : page.records()) {
            if (isGone(record)) {
                gone(record.name());
            } else if (removed.contains(record.name()) || pairing.hasSeen(record.name())) {
                again.add(record.name());
            } else {
                fresh.add(record);
            }
        }
        writer.give(
                pairing.take(new Page(fresh, page.received(), page.syncToken(), page.continuation()), View.CHANGED));
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
        } else if (removed.add(asset)) {
            feed.item(Deletion.of("photo:" + asset, "photo"));
        }
    }

    /// What an earlier reading left over, as far as this one has not come by it.
    private void leftOver(Set<String> left) throws ConnectorException, InterruptedException {
        var met = pairing.refusedRecords();
        var names = left.stream()
                .filter(name -> !pairing.hasSeen(name) && !removed.contains(name) && !met.contains(name))
                .sorted()
                .toList();
        for (int from = 0; from < names.size(); from += PhotosDatabase.MAX_LOOKUP) {
            var some = names.subList(from, Math.min(names.size(), from + PhotosDatabase.MAX_LOOKUP));
            var page = database.lookup(library, some);
            var found = new ArrayList<CloudRecord>();
            for (var record : page.records()) {
                if (!record.isUnknown()) {
                    found.add(record);
                } else if (ASSET_NAME.matcher(record.name()).matches()) {
                    gone(record.name());
                }
            }
            changed(new Page(found, page.received(), page.syncToken(), page.continuation()));
        }
    }
}
