package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/// Writes the photos of one library that are asked for into the feed, and fetches those of their files that the poll
/// wants. One thread.
final class PhotoWriter {
    private final Window window;
    private final Feed feed;
    private final PhotoFiles downloads;
    private final List<Variant> wanted;

    PhotoWriter(Window window, Feed feed, PhotoFiles downloads) {
        this.window = window;
        this.feed = feed;
        this.downloads = downloads;
        this.wanted = Stream.of(Variant.values())
                .filter(variant -> feed.wants(variant.fileType()))
                .toList();
    }

    void give(List<Pairing.Listed> photos) throws ConnectorException, InterruptedException {
        var asked = photos.stream()
                .filter(listed -> isAskedFor(listed.photo().asset()))
                .toList();
        for (var listed : asked) {
            feed.item(PhotoEntry.of(listed.photo(), listed.view(), feed::fileId), () -> raw(listed.photo()));
        }
        for (var listed : asked) {
            for (var variant : wanted) {
                var file = new PhotoFiles.Wanted(listed.photo(), variant, listed.received());
                if (file.resource().isPresent()) {
                    downloads.fetch(file);
                }
            }
        }
    }

    /// What the source sent of it, without what opens anything.
    static ObjectNode raw(Photo photo) {
        var both = Json.object();
        both.set("asset", photo.asset().json());
        both.set("master", photo.master().json());
        return Raw.of(both);
    }

    /// Waits for the files under way.
    void finish() throws ConnectorException, InterruptedException {
        downloads.finish();
    }

    /// By when the library got or changed it; what does not say is never left out.
    private boolean isAskedFor(CloudRecord asset) {
        var moments = Stream.of(asset.date("addedDate"), asset.stamp("modified"))
                .flatMap(Optional::stream)
                .toList();
        return moments.isEmpty() || moments.stream().anyMatch(window::holds);
    }
}
