package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Raw;
import ferry.connector.icloud.web.SeenIds;
import ferry.error.ErrorCode;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Reads which photo is in which album, album by album, into a feed: one record for each membership, so that
/// nothing is held but a page and eight bytes or so for each member of one album (`icloud-protocol` 2.6). One
/// thread.
///
/// A page holds 66 members, and a marker leads on. Where an album ends short of its count, which is an
/// estimate, its end is looked at once more.
final class AlbumMembers {
    private static final String RELATION = "CPLContainerRelation";

    private final PhotosDatabase database;
    private final Library library;
    private final Window window;
    private final Feed feed;
    private final Differences.Before before;
    private long expected;
    private long fewer;

    AlbumMembers(PhotosDatabase database, Library library, Window window, Feed feed, Differences.Before before) {
        this.database = database;
        this.library = library;
        this.window = window;
        this.feed = feed;
        this.before = before;
    }

    void read() throws ConnectorException, InterruptedException {
        new Albums(database, library, feed, (album, _, count) -> album(album, count)).read();
        if (fewer > 0) {
            // whom the source counts and does not list need not have left
            before.allStay();
            feed.warn("count_deviates", "The source counted more photos than it listed in " + fewer + " albums.");
        }
    }

    /// Folders hold albums; who is in a smart one, only the owner's devices find out.
    private void album(CloudRecord album, OptionalLong count) throws ConnectorException, InterruptedException {
        var kind = Albums.kind(album);
        if (kind.equals("folder") || kind.equals("smart")) {
            return;
        }
        expected += Math.max(0, count.orElse(0));
        feed.expect(expected);
        try {
            new Members(album.name()).read(Math.max(0, count.orElse(0)));
        } catch (Refused e) {
            if (e.code() != ErrorCode.NOT_AVAILABLE) {
                throw e;
            }
            feed.refused(Albums.id(album.name()), ErrorCode.NOT_RETRIEVABLE, "The source did not list its members.");
        }
    }

    /// Those of one album.
    private final class Members {
        private final String album;
        private final SeenIds seen = new SeenIds();
        private long received;

        Members(String album) {
            this.album = album;
        }

        void read(long counted) throws ConnectorException, InterruptedException {
            toTheEnd();
            if (received < counted) {
                toTheEnd();
                fewer += received < counted ? 1 : 0;
            }
        }

        /// From where the last look ended.
        private void toTheEnd() throws ConnectorException, InterruptedException {
            long from = received;
            Optional<String> marker = Optional.empty();
            while (true) {
                var page = database.members(library, album, from, marker);
                for (var record : page.records()) {
                    take(record);
                }
                if (page.isEmpty() || page.continuation().isEmpty()) {
                    return;
                }
                if (page.continuation().equals(marker)) {
                    feed.incomplete(); // it would lead round in circles
                    feed.warn("listing_gap", "The source did not lead on to the end of an album.");
                    return;
                }
                marker = page.continuation();
            }
        }

        private void take(CloudRecord record) throws InterruptedException {
            if (record.error().isPresent()) {
                feed.refused(
                        "record:" + record.name(), ErrorCode.NOT_RETRIEVABLE, "The source could not read this record.");
                return;
            }
            if (!record.type().equals(RELATION) || record.isTombstone()) {
                return;
            }
            var photo = record.string("itemId");
            if (photo.isEmpty()) {
                feed.refused(
                        "album_member:" + record.name(),
                        ErrorCode.NOT_RETRIEVABLE,
                        "The source does not say which photo it is.");
                return;
            }
            if (seen.add(photo.get())) {
                received++;
                if (isAskedFor(record)) {
                    feed.item(entry(record, photo.get()), () -> Raw.of(record.json()));
                }
            }
        }

        private ObjectNode entry(CloudRecord relation, String photo) {
            var node = JsonNodeFactory.instance
                    .objectNode()
                    .put("id", "album_member:" + album + "/" + photo)
                    .put("data_type", "album_member")
                    .put("album_id", Albums.id(album))
                    .put("photo_id", PhotoEntry.id(photo));
            var position = relation.number("position");
            if (position.isPresent()) {
                node.put("position", position.getAsLong());
            } else {
                node.putNull("position");
            }
            return node.put("is_key", relation.flag("isKeyAsset"))
                    .put("date_added", PhotoEntry.date(relation.stamp("created")))
                    .put("date_modified", PhotoEntry.date(relation.stamp("modified")));
        }
    }

    /// By when it was put there or changed; what does not say is never left out.
    private boolean isAskedFor(CloudRecord relation) {
        var moments = Stream.of(relation.stamp("created"), relation.stamp("modified"))
                .flatMap(Optional::stream)
                .toList();
        return moments.isEmpty() || moments.stream().anyMatch(window::holds);
    }
}
