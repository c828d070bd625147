package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.crypto.MasterKey;
import ferry.db.Backup;
import ferry.db.Database;
import ferry.db.Login;
import ferry.db.Roles;
import ferry.testing.Databases;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

/// A whole service moves from one database to another, and its sessions go on there.
class BackupCommandsTest {
    private static final String JOHN = "john.appleseed@sandbox.example";
    /// What is about running processes and stays behind.
    private static final List<String> EPHEMERAL =
            List.of("flyway_schema_history", "key_holder", "node", "scheduled_tasks", "upstream_stream");

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void aServiceMovesToAnEmbeddedDatabaseAndToAnExternalOneAndGoesOn() throws Exception {
        try (var app = TestApp.start()) {
            var client = app.client();
            var session = client.activeSession(JOHN);
            client.storage("local://backup/results");
            var feed = client.completedPoll(session, "'data_types': ['icpl.photos', 'icloud.account.info']");
            var id = newestFile(feed.at("/results/data")
                    .valueStream()
                    .filter(result -> result.at("/identifier").asString().equals("data:icpl.photos"))
                    .findFirst()
                    .orElseThrow()
                    .at("/url")
                    .asString());
            var later = client.user("later");
            client.session(later, "icloud.account", JOHN, "'password': 'password'");
            app.organisation("Second", Scopes.ALL).client().user("somebody");

            // From a database that runs …
            var first = folder.resolve("first.backup");
            var rows = backedUp(app.logins().owner(), first);
            // … to an embedded one, and from there, stopped, to an external one.
            var data = dataFolder(app.master());
            var external = Databases.empty();
            var env = env(external, app.master());
            var second = folder.resolve("second.backup");
            assertThat(restore(Map.of(), first, "--data", data.toString()))
                    .as(err.toString())
                    .isZero();
            assertThat(backup(Map.of(), second, "--data", data.toString()))
                    .as(err.toString())
                    .isZero();
            assertThat(err.toString()).contains(data.resolve("master.key").toString(), "useless");
            assertThat(restore(env, second)).as(err.toString()).isZero();
            assertThat(rows(external.owner())).isEqualTo(rows);
            assertThat(rows).containsKeys("organisation", "session", "result", "event", "audit", "open_sign_in");

            try (var db = restored(external, app.master());
                    var node = app.node(db, app.master())) {
                var there = client.at(node.url());
                assertThat(there.completedPoll(session, "'files': ['" + id + "']")
                                .at("/results/data/0/identifier")
                                .asString())
                        .isEqualTo("file:" + id);
                assertThat(there.session(later, "icloud.account", JOHN, "'code': '123456'")
                                .at("/state")
                                .asString())
                        .isEqualTo("active");
                assertThat(there.user("new")).isNotEmpty();
            }

            assertThat(restore(env, second)).isEqualTo(1);
            assertThat(err.toString()).contains("holds organisations");
        }
    }

    @Test
    void aTaskThatWasUnderWayIsDoneAgainWhereItIsRestored() throws Exception {
        try (var app = TestApp.start()) {
            var client = app.client();
            var session = client.activeSession(JOHN);
            client.storage("local://backup/results");
            var done = client.completedPoll(session, "'data_types': ['icpl.photos']");
            var poll = done.at("/id").asString();
            var file = folder.resolve("a.backup");
            Backup.write(app.logins().owner(), file, "test", Instant.now(), (_, _, _) -> {});
            var external = Databases.empty();
            assertThat(restore(env(external, app.master()), file)).isZero();
            // As a backup has it whose moment is in the middle of the work: in process, and nobody executes it.
            jdbi(external.owner()).useHandle(tx -> {
                tx.execute("delete from result");
                tx.execute(
                        "update task set state = 'processing', date_completed = null where poll = cast(? as uuid)",
                        poll);
                tx.execute("update poll set date_completed = null where id = cast(? as uuid)", poll);
            });

            try (var db = restored(external, app.master());
                    var node = app.node(db, app.master())) {
                var again = client.at(node.url())
                        .settled(
                                "/polls/" + poll, p -> p.at("/state").asString().equals("completed"));
                assertThat(again.at("/results/total_count").asInt()).isEqualTo(1);
                // What was told between the backup and the restore is in no row: nobody looks for objects without one.
                assertThat(db.<Integer>system(tx -> tx.createQuery("select count(*) from leftover")
                                .mapTo(Integer.class)
                                .one()))
                        .isZero();
                assertThat(db.<Integer>system(tx -> tx.createQuery("select max(attempt) from task where type = 'data'")
                                .mapTo(Integer.class)
                                .one()))
                        .isEqualTo(2);
            }
        }
    }

