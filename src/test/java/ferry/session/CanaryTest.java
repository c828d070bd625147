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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
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
                assertThat(counts(dump, List.of(new Needle("ferry/Main", StandardCharsets.UTF_8))))
                        .as("the dump can be searched")
                        .hasSize(1);
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

    /// A text as it may lie in a file.
    private static final class Needle {
        private final String text;
        private final Charset charset;
        private final byte[] bytes;

        Needle(String text, Charset charset) {
            this.text = text;
            this.charset = charset;
            this.bytes = text.getBytes(charset);
        }

        boolean isAt(ByteBuffer file, int place) {
            int i = 0;
            while (i < bytes.length && place + i < file.limit() && file.get(place + i) == bytes[i]) {
                i++;
            }
            return i == bytes.length;
        }
    }

    /// Looks for each canary in the file's bytes, as UTF-8 and as UTF-16 of either order.
    private void look(String where, Path file) {
        var needles = new ArrayList<Needle>();
        for (var canary : List.of(PASSWORD, WRONG, Integer.toString(CODE))) {
            for (var charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
                needles.add(new Needle(canary, charset));
            }
        }
        counts(file, needles)
                .forEach((needle, times) ->
                        found.add(where + " holds " + needle.text + " " + times + " times as " + needle.charset));
    }

    /// How often each is in the file, of those that are. A heap is large: it is read once, whatever is looked for.
    private static Map<Needle, Integer> counts(Path file, List<Needle> needles) {
        var counts = new HashMap<Needle, Integer>();
        var byFirst = needles.stream().collect(Collectors.groupingBy(needle -> needle.bytes[0] & 0xff));
        try (var channel = FileChannel.open(file)) {
            var bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            var candidates = new Needle[256][];
            byFirst.forEach((first, some) -> candidates[first] = some.toArray(Needle[]::new));
            for (int place = 0; place < bytes.limit(); place++) {
                var some = candidates[bytes.get(place) & 0xff];
                for (int i = 0; some != null && i < some.length; i++) {
                    if (some[i].isAt(bytes, place)) {
                        counts.merge(some[i], 1, Integer::sum);
                    }
                }
            }
            return counts;
        } catch (NoSuchFileException _) {
            return Map.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
