package ferry.connector.icloud.drive;

import ferry.connector.FileRef;
import ferry.connector.icloud.web.KeptFeed;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.node.ObjectNode;

/// A kept feed whose records have paths.
public class DriveFeed extends KeptFeed {
    /// The record at that path.
    public ObjectNode at(String path) {
        return items.stream()
                .filter(i -> i.path("path").asString("").equals(path))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing at " + path + " but " + paths()));
    }

    public List<String> paths() {
        return items.stream().map(i -> i.path("path").asString("")).toList();
    }

    /// The reference of the file at that path.
    public FileRef fileAt(String path) {
        return ref(at(path).path("files").path(0).path("id").asString(""));
    }

    public String text(String path) {
        return new String(Objects.requireNonNull(published.get(fileAt(path))), StandardCharsets.UTF_8);
    }
}
