package ferry.sandbox.calendars;

import ferry.sandbox.Replies;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// A calendar, which the service calls a collection.
///
/// @param type `personal`, `subscribed` or what a test likes
/// @param share null for one that is the owner's alone
record Collection(
        String guid,
        String title,
        String color,
        String type,
        boolean readOnly,
        boolean family,
        @Nullable String share) {
    /// @param edits how often what lies in it has changed
    ObjectNode json(int order, long edits) {
        var json = Replies.object()
                .put("guid", guid)
                .put("title", title)
                .put("color", color)
                .put("symbolicColor", "custom")
                .put("order", order)
                .put("enabled", true)
                .put("objectType", type)
                .put("readOnly", readOnly)
                .put("isDefault", order == 0)
                .put("isFamily", family)
                .put("shareType", share)
                .put("ctag", "FT=-@RU=" + guid + "@S=" + edits)
                .put("etag", "C=1@U=" + guid);
        json.putArray("supportedType").add("Event");
        return json;
    }
}
