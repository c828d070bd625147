package ferry.connector.icloud.sharedalbums;

import ferry.connector.icloud.web.Json;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// A shared album as the source lists it.
///
/// @param guid its own number for ever
/// @param location where it is asked for, with a slash at its end; at its owner's address
/// @param tag changes with what it holds
record Album(String guid, String location, Optional<String> tag, JsonNode json) {
    /// Empty for what has no id, or nowhere to be asked for.
    ///
    /// @param own where the account's own albums are
    static Optional<Album> of(JsonNode json, String own) {
        var guid = Json.text(json, "albumguid");
        var told = Optional.ofNullable(Json.text(json, "albumlocation"));
        var location = told.or(() -> isOwn(json) ? Optional.of(own) : Optional.empty());
        return guid == null
                ? Optional.empty()
                : location.map(at -> new Album(
                        guid,
                        at.endsWith("/") ? at : at + "/",
                        Optional.ofNullable(Json.text(json, "albumctag")),
                        json));
    }

    /// Whether the account shares it, and not somebody else.
    boolean isOwn() {
        return isOwn(json);
    }

    private static boolean isOwn(JsonNode json) {
        var type = Json.text(json, "sharingtype");
        return type != null && type.toLowerCase(Locale.ROOT).startsWith("own");
    }
}
