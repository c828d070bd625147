package ferry;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import ferry.cli.CommandFailed;
import ferry.db.DataFolder;
import ferry.db.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;

/// The data folder of a demo. It is new each time, since the page starts with an organisation that has nothing;
/// what an earlier demo left in it goes. A mark tells that from data which somebody wants to keep: a folder
/// without it is never touched.
final class DemoFolder {
    private static final String MARK = "demo";
    private static final String BUCKETS = "buckets";

    private final Path path;

    private DemoFolder(Path path) {
        this.path = path;
    }

    /// Makes the folder, or empties it of an earlier demo.
    ///
    /// @throws CommandFailed where it holds anything else
    static DemoFolder fresh(Path folder) throws IOException {
        var path = folder.toAbsolutePath().normalize();
        if (Files.exists(path, NOFOLLOW_LINKS)) {
            clear(path);
        } else {
            Files.createDirectories(path);
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
        Files.writeString(
                path.resolve(MARK), "Made by `./ferry demo`, which empties this folder when it runs again.\n");
        return new DemoFolder(path);
    }

    Path path() {
        return path;
    }

    /// What was published.
    Path buckets() {
        return path.resolve(BUCKETS);
    }

    /// Removes all but what was published. The service must have stopped.
    void sweep() throws IOException {
        delete(path, Set.of(MARK, BUCKETS));
    }

    /// From now on this is somebody's data, which no demo removes.
    void keep() throws IOException {
        Files.deleteIfExists(path.resolve(MARK));
    }

    private static void clear(Path path) throws IOException {
        if (!Files.isDirectory(path, NOFOLLOW_LINKS)) {
            throw new CommandFailed(path + " is not a folder; name another with --data.");
        }
        if (Files.isRegularFile(path.resolve(MARK), NOFOLLOW_LINKS)) {
            stopWhatWasLeft(path);
            delete(path, Set.of());
        } else if (!isEmpty(path)) {
            throw new CommandFailed(
                    path + " holds files that are not an earlier demo's; " + "name a new or empty folder with --data.");
        }
    }

    /// A demo that was killed leaves its database server running. One that still runs is refused.
    private static void stopWhatWasLeft(Path path) {
        try (var folder = DataFolder.open(path)) {
            if (EmbeddedPostgres.running(path).isPresent()) {
                EmbeddedPostgres.start(folder).close();
            }
        }
    }

    private static boolean isEmpty(Path path) throws IOException {
        try (var entries = Files.newDirectoryStream(path)) {
            return !entries.iterator().hasNext();
        }
    }

    private static void delete(Path path, Set<String> except) throws IOException {
        try (var entries = Files.newDirectoryStream(path)) {
            for (var entry : entries) {
                if (!except.contains(entry.getFileName().toString())) {
                    deleteTree(entry);
                }
            }
        }
    }

    private static void deleteTree(Path tree) throws IOException {
        try (var paths = Files.walk(tree)) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
