package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.FeedSchemas;
import ferry.testing.TestApp;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/// Odd calendars through the HTTP API: the feed keeps its schema and says what it lacks.
class CalendarsPollTest {
    @Test
    void oddCalendarsAreAFeedThatKeepsItsSchema() throws Exception {
        try (var app = TestApp.start()) {
            var client = app.client();
            client.storage("local://calendars/feeds");
            var session = client.activeSession("calendars-odd@sandbox.example");

            var poll = client.completedPoll(session, "'data_types': ['icloud_calendars.events']");

            assertThat(poll.at("/tasks_failed")).isEmpty();
            assertThat(poll.at("/errors/data/0/error").asString()).isEqualTo("not-retrievable");
            var result = poll.at("/results/data/0");
            assertThat(result.at("/identifier").asString()).isEqualTo("data:icloud_calendars.events");
            var feed = JsonMapper.builder()
                    .build()
                    .readTree(Files.readString(
                            Path.of(result.at("/url").asString().replace("local://", ""))));
            assertThat(new FeedSchemas(app.url()).errors("icloud_calendars.events", feed))
                    .isEmpty();
            assertThat(feed.at("/metadata/complete").asBoolean(true)).isFalse();
            assertThat(feed.at("/metadata/refused").asInt()).isEqualTo(1);
            assertThat(feed.at("/metadata/warnings")
                            .valueStream()
                            .map(each -> each.path("code").asString()))
                    .contains("details_missing", "years_read");
            assertThat(feed.at("/data")
                            .valueStream()
                            .map(each -> each.path("data_type").asString()))
                    .contains("calendar", "event");
        }
    }
}
