package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.FeedSchemas;
import ferry.testing.TestApp;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A person's drive, from the sandbox into the organisation's bucket.
class DrivePollTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Test
    void aDriveAndItsFilesLandInTheBucket() throws Exception {
        try (var app = TestApp.start()) {
            app.client().storage("local://drive/results");
            var session = app.client().activeSession("john.appleseed@sandbox.example");
            var poll = app.client()
                    .completedPoll(
                            session, "'data_types': ['icloud_drive.files'], 'file_types': ['icloud_drive.file']");
            assertThat(poll.at("/tasks_failed")).isEmpty();
            assertThat(poll.at("/errors/total_count").asInt()).isZero();
            var tree = app.sandbox()
                    .drives()
                    .of(app.sandbox()
                            .accounts()
                            .find("john.appleseed@sandbox.example")
                            .orElseThrow());
            assertThat(poll.at("/results/total_count").asLong()).isEqualTo(tree.files() + 1);

            var feed = feed(app, poll);
            assertThat(new FeedSchemas(app.url()).errors("icloud_drive.files", feed))
                    .isEmpty();
            assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
            assertThat(feed.at("/data")).hasSize((int) (tree.files() + tree.folders()));

            var file = feed.at("/data")
                    .valueStream()
                    .filter(item -> item.path("path").asString().equals("/Notebook/Page 1.txt"))
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

    private static JsonNode feed(TestApp app, JsonNode poll) throws Exception {
        var results = app.client()
                .get("/polls/" + poll.at("/id").asString() + "/results?limit=100")
                .expect(200);
        for (var result : results.at("/data")) {
            if (result.at("/identifier").asString().equals("data:icloud_drive.files")) {
                var url = result.at("/url").asString().replace("local://", "file://");
                return JSON.readTree(Files.readString(Path.of(URI.create(url))));
            }
        }
        throw new AssertionError("no feed among the results");
    }
}
