package ferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// Run by `bench/api`; prints its figures.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class ApiBench {
    private static final int ROWS = 1_000_000;
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern P99 = Pattern.compile("99%\\s+([0-9.]+)(us|ms|s)");

    @TempDir
    private Path folder;

    @Test
    void oneResourceAndTheFirstPageOfAMillion() throws Exception {
        var data = folder.resolve("data");
        try (var server = ServeProcess.start(data, Optional.empty())) {
            var client = server.client();
            var user = client.user("one of many");
            fill(data);
            assertThat(client.get("/users?limit=1").text("/total_count")).isEqualTo(Integer.toString(ROWS + 1));
            var token = Files.readString(data.resolve("token")).strip();
            measure(server.url() + "/users/" + user, token, "5s"); // warms up
            System.out.println("api: wrk, 64 connections, 15 s each, client and server on one machine");
            show("ceiling: /health", "", measure(server.url() + "/health", token, "15s"));
            show(
                    "GET one resource",
                    "target > 15,000/s, p99 < 30 ms",
                    measure(server.url() + "/users/" + user, token, "15s"));
            show("first page of 1,000,000", "target p99 < 30 ms", measure(server.url() + "/users", token, "15s"));
        }
    }

    /// @param p99 milliseconds
    private record Measured(double perSecond, double p99) {}

    private static void show(String what, String target, Measured measured) {
        System.out.printf("  %-24s %8.0f/s   p99 %7.2f ms   %s%n", what, measured.perSecond, measured.p99, target);
    }

    private static Measured measure(String url, String token, String time) throws Exception {
        var wrk = new ProcessBuilder(
                        "wrk", "-t2", "-c64", "-d" + time, "--latency", "-H", "Authorization: Token " + token, url)
                .redirectErrorStream(true)
                .start();
        var said = new String(wrk.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(wrk.waitFor()).as(said).isZero();
        assertThat(said).doesNotContain("Non-2xx").doesNotContain("Socket errors");
        var rate = RATE.matcher(said);
        var p99 = P99.matcher(said);
        assertThat(rate.find() && p99.find()).as(said).isTrue();
        double unit = switch (p99.group(2)) {
            case "us" -> 0.001;
            case "ms" -> 1;
            default -> 1000;
        };
        return new Measured(Double.parseDouble(rate.group(1)), Double.parseDouble(p99.group(1)) * unit);
    }

    /// As the database's owner, in one statement.
    private static void fill(Path data) throws IOException {
        var port = Files.readAllLines(data.resolve("postgres").resolve("postmaster.pid"))
                .get(3)
                .strip();
        var password = Files.readString(data.resolve("owner.password")).strip();
        Jdbi.create("jdbc:postgresql://127.0.0.1:" + port + "/ferry", "ferry_owner", password)
                .useHandle(tx -> {
                    tx.execute("""
                            insert into end_user (organisation, key, identifier, date_created)
                            select k.organisation, k.id, 'user ' || n, now()
                              from (select * from api_key limit 1) k, generate_series(1, %d) n
                            """.formatted(ROWS));
                    tx.execute("analyze end_user");
                });
    }
}
