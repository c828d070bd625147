package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.TestApp;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The whole getting-started page in one story, through the real parts.
class JourneyTest {
    @Test
    void aPersonsPhotosLandInTheOrganisationsBucket() throws Exception {
        try (var app = TestApp.start()) {
            var client = app.client();
            assertThat(client.get("/organisation").text("/state")).isEqualTo("unconfigured");

            var user = client.user("john");
            var first =
                    client.session(user, "icloud.account", "john.appleseed@sandbox.example", "'password': 'password'");
            assertThat(first.at("/state").asString()).isEqualTo("failed");
            assertThat(first.at("/error").asString()).isEqualTo("code-required");
            var session = client.session(
                    user,
                    "icloud.account",
                    "john.appleseed@sandbox.example",
                    "'password': 'password', 'code': '123456'");
            assertThat(session.at("/state").asString()).isEqualTo("active");

            assertThat(client.storage("local://journey/results").at("/state").asString())
                    .isEqualTo("valid");
            assertThat(client.get("/organisation").text("/state")).isEqualTo("active");

            var poll = client.completedPoll(session.at("/id").asString(), "'data_types': ['icpl.photos'],");
            assertThat(poll.at("/tasks_failed").size()).isZero();
            var result = poll.at("/results/data/0");
            assertThat(result.at("/identifier").asString()).isEqualTo("data:icpl.photos");
            var feed = Files.readString(Path.of(result.at("/url").asString().replace("local://", "")));
            var file = new tools.jackson.databind.ObjectMapper()
                    .readTree(feed)
                    .at("/data/0/files/0/id")
                    .asString();

            var files = client.completedPoll(session.at("/id").asString(), "'files': ['" + file + "']");
            assertThat(files.at("/results/total_count").asInt()).isEqualTo(1);
            assertThat(files.at("/results/data/0/identifier").asString()).isEqualTo("file:" + file);
        }
    }
}
