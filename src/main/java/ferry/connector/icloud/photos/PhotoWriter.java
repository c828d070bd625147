package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/// Writes the photos of one library that are asked for into the feed, and fetches those of their files that the poll
/// wants. One thread.
final class PhotoWriter {
    private final Window window;
    private final Feed feed;
    private final PhotoFiles downloads;
    private final List<Variant> wanted;
    private final Map<String, String> awaited = new HashMap<>();

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
        asked.stream()
                .map(Pairing.Listed::photo)
                .filter(PhotoWriter::isAwaited)
                .limit(Math.max(0, PhotosPlace.MOST_AGAIN - awaited.size()))
                .forEach(photo ->
                        awaited.put(photo.asset().name(), photo.master().name()));
        for (var listed : asked) {
            for (var variant : wanted) {
                var file = new PhotoFiles.Wanted(listed.photo(), variant, listed.received());
                if (file.resource().isPresent()) {
                    downloads.fetch(file);
                }
            }
        }
    }

    /// Whether the source does not hand out one of the master's files. It says so when one of the asset's comes, since
    /// the asset changes then.
    static boolean isAwaited(Photo photo) {
        return Stream.of(Variant.values())
                .filter(variant -> variant.holder() == Variant.Holder.MASTER)
                .flatMap(variant -> variant.of(photo).stream())
                .anyMatch(file -> file.url().isEmpty());
    }

    /// The photos with files that the source does not hand out yet: names of masters by those of assets. Of more
    /// than a thousand, some.
    Map<String, String> awaited() {
        return Map.copyOf(awaited);
    }

    /// The names of the assets of which a file was refused that the source should have.
    Set<String> withRefusedFiles() {
        return downloads.refused();
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
