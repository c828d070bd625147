package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Connector;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.connector.mock.MockConnector;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.testing.Client;
import ferry.testing.FeedSchemas;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Every kind of feed has a schema, which the service hands out and its feeds keep.
class FeedSchemasTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final List<Connector> CONNECTORS = List.of(
            new MockConnector(),
            new ICloudConnector(Outbound.open(EgressPolicy.of(List.of())), ICloudSettings.apple(), Clock.systemUTC()));

    @RegisterExtension
    private static final ICloudAtSandbox icloud = new ICloudAtSandbox();

    private static final FeedSchemas schemas = new FeedSchemas(icloud.app.url());

    @Test
    void everyTypeOfEveryConnectorHasASchema() {
        for (var connector : CONNECTORS) {
            assertThat(types(connector)).allSatisfy(type -> {
                var schema = schema(type).expect(200);
                assertThat(schema.at("/title").asString()).startsWith(type + ":");
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "john.appleseed", "adp"})
    void everyFeedOfAnICloudAccountKeepsItsSchema(String account) throws Exception {
        keepTheirSchemas(icloud.active(account), CONNECTORS.getLast());
    }

    @Test
    void oddCalendarsAreAFeedThatKeepsItsSchemaAndSaysWhatItLacks() throws Exception {
        var type = "icloud_calendars.events";
        var poll = icloud.polled("calendars-odd", "'data_types': ['" + type + "']");

        assertThat(poll.at("/tasks_failed")).isEmpty();
        assertThat(poll.at("/errors/data/0/error").asString()).isEqualTo("not-retrievable");
        var feed = icloud.feed(poll, "data:" + type);
        assertThat(schemas.errors(type, feed)).isEmpty();
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

    @Test
    void everyFeedOfAMockKeepsItsSchema() throws Exception {
        var user = icloud.client.user("user of a mock");
        var session = icloud.client.session(user, "mocks.mock", "someone", "'password': 'password'");
        keepTheirSchemas(session.at("/id").asString(), CONNECTORS.getFirst());
    }

    @Test
    void aFeedThatSaysMoreThanItsSchemaBreaksIt() {
        var feed = JSON.readTree("""
                {"data": [{"id": "note:1", "data_type": "note", "text": "one", "more": 1}], "metadata": {}}
                """);
        assertThat(schemas.errors("mocks.notes", feed))
                .anyMatch(error -> error.startsWith("/data/0 additionalProperties"))
                .anyMatch(error -> error.startsWith("/metadata required"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"unknown.type", "..%2Fdb%2FV001__organisations.sql", "%2e%2e", "icpl.photos.json.json", "."})
    void anythingElseIsNotFound(String name) {
        var answer = schema(name);
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text("/error")).isEqualTo("not-found");
    }

    @Test
    void whatAllFeedsShareIsFoundWhereTheSchemasSayItIs() {
        var photos = schema("icpl.photos").expect(200);
        var reference = photos.at("/properties/metadata/$ref").asString();
        var resolved = URI.create(icloud.app.url() + "/schemas/icpl.photos").resolve(reference);
        var answer = Client.send(HttpRequest.newBuilder(resolved));
        assertThat(answer.expect(200).at("/title").asString()).isNotEmpty();
        assertThat(answer.raw().headers().firstValue("Content-Type")).contains("application/schema+json");
    }

    /// Polls everything the source offers, each alias too, and validates what was published.
    private static void keepTheirSchemas(String session, Connector connector) throws Exception {
        var catalogue = connector.catalogue();
        var data = new HashSet<>(catalogue.dataTypes());
        data.addAll(catalogue.aliases().keySet());
        var poll = icloud.completed(icloud.begun(
                session, "'info_types': " + quoted(catalogue.infoTypes()) + ", 'data_types': " + quoted(data)));
        assertThat(poll.at("/tasks_failed")).isEmpty();
        assertThat(poll.at("/results/total_count").asInt())
                .isEqualTo(catalogue.infoTypes().size() + data.size());
        for (var result : poll.at("/results/data")) {
            keepsItsSchema(result);
        }
    }

    private static void keepsItsSchema(JsonNode result) throws Exception {
        var type = result.at("/identifier").asString().replaceFirst("^(data|info):", "");
        var path = Path.of(URI.create(result.at("/url").asString().replace("local://", "file://")));
        var feed = JSON.readTree(Files.readString(path));
        assertThat(feed.at("/metadata/data_type").asString()).isEqualTo(type);
        assertThat(feed.at("/data")).as(type).isNotEmpty();
        assertThat(schemas.errors(type, feed)).as(type).isEmpty();
    }

    private static Set<String> types(Connector connector) {
        var catalogue = connector.catalogue();
        var all = new TreeSet<String>();
        Stream.of(
                        catalogue.infoTypes(),
                        catalogue.dataTypes(),
                        catalogue.aliases().keySet())
                .forEach(all::addAll);
        return all;
    }

    private static Client.Answer schema(String name) {
        return Client.send(HttpRequest.newBuilder(URI.create(icloud.app.url() + "/schemas/" + name)));
    }

    private static String quoted(Set<String> words) {
        return "['" + String.join("', '", words) + "']";
    }
}
