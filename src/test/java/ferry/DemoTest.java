package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void everyStepOfThePageWorksAndThePublishedFilesStay() throws Exception {
        var data = folder.resolve("demo");

        assertThat(run("demo", "--data", data.toString())).as("%s", err).isZero();

        assertThat(out.toString())
                .contains("Getting started is unconfigured")
                .contains("failed, code-required")
                .contains("Getting started is active")
                .contains("\"data_types\": [\"icpl.photos\"],}")
                .contains("6 results are consumed")
                .contains("Every step worked");
        try (var left = Files.list(data)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder("buckets", "demo");
        }
        try (var published = Files.walk(data.resolve("buckets"))) {
            assertThat(published
                            .filter(Files::isRegularFile)
                            .map(path -> path.toAbsolutePath().toString())
                            .filter(path -> out.toString().contains(path)))
                    .hasSize(6);
        }
    }

    @Test
    void theSameWorksWithResultsInABucketOfS3() throws Exception {
        var data = folder.resolve("demo");

        assertThat(run("demo", "--storage", "s3", "--data", data.toString()))
                .as("%s", err)
                .isZero();

        assertThat(out.toString())
                .contains("\"url\": \"s3://getting-started/results\"")
                .contains("all have the length and the checksum that the API says")
                .contains("Every step worked");
        try (var left = Files.list(data)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder("buckets", "demo");
        }
        try (var downloaded = Files.walk(data.resolve("buckets/getting-started/results"))) {
            assertThat(downloaded.filter(Files::isRegularFile)).hasSize(6);
        }
    }

    @Test
    void aFolderWithOtherFilesIsLeftAlone() throws Exception {
        var letter = Files.writeString(folder.resolve("letter.txt"), "dear");

        assertThat(run("demo", "--data", folder.toString())).isEqualTo(1);

        assertThat(err.toString()).contains("not an earlier demo's").hasLineCount(1);
        assertThat(letter).hasContent("dear");
    }

    @Test
    void whatAnEarlierDemoLeftMakesRoomForTheNext() throws Exception {
        DemoFolder.fresh(folder.resolve("demo"));
        Files.createDirectories(folder.resolve("demo/buckets/getting-started/results"));

        DemoFolder.fresh(folder.resolve("demo"));

        assertThat(folder.resolve("demo/buckets")).doesNotExist();
    }

    @Test
    void aKeptDemoIsNeverEmptied() throws Exception {
        DemoFolder.fresh(folder.resolve("demo")).keep();
        Files.createDirectories(folder.resolve("demo/buckets/getting-started/results"));

        assertThat(run("demo", "--data", folder.resolve("demo").toString())).isEqualTo(1);

        assertThat(folder.resolve("demo/buckets/getting-started/results")).exists();
    }

    private int run(String... args) {
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }
}
