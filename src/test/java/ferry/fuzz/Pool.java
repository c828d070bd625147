package ferry.fuzz;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import tools.jackson.databind.JsonNode;

/// What a lane has learned from its answers: ids by resource, and downloads. Used by one thread.
final class Pool {
    private static final int KEPT = 40;

    private final Map<String, List<String>> ids = new HashMap<>();
    private final Party party;

    Pool(Party party) {
        this.party = party;
    }

    /// Takes in every resource of an answer.
    void learn(JsonNode node) {
        if (node.isObject() && node.path("resource").isString()) {
            learn(node.path("resource").asString(), node.path("id").asString(""));
            var url = node.at("/signed_url/url").asString("");
            learn("download", url.substring(url.lastIndexOf('/') + 1));
            if (node.path("resource").asString().equals("session")
                    && node.path("state").asString("").equals("active")) {
                learn("active", node.path("id").asString());
            }
        }
        node.forEach(this::learn);
    }

    private void learn(String resource, String id) {
        if (id.isEmpty()) {
            return;
        }
        var known = ids.computeIfAbsent(resource, _ -> new ArrayList<>());
        known.remove(id);
        known.add(id);
        if (known.size() > KEPT) {
            known.removeFirst();
        }
        if (!resource.equals("download") && !resource.equals("active")) {
            party.made(resource, id);
        }
    }

    /// One that was seen, the newer the likelier.
    Optional<String> any(String resource, RandomGenerator random) {
        var known = ids.getOrDefault(resource, List.of());
        if (known.isEmpty()) {
            return Optional.empty();
        }
        int back = random.nextInt(random.nextInt(known.size()) + 1);
        return Optional.of(known.get(known.size() - 1 - back));
    }
}
