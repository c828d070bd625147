package ferry.connector.icloud.calendars;

import ferry.connector.icloud.web.Json;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The feed entry of a calendar; its schema is `schemas/icloud_calendars.events.json`.
final class CalendarEntry {
    private CalendarEntry() {}

    /// @param guid the calendar's own, which may not be null any more
    static ObjectNode of(String guid, JsonNode collection) {
        var record = Json.object()
                .put("id", id(guid))
                .put("data_type", "calendar")
                .put("title", Json.text(collection, "title"));
        kind(record, collection);
        record.put("color", Json.text(collection, "color"))
                .put("symbolic_color", Json.text(collection, "symbolicColor"));
        EventEntry.number(record, "position", Json.number(collection, "order"));
        record.put("enabled", Json.maybeFlag(collection, "enabled"))
                .put("is_default", Json.maybeFlag(collection, "isDefault"))
                .put("is_family", Json.maybeFlag(collection, "isFamily"))
                .put("read_only", Json.maybeFlag(collection, "readOnly"))
                .put("share_type", Json.text(collection, "shareType"));
        texts(record.putArray("supported_types"), collection.path("supportedType"));
        return record;
    }

    static String id(String guid) {
        return "calendar:" + guid;
    }

    /// A list of texts, or one text.
    static void texts(ArrayNode texts, JsonNode told) {
        if (told.isString() && !told.stringValue().isBlank()) {
            texts.add(told.stringValue());
        }
        for (var each : told) {
            if (each.isString() || each.isNumber() || each.isBoolean()) {
                texts.add(each.asString());
            }
        }
    }

    private static void kind(ObjectNode record, JsonNode collection) {
        var type = Json.text(collection, "objectType");
        if (type == null) {
            record.putNull("kind");
            return;
        }
        switch (type.toLowerCase(Locale.ROOT)) {
            case "personal" -> record.put("kind", "personal");
            case "subscribed", "subscription" -> record.put("kind", "subscribed");
            case "shared" -> record.put("kind", "shared");
            default -> record.put("kind", "other").put("kind_raw", type);
        }
    }
}
