package ferry.session;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Account;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.Phone;
import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxOptions;
import ferry.sandbox.SecondFactor;
import ferry.testing.Client;
import ferry.testing.ServerProcess;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A canary sings: a password and a code that occur nowhere else are typed once, and ten seconds later neither is in
/// any file, table, log or heap dump of the server.
///
/// The heap dump is what `jcmd GC.heap_dump` writes by default: all objects that are reachable, after a full
/// collection. Garbage that no collection has reached yet may still hold them: a body's bytes become a `String` when
/// JSON is read, and nobody can wipe that.
class CanaryTest {
    private static final String PASSWORD = "CanaryPasswordThatIsNowhereElse-Zx81";
    private static final String WRONG = "CanaryRefusedThatIsNowhereElse-Qy27";
    private static final int CODE = 839_257;
    private static final String ACCOUNT = "canary@sandbox.example";

    private final List<String> found = new ArrayList<>();

    @Test
    void tenSecondsAfterASignInNothingHoldsThePasswordOrTheCode(@TempDir Path folder) throws Exception {
        var data = folder.resolve("data");
        String logged;
        try (var sandbox = Sandbox.start("127.0.0.1", 0, Clock.systemUTC(), SandboxOptions.DEFAULT)) {
            sandbox.accounts().add(account(), PASSWORD, CODE);
            var environment = Map.of(
                    "FERRY_LOG_LEVEL", "DEBUG",
                    "FERRY_ICLOUD_AUTH_URL", sandbox.authUrl().toString(),
                    "FERRY_ICLOUD_SETUP_URL", sandbox.setupUrl().toString(),
                    "FERRY_ICLOUD_HOME_URL", sandbox.homeUrl().toString());
            try (var server = ServerProcess.start(
                    folder, environment, "serve", "--sandbox", "--port", "0", "--data", data.toString())) {
                signIn(new Client(
                        server.url(), Files.readString(data.resolve("token")).strip()));
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(10));

                var dump = folder.resolve("heap.hprof");
                dump(server, dump);
                assertThat(count(dump, "ferry/Main", StandardCharsets.UTF_8))
                        .as("the dump can be searched")
                        .isPositive();
                look("the heap", dump);
                Files.delete(dump);
                logged = server.out() + server.err();
            }
            // After the stop, so that what a checkpoint writes is there too.
            try (var files = Files.walk(folder)) {
                files.filter(Files::isRegularFile)
                        .forEach(file -> look(folder.relativize(file).toString(), file));
            }
        }
        assertThat(found).isEmpty();
        assertThat(logged).contains("DEBUG");
    }

    private static Account account() {
        var factor = new SecondFactor.Codes(
                SecondFactor.Push.ON_REQUEST,
                SecondFactor.Accepted.NO_CONTENT_204,
                true,
                List.of(new Phone(1, "81", "sms", false)));
        return new Account(ACCOUNT, 50_000_000_001L, "Ca", "Nary", factor, Set.of(), new LibrarySpec(5, 4));
    }

    private static void signIn(Client client) {
        var user = client.user("canary");
        var refused = client.session(user, "icloud.account", ACCOUNT, "'password': '" + WRONG + "'");
        assertThat(refused.at("/error").asString()).isEqualTo("credentials-invalid");
        var asked = client.session(user, "icloud.account", ACCOUNT, "'password': '" + PASSWORD + "'");
        assertThat(asked.at("/error").asString()).isEqualTo("code-required");
        var active = client.session(
                user, "icloud.account", ACCOUNT, "'password': '" + PASSWORD + "', 'code': '" + CODE + "'");
        assertThat(active.at("/state").asString()).isEqualTo("active");
    }

    private static void dump(ServerProcess server, Path file) throws Exception {
        var process = new ProcessBuilder(
                        ServerProcess.java("jcmd").toString(),
                        Long.toString(server.pid()),
                        "GC.heap_dump",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(Files.size(file)).as(said).isPositive();
    }

    /// Looks for each canary in the file's bytes, as UTF-8 and as UTF-16 of either order.
    private void look(String where, Path file) {
        for (var canary : List.of(PASSWORD, WRONG, Integer.toString(CODE))) {
            for (var charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
                int times = count(file, canary, charset);
                if (times > 0) {
                    found.add(where + " holds " + canary + " " + times + " times as " + charset);
                }
            }
        }
    }

    private static int count(Path file, String canary, Charset charset) {
        var wanted = canary.getBytes(charset);
        int matched = 0;
        int times = 0;
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 20)) {
            for (int next = in.read(); next >= 0; next = in.read()) {
                // No canary's beginning recurs within it, but for its first byte.
                matched = next == (wanted[matched] & 0xff) ? matched + 1 : next == (wanted[0] & 0xff) ? 1 : 0;
                if (matched == wanted.length) {
                    times++;
                    matched = 0;
                }
            }
            return times;
        } catch (NoSuchFileException _) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
