package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Eventually;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// `./ferry sandbox`, as an organisation runs it in its own tests.
class SandboxCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new SandboxCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @Test
    void itSaysWhereItIsAndAnswersThere() throws Exception {
        var running = Thread.ofPlatform().start(() -> command.execute("--port", "0", "--seed", "7", "--s3-port", "0"));
        try {
            Eventually.eventually(
                    "it has said where it is", () -> out.toString().contains("# its credentials"));
            var said = out.toString();
            assertThat(said)
                    .contains("export FERRY_ICLOUD_AUTH_URL=http://127.0.0.1:", "export FERRY_ICLOUD_SETUP_URL=")
                    .contains("export FERRY_ICLOUD_HOME_URL=", "export FERRY_EGRESS_ALLOW=127.0.0.1:");
            var desk = said.lines()
                    .filter(line -> line.startsWith("# for your tests: "))
                    .map(line -> line.replace("# for your tests: ", ""))
                    .findFirst()
                    .orElseThrow();
            try (var http = HttpClient.newHttpClient()) {
                var accounts = http.send(
                        HttpRequest.newBuilder(URI.create(desk + "/accounts"))
                                .GET()
                                .build(),
                        BodyHandlers.ofString());
                assertThat(accounts.statusCode()).isEqualTo(200);
                assertThat(accounts.body()).contains("john.appleseed@sandbox.example");
            }
        } finally {
            running.interrupt();
            assertThat(running.join(Duration.ofSeconds(20))).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"--latency, -1", "--defects, 2", "--sign-ins-per-hour, 0", "--wrong-passwords, 0", "--seed, x"})
    void whatCannotBeIsToldBeforeItStarts(String option, String value) {
        assertThat(command.execute("--port", "0", option, value)).isEqualTo(2);
        assertThat(err.toString()).contains(option);
        assertThat(out.toString()).isEmpty();
    }
}
