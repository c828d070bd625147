package ferry.sandbox.contacts;

import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.files.Oddity;
import ferry.sandbox.files.Shelf;
import ferry.sandbox.files.StoredFile;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Makes up people, one after the other, always the same from the same seed. Nobody's real number: all are from the
/// ranges that are kept for fiction. Not thread-safe.
final class People {
    private static final List<String> GIVEN = List.of(
            "Ada", "Bruno", "Chloé", "Dmitri", "Esra", "Farid", "Grete", "Hana", "Ivo", "Jun", "Kofi", "Lúcia", "Mara",
            "Nils", "Olga", "Priya", "Quinn", "Rosa", "Søren", "Tomás", "美咲", "Vera", "Wim", "Zoë");
    private static final List<String> FAMILY = List.of(
            "Abbott", "Berg", "Castro", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ito", "Jansen", "Kovač",
            "Larsen", "Meyer", "Nowak", "O’Neill", "Popescu", "Quist", "Rossi", "Schäfer", "Tanaka", "Ueda", "Vogel");
    private static final List<String> COMPANIES = List.of("Tern & Sons", "Halyard Ltd", "Windrose", "Quay Street Café");
    private static final List<String> STREETS = List.of("1 Ferry Lane", "22 Harbour Row\nFlat 3", "7 Lighthouse Hill");
    private static final List<String> PHONE_LABELS = List.of(
            "MOBILE", "_$!<Home>!$_", "_$!<Work>!$_", "IPHONE", "_$!<HomeFAX>!$_", "_$!<Main>!$_", "On the boat");
    private static final List<String> LABELS = List.of("HOME", "WORK", "_$!<Other>!$_", "_$!<Home>!$_", "club");
    private static final List<String> RELATIONS =
            List.of("_$!<Mother>!$_", "_$!<Spouse>!$_", "_$!<Assistant>!$_", "neighbour");

    private final Random random;
    /// By contact.
    private final Shelf photos;
    private int made;

    /// @param oddPhotos whether something is wrong with some photos
    People(long seed, boolean oddPhotos) {
        random = new Random(seed);
        photos = oddPhotos ? Shelf.odd(Oddity.UNSIGNED) : Shelf.sound();
    }

    /// The photos of contacts.
    Shelf photos() {
        return photos;
    }

    /// The owner's own card.
    ObjectNode owner(Account account) {
        var card = card();
        card.put("firstName", account.firstName()).put("lastName", account.lastName());
        card.set("emailAddresses", labelled("HOME", account.identifier()));
        card.set("phones", labelled("IPHONE", phone()));
        card.put("birthday", birthday().toString());
        return photo(card);
    }

    /// The next one.
    ObjectNode next() {
        made++;
        var card = card();
        if (made % 9 == 0) {
            return company(card);
        }
        var given = one(GIVEN);
        var family = one(FAMILY);
        card.put("firstName", given).put("lastName", family);
        card.put("normalized", (given + " " + family).toLowerCase(Locale.ROOT));
        card.set("phones", labelled(one(PHONE_LABELS), phone()));
        if (made % 2 == 0) {
            card.set("emailAddresses", labelled(one(LABELS), "person" + made + "@sandbox.example"));
        }
        if (made % 3 == 0) {
            card.put("birthday", (made % 2 == 0 ? birthday() : birthday().withYear(1604)).toString());
        }
        if (made % 4 == 0) {
            everything(card);
        }
        return made % 5 == 0 ? photo(card) : card;
    }

    private ObjectNode company(ObjectNode card) {
        card.put("isCompany", true)
                .put("companyName", one(COMPANIES))
                .put("firstName", "")
                .put("lastName", "");
        card.set("phones", labelled("_$!<Main>!$_", phone()));
        card.set("urls", labelled("_$!<HomePage>!$_", "https://company" + made + ".sandbox.example/"));
        return card;
    }

