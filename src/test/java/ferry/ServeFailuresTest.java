package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A server that cannot start says why and what to do, in one line, and leaves nothing behind.
class ServeFailuresTest {
    private Path folder;
    private Path data;

    @BeforeEach
    void folders(@TempDir Path fresh) {
        folder = fresh;
        data = fresh.resolve("data");
    }

    private void refuses(Map<String, String> environment, Path data, String[] arguments, String... named) {
        var all = new String[arguments.length + 3];
        all[0] = "serve";
        all[1] = "--data";
        all[2] = data.toString();
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        try (var server = ServerProcess.start(folder, environment, all)) {
            assertThat(server.exitCode()).as(server.err()).isEqualTo(1);
            assertThat(server.err().lines())
                    .singleElement()
                    .satisfies(line -> assertThat(line)
                            .startsWith("ferry: ")
                            .contains(named)
                            .endsWith(line.startsWith("ferry: cannot listen") ? "--port" : "."));
            assertThat(server.out()).isEmpty();
        }
    }

    private static String[] with(String... arguments) {
        return arguments;
    }

    @Test
    void aBusyPortIsNamedWithAWayOut() throws IOException {
        try (var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var port = Integer.toString(busy.getLocalPort());
            refuses(Map.of(), data, with("--port", port), "127.0.0.1:" + port, "--port");
        }
        assertThat(data).doesNotExist();
    }

    @Test
    void aSecondServerOnTheSameFolderIsRefusedAndTheFirstGoesOn() throws IOException {
        try (var first =
                ServerProcess.start(folder, Map.of(), "serve", "--sandbox", "--port", "0", "--data", data.toString())) {
            var url = first.url();
            var key = Files.readString(data.resolve("master.key"));
            refuses(
                    Map.of(),
                    data,
                    with("--sandbox", "--port", "0"),
                    data.toRealPath().toString(),
                    "in use by another Ferry",
                    "--data");
            assertThat(first.url()).isEqualTo(url);
            assertThat(data.resolve("master.key")).hasContent(key);
        }
    }

    @Test
    void aFileInTheWayOfTheDataFolderIsNamed() throws IOException {
        Files.writeString(data, "mine");
        refuses(Map.of(), data, with("--port", "0"), data + " is not a folder", "--data");
        assertThat(data).hasContent("mine");
    }

    @Test
    void aDataFolderBelowAFileIsNamed() throws IOException {
        Files.writeString(data, "mine");
        var below = data.resolve("inner");
        refuses(Map.of(), below, with("--port", "0"), below.toString(), "--data");
        assertThat(data).hasContent("mine");
    }

    @Test
    void aFolderOfSomebodyElsesFilesIsLeftAsItIs() throws IOException {
        Files.createDirectory(data);
        Files.writeString(data.resolve("letter.txt"), "mine");
        var before = Files.getPosixFilePermissions(data);
        refuses(Map.of(), data, with("--port", "0"), "holds files that are not Ferry's", "--data");
        assertThat(data).isDirectoryNotContaining(file -> !file.endsWith("letter.txt"));
        assertThat(Files.getPosixFilePermissions(data)).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({
        "FERRY_PORT, eighty, a whole number from 0 to 65535",
        "FERRY_WORKERS, -1, a whole number from 0 to 1000",
        "FERRY_HEARTBEAT, soon, a duration like",
        "FERRY_LOG_LEVEL, LOUD, one of ERROR",
        "FERRY_MASTER_KEY, short, ./ferry master-key",
        "FERRY_WORKRES, 3, is not a setting",
        "FERRY_DATABASE_URL, jdbc:postgresql://127.0.0.1:1/none, FERRY_MASTER_KEY is required",
    })
    void aBadSettingIsNamedWithWhatIsAllowed(String name, String value, String remedy) {
        refuses(Map.of(name, value), data, with("--port", "0"), name, remedy);
        assertThat(data).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({
        "--workers, -1, a whole number from 0 to 1000",
        "--port, 65536, a whole number from 0 to 65535",
        "--port, -1, a whole number from 0 to 65535",
    })
    void anOptionOutOfRangeIsNamedWithWhatIsAllowed(String option, String value, String remedy) {
        refuses(Map.of(), data, with(option, value), option, value, remedy);
        assertThat(data).doesNotExist();
    }

    @Test
    void theSandboxDoesNotGoWithAnOpenHost() {
        refuses(
                Map.of(),
                data,
                with("--sandbox", "--host", "0.0.0.0", "--port", "0"),
                "--sandbox goes with",
                "--sandbox-public");
        assertThat(data).doesNotExist();
    }
}
