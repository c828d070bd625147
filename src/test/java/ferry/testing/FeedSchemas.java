package ferry.testing;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Feeds' schemas as a client has them: fetched from the service, references to other schemas included.
public final class FeedSchemas {
    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12,
            builder -> builder.schemaLoader(loader -> loader.fetchRemoteResources()));
    private final String url;

    /// @param url where the API answers
    public FeedSchemas(String url) {
        this.url = url;
    }

    /// Where a whole feed breaks its schema; the values themselves are not named.
    public List<String> errors(String type, JsonNode feed) {
        return errors(schema(type), feed);
    }

    /// The schema of that type's whole feeds.
    public Schema schema(String type) {
        return registry.getSchema(SchemaLocation.of(url + "/schemas/" + type));
    }

    /// Where something breaks a schema.
    public static List<String> errors(Schema schema, JsonNode node) {
        return schema.validate(node).stream()
                .map(error -> error.getInstanceLocation() + " " + error.getKeyword() + " at "
                        + error.getSchemaLocation().getFragment())
                .toList();
    }
}
