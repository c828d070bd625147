package ferry.connector.icloud.sharedalbums;

import ferry.connector.ConnectorException;
import ferry.connector.icloud.photos.LoosePhoto;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.SeenIds;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Goes through the photos of one album, each once, page by page. Held are the records that wait for their
/// other half, and eight bytes or so of each photo. One thread.
final class AlbumWalk {
    /// More than a page's: a photo's two records may lie in two pages.
    private static final int MAX_HELD = 300;

    private final AlbumService service;
    private final Album album;
    private final Visitor visitor;
    private final SeenIds seen = new SeenIds();
    private final SeenIds unread = new SeenIds();
    private final Map<String, CloudRecord> masters = new LinkedHashMap<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    /// Is told of every photo.
    interface Visitor {
        void photo(Found found) throws ConnectorException, InterruptedException;

        /// A record that the source could not read, or that lacks its other half.
        ///
        /// @param item names it
        void refused(String item, String detail);

        /// Whether there is a reason to go on.
        boolean goesOn();
    }

    /// A photo, and where it was found.
    ///
    /// @param offset the place in the album of the page
    /// @param received when the page came
    record Found(Album album, LoosePhoto photo, long offset, Instant received) {}

    private record Waiting(CloudRecord asset, AlbumService.Page page) {}

    AlbumWalk(AlbumService service, Album album, Visitor visitor) {
        this.service = service;
        this.album = album;
        this.visitor = visitor;
    }

    /// From the first photo to the last. May be done again; a photo that was told is not told again.
    void run() throws ConnectorException, InterruptedException {
        long offset = 0;
        var before = List.<String>of();
        while (visitor.goesOn()) {
            var page = service.page(album, offset);
            take(page);
            if (page.records().isEmpty() || page.names().equals(before)) {
                break; // its end, or the same page again
            }
            offset += page.photos();
            before = page.names();
        }
        while (!waiting.isEmpty()) {
            lacking(waiting.remove());
        }
    }

    /// Takes the photos of one page alone.
    void at(long offset) throws ConnectorException, InterruptedException {
        take(service.page(album, offset));
    }

    /// How many different photos the album listed.
    long photos() {
        return seen.size();
    }

    private void take(AlbumService.Page page) throws ConnectorException, InterruptedException {
        var assets = new ArrayDeque<>(waiting);
        waiting.clear();
        for (var record : page.records()) {
            if (!isReadable(record)) {
                continue;
            }
            if (record.type().equals("CPLMaster")) {
                masters.put(record.name(), record);
            } else if (record.type().equals("CPLAsset") && seen.add(record.name())) {
                assets.add(new Waiting(record, page));
            }
        }
        for (var asset : assets) {
            give(asset);
        }
        forgetOldest();
    }

    /// An error tells no type.
    private boolean isReadable(CloudRecord record) {
        if (record.error().isPresent()) {
            if (unread.add(record.name())) {
                visitor.refused("record:" + record.name(), "The source could not read this record.");
            }
            return false;
        }
        return !record.isTombstone() && !record.name().isBlank();
    }

    private void give(Waiting asset) throws ConnectorException, InterruptedException {
        var master =
                masters.get(asset.asset.value("masterRef").path("recordName").asString(""));
        if (master == null) {
            waiting.add(asset);
        } else if (visitor.goesOn()) {
            var photo = new LoosePhoto(asset.asset, master);
            visitor.photo(new Found(album, photo, asset.page.offset(), asset.page.received()));
        }
    }

    private void lacking(Waiting asset) {
        visitor.refused(AlbumEntry.id(album, asset.asset.name()), "The album lists the photo without its file.");
    }

    private void forgetOldest() {
        var oldest = masters.keySet().iterator();
        for (int left = masters.size() - MAX_HELD; left > 0; left--) {
            oldest.next();
            oldest.remove();
        }
        while (waiting.size() > MAX_HELD) {
            lacking(waiting.remove());
        }
    }
}
