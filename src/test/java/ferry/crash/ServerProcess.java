package ferry.crash;

import ferry.testing.Client;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/// `ferry serve` in a process of its own, so that it can be killed. Closed by the test, which kills it.
final class ServerProcess implements AutoCloseable {
    private static final Pattern ANSWERS = Pattern.compile("answers at (http://\\S+)");

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(20);

    private final Process process;
    private final Path out;
    private String url = "";

    private ServerProcess(Process process, Path out) {
        this.process = process;
        this.out = out;
    }

    /// Starts it on a free port; returns once it says that it answers, and does.
    ///
    /// @param data its data folder
    /// @param out where its output goes, after what is there
    /// @param environment beside what this process has
    static ServerProcess start(Path data, Path out, Map<String, String> environment) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var command = new ArrayList<>(List.of(
                java,
                "-XX:+UseSerialGC",
                // What lives for seconds only pays for the second compiler; where figures are taken it is there.
                "-XX:TieredStopAtLevel=" + (Boolean.getBoolean("ferry.slow") ? 4 : 1),
                "-XX:+UseCompactObjectHeaders",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "ferry.Main",
                "serve",
                "--data",
                data.toString(),
                "--port",
                "0"));
        Files.deleteIfExists(out);
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().putAll(environment);
        var server = new ServerProcess(builder.start(), out);
        try {
            patiently("the server says where it answers", () -> server.said().isPresent());
            server.url = server.said().orElseThrow();
            patiently("the server answers", server::answers);
            return server;
        } catch (AssertionError e) {
            server.kill();
            throw new AssertionError("the server does not start: " + Files.readString(out), e);
        }
    }

    /// Waits for another process, which may have little of the machine.
    static void patiently(String what, BooleanSupplier condition) {
        var until = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new AssertionError("never happened: " + what);
            }
            LockSupport.parkNanos(LOOK_AGAIN);
        }
    }

    private Optional<String> said() {
        try {
            var answers = ANSWERS.matcher(Files.readString(out));
            return answers.find() ? Optional.of(answers.group(1)) : Optional.empty();
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private boolean answers() {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(HttpRequest.newBuilder(URI.create(url + "/health")).build(), BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException _) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    Client client(String token) {
        return new Client(url, token);
    }

    /// SIGKILL: nothing of it runs any more when this returns. Its PostgreSQL is a process of its own and goes on.
    void kill() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new AssertionError("a killed process goes on: " + process.pid());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// SIGTERM, so that its PostgreSQL stops with it.
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            kill();
        }
    }
}
