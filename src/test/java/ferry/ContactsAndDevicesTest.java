package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.FeedSchemas;
import ferry.testing.TestApp;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Contacts and devices, from the sandbox to the published feed.
class ContactsAndDevicesTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static TestApp app;
    private static FeedSchemas schemas;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        schemas = new FeedSchemas(app.url());
        app.client().storage("local://contacts/feeds");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static JsonNode poll(String account, String type) {
        var session = app.client().activeSession(account + "@sandbox.example");
        return app.client().completedPoll(session, "'data_types': ['" + type + "']");
    }

    private static JsonNode feed(JsonNode poll, String type) throws Exception {
        var result = poll.at("/results/data/0");
        assertThat(result.at("/identifier").asString()).isEqualTo("data:" + type);
        var path = Path.of(URI.create(result.at("/url").asString().replace("local://", "file://")));
        var feed = JSON.readTree(Files.readString(path));
        assertThat(schemas.errors(type, feed)).isEmpty();
        return feed;
    }

    @Test
    void manyContactsArePublished() throws Exception {
        var feed = feed(poll("many-contacts", "icloud_contacts.contacts"), "icloud_contacts.contacts");
        assertThat(feed.at("/metadata/count").asInt()).isEqualTo(1203);
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
    }

    @Test
    void whatIsNoContactIsAmongTheErrors() throws Exception {
        var poll = poll("odd-contacts", "icloud_contacts.contacts");
        var feed = feed(poll, "icloud_contacts.contacts");
        assertThat(feed.at("/metadata/refused").asInt()).isEqualTo(2);
        assertThat(feed.at("/metadata/complete").asBoolean(true)).isFalse();
        assertThat(poll.at("/errors/data")).hasSize(2);
        assertThat(poll.at("/errors/data/0/error").asString()).isEqualTo("not-retrievable");
    }

    @Test
    void devicesArePublished() throws Exception {
        var feed = feed(poll("find-my-odd", "icloud_find_my.devices"), "icloud_find_my.devices");
        assertThat(feed.at("/metadata/count").asInt()).isEqualTo(6);
        assertThat(feed.at("/metadata/refused").asInt()).isEqualTo(1);
    }

    @Test
    void anEmptyBookIsAnEmptyFeed() throws Exception {
        var feed = feed(poll("no-contacts", "icloud_contacts.contacts"), "icloud_contacts.contacts");
        assertThat(feed.at("/data")).isEmpty();
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
    }
}
