package ferry.db;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A PostgreSQL that outlived the process that started it: a kill -9 does not reach it.
///
/// Found through `postmaster.pid`, whose first lines are the process id, the data directory and the start in Unix
/// seconds. Process ids are used again, so the process must prove to be a server on this very directory.
final class Postmaster {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /// The start in the file is taken a moment after the process began, in whole seconds.
    private static final Duration START_TOLERANCE = Duration.ofSeconds(5);

    private Postmaster() {}

    /// Stops the server that still works on `directory`, if there is one. The caller holds the folder's lock, so that
    /// no living Ferry needs that server.
    static void stop(Path directory) {
        var file = directory.resolve("postmaster.pid");
        var process = named(file);
        if (process.isEmpty()) {
            return;
        }
        if (worksOn(process.get(), directory, file)) {
            stop(process.get(), directory);
        } else {
            forget(file);
        }
    }

    /// The port of the server that works on `directory` now: line 4 of the file.
    static Optional<Integer> port(Path directory) {
        var file = directory.resolve("postmaster.pid");
        return named(file).filter(process -> worksOn(process, directory, file)).flatMap(_ -> {
            try {
                return Optional.of(
                        Integer.valueOf(Files.readAllLines(file).get(3).strip()));
            } catch (IOException | NumberFormatException | IndexOutOfBoundsException _) {
                return Optional.empty();
            }
        });
    }

    private static Optional<ProcessHandle> named(Path file) {
        try {
            var lines = Files.readAllLines(file);
            return lines.isEmpty()
                    ? Optional.empty()
                    : ProcessHandle.of(Long.parseLong(lines.getFirst().strip()));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException | NumberFormatException e) {
            throw new DatabaseException(file + " cannot be read; is it a database that Ferry made?", e);
        }
    }

    private static boolean worksOn(ProcessHandle process, Path directory, Path file) {
        var command = process.info().command().map(c -> Path.of(c).getFileName().toString());
        if (command.isPresent() && !List.of("postgres", "postgres.exe").contains(command.get())) {
            return false;
        }
        try {
            var workingDirectory = Path.of("/proc", Long.toString(process.pid()), "cwd");
            if (Files.exists(workingDirectory)) {
                // A server changes into its data directory. Says more than the clock, which may have been set since.
                return Files.isSameFile(workingDirectory, directory);
            }
            var started = Instant.ofEpochSecond(
                    Long.parseLong(Files.readAllLines(file).get(2).strip()));
            return process.info()
                    .startInstant()
                    .filter(start -> Duration.between(start, started).abs().compareTo(START_TOLERANCE) <= 0)
                    .isPresent();
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException _) {
            return false;
        }
    }

    private static void stop(ProcessHandle process, Path directory) {
        interrupt(process);
        try {
            process.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw stillThere(process, directory, e);
        } catch (ExecutionException | TimeoutException e) {
            throw stillThere(process, directory, e);
        }
    }

    /// SIGINT is PostgreSQL's fast shutdown: clients are cut off, nothing is lost. SIGTERM would wait for clients.
    private static void interrupt(ProcessHandle process) {
        try {
            var kill = new ProcessBuilder("sh", "-c", "kill -INT " + process.pid())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (kill.waitFor() == 0) {
                return;
            }
        } catch (IOException _) {
            // No shell (Windows): as below.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        process.destroy();
    }

    /// The id went to a stranger meanwhile. PostgreSQL, which only sees that the process exists, would refuse to start.
    private static void forget(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new DatabaseException(file + " is left from an earlier run and cannot be removed.", e);
        }
    }

    private static DatabaseException stillThere(ProcessHandle process, Path directory, Exception e) {
        return new DatabaseException(
                "A PostgreSQL of an earlier run (process " + process.pid() + ") still works on " + directory
                        + "; stop it with: kill -INT " + process.pid(),
                e);
    }
}
