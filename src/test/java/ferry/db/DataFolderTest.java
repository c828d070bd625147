package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
    @TempDir
    Path temporary;

    @Test
    void theFolderAndItsSecretsAreForThisUserOnly() throws IOException {
        try (var folder = DataFolder.open(temporary.resolve("a/b"))) {
            folder.writeOnce("key", "s3cret");
            assertThat(folder.read("key")).contains("s3cret");
            assertThat(mode(folder.path())).isEqualTo("rwx------");
            assertThat(mode(folder.path().resolve("key"))).isEqualTo("rw-------");
            try (var files = Files.list(folder.path())) {
                assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("lock", "key");
            }
        }
    }

    @Test
    void aSecretIsWrittenOnce() {
        try (var folder = DataFolder.open(temporary.resolve("a"))) {
            folder.writeOnce("key", "first");
            assertThatThrownBy(() -> folder.writeOnce("key", "second"))
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageNotContaining("second");
            assertThat(folder.read("key")).contains("first");
            assertThat(folder.read("other")).isEmpty();
        }
    }

    @Test
    void noSymbolicLinkIsFollowed() throws IOException {
        var elsewhere = Files.writeString(temporary.resolve("elsewhere"), "not ours");
        try (var folder = DataFolder.open(temporary.resolve("a"))) {
            Files.createSymbolicLink(folder.path().resolve("key"), elsewhere);
            Files.createSymbolicLink(folder.path().resolve("dangling"), temporary.resolve("new"));
            assertThatThrownBy(() -> folder.read("key")).isInstanceOf(DatabaseException.class);
            assertThatThrownBy(() -> folder.writeOnce("key", "x")).isInstanceOf(DatabaseException.class);
            assertThatThrownBy(() -> folder.writeOnce("dangling", "x")).isInstanceOf(DatabaseException.class);
            assertThat(elsewhere).hasContent("not ours");
            assertThat(temporary.resolve("new")).doesNotExist();
        }
    }

    @Test
    void oneFolderIsOpenOnce() {
        var path = temporary.resolve("a");
        try (var _ = DataFolder.open(path)) {
            assertThatThrownBy(() -> DataFolder.open(path.resolve("../a")))
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContainingAll("in use by another Ferry", "--data");
        }
        DataFolder.open(path).close();
    }

    @Test
    void aFileInPlaceOfTheFolderIsRefusedInOneLine() throws IOException {
        var file = Files.writeString(temporary.resolve("file"), "");
        assertThatThrownBy(() -> DataFolder.open(file))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContaining(file.toString())
                .hasMessageNotContaining("\n");
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
