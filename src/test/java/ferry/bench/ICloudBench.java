package ferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Account;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxOptions;
import ferry.sandbox.SecondFactor;
import ferry.testing.Client;
import ferry.testing.FeedSchemas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Run by `bench/icloud`; prints its figures. The simulator is in this process, and answers after 20 ms; the
/// service is in one of its own, with the launcher's heap of 256 MB.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class ICloudBench {
    private static final String BIG = "big@sandbox.example";
    private static final int PHOTOS = 100_000;
    private static final int SMALL_FILES = 3_000;
    private static final int FILMS = 160;
    private static final long FILM_BYTES = 4L << 20;
    private static final long VIDEO_BYTES = 5_000_000_000L;
    private static final int STREAMS = 8;
    private static final int MOST_LISTING = 4;
    private static final Duration LATENCY = Duration.ofMillis(20);
    private static final String ORIGINALS =
            "'data_types': ['icpl.photos'], 'file_types': ['icpl.photos.original', 'icpl.photos.edited']";

    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private Path folder;

    private Sandbox sandbox;
    private ServeProcess server;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        sandbox = Sandbox.start("127.0.0.1", 0, Clock.systemUTC(), SandboxOptions.DEFAULT.withLatency(LATENCY));
        server = ServeProcess.start(folder.resolve("data"), Optional.of(sandbox));
        client = server.client();
        client.storage("local://icloud/bench");
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        sandbox.close();
    }

    @Test
    void aHundredThousandPhotosAsOneFeed() throws Exception {
        RawListing.assetsPerSecond(sandbox, BIG, 2_000);
        double raw = RawListing.assetsPerSecond(sandbox, BIG, 20_000);
        var session = client.activeSession(BIG);
        var polled = polled(session, "'data_types': ['icpl.photos']");
        var result = polled.poll.at("/results/data/0");
        var metadata = checkFeed(Path.of(result.at("/url").asString().replace("local://", "")));
        int listed = metadata.at("/listed").asInt();
        double rate = listed / polled.seconds;
        System.out.printf(
                Locale.ROOT,
                "listing: %,d assets in %.1f s, one feed of %,d MB; one bare thread lists %,.0f/s%n",
                listed,
                polled.seconds,
                result.at("/size").asLong() >> 20,
                raw);
        figure("assets a second", "%,.0f", rate, "> 1,000", rate > 1_000);
        int most = sandbox.mostUnderWay("ckdatabasews");
        figure("listing requests in flight", "%,.0f", most, "<= 4", most <= MOST_LISTING);
        memory(polled);
        checkAgain(session, metadata.at("/window/cursor").asString());
    }

    /// What an unchanged library costs that was read before.
    private void checkAgain(String session, String cursor) throws Exception {
        long before = listingRequests();
        var polled = polled(session, "'data_types': ['icpl.photos'], 'cursors': {'icpl.photos': '" + cursor + "'}");
        long requests = listingRequests() - before;
        var feed = Path.of(polled.poll.at("/results/data/0/url").asString().replace("local://", ""));
        assertThat(JSON.readTree(Files.readString(feed)).at("/data")).isEmpty();
        System.out.printf(Locale.ROOT, "the same zone once more, unchanged, in %.1f s%n", polled.seconds);
        figure("requests", "%,.0f", (double) requests, "<= 3", requests <= 3);
    }

    private long listingRequests() {
        return sandbox.journal().entries().stream()
                .filter(entry -> entry.path().contains("/ckdatabasews/"))
                .count();
    }

    @Test
    void theOriginalsOfALibraryOfSmallFiles() throws Exception {
        var account = account("small", 1, SMALL_FILES);
        var polled = polled(client.activeSession(account.identifier()), ORIGINALS);
        var published = checkFiles(polled.poll.at("/id").asString());
        double rate = published.files / polled.seconds;
        System.out.printf(
                Locale.ROOT,
                "small files: %,d of %,d bytes on average in %.1f s; the latency alone allows %,d/s%n",
                published.files,
                published.bytes / published.files,
                polled.seconds,
                STREAMS * 1000 / LATENCY.toMillis());
        figure("small files a second", "%,.0f", rate, ">= 150", rate >= 150);
        memory(polled);
    }

    @Test
    void filmsBesideABareReader() throws Exception {
        var account = account("films", 2, 0);
        var library = sandbox.photos().of(account);
        for (int film = 0; film < FILMS; film++) {
            library.addFilm(FILM_BYTES);
        }
        RawListing.bytesPerSecond(sandbox, account.identifier(), FILMS, STREAMS);
        double bare = RawListing.bytesPerSecond(sandbox, account.identifier(), FILMS, STREAMS);
        var polled = polled(client.activeSession(account.identifier()), ORIGINALS);
        var published = checkFiles(polled.poll.at("/id").asString());
        double rate = published.bytes / polled.seconds;
        System.out.printf(
                Locale.ROOT,
                "large files: %,d of %,d bytes in %.1f s, %.0f MiB/s; a bare reader with %d streams: %.0f MiB/s%n",
                published.files,
                published.bytes / published.files,
                polled.seconds,
                rate / (1 << 20),
                STREAMS,
                bare / (1 << 20));
        System.out.printf(Locale.ROOT, "  of the bare reader, which neither checks nor keeps: %.2f%n", rate / bare);
        // The loopback limit of icloud-protocol 6 is that of 1 Gbit/s.
        double limit = 1e9 / 8;
        figure("of 1 Gbit/s", "%.2f", rate / limit, ">= 0.80", rate / limit >= 0.8);
        int most = sandbox.mostUnderWay("content");
        figure("streams at most", "%,.0f", most, "<= 8", most <= STREAMS);
        memory(polled);
    }

    @Test
    void aVideoOfFiveGigabytes() throws Exception {
        var account = account("video", 3, 0);
        sandbox.photos().of(account).addFilm(VIDEO_BYTES);
        var polled = polled(client.activeSession(account.identifier()), ORIGINALS);
        var published = checkFiles(polled.poll.at("/id").asString());
        assertThat(published.bytes).isEqualTo(VIDEO_BYTES);
        System.out.printf(
                Locale.ROOT,
                "one video of %,d bytes in %.1f s, %.0f MiB/s%n",
                published.bytes,
                polled.seconds,
                published.bytes / polled.seconds / (1 << 20));
        memory(polled);
    }

    private static void figure(String what, String format, double value, String target, boolean met) {
        System.out.printf(
                Locale.ROOT,
                "  %-27s %12s   target %-10s %s%n",
                what,
                String.format(Locale.ROOT, format, value),
                target,
                met ? "met" : "MISSED");
    }

    /// That it came to its end without an error is what 256 MB being enough means.
    private void memory(Polled polled) throws IOException {
        boolean met = polled.poll.at("/tasks_failed").isEmpty();
        System.out.printf(
                Locale.ROOT,
                "  %-27s %12s   target %-10s %s%n  %-27s %s; %s MB resident at most%n",
                "heap",
                "-Xmx256m",
                "256 MB",
                met ? "met" : "MISSED",
                "heap in use at most",
                server.heap(),
                server.peakResidentMb().map(Object::toString).orElse("an unknown number of"));
    }

    private Account account(String name, int number, int photos) {
        var account = new Account(
                name + "@sandbox.example",
                40_000_000_000L + number,
                name,
                "Sandbox",
                new SecondFactor.None(),
                Set.of(),
                new LibrarySpec(number, photos));
        sandbox.accounts().add(account);
        return account;
    }

    /// A poll that is completed, and how long it took.
    private record Polled(JsonNode poll, double seconds) {}

    private Polled polled(String session, String payload) throws InterruptedException {
        long start = System.nanoTime();
        var id = client.post("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}")
                .expect(201)
                .at("/id")
                .asString();
        while (true) {
            var poll = client.get("/polls/" + id).expect(200);
            if (poll.at("/state").asString().equals("completed")) {
                assertThat(poll.at("/tasks_failed")).isEmpty();
                return new Polled(poll, (System.nanoTime() - start) / 1e9);
            }
            Thread.sleep(50);
        }
    }

    /// Every asset is there once and as its schema says; so is the feed's end.
    ///
    /// @return the feed's metadata
    private JsonNode checkFeed(Path feed) throws Exception {
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
            return metadata;
        }
    }

    /// What was published, the feed left out.
    private record Published(long files, long bytes) {}

    /// Every result is there once, in its file, with its checksum.
    private Published checkFiles(String poll) throws Exception {
        var identifiers = new HashSet<String>();
        long bytes = 0;
        var after = "";
        while (true) {
            var page =
                    client.get("/polls/" + poll + "/results?limit=100" + after).expect(200);
            for (var result : page.at("/data")) {
                assertThat(identifiers.add(result.at("/identifier").asString())).isTrue();
                if (result.at("/identifier").asString().startsWith("file:")) {
                    bytes += checked(result);
                }
            }
            if (!page.at("/has_more").asBoolean(false)) {
                assertThat(identifiers).hasSize(page.at("/total_count").asInt());
                return new Published(identifiers.size() - 1, bytes);
            }
            after = "&after_id="
                    + page.at("/data")
                            .get(page.at("/data").size() - 1)
                            .at("/id")
                            .asString();
        }
    }

    private static long checked(JsonNode result) throws Exception {
        var path = Path.of(result.at("/url").asString().replace("local://", ""));
        var md5 = MessageDigest.getInstance("MD5");
        long length = 0;
        try (var content = new DigestInputStream(Files.newInputStream(path), md5)) {
            var buffer = new byte[64 * 1024];
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                length += read;
            }
        }
        assertThat(length).isEqualTo(result.at("/size").asLong());
        assertThat(HexFormat.of().formatHex(md5.digest()))
                .isEqualTo(result.at("/checksum").asString());
        return length;
    }
}
