package ferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// Run by `bench/start`; prints its figures.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class StartBench {
    private static final int STARTS = 7;

    @TempDir
    private Path folder;

    @Test
    void onAnEmptyFolderAndThenOnExistingData() throws Exception {
        var data = folder.resolve("data");
        var first = start(data);
        var later = new ArrayList<Started>();
        for (int i = 0; i < STARTS; i++) {
            later.add(start(data));
        }
        var took = later.stream().map(Started::took).sorted().toList();
        var resident =
                later.stream().flatMap(s -> s.residentMb.stream()).sorted().toList();
        System.out.printf(
                """
                start: from ./ferry to the line that says that it answers, %d times
                  existing data, median  %5.2f s (%.2f to %.2f)   target < 2.5 s
                  empty folder           %5.2f s
                  resident when idle     %s MB (median)   target < 220 MB
                """,
                STARTS,
                seconds(took.get(STARTS / 2)),
                seconds(took.getFirst()),
                seconds(took.getLast()),
                seconds(first.took),
                resident.isEmpty()
                        ? "unknown"
                        : resident.get(resident.size() / 2).toString());
    }

    private record Started(Duration took, Optional<Long> residentMb) {}

    private static Started start(Path data) throws Exception {
        try (var server = ServeProcess.start(data, Optional.empty())) {
            assertThat(server.client().get("/organisation").status()).isEqualTo(200);
            assertThat(Client.send(HttpRequest.newBuilder(URI.create(server.url() + "/health")))
                            .status())
                    .isEqualTo(200);
            return new Started(server.took(), server.residentMb());
        }
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
