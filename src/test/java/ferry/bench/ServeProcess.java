package ferry.bench;

import ferry.sandbox.Sandbox;
import ferry.testing.Client;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// `./ferry serve` on a folder, in a process of its own, with the launcher's own flags. Closed by whoever
/// started it.
final class ServeProcess implements AutoCloseable {
    private static final Pattern ANSWERS = Pattern.compile("answers at (http\\S+)");
    private static final Pattern COLLECTION = Pattern.compile("(\\d+)([KM])->(\\d+)([KM])\\(");

    private final Process process;
    private final Path folder;
    private final Path collections;
    private final String url;
    private final Duration took;

    private ServeProcess(Process process, Path folder, Path collections, String url, Duration took) {
        this.process = process;
        this.folder = folder;
        this.collections = collections;
        this.url = url;
        this.took = took;
    }

    /// Starts it and waits until it says that it answers.
    ///
    /// @param folder the data folder; stays
    /// @param upstream read in place of the service's own sandbox
    static ServeProcess start(Path folder, Optional<Sandbox> upstream) throws IOException {
        Files.createDirectories(folder.getParent());
        var collections = folder.resolveSibling("collections-" + System.nanoTime() + ".log");
        var command = new ProcessBuilder(
                        root().resolve("ferry").toString(),
                        "serve",
                        "--sandbox",
                        "--port",
                        "0",
                        "--data",
                        folder.toString())
                .redirectErrorStream(true);
        command.environment()
                .merge("FERRY_JAVA_OPTS", "-Xlog:gc:file=" + collections, (more, ours) -> ours + " " + more);
        upstream.ifPresent(sandbox -> command.environment()
                .putAll(Map.of(
                        "FERRY_ICLOUD_AUTH_URL", sandbox.authUrl().toString(),
                        "FERRY_ICLOUD_SETUP_URL", sandbox.setupUrl().toString(),
                        "FERRY_ICLOUD_HOME_URL", sandbox.homeUrl().toString())));
        long start = System.nanoTime();
        var process = command.start();
        var url = url(process.inputReader());
        return new ServeProcess(process, folder, collections, url, Duration.ofNanos(System.nanoTime() - start));
    }

    private static String url(BufferedReader said) throws IOException {
        var all = new StringBuilder();
        for (var line = said.readLine(); line != null; line = said.readLine()) {
            var answers = ANSWERS.matcher(line);
            if (answers.find()) {
                Thread.ofPlatform().daemon().start(() -> said.lines().forEach(System.out::println));
                return answers.group(1);
            }
            all.append(line).append('\n');
        }
        throw new IOException("the service did not start:\n" + all);
    }

    /// A client with the first organisation's token.
    Client client() throws IOException {
        return new Client(url, Files.readString(folder.resolve("token")).strip());
    }

    /// Where the API answers.
    String url() {
        return url;
    }

    /// From the launcher's start to the line that says that requests are answered.
    Duration took() {
        return took;
    }

    /// The most memory the process ever had resident, the code it maps included; empty where the system does
    /// not tell.
    Optional<Long> peakResidentMb() throws IOException {
        return status("VmHWM");
    }

    /// What it has resident now.
    Optional<Long> residentMb() throws IOException {
        return status("VmRSS");
    }

    /// The most heap in use before and after a collection.
    String heap() throws IOException {
        long before = 0;
        long after = 0;
        for (var line : Files.readAllLines(collections)) {
            var collection = COLLECTION.matcher(line);
            if (collection.find()) {
                before = Math.max(before, megabytes(collection.group(1), collection.group(2)));
                after = Math.max(after, megabytes(collection.group(3), collection.group(4)));
            }
        }
        return before + " MB before a collection, " + after + " MB after one";
    }

    /// Asks it to stop, and waits.
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("the service did not stop within 30 s");
            }
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(collections);
    }

    /// Deletes a folder and all that is in it.
    static void delete(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private Optional<Long> status(String name) throws IOException {
        var file = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
                .findFirst();
    }

    private static long megabytes(String number, String unit) {
        return unit.equals("K") ? Long.parseLong(number) / 1024 : Long.parseLong(number);
    }

    private static Path root() {
        return Path.of("").toAbsolutePath();
    }
}
