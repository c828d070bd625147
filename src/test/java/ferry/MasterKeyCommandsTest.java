package ferry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.cli.CommandFailed;
import ferry.crypto.CryptoException;
import ferry.crypto.MasterKey;
import ferry.crypto.Secret;
import ferry.settings.Env;
import ferry.settings.SettingException;
import ferry.testing.Client;
import ferry.testing.TestApp;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// The master key in its file, and one that does not belong to the database.
class MasterKeyCommandsTest {
    private Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /// Of a service that ran, and stopped: its first start takes seconds, a copy none.
    @TempDir
    private static Path ran;

    @BeforeAll
    static void once() throws Exception {
        start(ran).close();
    }

    @BeforeEach
    void folder(@TempDir Path temporary) throws Exception {
        folder = Files.createDirectory(temporary.resolve("data")).toRealPath();
    }

    /// As if the service had run on the test's folder.
    private void haveRun() throws IOException {
        Files.delete(folder);
        try (var files = Files.walk(ran)) {
            for (var file : files.toList()) {
                Files.copy(file, folder.resolve(ran.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    @Test
    void theKeyInTheFileIsExchangedBesideTheRunningService() throws Exception {
        try (var service = start()) {
            var before = held();
            assertThat(run("rotate")).as(err.toString()).isZero();

            var after = held();
            assertThat(after.ids()).hasSize(2).startsWith(before.primary());
            assertThat(after.primary()).isNotEqualTo(before.primary());
            var kept = folder.resolve("master.key.before-" + after.primary());
            assertThat(kept).hasContent(before.text().reveal());
            for (var file : new Path[] {kept, folder.resolve("master.key")}) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
            }

            // Sealed by the command under the new key; the service opens it.
            out.getBuffer().setLength(0);
            assertThat(Main.commandLine()
                            .setOut(new PrintWriter(out, true))
                            .setErr(new PrintWriter(err, true))
                            .execute("organisation", "create", "Later", "--data", folder.toString()))
                    .isZero();
            var client = new Client(service.url(), out.toString().strip());
            assertThat(client.post(
                                    "/sessions",
                                    "{'source': {'user': '" + client.user("u")
                                            + "', 'type': 'mocks.mock', 'identifier': 'm'},"
                                            + " 'payload': {'password': 'password'}}")
                            .status())
                    .isEqualTo(201);

            assertThat(run("rotate", "--retire", before.primary()))
                    .as(err.toString())
                    .isZero();
            assertThat(held().ids()).containsExactly(after.primary());
            out.getBuffer().setLength(0);
            assertThat(run("status")).isZero();
            assertThat(out.toString())
                    .containsPattern(after.primary() + "\\s+primary\\s+2\\s+1")
                    .contains("1 running nodes")
                    .doesNotContain(before.primary());
        }
        start().close(); // with what is left
    }

    @Test
    void anExchangeThatWasKilledOnItsWayGoesOnWhereItStopped() throws Exception {
        haveRun();
        var staged = held().withNewKey();
        MasterKeyFile.replace(folder, held(), staged);
        start().close();

        assertThat(run("rotate")).as(err.toString()).isZero();

        assertThat(held().ids()).isEqualTo(staged.ids());
        assertThat(held().primary()).isEqualTo(staged.waiting().orElseThrow());
        start().close();
    }

    @Test
    void aKeyThatDoesNotBelongToTheDatabaseStopsTheStartInOneLine() throws Exception {
        haveRun();
        var right = held();
        var wrong = MasterKey.generate(new SecureRandom());
        Files.writeString(folder.resolve("master.key"), wrong.text().reveal());

        assertThatThrownBy(this::start)
                .isInstanceOf(SettingException.class)
                .hasMessageContainingAll(
                        folder.resolve("master.key").toString(), "does not open", right.primary(), wrong.primary())
                .message()
                .hasLineCount(1);

        Files.delete(folder.resolve("master.key"));
        assertThatThrownBy(this::start)
                .isInstanceOf(CommandFailed.class)
                .hasMessageContaining("missing beside a database");
        assertThat(folder.resolve("master.key")).doesNotExist();
        assertThat(doctor(Map.of())).isEqualTo(1);
        assertThat(out.toString()).containsPattern("fail  key .*missing beside a database");
    }

    @Test
    void aDamagedFileIsNamed() throws Exception {
        haveRun();
        Files.writeString(folder.resolve("master.key"), held().text().reveal().substring(3));

        assertThatThrownBy(this::start)
                .isInstanceOf(CryptoException.class)
                .hasMessageContaining(folder.resolve("master.key").toString());
        assertThat(doctor(Map.of())).isEqualTo(1);
        assertThat(out.toString()).containsPattern("fail  key .*master.key is not a key set");
    }

    @Test
    void aWrongKeyInTheEnvironmentChangesNoPasswordOfTheRoles() throws Exception {
        try (var app = TestApp.start()) {
            var owner = app.logins().owner();
            var env = Map.of(
                    "FERRY_DATABASE_URL",
                    owner.url() + "?user=" + owner.user() + "&password="
                            + URLEncoder.encode(owner.password(), StandardCharsets.UTF_8),
                    "FERRY_MASTER_KEY",
                    MasterKey.generate(new SecureRandom()).text().reveal());

            assertThatThrownBy(() -> OperatorDatabase.of(env, Optional.empty(), Clock.systemUTC())
                            .open())
                    .isInstanceOf(SettingException.class)
                    .hasMessageContaining("FERRY_MASTER_KEY does not open this database");

            app.logins().open(1).close();
            assertThat(doctor(env)).isEqualTo(1);
            assertThat(out.toString()).containsPattern("fail  key .*FERRY_MASTER_KEY does not open");
        }
    }

    @Test
    void aKeyInTheEnvironmentIsPrintedForTheNextStepAndNeverElsewhere() throws Exception {
        var database = ferry.testing.Databases.empty();
        var first = MasterKey.generate(new SecureRandom());
        var env = new java.util.HashMap<>(Map.of(
                "FERRY_DATABASE_URL",
                database.owner().url() + "?user=" + database.owner().user() + "&password="
                        + URLEncoder.encode(database.owner().password(), StandardCharsets.UTF_8),
                "FERRY_DATABASE_ROLES",
                "rotated",
                "FERRY_MASTER_KEY",
                first.text().reveal()));

        var staged = printed(env);
        assertThat(staged.primary()).isEqualTo(first.primary());
        assertThat(staged.waiting()).isPresent();
        env.put("FERRY_MASTER_KEY", staged.text().reveal());
        assertThat(printed(env).ids()).isEqualTo(staged.ids());
        var promoted = printed(env, "--promote");
        assertThat(promoted.primary()).isEqualTo(staged.waiting().orElseThrow());
        env.put("FERRY_MASTER_KEY", promoted.text().reveal());
        assertThat(printed(env, "--retire", first.primary()).ids()).containsExactly(promoted.primary());
        assertThat(err.toString()).doesNotContain("\"aead\"");
    }

    private MasterKey printed(Map<String, String> env, String... args) {
        out.getBuffer().setLength(0);
        assertThat(command(new RotateMasterKey(Map.copyOf(env))).execute(args))
                .as(err.toString())
                .isZero();
        return MasterKey.of(new Secret(out.toString().strip()));
    }

    private Service start() throws Exception {
        return start(folder);
    }

    private static Service start(Path folder) throws Exception {
        var options = new ServiceSettings.Options(
                Optional.of(folder), Optional.empty(), Optional.of(0), Optional.of(0), true, false);
        return Service.start(ServiceSettings.read(new Env(Map.of()), options), Clock.systemUTC());
    }

    private MasterKey held() {
        return MasterKeyFile.read(folder).orElseThrow();
    }

    private int run(String command, String... more) {
        var all = new String[more.length + 2];
        System.arraycopy(more, 0, all, 0, more.length);
        all[more.length] = "--data";
        all[more.length + 1] = folder.toString();
        return command(command.equals("status") ? new MasterKeyStatus(Map.of()) : new RotateMasterKey(Map.of()))
                .execute(all);
    }

    private int doctor(Map<String, String> env) {
        out.getBuffer().setLength(0);
        return command(new Doctor(env)).execute("--port", "0", "--data", folder.toString());
    }

    private CommandLine command(Object command) {
        return new CommandLine(command)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setExecutionExceptionHandler(Main.commandLine().getExecutionExceptionHandler());
    }
}
