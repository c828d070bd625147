package ferry.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// `ferry serve` in a process of its own, as the launcher starts it, but for the second compiler: it costs a process
/// that lives for seconds half of them. Closed by the test, which ends the process.
public final class ServerProcess implements AutoCloseable {
    private static final Pattern ANSWERS = Pattern.compile("answers at (http://\\S+)");
    private static final int LONGEST_START_SECONDS = 90;

    private final Process process;
    private final Path out;
    private final Path err;

    private ServerProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /// Starts it; returns at once.
    ///
    /// @param folder of the test, where what the process prints is kept
    public static ServerProcess start(Path folder, Map<String, String> environment, String... arguments) {
        try {
            var command = new ArrayList<>(List.of(
                    java("java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseCompactObjectHeaders",
                    "-XX:+ExitOnOutOfMemoryError",
                    "--enable-native-access=ALL-UNNAMED",
                    // It logs as it does for its operator, not as tests do.
                    "-Dlogback.configurationFile=logback.xml",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "ferry.Main"));
            command.addAll(List.of(arguments));
            var out = Files.createTempFile(folder, "out", ".txt");
            var err = Files.createTempFile(folder, "err", ".txt");
            var builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("FERRY_"));
            builder.environment().putAll(environment);
            return new ServerProcess(builder.start(), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A command of the running JDK.
    public static Path java(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name);
    }

    /// Where it answers, once it does.
    public String url() {
        return Eventually.get(
                () -> {
                    if (!process.isAlive()) {
                        throw new AssertionError("the server ended: " + err());
                    }
                    var found = ANSWERS.matcher(out());
                    return found.find() ? found.group(1) : "";
                },
                url -> !url.isEmpty());
    }

    /// The exit code of one that cannot start.
    public int exitCode() {
        try {
            if (!process.waitFor(LONGEST_START_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("it runs: " + out() + err());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// What it has printed.
    public String out() {
        return text(out);
    }

    /// What it has logged.
    public String err() {
        return text(err);
    }

    /// Its number.
    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
