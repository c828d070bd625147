package ferry.connector.icloud.contacts;

import static ferry.connector.icloud.web.ScriptedCalls.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.Window;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.KeptFeed;
import ferry.connector.icloud.web.ScriptedCalls;
import ferry.error.ErrorCode;
import ferry.testing.NoLimits;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ContactsTest {
    private static final String START = "GET contacts /co/startup";
    private static final String PAGE = "GET contacts /co/contacts";
    private static final String OWN = "GET contacts /co/mecard";

    private final ScriptedCalls calls = new ScriptedCalls()
            .on(START, "{'prefToken': 'p', 'syncToken': 's', 'meCardId': 'c0'}")
            .on(OWN, "{}");
    private final KeptFeed feed = new KeptFeed();
    /// The address book, as far as a test uses one.
    private final List<String> book = new ArrayList<>();
    private int most = 100;

    private void read() throws Exception {
        read(Window.ALL);
    }

    private void read(Window window) throws Exception {
        new Contacts(calls, new NoLimits(1), InstantSource.fixed(Instant.EPOCH))
                .contacts(window, feed, Differences.Before.NOTHING);
        assertThat(feed.schemaErrors("icloud_contacts.contacts")).isEmpty();
        assertThat(feed.ids()).doesNotHaveDuplicates();
    }

    private void contacts(String list) {
        calls.on(
                PAGE,
                query -> Integer.parseInt(query.get("offset")) == 0 ? json("{'contacts': " + list + "}") : last(list));
    }

    private static JsonNode last(String list) {
        var all = json(list);
        var answer = Json.object();
        answer.putArray("contacts").add(all.get(all.size() - 1));
        return answer;
    }

    private JsonNode one(String fields) throws Exception {
        contacts("[{'contactId': 'c0'" + fields + "}]");
        read();
        assertThat(feed.items).hasSize(1);
        return feed.items.getFirst();
    }

    private void fill(int count) {
        IntStream.range(0, count).mapToObj(i -> "c" + i).forEach(book::add);
        calls.on(PAGE, this::page);
    }

    private JsonNode page(Map<String, String> query) {
        int offset = Integer.parseInt(query.get("offset"));
        int limit = Integer.parseInt(query.get("limit"));
        int size = limit == 0 ? most : Math.min(limit, most);
        var answer = Json.object();
        var list = answer.putArray("contacts");
        book.stream().skip(offset).limit(size).forEach(id -> list.addObject().put("contactId", id));
        return answer;
    }

    private static List<String> ids(int count) {
        return IntStream.range(0, count).mapToObj(i -> "contact:c" + i).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "_$!<Home>!$_, home",
        "_$!<HomeFAX>!$_, home_fax",
        "_$!<HomePage>!$_, home_page",
        "_$!<iPhone>!$_, iphone",
        "HOME, home",
        "IPHONE, iphone",
        "WORK FAX, work_fax",
        "On the boat, On the boat",
        "_$!<>!$_, _$!<>!$_"
    })
    void labelsAreNormalisedAndStandBesideTheRaw(String raw, String label) throws Exception {
        var phone = one(", 'phones': [{'label': '" + raw + "', 'field': '1'}]").at("/phones/0");
        assertThat(phone.path("label").asString()).isEqualTo(label);
        assertThat(phone.path("label_raw").asString()).isEqualTo(raw);
    }

    @Test
    void everyFieldIsRead() throws Exception {
        var contact = one("""
                , 'isCompany': true, 'prefix': 'Dr.', 'firstName': 'Ada', 'middleName': 'M', 'lastName': 'Berg', 'suffix': 'Jr.',
                'nickName': 'Skip', 'phoneticFirstName': 'a', 'phoneticLastName': 'b', 'phoneticCompanyName': 'c',
                'companyName': 'Tern', 'department': 'Rigging', 'jobTitle': 'Sailor', 'notes': 'n', 'birthday': '1990-05-17',
                'phones': [{'field': '+44', 'label': 'MOBILE'}], 'emailAddresses': [{'field': 'a@b.example', 'label': 'WORK'}],
                'urls': [{'field': 'https://a.example', 'label': 'x'}],
                'streetAddresses': [{'field': {'street': 's', 'subLocality': 'l', 'city': 'c', 'state': 't', 'postalCode': 'p',
                'country': 'o', 'countryCode': 'gb'}, 'label': 'HOME'}],
                'IMs': [{'field': {'userName': 'u', 'IMService': 'Jabber'}, 'label': 'HOME'}],
                'profiles': [{'field': 'https://s.example/u', 'label': 'TWITTER', 'user': 'u', 'userId': '7'}],
                'dates': [{'field': '1604-02-29', 'label': '_$!<Anniversary>!$_'}],
                'relatedNames': [{'field': 'Jo', 'label': '_$!<Mother>!$_'}],
                'photo': {'url': 'https://secret.example', 'signature': 'g'}, 'etag': 'e', 'ofTomorrow': [1]
                """);
        var expected = json("""
                {'id': 'contact:c0', 'data_type': 'contact', 'kind': 'company', 'is_own': true,
                 'name': {'prefix': 'Dr.', 'given': 'Ada', 'middle': 'M', 'family': 'Berg', 'suffix': 'Jr.',
                   'nickname': 'Skip', 'phonetic_given': 'a', 'phonetic_family': 'b'},
                 'organization': 'Tern', 'phonetic_organization': 'c', 'department': 'Rigging', 'job_title': 'Sailor',
                 'note': 'n', 'birthday': {'year': 1990, 'month': 5, 'day': 17}, 'birthday_raw': null,
                 'phones': [{'label': 'mobile', 'label_raw': 'MOBILE', 'value': '+44'}],
                 'emails': [{'label': 'work', 'label_raw': 'WORK', 'value': 'a@b.example'}],
                 'urls': [{'label': 'x', 'label_raw': 'x', 'value': 'https://a.example'}],
                 'addresses': [{'label': 'home', 'label_raw': 'HOME', 'street': 's', 'sub_locality': 'l', 'city': 'c',
                   'state': 't', 'postal_code': 'p', 'country': 'o', 'country_code': 'gb'}],
                 'ims': [{'label': 'home', 'label_raw': 'HOME', 'username': 'u', 'service': 'Jabber'}],
                 'social': [{'label': 'TWITTER', 'label_raw': 'TWITTER', 'url': 'https://s.example/u', 'username': 'u',
                   'user_id': '7'}],
                 'dates': [{'label': 'anniversary', 'label_raw': '_$!<Anniversary>!$_',
                   'date': {'year': null, 'month': 2, 'day': 29}, 'date_raw': null}],
                 'relations': [{'label': 'mother', 'label_raw': '_$!<Mother>!$_', 'value': 'Jo'}],
                 'groups': [], 'has_photo': true, 'etag': 'e'}
                """);
        expected.propertyStream()
                .forEach(field -> assertThat(contact.path(field.getKey())).isEqualTo(field.getValue()));
        assertThat(contact.at("/raw/ofTomorrow/0").asInt()).isEqualTo(1);
        assertThat(contact.toString()).doesNotContain("secret.example");
    }

    @ParameterizedTest
    @ValueSource(strings = {"'the 5th of May'", "'1990-02-30'", "'0000-00-00'", "19900517"})
    void aBirthdayThatIsNoDayIsKeptRaw(String birthday) throws Exception {
        var contact = one(", 'birthday': " + birthday);
        assertThat(contact.path("birthday").isNull()).isTrue();
        assertThat(contact.path("birthday_raw").asString()).isEqualTo(birthday.replace("'", ""));
    }

    @ParameterizedTest
    @CsvSource({"1604-05-17, 0", "--05-17, 0", "1990-05-17T12:00:00Z, 1990"})
    void aBirthdayMayLackItsYear(String birthday, int year) throws Exception {
        var read = one(", 'birthday': '" + birthday + "'").path("birthday");
        assertThat(read.path("year").asInt(0)).isEqualTo(year);
        assertThat(read.path("month").asInt()).isEqualTo(5);
        assertThat(read.path("day").asInt()).isEqualTo(17);
    }

    @Test
    void fieldsOfOtherTypesAreReadAsFarAsTheyCanBe() throws Exception {
        var contact = one(
                ", 'phones': {'field': 4420, 'label': ''}, 'emailAddresses': null, 'urls': ['https://a.example', null],"
                        + " 'streetAddresses': 'Ferry Lane', 'IMs': [{'field': 'u'}], 'isCompany': 1, 'lastName': 42, 'photo': ''");
        assertThat(contact.at("/phones/0/value").asString()).isEqualTo("4420");
        assertThat(contact.at("/phones/0/label").isNull()).isTrue();
        assertThat(contact.path("emails")).isEmpty();
        assertThat(contact.path("urls")).hasSize(1);
        assertThat(contact.at("/addresses/0/street").asString()).isEqualTo("Ferry Lane");
        assertThat(contact.at("/ims/0/username").asString()).isEqualTo("u");
        assertThat(contact.path("kind").asString()).isEqualTo("company");
        assertThat(contact.at("/name/family").asString()).isEqualTo("42");
        assertThat(contact.path("has_photo").asBoolean()).isFalse();
    }

    @Test
    void groupsNameTheirMembersAndMembersTheirGroups() throws Exception {
        calls.on(
                START,
                "{'meCardId': 'c0', 'groups': [{'groupId': 'g', 'name': 'Crew', 'etag': 'e',"
                        + " 'contactIds': ['c1', 'c1', null, 'gone']}, {'groupId': 'empty'}, {'name': 'No id'}]}");
        fill(2);
        read();
        assertThat(feed.ids()).containsExactly("contact:c0", "contact:c1", "contact_group:g", "contact_group:empty");
        assertThat(feed.item("contact_group:g").path("members")).isEqualTo(json("['contact:c1', 'contact:gone']"));
        assertThat(feed.item("contact:c1").path("groups")).isEqualTo(json("['contact_group:g']"));
        assertThat(feed.item("contact:c0").path("groups")).isEmpty();
        assertThat(feed.refusals).containsExactly("contact_group:#1 not-retrievable");
    }

    @Test
    void oneBadContactIsRefusedAndTheRestCome() throws Exception {
        contacts(
                "[{'contactId': 'c0'}, {'firstName': 'No id'}, 'text', null, {'contactId': 'c1'}, {'contactId': 'c0'}]");
        read();
        assertThat(feed.ids()).containsExactly("contact:c0", "contact:c1");
        assertThat(feed.refusals)
                .containsExactly(
                        "contact:#1 not-retrievable", "contact:#2 not-retrievable", "contact:#3 not-retrievable");
    }

    @Test
    void severalPagesAreOneList() throws Exception {
        fill(1234);
        read();
        assertThat(feed.ids()).containsExactlyElementsOf(ids(1234));
        assertThat(feed.complete).isTrue();
    }

    @Test
    void whatMovedOverTheEdgeOfAPageIsFound() throws Exception {
        fill(250);
        calls.on(PAGE, query -> {
            if ("99".equals(query.get("offset")) && book.contains("c3")) {
                book.remove("c3");
            }
            return page(query);
        });
        read();
        assertThat(feed.ids()).containsExactlyInAnyOrderElementsOf(ids(250));
        assertThat(feed.complete).isTrue();
    }

    @Test
    void whatMovesForEverIsIncomplete() throws Exception {
        fill(1000);
        calls.on(PAGE, query -> {
            if (!"0".equals(query.get("offset"))) {
                book.removeFirst();
            }
            return page(query);
        });
        read();
        assertThat(feed.complete).isFalse();
        assertThat(feed.warnings).containsExactly("listing_moved");
    }

    @Test
    void aSourceThatGivesNoPagesIsAskedForAll() throws Exception {
        most = 10_000;
        fill(1200);
        calls.on(PAGE, query -> {
            if (!"0".equals(query.get("limit"))) {
                throw new ConnectorException.Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered 400.");
            }
            return page(Map.of("limit", "0", "offset", "0"));
        });
        read();
        assertThat(feed.ids()).containsExactlyElementsOf(ids(1200));
        assertThat(feed.complete).isTrue();
    }

    @Test
    void aSourceThatGivesTheFirstPageWhateverIsAskedIsAskedForAll() throws Exception {
        most = 10_000;
        fill(1200);
        calls.on(PAGE, query -> page(Map.of("limit", String.valueOf(query.get("limit")), "offset", "0")));
        read();
        assertThat(feed.ids()).containsExactlyElementsOf(ids(1200));
        assertThat(feed.complete).isTrue();
    }

    @Test
    void whereTheListingIsNoneTheFirstSightIsGivenAndSaidToBeShort() throws Exception {
        calls.on(START, "{'meCardId': 'c0', 'contacts': [{'contactId': 'c0'}, {'contactId': 'c1'}]}")
                .on(PAGE, "{}");
        read();
        assertThat(feed.ids()).containsExactlyElementsOf(ids(2));
        assertThat(feed.complete).isFalse();
        assertThat(feed.warnings).containsExactly("listing_gap");
    }

    @Test
    void aRefusalUnderWayFailsTheReading() {
        fill(250);
        calls.on(PAGE, query -> {
            if (!"0".equals(query.get("offset"))) {
                throw new ConnectorException.Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered 500.");
            }
            return page(query);
        });
        assertThatThrownBy(this::read).isInstanceOf(ConnectorException.Refused.class);
    }

    @Test
    void theTokensOfTheStartGoAlong() throws Exception {
        fill(1);
        calls.on(PAGE, query -> {
            assertThat(query)
                    .containsEntry("prefToken", "p")
                    .containsEntry("syncToken", "s")
                    .containsEntry("order", "last,first");
            return page(query);
        });
        read();
        assertThat(feed.items).hasSize(1);
    }

    @Test
    void nobodyEverOpenedContacts() throws Exception {
        calls.on(START, "{}");
        read();
        assertThat(feed.items).isEmpty();
        assertThat(feed.complete).isTrue();
        assertThat(calls.made).containsExactly(START);
    }

    @Test
    void theOwnersCardMayBeKeptApart() throws Exception {
        fill(2);
        calls.on(START, "{'syncToken': 's'}");
        calls.on(OWN, "{'contacts': [{'contactId': 'me', 'firstName': 'Jane'}]}");
        read();
        assertThat(feed.ids()).containsExactly("contact:c0", "contact:c1", "contact:me");
        assertThat(feed.item("contact:me").path("is_own").asBoolean()).isTrue();
        assertThat(feed.item("contact:c0").path("is_own").asBoolean()).isFalse();
    }

    @Test
    void theOwnersCardIsFetchedWhereTheListLacksIt() throws Exception {
        fill(1);
        calls.on(START, "{'meCardId': 'me'}");
        calls.on(OWN, "{'contactId': 'me'}");
        read();
        assertThat(feed.ids()).containsExactly("contact:c0", "contact:me");
    }

    @Test
    void anOwnCardThatIsNotHandedOutIsRefused() throws Exception {
        fill(1);
        calls.on(START, "{'meCardId': 'me'}");
        read();
        assertThat(feed.ids()).containsExactly("contact:c0");
        assertThat(feed.refusals).containsExactly("contact:me not-retrievable");
    }

    @Test
    void withoutTheOwnCardTheContactsCome() throws Exception {
        fill(1);
        calls.on(START, "{'syncToken': 's'}");
        calls.on(OWN, _ -> {
            throw new ConnectorException.Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered 404.");
        });
        read();
        assertThat(feed.ids()).containsExactly("contact:c0");
        assertThat(feed.warnings).containsExactly("own_card_unavailable");
        assertThat(feed.complete).isFalse();
    }

    @Test
    void anOwnCardThatIsRefusedOnceIsNotTakenForDeleted() throws Exception {
        fill(1);
        calls.on(START, "{'syncToken': 's'}");
        calls.on(OWN, "{'contactId': 'me'}");
        feed.reached = goneOn().reached;
        calls.on(OWN, _ -> {
            throw new ConnectorException.Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered 500.");
        });
        var refused = goneOn();
        assertThat(refused.items).isEmpty();
        assertThat(refused.complete).isFalse();
        calls.on(OWN, "{}");
        feed.reached = refused.reached;
        var gone = goneOn();
        assertThat(gone.ids()).containsExactly("contact:me");
        assertThat(gone.items.getFirst().path("deleted").asBoolean()).isTrue();
        assertThat(gone.complete).isTrue();
    }

    /// Another reading, from where the feed has reached.
    private KeptFeed goneOn() throws Exception {
        var further = new KeptFeed();
        further.from = feed.reached;
        Differences.list(
                Window.ALL,
                further,
                false,
                entry -> entry,
                (into, before) -> new Contacts(calls, new NoLimits(1), InstantSource.fixed(Instant.EPOCH))
                        .contacts(Window.ALL, into, before));
        return further;
    }

    @Test
    void aWindowLeavesNothingOutAndSaysSo() throws Exception {
        fill(3);
        read(new Window(Optional.of(Instant.parse("2026-01-01T00:00:00Z")), Optional.empty()));
        assertThat(feed.items).hasSize(3);
        assertThat(feed.warnings).containsExactly("window_not_applied");
    }
}
