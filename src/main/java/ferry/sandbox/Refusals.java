package ferry.sandbox;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// How sign-in refuses (`icloud-protocol 1.5`).
final class Refusals {
    private Refusals() {}

    /// A body with one service error.
    static ObjectNode refusal(String code, String message) {
        var body = Replies.object();
        body.putArray("serviceErrors")
                .addObject()
                .put("code", code)
                .put("message", message)
                .put("suppressDismissal", false);
        return body;
    }

    /// The body for an account that is locked.
    static ObjectNode locked() {
        var body = Replies.object();
        body.putArray("serviceErrors")
                .addObject()
                .put("code", "-20209")
                .put("title", "This Apple Account has been locked for security reasons")
                .put("message", "You must unlock your account before signing in.")
                .put("suppressDismissal", false);
        return body.put("hasError", true);
    }

    /// The status in HTTP, or, as old recordings show it, 200 in HTTP and the status beside it.
    static void logically(JournaledExchange exchange, @Nullable Account account, int status, JsonNode body) {
        exchange.set("X-Apple-I-Rscd", String.valueOf(status));
        Replies.json(exchange, account != null && account.has(Trait.LOGICAL_STATUS) ? 200 : status, body);
    }

    /// A sign-in that is no more, or headers that are not the newest.
    static void ended(JournaledExchange exchange) {
        Replies.json(exchange, 401, Replies.object().put("hasError", true));
    }
}
