package ferry.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Folders that tests change.
public final class Folders {
    private Folders() {}

    /// Copies a folder with all that is in it, such as what a poll published, for a test to spoil.
    ///
    /// @param to where nothing is yet
    public static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : files.toList()) {
                var copy = to.resolve(from.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }
}