    @Test
    void anotherMasterKeyIsRefusedAndNothingIsThere() throws Exception {
        try (var app = TestApp.start()) {
            var file = folder.resolve("a.backup");
            Backup.write(app.logins().owner(), file, "test", Instant.now(), (_, _, _) -> {});
            var external = Databases.empty();

            assertThat(restore(env(external, MasterKey.generate(new SecureRandom())), file))
                    .isEqualTo(1);

            assertThat(err.toString())
                    .hasLineCount(1)
                    .contains("FERRY_MASTER_KEY does not open", app.master().primary());
            assertThat(rows(external.owner()).get("organisation")).isEmpty();
            assertThat(restore(env(external, app.master()), file)).isZero();
        }
    }

    @Test
    void aFolderWithoutTheMasterKeyIsNotFilled() throws Exception {
        try (var app = TestApp.start()) {
            var file = folder.resolve("a.backup");
            Backup.write(app.logins().owner(), file, "test", Instant.now(), (_, _, _) -> {});

            assertThat(restore(Map.of(), file, "--data", folder.resolve("new").toString()))
                    .isEqualTo(1);

            assertThat(err.toString()).hasLineCount(1).contains("master.key is missing");
            assertThat(folder.resolve("new")).doesNotExist();
        }
    }

    private int backup(Map<String, String> env, Path file, String... more) {
        return run(new CommandLine(new BackupCommand(env)), file, more);
    }

    private int restore(Map<String, String> env, Path file, String... more) {
        return run(new CommandLine(new RestoreCommand(env)), file, more);
    }

    private int run(CommandLine command, Path file, String... more) {
        err.getBuffer().setLength(0);
        var all = new String[more.length + 1];
        all[0] = file.toString();
        System.arraycopy(more, 0, all, 1, more.length);
        return command.setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setExecutionExceptionHandler(Main.commandLine().getExecutionExceptionHandler())
                .execute(all);
    }

    private Path dataFolder(MasterKey master) throws Exception {
        var data = Files.createDirectory(
                folder.resolve("data"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(data.resolve("master.key"), master.text().reveal());
        return data.toRealPath();
    }

    private static Map<String, String> env(Databases.Logins logins, MasterKey master) {
        var owner = logins.owner();
        return Map.of(
                "FERRY_DATABASE_URL",
                owner.url() + "?user=" + owner.user() + "&password="
                        + URLEncoder.encode(owner.password(), StandardCharsets.UTF_8),
                "FERRY_DATABASE_ROLES",
                "restored",
                "FERRY_MASTER_KEY",
                master.text().reveal());
    }

    private static Database restored(Databases.Logins logins, MasterKey master) {
        var roles = new Roles(
                "restored",
                master.derive("database-role/tenant").reveal(),
                master.derive("database-role/system").reveal());
        var url = logins.owner().url();
        return Database.open(roles.tenantAt(url), roles.systemAt(url), 8);
    }

    private static Jdbi jdbi(Login owner) {
        return Jdbi.create(owner.url(), owner.user(), owner.password());
    }

    /// Backs up what does not change meanwhile: totals are folded and sweepers sweep for a moment after a request.
    private static Map<String, List<String>> backedUp(Login owner, Path file) {
        return Eventually.get(
                () -> {
                    var before = rows(owner);
                    try {
                        Files.deleteIfExists(file);
                        Backup.write(owner, file, "test", Instant.now(), (_, _, _) -> {});
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return before.equals(rows(owner)) ? before : Map.<String, List<String>>of();
                },
                rows -> !rows.isEmpty());
    }

    /// Every row of every table as text, without the columns that no backup holds, and where each sequence stands.
    private static Map<String, List<String>> rows(Login owner) {
        return jdbi(owner).withHandle(tx -> {
            var all = new TreeMap<String, List<String>>();
            tx.createQuery("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
                    .mapTo(String.class)
                    .filter(table -> !EPHEMERAL.contains(table))
                    .forEach(table -> all.put(
                            table,
                            tx.createQuery("select " + row(table) + " from \"" + table + "\" t order by 1")
                                    .mapTo(String.class)
                                    .list()));
            tx.createQuery("select relname from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace")
                    .mapTo(String.class)
                    .forEach(sequence -> all.put(
                            sequence,
                            tx.createQuery("select last_value || ' ' || is_called from \"" + sequence + "\"")
                                    .mapTo(String.class)
                                    .list()));
            return all;
        });
    }

    private static String row(String table) {
        return switch (table) {
            case "poll" -> "(to_jsonb(t) - 'all_known')::text";
            case "task" -> "(to_jsonb(t) - 'payload')::text";
            case "resend" -> "(to_jsonb(t) - 'answer')::text";
            default -> "t::text";
        };
    }

    private static String newestFile(String url) throws Exception {
        return JsonMapper.builder()
                .build()
                .readTree(Files.readString(Path.of(url.replace("local://", ""))))
                .at("/data/0/files/0/id")
                .asString();
    }
}
