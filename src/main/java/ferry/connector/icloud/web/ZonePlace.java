package ferry.connector.icloud.web;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// How far a zone has been read, and what of it was told.
///
/// @param token where the zone stood
/// @param again names of records that are to be looked up with the next reading: the source could not read
/// them, or they were changed once more before the reading had ended
/// @param told ids of entries by the names of their records: what is deleted may not even say of which type it
/// was
/// @param parts what belongs to what was told
record ZonePlace(String token, Set<String> again, Map<String, String> told, Parts parts) {
    private static final int MOST_LEFT_OVER = 1_000;

    /// Empty where it is none, such as one of another kind of account.
    static Optional<ZonePlace> of(String state) {
        var json = Json.of(state).path("zone");
        var token = Json.text(json, "token");
        if (token == null) {
            return Optional.empty();
        }
        var told = new HashMap<String, String>();
        for (Map.Entry<String, JsonNode> record : json.path("told").properties()) {
            told.put(record.getKey(), record.getValue().asString(""));
        }
        return Optional.of(new ZonePlace(
                token, names(json.path("again")), told, Parts.of(json.path("parts"), names(json.path("unread")))));
    }

    private static Set<String> names(JsonNode list) {
        return list.valueStream().map(name -> name.asString("")).collect(Collectors.toSet());
    }

    /// Whether a later reading can look up all that this one lacks.
    boolean isWithinBounds() {
        return again.size() + parts.unread().size() <= MOST_LEFT_OVER;
    }

    /// The same place always as the same text.
    String state() {
        var json = Json.object();
        var zone = json.putObject("zone").put("token", token);
        again.stream().sorted().forEach(zone.putArray("again")::add);
        var records = zone.putObject("told");
        told.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(record -> records.put(record.getKey(), record.getValue()));
        parts.write(zone.putObject("parts"));
        parts.unread().stream().sorted().forEach(zone.putArray("unread")::add);
        return json.toString();
    }
}
