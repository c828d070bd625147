package ferry.connector.icloud.web;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Which records are parts of which others, as far as entries of these were told: a part has no entry of its
/// own, and may change alone. By the owner's list of its parts, since what is deleted says nothing of its
/// owner. One thread.
final class Parts {
    private final Map<String, Set<String>> byOwner = new HashMap<>();
    private final Map<String, String> owners = new HashMap<>();
    /// The change tags of those parts that this reading has told.
    private final Map<String, String> tags = new HashMap<>();
    /// Those that the source could not read when their owners were told.
    private final Set<String> unread = new HashSet<>();

    /// An owner's entry is told, made of these parts and no others.
    ///
    /// @param parts change tags by name; empty for a part that could not be had
    /// @param lost among others those of them that the source could not read
    void told(String owner, Map<String, String> parts, Set<String> lost) {
        forget(owner);
        if (!parts.isEmpty()) {
            byOwner.put(owner, Set.copyOf(parts.keySet()));
            parts.keySet().forEach(part -> owners.put(part, owner));
            tags.putAll(parts);
            parts.keySet().stream().filter(lost::contains).forEach(unread::add);
        }
    }

    /// An owner is gone.
    void forget(String owner) {
        for (var part : byOwner.getOrDefault(owner, Set.of())) {
            if (owners.remove(part, owner)) {
                unread.remove(part);
            }
        }
        byOwner.remove(owner);
    }

    /// What the entries that were told lack, and may have once the source can read it: no change tells that.
    Set<String> unread() {
        return Set.copyOf(unread);
    }

    /// Whose part that record is.
    Optional<String> owner(CloudRecord part) {
        return Optional.ofNullable(owners.get(part.name()));
    }

    /// Whether this reading has told it just as it is.
    boolean isTold(CloudRecord part) {
        return (part.isTombstone() ? "" : part.changeTag()).equals(tags.get(part.name()));
    }

    /// Those of an earlier reading.
    static Parts of(JsonNode state, Set<String> unread) {
        var all = new Parts();
        for (Map.Entry<String, JsonNode> owner : state.properties()) {
            var parts = new HashMap<String, String>();
            owner.getValue().forEach(part -> parts.put(part.asString(""), ""));
            all.told(owner.getKey(), parts, unread);
        }
        all.tags.clear();
        return all;
    }

    /// The same parts always as the same text; without [#unread].
    void write(ObjectNode state) {
        new TreeMap<>(byOwner).forEach((owner, parts) -> new TreeSet<>(parts).forEach(state.putArray(owner)::add));
    }
}
