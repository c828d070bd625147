package ferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxOptions;
import ferry.testing.Client;
import ferry.testing.FeedSchemas;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Run by `bench/listing`; prints its figures.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class ListingBench {
    private static final String BIG = "big@sandbox.example";
    private static final int PHOTOS = 100_000;
    private static final Duration LATENCY = Duration.ofMillis(20);

    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private Path folder;

    @Test
    void aHundredThousandPhotosAsOneFeed() throws Exception {
        var options = SandboxOptions.DEFAULT.withLatency("ckdatabasews", LATENCY);
        try (var sandbox = Sandbox.start("127.0.0.1", 0, Clock.systemUTC(), options);
                var server = ServeProcess.start(folder.resolve("data"), Optional.of(sandbox))) {
            RawListing.assetsPerSecond(sandbox, BIG, 2_000);
            double raw = RawListing.assetsPerSecond(sandbox, BIG, 20_000);
            var client = server.client();
            client.storage("local://listing/feeds");
            var session = client.activeSession(BIG);
            long start = System.nanoTime();
            var poll = completed(client, session, "'data_types': ['icpl.photos']");
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat(poll.at("/tasks_failed")).isEmpty();
            var result = poll.at("/results/data/0");
            int listed = check(server, Path.of(result.at("/url").asString().replace("local://", "")));
            double rate = listed / seconds;
            System.out.printf(
                    """
                    listing: %,d assets in %.1f s, one feed of %,d MB, %d ms latency, 4 requests in flight, -Xmx256m
                      assets a second   %,8.0f   target > 1,000
                      one bare thread   %,8.0f   ratio %.2f
                      peak heap         %s   target: 256 MB is enough
                      peak resident     %s MB
                    """,
                    listed,
                    seconds,
                    result.at("/size").asLong() >> 20,
                    LATENCY.toMillis(),
                    rate,
                    raw,
                    rate / raw,
                    server.heap(),
                    server.peakResidentMb().map(Object::toString).orElse("unknown"));
        }
    }

    /// Makes a poll and waits for as long as it takes.
    static JsonNode completed(Client client, String session, String payload) throws InterruptedException {
        var id = client.post("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}")
                .expect(201)
                .at("/id")
                .asString();
        while (true) {
            var poll = client.get("/polls/" + id).expect(200);
            if (poll.at("/state").asString().equals("completed")) {
                return poll;
            }
            Thread.sleep(100);
        }
    }

    /// Every asset is there once and as its schema says; so is the feed's end.
    ///
    /// @return how many assets it holds
    private static int check(ServeProcess server, Path feed) throws Exception {
        var schemas = new FeedSchemas(server.url());
        var photo = schemas.schema("icpl.photos#/$defs/photo");
        Set<String> ids = HashSet.newHashSet(PHOTOS);
        try (var json = JSON.createParser(Files.newInputStream(feed))) {
            assertThat(json.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            assertThat(json.nextName()).isEqualTo("data");
            json.nextToken();
            while (json.nextToken() == JsonToken.START_OBJECT) {
                JsonNode record = json.readValueAsTree();
                assertThat(ids.add(record.at("/id").asString())).isTrue();
                assertThat(FeedSchemas.errors(photo, record)).isEmpty();
            }
            assertThat(json.nextName()).isEqualTo("metadata");
            json.nextToken();
            JsonNode metadata = json.readValueAsTree();
            assertThat(FeedSchemas.errors(schemas.schema("metadata"), metadata)).isEmpty();
            assertThat(metadata.at("/count").asInt()).isEqualTo(ids.size());
            assertThat(metadata.at("/listed").asInt()).isEqualTo(PHOTOS);
        }
        return ids.size();
    }
}
