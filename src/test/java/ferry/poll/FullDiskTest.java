package ferry.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A disk that is full: nothing half written is a result, the poll waits, and goes on when there is space.
class FullDiskTest {
    @Test
    void aPollWaitsForSpaceAndShowsNothingHalfWritten() throws Exception {
        try (var app = TestApp.start()) {
            var buckets = app.buckets();
            assumeTrue(ran("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", buckets.toString()), "may not mount");
            try {
                waits(app, buckets);
            } finally {
                assertThat(ran("umount", "-l", buckets.toString())).isTrue();
            }
        }
    }

    private static void waits(TestApp app, Path buckets) throws Exception {
        var client = app.client();
        assertThat(client.storage("local://full/all").at("/state").asString()).isEqualTo("valid");
        var session = client.activeSession("plain@sandbox.example");
        var filler = fill(buckets.resolve("filler"));

        var id = client.post("/polls", """
                        {'session': '%s', 'payload': {'info_types': ['*'], 'data_types': ['icpl.photos']}}
                        """.formatted(session))
                .expect(201)
                .at("/id")
                .asString();
        // All that is left of it: a task that met the full disk after the clock was moved would wait for real.
        Eventually.eventually("what is left waits for the bucket", () -> {
            var waiting = client.get("/polls/" + id).expect(200);
            return !waiting.at("/tasks_suspended").isEmpty()
                    && waiting.at("/tasks_pending").isEmpty()
                    && waiting.at("/tasks_processing").isEmpty();
        });
        var poll = client.get("/polls/" + id).body();
        assertThat(poll.at("/state").asString()).isNotEqualTo("completed");
        assertWhole(buckets, poll);

        Files.delete(filler);
        app.clock().advance(Duration.ofHours(1));
        var completed =
                client.settled("/polls/" + id, p -> p.at("/state").asString().equals("completed"));
        assertThat(completed.at("/errors/total_count").asInt())
                .as(completed.toString())
                .isZero();
        assertThat(completed.at("/results/total_count").asInt()).isPositive();
        assertWhole(buckets, completed);
    }

    /// What is a result is in the bucket, whole.
    private static void assertWhole(Path buckets, JsonNode poll) throws Exception {
        for (var result : poll.at("/results/data")) {
            var bytes = Files.readAllBytes(Path.of(result.at("/url").asString().replace("local://", "")));
            assertThat(bytes).hasSize(result.at("/size").asInt());
            assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes)))
                    .isEqualTo(result.at("/checksum").asString());
        }
        assertThat(buckets).isDirectory();
    }

    /// Writes until nothing more fits.
    private static Path fill(Path file) {
        var block = new byte[4096];
        Arrays.fill(block, (byte) 1);
        try (var out = Files.newOutputStream(file)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException _) {
            return file;
        }
    }

    private static boolean ran(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
        } catch (IOException _) {
            return false;
        }
    }
}
