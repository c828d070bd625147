package ferry.result;

import ferry.error.ErrorCode;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Exchange;
import ferry.http.Routes;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Pattern;

/// `GET /schemas/{type}`: the JSON Schema of the feeds of one data or info type, such as `icpl.photos`. Needs no
/// token: it says nothing of anyone.
///
/// `.json` may follow the type, so that the schemas' references to each other, which are relative, lead a validator
/// that loads by URL back here: `/schemas/metadata.json` describes what all feeds have in common.
public final class SchemaEndpoints implements Endpoints {
    private static final Pattern NAME = Pattern.compile("[a-z0-9_]+(\\.[a-z0-9_]+)*");
    private static final String SUFFIX = ".json";

    @Override
    public void routes(Routes routes) {
        routes.open("GET", "/schemas/{type}", SchemaEndpoints::schema);
    }

    private static void schema(Exchange exchange, Map<String, String> path) throws IOException {
        var asked = path.getOrDefault("type", "");
        var name = asked.endsWith(SUFFIX) ? asked.substring(0, asked.length() - SUFFIX.length()) : asked;
        exchange.set("Content-Type", "application/schema+json").respond(200, bytes(name));
    }

    /// @param name never a path: it is checked before anything is opened
    private static byte[] bytes(String name) throws IOException {
        if (NAME.matcher(name).matches()) {
            try (var schema = SchemaEndpoints.class.getResourceAsStream("/schemas/" + name + SUFFIX)) {
                if (schema != null) {
                    return schema.readAllBytes();
                }
            }
        }
        throw new ApiException(ErrorCode.NOT_FOUND, "No feed has a schema of this name.");
    }
}
