package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.FeedSchemas;
import ferry.testing.TestApp;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Everything that a person's photos are, from the sandbox into the organisation's bucket: both libraries
/// with hidden, deleted and burst photos, albums and who is in them, and shared albums, which are not the
/// Shared Library (R24).
class PhotosPollTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Test
    void r24LibrariesAlbumsAndSharedAlbumsAreToldApartAndFitTogether() throws Exception {
        try (var app = TestApp.start()) {
            app.client().storage("local://photos/results");
            var session = app.client().activeSession("john.appleseed@sandbox.example");
            var poll = app.client()
                    .completedPoll(
                            session,
                            "'data_types': ['icpl.photos', 'icpl.albums', 'icpl.album_members', 'icpl.shared_albums'],"
                                    + " 'file_types': ['icpl.shared_albums.original']");
            assertThat(poll.at("/tasks_failed")).isEmpty();
            var feeds = feeds(app, poll);
            var schemas = new FeedSchemas(app.url());
            assertThat(feeds).hasSize(4).allSatisfy((type, feed) -> {
                assertThat(schemas.errors(type, feed)).isEmpty();
                assertThat(feed.at("/metadata/complete").asBoolean()).as(type).isTrue();
            });

            // As docs/api/data-types.md shows it.
            assertThat(feed(feeds, "icpl.photos").at("/metadata/count").asInt()).isEqualTo(54);
            var photos = byId(feed(feeds, "icpl.photos"));
            assertThat(photos.values().stream().filter(p -> p.path("hidden").asBoolean()))
                    .isNotEmpty();
            assertThat(photos.values().stream().filter(p -> p.path("deleted").asBoolean()))
                    .isNotEmpty();
            assertThat(photos.values().stream()
                            .filter(p -> p.path("burst").isObject()
                                    && !p.at("/burst/pick").asBoolean(true)))
                    .hasSize(2);

            var albums = byId(feed(feeds, "icpl.albums"));
            var inAlbums = new HashMap<String, Long>();
            for (var member : feed(feeds, "icpl.album_members").at("/data")) {
                assertThat(photos).containsKey(member.path("photo_id").asString());
                inAlbums.merge(member.path("album_id").asString(), 1L, Long::sum);
            }
            assertThat(inAlbums)
                    .hasSizeGreaterThan(3)
                    .allSatisfy((album, size) -> assertThat(Objects.requireNonNull(albums.get(album))
                                    .path("count")
                                    .asLong())
                            .isEqualTo(size));

            var shared = byId(feed(feeds, "icpl.shared_albums"));
            var ids = new HashSet<>(shared.keySet());
            ids.retainAll(photos.keySet());
            assertThat(ids).isEmpty();
            long files = poll.at("/results/total_count").asLong() - 4;
            assertThat(files)
                    .isPositive()
                    .isEqualTo(shared.values().stream()
                            .filter(s -> s.path("data_type").asString().equals("shared_photo"))
                            .count());

            var file = shared.values().stream()
                    .filter(s -> s.has("files"))
                    .findFirst()
                    .orElseThrow()
                    .at("/files/0/id")
                    .asString();
            var later = app.client().completedPoll(session, "'files': ['" + file + "']");
            assertThat(later.at("/errors/total_count").asInt()).isZero();
            assertThat(later.at("/results/data/0/identifier").asString()).isEqualTo("file:" + file);
            assertThat(app.sandbox().journal().violations()).isEmpty();
        }
    }

    private static JsonNode feed(Map<String, JsonNode> feeds, String type) {
        return Objects.requireNonNull(feeds.get(type));
    }

    private static Map<String, JsonNode> byId(JsonNode feed) {
        var records = new HashMap<String, JsonNode>();
        feed.at("/data").forEach(record -> records.put(record.path("id").asString(), record));
        return records;
    }

    private static Map<String, JsonNode> feeds(TestApp app, JsonNode poll) throws Exception {
        var results = app.client()
                .get("/polls/" + poll.at("/id").asString() + "/results?limit=100")
                .expect(200);
        var feeds = new HashMap<String, JsonNode>();
        for (var result : results.at("/data")) {
            var identifier = result.at("/identifier").asString();
            if (identifier.startsWith("data:")) {
                var url = result.at("/url").asString().replace("local://", "file://");
                feeds.put(
                        identifier.substring("data:".length()),
                        JSON.readTree(Files.readString(Path.of(URI.create(url)))));
            }
        }
        return feeds;
    }
}
