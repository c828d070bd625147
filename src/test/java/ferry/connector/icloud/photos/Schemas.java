package ferry.connector.icloud.photos;

import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// Validates whole feeds against their schemas.
final class Schemas {
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private Schemas() {}

    /// Where the feed of these records breaks its schema; the values themselves are not named.
    static List<String> errors(String dataType, List<ObjectNode> items) {
        var feed = FakeCloud.JSON.createObjectNode();
        var data = feed.putArray("data");
        items.forEach(data::add);
        var metadata = feed.putObject("metadata")
                .put("count", items.size())
                .put("data_type", dataType)
                .put("schema", "1")
                .put("complete", true)
                .put("listed", items.size())
                .put("published", 0)
                .put("refused", 0);
        metadata.putObject("source").put("identifier", "someone@example.com");
        metadata.putObject("window").putNull("since").putNull("until").put("mode", "full");
        metadata.putArray("warnings").addObject().put("code", "a_warning").put("detail", "A sentence.");
        return REGISTRY.getSchema(SchemaLocation.of("classpath:schemas/" + dataType + ".json")).validate(feed).stream()
                .map(e -> e.getInstanceLocation() + " " + e.getKeyword())
                .toList();
    }
}
