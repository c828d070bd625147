package ferry.connector.icloud.drive;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A folder that waits to be listed; small, since many may wait.
///
/// @param id in the feed; null for the root, which is no item of the owner's
/// @param path from the root, empty for the root itself
/// @param children how many the source says it holds
record Folder(String drivewsid, @Nullable String id, String path, Optional<JsonNode> share, long children) {
    static final Folder ROOT = new Folder("FOLDER::com.apple.CloudDocs::root", null, "", Optional.empty(), 0);

    static Folder of(Item item, String path) {
        return new Folder(
                item.drivewsid(),
                item.id(),
                path,
                item.share(),
                item.natural("directChildrenCount").orElse(0));
    }
}
