package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DoctorTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();

    @Test
    void aMachineThatIsFitGetsNoFail() {
        assertThat(examined(
                        Map.of(), "--port", "0", "--data", folder.resolve("new").toString()))
                .isZero();

        assertThat(out.toString())
                .contains("ok    java", "will be made", "ok    database", "ok    port")
                .doesNotContain("fail");
        assertThat(folder.resolve("new")).doesNotExist();
    }

    @Test
    void aPortInUseIsNamedWithTheWayOut() throws Exception {
        try (var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(examined(
                            Map.of("FERRY_PORT", Integer.toString(busy.getLocalPort())), "--data", folder.toString()))
                    .isEqualTo(1);
        }
        assertThat(line("port")).startsWith("fail").contains("--port");
    }

    @Test
    void aWrongSettingIsNamed() {
        assertThat(examined(Map.of("FERRY_PROT", "8080"))).isEqualTo(1);

        assertThat(line("settings")).startsWith("fail").contains("FERRY_PROT is not a setting");
    }

    @Test
    void aFolderOpenToOthersIsAWarning() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThat(examined(Map.of(), "--port", "0", "--data", folder.toString()))
                .isZero();

        assertThat(line("folder")).startsWith("warn").contains("chmod 700");
    }

    @Test
    void aFileInPlaceOfTheFolderFails() throws Exception {
        var file = Files.writeString(folder.resolve("data"), "");

        assertThat(examined(Map.of(), "--port", "0", "--data", file.toString())).isEqualTo(1);

        assertThat(line("folder")).startsWith("fail").contains("--data");
    }

    @Test
    void aDatabaseThatDoesNotAnswerFailsWithoutShowingThePassword() throws Exception {
        int nobody;
        try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = closed.getLocalPort();
        }
        var out = new StringWriter();
        Main.commandLine().setOut(new PrintWriter(out, true)).execute("master-key");

        assertThat(examined(
                        Map.of(
                                "FERRY_DATABASE_URL",
                                "jdbc:postgresql://127.0.0.1:" + nobody + "/ferry?user=ferry&password=hidden",
                                "FERRY_MASTER_KEY",
                                out.toString().strip()),
                        "--port",
                        "0",
                        "--data",
                        folder.toString()))
                .isEqualTo(1);

        assertThat(line("database")).startsWith("fail").contains("127.0.0.1:" + nobody);
        assertThat(this.out.toString()).doesNotContain("hidden");
    }

    private String line(String about) {
        return out.toString()
                .lines()
                .filter(line -> line.matches("\\w+ +" + about + " .*"))
                .findFirst()
                .orElse("");
    }

    private int examined(Map<String, String> env, String... args) {
        return new CommandLine(new Doctor(env))
                .setOut(new PrintWriter(out, true))
                .execute(args);
    }
}
