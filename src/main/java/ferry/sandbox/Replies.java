package ferry.sandbox;

import ferry.http.Exchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// JSON in and out of an [Exchange].
public final class Replies {
    static final JsonMapper JSON = JsonMapper.builder().build();

    /// More than any request of this protocol holds.
    private static final int MOST_BYTES = 4 * 1024 * 1024;

    private Replies() {}

    /// A new object.
    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /// The request's body, whatever its type is said to be; missing where it is absent or no JSON.
    public static JsonNode body(Exchange exchange) throws IOException {
        var bytes = exchange.body().readNBytes(MOST_BYTES);
        try {
            return JSON.readTree(bytes);
        } catch (JacksonException _) {
            return JsonNodeFactory.instance.missingNode();
        }
    }

    /// Answers with JSON.
    public static void json(Exchange exchange, int status, JsonNode body) {
        exchange.set("Content-Type", "application/json; charset=UTF-8");
        exchange.respond(status, body.toString().getBytes(StandardCharsets.UTF_8));
    }

    /// Answers with a page.
    public static void html(Exchange exchange, int status, String page) {
        exchange.set("Content-Type", "text/html;charset=UTF-8");
        exchange.respond(status, page.getBytes(StandardCharsets.UTF_8));
    }

    /// Answers without a body.
    public static void empty(Exchange exchange, int status) {
        exchange.respond(status, new byte[0]);
    }
}
