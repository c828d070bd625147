package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.drive.DriveTree;
import ferry.testing.FeedSchemas;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/// A person's photos and drive, from the sandbox into the organisation's bucket, in one poll: both libraries with
/// hidden, deleted and burst photos, albums and who is in them, and shared albums, which are not the Shared Library
/// (R24); and everything that lies in the drive.
class PhotosAndDriveTest {
    private static final String JOHN = "john.appleseed";
    private static final List<String> TYPES =
            List.of("icpl.photos", "icpl.albums", "icpl.album_members", "icpl.shared_albums", "icloud_drive.files");

    @RegisterExtension
    private static final ICloudAtSandbox icloud = new ICloudAtSandbox();

    private static String session;
    private static JsonNode poll;
    private static final Map<String, JsonNode> feeds = new HashMap<>();

    @BeforeAll
    static void everythingIsPublished() throws Exception {
        session = icloud.active(JOHN);
        poll = icloud.completed(icloud.begun(
                session,
                "'data_types': ['" + String.join("', '", TYPES) + "'],"
                        + " 'file_types': ['icpl.shared_albums.original', 'icloud_drive.file']"));
        assertThat(poll.at("/tasks_failed")).isEmpty();
        var schemas = new FeedSchemas(icloud.app.url());
        for (var type : TYPES) {
            var feed = icloud.feed(poll, "data:" + type);
            assertThat(schemas.errors(type, feed)).isEmpty();
            assertThat(feed.at("/metadata/complete").asBoolean()).as(type).isTrue();
            feeds.put(type, feed);
        }
    }

    private static JsonNode feed(String type) {
        return Objects.requireNonNull(feeds.get(type));
    }

    private static Map<String, JsonNode> byId(JsonNode feed) {
        var records = new HashMap<String, JsonNode>();
        feed.at("/data").forEach(record -> records.put(record.path("id").asString(), record));
        return records;
    }

    private static void canBeAskedForLater(String file) {
        var later = icloud.client.completedPoll(session, "'files': ['" + file + "']");
        assertThat(later.at("/errors/total_count").asInt()).isZero();
        assertThat(later.at("/results/data/0/identifier").asString()).isEqualTo("file:" + file);
    }

    @Test
    void r24LibrariesAlbumsAndSharedAlbumsAreToldApartAndFitTogether() {
        // As docs/api/data-types.md shows it.
        assertThat(feed("icpl.photos").at("/metadata/count").asInt()).isEqualTo(54);
        var photos = byId(feed("icpl.photos"));
        assertThat(photos.values().stream().filter(p -> p.path("hidden").asBoolean()))
                .isNotEmpty();
        assertThat(photos.values().stream().filter(p -> p.path("deleted").asBoolean()))
                .isNotEmpty();
        assertThat(photos.values().stream()
                        .filter(p -> p.path("burst").isObject()
                                && !p.at("/burst/pick").asBoolean(true)))
                .hasSize(2);

        var albums = byId(feed("icpl.albums"));
        var inAlbums = new HashMap<String, Long>();
        for (var member : feed("icpl.album_members").at("/data")) {
            assertThat(photos).containsKey(member.path("photo_id").asString());
            inAlbums.merge(member.path("album_id").asString(), 1L, Long::sum);
        }
        assertThat(inAlbums)
                .hasSizeGreaterThan(3)
                .allSatisfy((album, size) -> assertThat(Objects.requireNonNull(albums.get(album))
                                .path("count")
                                .asLong())
                        .isEqualTo(size));

        var ids = new HashSet<>(byId(feed("icpl.shared_albums")).keySet());
        ids.retainAll(photos.keySet());
        assertThat(ids).isEmpty();
    }

    @Test
    void everyFileOfASharedAlbumAndOfTheDriveIsPublished() {
        var tree = tree();
        var shared = feed("icpl.shared_albums")
                .at("/data")
                .valueStream()
                .filter(s -> s.path("data_type").asString().equals("shared_photo"))
                .toList();
        assertThat(shared).isNotEmpty();
        assertThat(poll.at("/errors/total_count").asInt()).isZero();
        assertThat(poll.at("/results/total_count").asLong()).isEqualTo(feeds.size() + shared.size() + tree.files());
        assertThat(feed("icloud_drive.files").at("/data")).hasSize((int) (tree.files() + tree.folders()));

        canBeAskedForLater(shared.getFirst().at("/files/0/id").asString());
        canBeAskedForLater(feed("icloud_drive.files")
                .at("/data")
                .valueStream()
                .filter(item -> item.path("path").asString().equals("/Notebook/Page 1.txt"))
                .findFirst()
                .orElseThrow()
                .at("/files/0/id")
                .asString());
    }

    private static DriveTree tree() {
        var sandbox = icloud.app.sandbox();
        return sandbox.drives()
                .of(sandbox.accounts().find(ICloudAtSandbox.name(JOHN)).orElseThrow());
    }
}
