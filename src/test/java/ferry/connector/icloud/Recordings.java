package ferry.connector.icloud;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// Real answers that lie beside the project; a test that wants them is skipped where they are absent.
public final class Recordings {
    private Recordings() {}

    /// The path of one of them.
    public static Path icloud(String name) {
        for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            var file = at.resolve("shared/recordings/icloud").resolve(name);
            if (Files.exists(file)) {
                return file;
            }
        }
        Assumptions.abort("no recordings beside the project: " + name + " is not there");
        throw new AssertionError("not reached");
    }
}
