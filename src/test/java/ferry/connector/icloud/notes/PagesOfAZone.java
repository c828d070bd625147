package ferry.connector.icloud.notes;

import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Json;
import ferry.egress.Answer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// CloudKit's answers about one zone, page by page, as a test wrote them.
public final class PagesOfAZone implements Calls {
    /// By the token that asks for it, `first` for none.
    public final Map<String, ObjectNode> pages = new HashMap<>();

    public final Map<String, ObjectNode> lookups = new HashMap<>();
    public final List<String> asked = new ArrayList<>();
    /// What an old service answers; null where the account has none.
    public @Nullable JsonNode got;

    public int consents;
    /// Runs when the owner's consent is asked for; says whether it is there then.
    public BooleanSupplier consent = () -> false;

    /// A page of records; the next is asked for by `next`, empty for none.
    public void page(String token, String next, ObjectNode... records) {
        var page = Json.object().put("syncToken", next.isEmpty() ? "end" : next).put("moreComing", !next.isEmpty());
        List.of(records).forEach(page.putArray("records")::add);
        pages.put(token, page);
    }

    /// A record with a JSON object of fields, each `{"type": …, "value": …}`.
    public static ObjectNode record(String name, String type, ObjectNode fields) {
        var record = Json.object().put("recordName", name).put("recordType", type);
        record.set("fields", fields);
        record.putObject("created").put("timestamp", 1_577_836_800_000L);
        record.putObject("modified").put("timestamp", 1_577_836_800_000L);
        return record;
    }

    @Override
    public JsonNode get(String service, String path, Map<String, String> query) {
        if (got == null) {
            throw new AssertionError("a reader of zones gets nothing");
        }
        return got;
    }

    @Override
    public JsonNode post(String service, String path, Map<String, String> query, JsonNode body) {
        var operation = path.substring(path.indexOf("/private/") + "/private/".length());
        asked.add(operation + " " + body);
        var answer = Json.object();
        if (operation.equals("records/lookup")) {
            var records = answer.putArray("records");
            for (var wanted : body.path("records")) {
                var name = wanted.path("recordName").asString("");
                records.add(lookups.getOrDefault(
                        name, Json.object().put("recordName", name).put("serverErrorCode", "NOT_FOUND")));
            }
            return answer;
        }
        if (!operation.equals("changes/zone")) {
            throw new AssertionError("a reader must not call " + operation);
        }
        var token = body.path("zones").path(0).path("syncToken").asString("first");
        var page = pages.get(token);
        if (page == null) {
            throw new AssertionError("no page for " + token);
        }
        answer.putArray("zones").add(page);
        return answer;
    }

    @Override
    public boolean consent(String service, String path) {
        consents++;
        return consent.getAsBoolean();
    }

    @Override
    public boolean has(String service) {
        return service.equals("ckdatabasews") || got != null;
    }

    @Override
    public Answer content(String url, long from) {
        throw new AssertionError("a reader of zones fetches no content");
    }
}
