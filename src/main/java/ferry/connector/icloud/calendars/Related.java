package ferry.connector.icloud.calendars;

import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What an answer holds beside its events, which refer to it by id: alarms, invitees and rules of recurrence. An
/// event may as well hold them itself. Lists may be absent.
final class Related {
    private final Map<String, JsonNode> alarms;
    private final Map<String, JsonNode> invitees;
    private final Map<String, JsonNode> rules;

    private Related(Map<String, JsonNode> alarms, Map<String, JsonNode> invitees, Map<String, JsonNode> rules) {
        this.alarms = alarms;
        this.invitees = invitees;
        this.rules = rules;
    }

    /// What lies beside the events of that answer.
    static Related of(JsonNode answer) {
        return new Related(byId(answer.path("Alarm")), byId(answer.path("Invitee")), byId(answer.path("Recurrence")));
    }

    /// The same, and what only `other` holds.
    Related and(Related other) {
        return new Related(both(alarms, other.alarms), both(invitees, other.invitees), both(rules, other.rules));
    }

    /// What the source sent of an event, and of what belongs to it.
    JsonNode raw(JsonNode event) {
        var all = Json.object();
        all.set("event", event);
        alarms(event).forEach(all.putArray("alarms")::add);
        invitees(event).forEach(all.putArray("invitees")::add);
        rule(event).ifPresent(rule -> all.set("recurrence", rule));
        return Raw.of(all);
    }

    private static Map<String, JsonNode> both(Map<String, JsonNode> first, Map<String, JsonNode> second) {
        var both = new HashMap<>(second);
        both.putAll(first);
        return both;
    }

    /// In the event's order; what is only named comes as an object with nothing but that name.
    List<JsonNode> alarms(JsonNode event) {
        return found(event.path("alarms"), alarms);
    }

    /// As [#alarms].
    List<JsonNode> invitees(JsonNode event) {
        return found(event.path("invitees"), invitees);
    }

    /// The event's rule. One that is only named comes as [#alarms] do.
    Optional<JsonNode> rule(JsonNode event) {
        var rule = event.path("recurrence");
        if (rule.isArray()) {
            rule = rule.path(0);
        }
        boolean told =
                rule.isObject() || (rule.isString() && !rule.stringValue().isBlank());
        return told ? Optional.of(resolved(rule, rules)) : Optional.empty();
    }

    private static Map<String, JsonNode> byId(JsonNode list) {
        var found = new HashMap<String, JsonNode>();
        for (var each : list.isObject() ? List.of(list) : list) {
            var id = Json.text(each, "guid");
            if (id != null) {
                found.putIfAbsent(id, each);
            }
        }
        return found;
    }

    private static List<JsonNode> found(JsonNode named, Map<String, JsonNode> known) {
        var found = new ArrayList<JsonNode>();
        for (var each : named.isArray() ? named : List.<JsonNode>of()) {
            if (each.isObject() || each.isString()) {
                found.add(resolved(each, known));
            }
        }
        return found;
    }

    private static JsonNode resolved(JsonNode one, Map<String, JsonNode> known) {
        if (one.isObject()) {
            return one;
        }
        var id = one.stringValue();
        return known.getOrDefault(id, Json.object().put("guid", id));
    }
}
