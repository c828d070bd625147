package ferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Account;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxOptions;
import ferry.testing.Client;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Run by `bench/files`; prints its figures.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class FilesBench {
    private static final String MANY = "many@sandbox.example";
    private static final int PHOTOS = 3_000;
    private static final int IN_FLIGHT = 8;
    private static final Duration LATENCY = Duration.ofMillis(20);

    @TempDir
    private Path folder;

    @Test
    void theOriginalsOfALibraryOfSmallFiles() throws Exception {
        try (var sandbox =
                        Sandbox.start("127.0.0.1", 0, Clock.systemUTC(), SandboxOptions.DEFAULT.withLatency(LATENCY));
                var server = ServeProcess.start(folder.resolve("data"), Optional.of(sandbox))) {
            addLibrary(sandbox);
            var client = server.client();
            client.storage("local://files/many");
            var session = client.activeSession(MANY);
            long start = System.nanoTime();
            var poll = ListingBench.completed(
                    client,
                    session,
                    "'data_types': ['icpl.photos'], 'file_types': ['icpl.photos.original', 'icpl.photos.edited']");
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat(poll.at("/tasks_failed")).isEmpty();
            var published = check(client, poll.at("/id").asString());
            System.out.printf(
                    """
                    files: %,d files of %,d bytes on average in %.1f s, %d ms latency, %d in flight
                      files a second    %,8.0f   target > 150; the latency alone allows %,d
                      peak heap         %s   target: 256 MB is enough
                      peak resident     %s MB
                    """,
                    published.files,
                    published.bytes / published.files,
                    seconds,
                    LATENCY.toMillis(),
                    IN_FLIGHT,
                    published.files / seconds,
                    IN_FLIGHT * 1000 / LATENCY.toMillis(),
                    server.heap(),
                    server.peakResidentMb().map(Object::toString).orElse("unknown"));
        }
    }

    /// Someone whose library is large enough for small files and small enough for a bench.
    private static void addLibrary(Sandbox sandbox) {
        var big = sandbox.accounts().find("big@sandbox.example").orElseThrow();
        sandbox.accounts()
                .add(new Account(
                        MANY,
                        big.dsid() + 1_000_000,
                        "Many",
                        "Sandbox",
                        big.secondFactor(),
                        Set.of(),
                        new LibrarySpec(7, PHOTOS)));
    }

    /// What was published.
    private record Published(long files, long bytes) {}

    /// Every result is there once, in its file, with its checksum.
    private static Published check(Client client, String poll) throws Exception {
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
        var content = Files.readAllBytes(path);
        assertThat((long) content.length).isEqualTo(result.at("/size").asLong());
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content)))
                .isEqualTo(result.at("/checksum").asString());
        return content.length;
    }
}
