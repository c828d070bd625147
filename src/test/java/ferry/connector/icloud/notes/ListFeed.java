package ferry.connector.icloud.notes;

import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import ferry.connector.Feed;
import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Target;
import ferry.connector.icloud.web.Json;
import ferry.error.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A feed in memory, which wants no files.
public final class ListFeed implements Feed {
    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    public final List<ObjectNode> items = new ArrayList<>();
    public final List<String> refusals = new ArrayList<>();
    public final List<String> warnings = new ArrayList<>();
    public boolean complete = true;

    public List<String> ids() {
        return items.stream().map(item -> item.path("id").asString("")).toList();
    }

    /// The only record of that id.
    public JsonNode item(String id) {
        var found = items.stream()
                .filter(item -> item.path("id").asString("").equals(id))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " records are " + id);
        }
        return found.getFirst();
    }

    /// The records of that kind.
    public List<ObjectNode> of(String kind) {
        return items.stream()
                .filter(item -> item.path("data_type").asString("").equals(kind))
                .toList();
    }

    /// Where a feed of these records breaks its schema.
    public List<String> errors(String dataType) {
        var feed = Json.object();
        items.forEach(feed.putArray("data")::add);
        var metadata = feed.putObject("metadata")
                .put("count", items.size())
                .put("data_type", dataType)
                .put("schema", "1")
                .put("complete", complete)
                .put("listed", items.size())
                .put("published", items.size())
                .put("refused", 0);
        metadata.putObject("source").put("identifier", "someone@example.com");
        metadata.putObject("window").put("mode", "full");
        metadata.putArray("warnings");
        return SCHEMAS.getSchema(SchemaLocation.of("classpath:schemas/" + dataType + ".json")).validate(feed).stream()
                .map(error -> error.getInstanceLocation() + " " + error.getKeyword() + " " + error.getMessage())
                .toList();
    }

    @Override
    public void item(ObjectNode node) {
        items.add(node.deepCopy());
    }

    @Override
    public String fileId(FileRef ref) {
        return ref.fileType() + "/" + ref.locator();
    }

    @Override
    public boolean wants(String fileType) {
        return false;
    }

    @Override
    public Files files() {
        return new Files() {
            @Override
            public boolean isPublished(FileRef ref) {
                throw new AssertionError("nobody wants files");
            }

            @Override
            public Target open(FileRef ref, FileMeta meta) {
                throw new AssertionError("nobody wants files");
            }

            @Override
            public void refused(FileRef ref, ErrorCode why, String detail) {
                throw new AssertionError("nobody wants files");
            }
        };
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
        warnings.add(code);
    }

    @Override
    public void incomplete() {
        complete = false;
    }
}
