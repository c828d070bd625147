package ferry.connector.icloud.contacts;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/// One walk over an address book, page by page. Held are one page, the groups, and the ids of what was given. One
/// thread.
///
/// Offsets shift when a contact is removed under way, and what moved over the edge of a page would be missed. So each
/// page begins with the last contact of the one before; where it does not, the walk begins anew and gives what it has
/// not given yet. What is added under way may come with the next poll.
final class AddressBookReading {
    private static final int PAGE = 500;
    /// How one asks for all at once; known clients do only this.
    private static final int EVERYTHING = 0;
    private static final int WALKS = 3;

    private final Contacts contacts;
    private final JsonNode startup;
    private final Feed feed;
    private final Downloads downloads;
    private final Predicate<FileRef> wanted;
    private final Map<String, List<String>> groupsOf = new HashMap<>();
    private final Set<String> given = new HashSet<>();
    private Optional<String> own = Optional.empty();
    private int limit = PAGE;
    private int unnamed;
    private boolean ownCardApart;
    /// When the contacts came that are being given.
    private Instant received;
    /// When the owner's own card came.
    private Instant ownReceived;

    /// @param wanted the photos that are fetched in passing
    AddressBookReading(Contacts contacts, JsonNode startup, Feed feed, Downloads downloads, Predicate<FileRef> wanted) {
        this.contacts = contacts;
        this.startup = startup;
        this.feed = feed;
        this.downloads = downloads;
        this.wanted = wanted;
        this.received = contacts.now();
        this.ownReceived = received;
    }

    void read() throws ConnectorException, InterruptedException {
        countMembers();
        own = Optional.ofNullable(Json.text(startup, "meCardId"));
        var card = own.isEmpty() ? ownCard() : Optional.<JsonNode>empty();
        own = own.or(() -> card.map(c -> Json.text(c, "contactId")));
        walkAll();
        giveOwn(card);
        giveGroups();
    }

    /// Whether the owner's own card was not among the contacts, or cannot be told among them from the start.
    boolean isOwnCardApart() {
        return ownCardApart || Json.text(startup, "meCardId") == null;
    }

    private void walkAll() throws ConnectorException, InterruptedException {
        for (var walk = 1; walk <= WALKS; walk++) {
            if (walk()) {
                return;
            }
        }
        feed.incomplete();
        feed.warn(
                "listing_moved", "Contacts were removed again and again while they were listed; some may be missing.");
    }

    /// @return false where something was removed under way
    private boolean walk() throws ConnectorException, InterruptedException {
        var walked = new HashSet<String>();
        var last = Optional.<String>empty();
        var received = 0;
        while (true) {
            var offset = Math.max(0, received - 1);
            var keys = new ArrayList<String>();
            var page = page(offset);
            if (offset == 0 && !page.isArray()) {
                // That there is none is believed where one of the two answers says so.
                if (Json.list(startup, "contacts").isEmpty()) {
                    return true;
                }
                return firstSight();
            }
            for (var entry : page) {
                var key = key(entry);
                keys.add(key);
                if (given.add(key)) {
                    give(entry, offset + keys.size() - 1);
                }
            }
            if (last.isPresent() && !keys.contains(last.get())) {
                return false;
            }
            if (!walked.addAll(keys)) {
                if (keys.size() <= 1 || limit == EVERYTHING) {
                    return true; // nothing but the last one again
                }
                limit = EVERYTHING; // it may give the first ones whatever is asked for
                return walk();
            }
            last = Optional.of(keys.getLast());
            received = offset + keys.size();
        }
    }

    /// The listing that should hold all is none, though the start showed some: those are all there is to
    /// give.
    private boolean firstSight() throws ConnectorException, InterruptedException {
        int place = 0;
        for (var entry : startup.path("contacts")) {
            if (given.add(key(entry))) {
                give(entry, place);
            }
            place++;
        }
        feed.incomplete();
        feed.warn("listing_gap", "The source did not list the contacts; these are the ones that it began with.");
        return true;
    }

    /// A source that refuses to give some is asked for all.
    private JsonNode page(int offset) throws ConnectorException, InterruptedException {
        received = contacts.now();
        try {
            return contacts.page(startup, offset, limit);
        } catch (ConnectorException.Refused refused) {
            if (limit == EVERYTHING || offset > 0) {
                throw refused;
            }
            limit = EVERYTHING;
            return contacts.page(startup, offset, limit);
        }
    }

    /// @param place where it stands in the list; -1 where it is apart
    private void give(JsonNode entry, int place) throws ConnectorException, InterruptedException {
        var id = Json.text(entry, "contactId");
        if (id == null) {
            unnamed++;
            feed.refused("contact:#" + unnamed, ErrorCode.NOT_RETRIEVABLE, "The source gave a contact without an id.");
            return;
        }
        var groups = groupsOf.getOrDefault(id, List.of());
        feed.item(
                ContactEntry.contact(entry, id, own.equals(Optional.of(id)), groups, feed::fileId),
                () -> Raw.ofContact(entry));
        var photo = ContactPhoto.ref(entry, id);
        if (photo.isPresent() && wanted.test(photo.get())) {
            downloads.fetch(contacts.photo(startup, photo.get(), entry, place, received));
        }
    }

    /// The same for the same contact, whatever it holds.
    private static String key(JsonNode entry) {
        var id = Json.text(entry, "contactId");
        return id == null ? "without id " + entry : "id " + id;
    }

    /// The owner's card may be kept apart from the contacts.
    private void giveOwn(Optional<JsonNode> known) throws ConnectorException, InterruptedException {
        if (own.isEmpty() || given.contains("id " + own.get())) {
            return;
        }
        ownCardApart = true;
        var card = known.isPresent() ? known : ownCard();
        if (card.isPresent() && own.equals(Optional.ofNullable(Json.text(card.get(), "contactId")))) {
            given.add("id " + own.get());
            received = ownReceived;
            give(card.get(), -1);
        } else {
            feed.refused(
                    ContactEntry.id(own.get()),
                    ErrorCode.NOT_RETRIEVABLE,
                    "The source names the owner's own card but does not hand it out.");
        }
    }

    /// Empty where the source has or gives none: the contacts are worth having without.
    private Optional<JsonNode> ownCard() throws ConnectorException, InterruptedException {
        ownReceived = contacts.now();
        try {
            return Optional.of(contacts.ownCard()).filter(card -> Json.text(card, "contactId") != null);
        } catch (ConnectorException.Refused _) {
            feed.incomplete(); // it may be apart, and then the feed lacks it
            feed.warn("own_card_unavailable", "The source did not answer which card is the owner's own.");
            return Optional.empty();
        }
    }

    private void countMembers() {
        for (var group : startup.path("groups")) {
            var id = Json.text(group, "groupId");
            if (id != null) {
                ContactEntry.members(group)
                        .forEach(member -> groupsOf.computeIfAbsent(member, _ -> new ArrayList<>())
                                .add(id));
            }
        }
    }

    private void giveGroups() throws InterruptedException {
        var seen = new HashSet<String>();
        var nameless = 0;
        for (var group : startup.path("groups")) {
            var id = Json.text(group, "groupId");
            if (id == null) {
                nameless++;
                feed.refused(
                        "contact_group:#" + nameless,
                        ErrorCode.NOT_RETRIEVABLE,
                        "The source gave a group without an id.");
            } else if (seen.add(id)) {
                feed.item(ContactEntry.group(group, id), () -> Raw.of(group));
            }
        }
    }
}
