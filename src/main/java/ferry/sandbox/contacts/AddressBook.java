package ferry.sandbox.contacts;

import ferry.sandbox.Account;
import ferry.sandbox.files.StoredFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One account's contacts and groups as they are now. Thread-safe; hands out copies.
///
/// The mutators stand for what the owner does on a device while a connector is at work.
public final class AddressBook {
    private static final Comparator<ObjectNode> BY_NAME = Comparator.comparing(
                    (ObjectNode card) -> card.path("lastName").asString(""))
            .thenComparing(card -> card.path("firstName").asString(""))
            .thenComparing(card -> card.path("contactId").asString(""));

    private final ContactsSpec spec;
    private final People people;
    /// By id, but for the odd ones.
    private final Map<String, ObjectNode> cards = new LinkedHashMap<>();
    private final List<JsonNode> odd = new ArrayList<>();
    private final List<ObjectNode> groups = new ArrayList<>();
    private final ObjectNode own;
    private int changes;

    AddressBook(Account account, ContactsSpec spec) {
        this.spec = spec;
        people = new People(spec.seed(), spec.quirks().contains(ContactsQuirk.ODD_PHOTOS));
        own = people.owner(account);
        if (!has(ContactsQuirk.OWN_CARD_APART) && spec.contacts() > 0) {
            put(own);
        }
        while (cards.size() < spec.contacts()) {
            put(people.next());
        }
        if (has(ContactsQuirk.ODD_CARDS)) {
            odd.addAll(OddCards.all());
        }
        if (!cards.isEmpty()) {
            var ids = List.copyOf(cards.keySet());
            groups.add(people.group("Family", ids.subList(0, Math.min(4, ids.size()))));
            groups.add(people.group("Work", every(ids, 3)));
            groups.add(people.group("Nobody yet", List.of()));
        }
    }

    private static List<String> every(List<String> ids, int step) {
        var some = new ArrayList<String>();
        for (var i = 0; i < ids.size(); i += step) {
            some.add(ids.get(i));
        }
        return some;
    }

    /// The photo of a contact that is still there.
    Optional<StoredFile> photo(String contactId) {
        return people.photos().find(contactId).filter(_ -> isThere(contactId));
    }

    /// Whether the address of a photo that is listed now is one that has expired.
    boolean isStale(String contactId) {
        return people.photos().isStale(contactId);
    }

    private synchronized boolean isThere(String contactId) {
        return cards.containsKey(contactId) || contactId.equals(ownId());
    }

    boolean has(ContactsQuirk quirk) {
        return spec.quirks().contains(quirk);
    }

    private void put(ObjectNode card) {
        cards.put(card.path("contactId").asString(), card);
    }

    /// Adds a contact of that name.
    ///
    /// @return its id
    public synchronized String add(String firstName, String lastName) {
        var card = people.next().put("firstName", firstName).put("lastName", lastName);
        put(card);
        changes++;
        return card.path("contactId").asString();
    }

    /// Gives a contact another first name, and so another etag.
    public synchronized void rename(String contactId, String firstName) {
        var card = Optional.ofNullable(cards.get(contactId)).orElseThrow();
        changes++;
        card.put("firstName", firstName).put("etag", People.etag(contactId, changes));
    }

    /// Removes a contact, from its groups too.
    public synchronized void remove(String contactId) {
        cards.remove(contactId);
        changes++;
        for (var group : groups) {
            var left = People.texts(group.path("contactIds"));
            if (left.remove(contactId)) {
                group.put("etag", People.etag(group.path("groupId").asString(), changes));
                group.set("contactIds", People.array(left));
            }
        }
    }

    /// The ids of the contacts there are, in the order of `last,first`.
    public synchronized List<String> ids() {
        return sorted().stream().map(card -> card.path("contactId").asString()).toList();
    }

    /// How often it was changed; every state of it has a sync token of its own.
    synchronized int changes() {
        return changes;
    }

    /// What lies from `offset` on, at most `limit` of it; 0 is all. The odd ones come last.
    synchronized List<JsonNode> page(int offset, int limit) {
        var all = new ArrayList<JsonNode>(sorted());
        all.addAll(odd);
        var from = Math.min(offset, all.size());
        var to = limit == 0 ? all.size() : Math.min(all.size(), from + limit);
        return all.subList(from, to).stream().map(JsonNode::deepCopy).toList();
    }

    synchronized List<ObjectNode> groups() {
        return groups.stream().map(ObjectNode::deepCopy).toList();
    }

    /// The owner's own card, in the state it has among the contacts.
    synchronized ObjectNode own() {
        return cards.getOrDefault(ownId(), own).deepCopy();
    }

    String ownId() {
        return own.path("contactId").asString();
    }

    /// The card that comes first is gone: all others move up by one.
    synchronized void loseTheFirst() {
        sorted().stream()
                .map(card -> card.path("contactId").asString())
                .filter(Predicate.isEqual(ownId()).negate())
                .findFirst()
                .ifPresent(this::remove);
    }

    private List<ObjectNode> sorted() {
        return cards.values().stream().sorted(BY_NAME).toList();
    }
}
