package ferry.result;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.TestApp;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Results as a backend reads, acknowledges and downloads them.
class ResultsTest {
    private static TestApp app;
    private static Client client;
    private static String session;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
        client.storage("local://results/here");
        session = client.session(client.user("r"), "mocks.mock", "r", "'password': 'x'")
                .at("/id")
                .asString();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static JsonNode result() {
        return client.completedPoll(session, "'info_types': ['mocks.info']").at("/results/data/0");
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    private static HttpResponse<byte[]> download(String url) throws Exception {
        var here = URI.create(app.url());
        var signed = URI.create(url);
        var request =
                HttpRequest.newBuilder(URI.create(here + signed.getRawPath())).build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofByteArray());
    }

    @Test
    void aResultSaysWhatItIsAndWhereItLies() throws Exception {
        var result = result();
        assertThat(result.propertyNames())
                .contains("id", "resource", "organisation", "poll", "task", "identifier", "type", "url", "checksum")
                .contains("size", "signed_url", "state", "date_created", "date_consumed", "date_deleted");
        assertThat(result.at("/resource").asString()).isEqualTo("result");
        assertThat(result.at("/identifier").asString()).isEqualTo("info:mocks.info");
        assertThat(result.at("/type").asString()).isEqualTo("json");
        assertThat(result.at("/state").asString()).isEqualTo("available");
        assertThat(result.at("/url").asString()).startsWith("local:///");
        var bytes = Files.readAllBytes(Path.of(result.at("/url").asString().replace("local://", "")));
        assertThat(result.at("/size").asLong()).isEqualTo(bytes.length);
        assertThat(result.at("/checksum").asString())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("MD5").digest(bytes)));
        assertThat(result.at("/date_created").asString())
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");
        assertThat(client.get("/results/" + id(result)).text("/url"))
                .isEqualTo(result.at("/url").asString());
    }

    @Test
    void acknowledgingMayBeRepeated() {
        var result = result();
        var once = client.post("/results/" + id(result) + "/ack", "null").expect(200);
        assertThat(once.at("/state").asString()).isEqualTo("consumed");
        assertThat(once.at("/date_consumed").asString()).isNotEmpty();

        app.clock().advance(Duration.ofSeconds(5));
        var again = client.post("/results/" + id(result) + "/ack", "").expect(200);
        assertThat(again.at("/date_consumed")).isEqualTo(once.at("/date_consumed"));
        // As old clients send it by mistake.
        assertThat(client.get("/results/" + id(result) + "/ack").expect(200).at("/date_consumed"))
                .isEqualTo(once.at("/date_consumed"));
    }

    @Test
    void severalAreAcknowledgedAllOrNone() {
        var one = id(result());
        var other = id(result());
        var refused = client.post("/results/ack", "{'ids': ['" + one + "', '" + java.util.UUID.randomUUID() + "']}");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(client.get("/results/" + one).text("/state")).isEqualTo("available");

        var list = client.post("/results/ack", "{'ids': ['" + one + "', '" + other + "']}")
                .expect(200);
        assertThat(list.at("/resource").asString()).isEqualTo("list");
        assertThat(list.at("/data").size()).isEqualTo(2);
        assertThat(client.get("/results/" + other).text("/state")).isEqualTo("consumed");
        client.post("/results/ack", "{'ids': ['" + one + "']}").expect(200);
    }

    @Test
    void aSignedUrlNeedsNoTokenAndEnds() throws Exception {
        var result = result();
        var url = result.at("/signed_url/url").asString();
        assertThat(Instant.parse(result.at("/signed_url/date_expires").asString()))
                .isAfter(app.clock().instant().plus(Duration.ofMinutes(50)));
        var answer = download(url);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo(
                        Files.readAllBytes(Path.of(result.at("/url").asString().replace("local://", ""))));
        assertThat(answer.headers().firstValue("Content-Disposition")).contains("attachment");

        for (int at : List.of(10, 30, url.length() - 1 - url.indexOf("/download/"))) {
            int index = url.indexOf("/download/") + Math.max(at, 10);
            var changed = url.substring(0, index) + (url.charAt(index) == 'A' ? 'B' : 'A') + url.substring(index + 1);
            if (at < 50) {
                assertThat(download(changed).statusCode()).as(changed).isEqualTo(404);
            }
        }
        assertThat(download(url.substring(0, url.length() - 4)).statusCode()).isEqualTo(404);
        assertThat(download(url.replaceAll("/download/.*", "/download/x")).statusCode())
                .isEqualTo(404);

        app.clock().advance(Duration.ofHours(2));
        assertThat(download(url).statusCode()).isEqualTo(404);
        // A fresh look gives a fresh one.
        assertThat(download(client.get("/results/" + id(result)).text("/signed_url/url"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void resultsAreFilteredByPollTaskIdentifierAndState() {
        var result = result();
        var poll = result.at("/poll").asString();
        assertThat(total("poll=" + poll)).isEqualTo(1);
        assertThat(total("task=" + result.at("/task").asString())).isEqualTo(1);
        assertThat(total("poll=" + poll + "&identifier=info:mocks.info")).isEqualTo(1);
        assertThat(total("poll=" + poll + "&identifier=info:other")).isZero();
        assertThat(total("poll=" + poll + "&state=available")).isEqualTo(1);
        assertThat(total("poll=" + poll + "&state=consumed")).isZero();
        client.post("/results/" + id(result) + "/ack", "").expect(200);
        assertThat(total("poll=" + poll + "&state=consumed")).isEqualTo(1);
    }

    private static int total(String query) {
        return client.get("/results?" + query).expect(200).at("/total_count").asInt();
    }

    @Test
    void pagingShowsEachOfTwentyFiveResultsOnce() {
        var here = app.organisation("Paging", ferry.access.Scopes.ALL).client();
        here.storage("local://paging/here");
        var own = here.session(here.user("p"), "mocks.mock", "p", "'password': 'x'")
                .at("/id")
                .asString();
        var made = new ArrayList<String>();
        while (made.size() < 25) {
            var poll = here.completedPoll(
                    own,
                    "'info_types': ['mocks.info'], 'data_types': ['mocks.notes']," + "'file_types': ['mocks.note']");
            poll.at("/results/data").forEach(result -> made.add(id(result)));
        }
        assertThat(made).hasSize(25);

        var seen = new ArrayList<String>();
        var cursor = "";
        for (boolean more = true; more; ) {
            var page = here.get("/results?limit=7" + cursor).expect(200);
            page.at("/data").forEach(result -> seen.add(id(result)));
            assertThat(page.at("/total_count").asInt()).isEqualTo(25);
            more = page.at("/has_more").asBoolean();
            cursor = "&after_id=" + seen.getLast();
        }
        assertThat(seen).hasSize(25).doesNotHaveDuplicates();
        assertThat(new HashSet<>(seen)).isEqualTo(new HashSet<>(made));
        assertThat(here.get("/results").body().at("/data").size()).isEqualTo(10);

        var between = here.get("/results?limit=100&after_id=" + seen.get(4) + "&before_id=" + seen.get(20))
                .expect(200);
        var inner = new ArrayList<String>();
        between.at("/data").forEach(result -> inner.add(id(result)));
        assertThat(inner).isEqualTo(seen.subList(5, 20));
        assertThat(between.at("/has_more").asBoolean()).isFalse();
    }
}