    /// A card on which every field is filled in.
    private void everything(ObjectNode card) {
        card.put("prefix", "Dr.")
                .put("middleName", "J.")
                .put("suffix", "Jr.")
                .put("nickName", "Skipper")
                .put("phoneticFirstName", "first")
                .put("phoneticLastName", "last")
                .put("companyName", one(COMPANIES))
                .put("department", "Rigging")
                .put("jobTitle", "Sailmaker")
                .put("notes", "Met at the harbour.\nLikes tea.");
        var address = entry(card.putArray("streetAddresses"), one(LABELS)).putObject("field");
        address.put("street", one(STREETS))
                .put("city", "Port Sandbox")
                .put("state", "")
                .put("postalCode", "SB1 2AA")
                .put("country", "United Kingdom")
                .put("countryCode", "gb");
        card.set("urls", labelled("_$!<HomePage>!$_", "https://person" + made + ".sandbox.example/"));
        entry(card.putArray("IMs"), "HOME")
                .putObject("field")
                .put("userName", "person" + made)
                .put("IMService", "Jabber");
        entry(card.putArray("profiles"), "TWITTER")
                .put("field", "https://social.sandbox.example/person" + made)
                .put("user", "person" + made)
                .put("userId", "");
        card.set(
                "dates",
                labelled("_$!<Anniversary>!$_", birthday().plusYears(25).toString()));
        card.set("relatedNames", labelled(one(RELATIONS), one(GIVEN)));
    }

    ObjectNode group(String name, Collection<String> members) {
        var id = uuid();
        var group = Replies.object().put("groupId", id).put("name", name).put("etag", etag(id, 0));
        group.putObject("headerPositions").put("#", 0);
        group.put("isGuardianApproved", false).put("whitelisted", false);
        group.set("contactIds", array(members));
        return group;
    }

    private ObjectNode card() {
        var id = uuid();
        return Replies.object()
                .put("contactId", id)
                .put("etag", etag(id, 0))
                .put("isCompany", false)
                .put("isGuardianApproved", false)
                .put("whitelisted", false)
                .put("normalized", "");
    }

    /// Its address begins where the service is.
    private ObjectNode photo(ObjectNode card) {
        var id = card.path("contactId").asString();
        var photo = new StoredFile(new Portrait(random.nextLong())::jpeg, photos.next());
        photos.put(id, photo);
        card.putObject("photo")
                .put("signature", photo.checksum())
                .put("url", "/co/photos/" + id)
                .putObject("crop")
                .put("x", 0)
                .put("y", 0)
                .put("width", 640)
                .put("height", 640);
        return card;
    }

    static ArrayNode labelled(String label, String value) {
        var list = JsonNodeFactory.instance.arrayNode();
        entry(list, label).put("field", value);
        return list;
    }

    private static ObjectNode entry(ArrayNode list, String label) {
        return list.addObject().put("label", label);
    }

    static ArrayNode array(Collection<String> texts) {
        var list = JsonNodeFactory.instance.arrayNode();
        texts.forEach(list::add);
        return list;
    }

    static List<String> texts(JsonNode list) {
        var texts = new ArrayList<String>();
        list.forEach(text -> texts.add(text.asString()));
        return texts;
    }

    /// @param changes how often the book was changed before it became so
    static String etag(String id, int changes) {
        return "C=" + (changes + 1) + "@U=" + id;
    }

    private String uuid() {
        return new UUID(random.nextLong(), random.nextLong()).toString().toUpperCase(Locale.ROOT);
    }

    private String phone() {
        return String.format(Locale.ROOT, "+44 7700 900%03d", random.nextInt(1000));
    }

    private LocalDate birthday() {
        return LocalDate.of(1940 + random.nextInt(70), 1 + random.nextInt(12), 1 + random.nextInt(28));
    }

    private String one(List<String> list) {
        return list.get(random.nextInt(list.size()));
    }
}
