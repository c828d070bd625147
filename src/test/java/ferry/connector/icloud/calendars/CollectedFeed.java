package ferry.connector.icloud.calendars;

import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.error.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A feed in memory, of a type that has no files.
public final class CollectedFeed implements Feed {
    private final List<ObjectNode> items = new ArrayList<>();
    private final List<String> refusals = new ArrayList<>();
    private final Map<String, String> warnings = new TreeMap<>();
    private boolean complete = true;

    /// The records of that kind.
    public List<ObjectNode> of(String kind) {
        return items.stream()
                .filter(item -> item.path("data_type").asString("").equals(kind))
                .toList();
    }

    /// All ids, in the order they came.
    public List<String> ids() {
        return items.stream().map(item -> item.path("id").asString("")).toList();
    }

    /// The one record with that id.
    public JsonNode one(String id) {
        var found = items.stream()
                .filter(item -> item.path("id").asString("").equals(id))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " records have the id " + id + "; there are " + ids());
        }
        return found.getFirst();
    }

    /// What was refused: id and code.
    public List<String> refusals() {
        return refusals;
    }

    /// Sentences by code.
    public Map<String, String> warnings() {
        return warnings;
    }

    /// Whether nothing is known to be lacking.
    public boolean complete() {
        return complete;
    }

    @Override
    public void item(ObjectNode node) {
        items.add(node.deepCopy());
    }

    @Override
    public String fileId(FileRef ref) {
        throw new AssertionError("calendars have no files");
    }

    @Override
    public boolean wants(String fileType) {
        return false;
    }

    @Override
    public Files files() {
        throw new AssertionError("calendars have no files");
    }

    @Override
    public void expect(long total) {}

    @Override
    public void refused(String item, ErrorCode why, String detail) {
        refusals.add(item + " " + why.slug());
        complete = false;
    }

    @Override
    public void warn(String code, String detail) {
        warnings.put(code, detail);
    }

    @Override
    public void incomplete() {
        complete = false;
    }
}
