package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
    void aFolderThatCannotBeIsRefusedInOneLine() throws IOException {
        var file = Files.writeString(temporary.resolve("file"), "");
        for (var folder : List.of(file, file.resolve("below"), file.resolve("far/below"))) {
            assertThatThrownBy(() -> DataFolder.open(folder))
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContainingAll(folder.toString(), "--data")
                    .hasMessageNotContaining("\n");
        }
        assertThatThrownBy(() -> DataFolder.open(file)).hasMessageContaining("is not a folder");
    }

    @Test
    void aFolderThatThisUserMayNotWriteIsRefusedInOneLine() throws Exception {
        open(temporary);
        var readable = Files.createDirectories(temporary.resolve("readable"));
        Files.setPosixFilePermissions(readable, PosixFilePermissions.fromString("r-xr-xr-x"));
        var program = copied(temporary.resolve("classes"));
        assertThat(asOrdinaryUser(program, readable))
                .containsExactly("The data folder " + readable.toRealPath()
                        + " is not writable by this user; give it to this user or name another with --data.");
        assertThat(asOrdinaryUser(program, readable.resolve("new")))
                .containsExactly("The data folder " + readable.resolve("new") + " cannot be used (access to "
                        + readable.resolve("new") + " is denied); give it to this user or name another with --data.");
    }

    @Test
    void aFolderOfOthersIsNotClosedToThem() throws IOException {
        var others = Files.createDirectories(temporary.resolve("others"));
        Files.writeString(others.resolve("theirs"), "");
        open(others);
        assertThatThrownBy(() -> DataFolder.open(others))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContainingAll("not Ferry's", "--data");
        assertThat(mode(others)).isEqualTo("rwxr-xr-x");

        var empty = Files.createDirectories(temporary.resolve("empty"));
        open(empty);
        DataFolder.open(empty).close();
        assertThat(mode(empty)).isEqualTo("rwx------");
        open(empty);
        DataFolder.open(empty).close();
        assertThat(mode(empty)).isEqualTo("rwx------");
    }

    private static void open(Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    /// The few classes a [DataFolder] needs, where every user can read them.
    private static Path copied(Path target) throws IOException {
        var room = Files.createDirectories(target.resolve("ferry/db"));
        for (var type : List.of(DataFolder.class, DatabaseException.class, DatabaseException.Away.class, Open.class)) {
            var name = type.getName().substring(type.getPackageName().length() + 1) + ".class";
            try (var bytes = type.getResourceAsStream(name)) {
                Files.copy(Objects.requireNonNull(bytes), room.resolve(name));
            }
        }
        return target;
    }

    /// What [Open] prints. Root may write everywhere, so it becomes somebody else for this.
    private static List<String> asOrdinaryUser(Path classes, Path folder) throws Exception {
        var command = new ArrayList<String>();
        if (System.getProperty("user.name").equals("root")) {
            assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "root without setpriv stays root");
            command.addAll(List.of("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classes.toString(),
                Open.class.getName(),
                folder.toString()));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var lines = process.inputReader().lines().toList();
        process.waitFor();
        return lines;
    }

    static final class Open {
        private Open() {}

        public static void main(String[] args) {
            try {
                DataFolder.open(Path.of(args[0])).close();
                System.out.println("opened");
            } catch (DatabaseException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
