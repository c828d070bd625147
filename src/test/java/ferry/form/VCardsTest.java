package ferry.form;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.mangstadt.vinnie.io.VObjectPropertyValues;
import ezvcard.Ezvcard;
import ezvcard.VCard;
import ezvcard.VCardVersion;
import ezvcard.io.text.VCardReader;
import ezvcard.parameter.AddressType;
import ezvcard.parameter.RelatedType;
import ezvcard.parameter.TelephoneType;
import ezvcard.property.VCardProperty;
import java.io.StringReader;
import java.text.Normalizer;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// Contacts as vCard, read back by the library.
class VCardsTest {
    private static final String ID = "contact:8F14E45F-CEEA-467F-9C2B-1F0A7B3C9D10";

    private static ObjectNode contact(String fields) {
        return Sheets.record("{'id': '" + ID + "', 'data_type': 'contact', 'name': {}" + fields + "}");
    }

    private static VCard card(ObjectNode record) throws Exception {
        try (var reader =
                new VCardReader(new StringReader(Sheets.of(Form.VCARD, record).only()))) {
            var card = reader.readNext();
            assertThat(reader.getWarnings()).isEmpty();
            assertThat(reader.readNext()).isNull();
            assertThat(card.getVersion()).isEqualTo(VCardVersion.V4_0);
            return card;
        }
    }

    private static List<String> extended(VCard card, String name) {
        return card.getExtendedProperties(name).stream()
                .map(property -> VObjectPropertyValues.unescape(property.getValue()))
                .toList();
    }

    /// What stands beside a property, by their group.
    private static String beside(VCard card, VCardProperty property, String name) {
        return card.getExtendedProperties(name).stream()
                .filter(other -> Objects.equals(other.getGroup(), property.getGroup()))
                .map(other -> VObjectPropertyValues.unescape(other.getValue()))
                .findFirst()
                .orElse("");
    }

    @Test
    void everyFieldOfAContactIsInItsCard() throws Exception {
        var card = card(contact("""
                , 'kind': 'person', 'is_own': true,
                'name': {'prefix': 'Dr.', 'given': 'Ada', 'middle': 'J.', 'family': 'Berg', 'suffix': 'Jr.',
                         'nickname': 'Skipper', 'phonetic_given': 'ay-da', 'phonetic_family': 'bairg'},
                'organization': 'Tern & Sons', 'phonetic_organization': 'turn', 'department': 'Rigging',
                'job_title': 'Sailmaker', 'note': 'Met at the harbour.',
                'birthday': {'year': 1980, 'month': 2, 'day': 29},
                'phones': [{'label': 'mobile', 'label_raw': 'MOBILE', 'value': '+44 7700 900123'},
                           {'label': 'home_fax', 'label_raw': '_$!<HomeFAX>!$_', 'value': '+44 7700 900124'},
                           {'label': 'On the boat', 'label_raw': 'On the boat', 'value': '+44 7700 900125'}],
                'emails': [{'label': 'home', 'label_raw': '_$!<Home>!$_', 'value': 'ada@sandbox.example'},
                           {'label': 'club', 'label_raw': 'club', 'value': 'ada@club.example'}],
                'urls': [{'label': 'homepage', 'label_raw': '_$!<HomePage>!$_', 'value': 'https://ada.example/'}],
                'addresses': [{'label': 'home', 'label_raw': '_$!<Home>!$_', 'street': '22 Harbour Row\\nFlat 3',
                               'sub_locality': 'Old Port', 'city': 'Port Sandbox', 'state': 'SB',
                               'postal_code': 'SB1 2AA', 'country': 'United Kingdom', 'country_code': 'gb'}],
                'ims': [{'label': 'home', 'label_raw': 'HOME', 'username': 'ada b', 'service': 'Jabber'},
                        {'label': 'home', 'label_raw': 'HOME', 'username': 'ada', 'service': 'Carrier Pigeon'}],
                'social': [{'label': 'twitter', 'label_raw': 'TWITTER', 'url': 'https://social.example/ada',
                            'username': 'ada', 'user_id': '42'}],
                'dates': [{'label': 'anniversary', 'label_raw': '_$!<Anniversary>!$_',
                           'date': {'year': 2005, 'month': 6, 'day': 1}},
                          {'label': 'first sail', 'label_raw': 'first sail', 'date': {'year': null, 'month': 5, 'day': 9}}],
                'relations': [{'label': 'mother', 'label_raw': '_$!<Mother>!$_', 'value': 'Grete'},
                              {'label': 'spouse', 'label_raw': '_$!<Spouse>!$_', 'value': 'Ivo'}]
                """.replace("\n", " ")));

        assertThat(card.getUid().getValue()).isEqualTo("urn:uuid:8f14e45f-ceea-467f-9c2b-1f0a7b3c9d10");
        assertThat(card.getKind().isIndividual()).isTrue();
        var name = card.getStructuredName();
        assertThat(List.of(name.getFamily(), name.getGiven())).containsExactly("Berg", "Ada");
        assertThat(name.getAdditionalNames()).containsExactly("J.");
        assertThat(name.getPrefixes()).containsExactly("Dr.");
        assertThat(name.getSuffixes()).containsExactly("Jr.");
        assertThat(card.getFormattedName().getValue()).isEqualTo("Dr. Ada J. Berg Jr.");
        assertThat(card.getNickname().getValues()).containsExactly("Skipper");
        assertThat(extended(card, "X-PHONETIC-FIRST-NAME")).containsExactly("ay-da");
        assertThat(extended(card, "X-PHONETIC-LAST-NAME")).containsExactly("bairg");
        assertThat(extended(card, "X-PHONETIC-ORG")).containsExactly("turn");
        assertThat(card.getOrganization().getValues()).containsExactly("Tern & Sons", "Rigging");
        assertThat(card.getTitles().getFirst().getValue()).isEqualTo("Sailmaker");
        assertThat(card.getNotes().getFirst().getValue()).isEqualTo("Met at the harbour.");
        assertThat(LocalDate.from(card.getBirthday().getDate())).isEqualTo(LocalDate.of(1980, 2, 29));

        var phones = card.getTelephoneNumbers();
        assertThat(phones.get(0).getText()).isEqualTo("+44 7700 900123");
        assertThat(phones.get(0).getTypes()).containsExactly(TelephoneType.CELL);
        assertThat(phones.get(1).getTypes()).containsExactlyInAnyOrder(TelephoneType.FAX, TelephoneType.HOME);
        assertThat(beside(card, phones.get(2), "X-ABLABEL")).isEqualTo("On the boat");
        assertThat(card.getEmails().get(0).getValue()).isEqualTo("ada@sandbox.example");
        assertThat(beside(card, card.getEmails().get(1), "X-ABLABEL")).isEqualTo("club");
        assertThat(card.getUrls().getFirst().getValue()).isEqualTo("https://ada.example/");
        assertThat(beside(card, card.getUrls().getFirst(), "X-ABLABEL")).isEqualTo("_$!<HomePage>!$_");

        var address = card.getAddresses().getFirst();
        assertThat(address.getTypes()).containsExactly(AddressType.HOME);
        assertThat(address.getStreetAddress()).isEqualTo("22 Harbour Row\nFlat 3");
        assertThat(List.of(address.getLocality(), address.getRegion(), address.getPostalCode(), address.getCountry()))
                .containsExactly("Port Sandbox", "SB", "SB1 2AA", "United Kingdom");
        assertThat(beside(card, address, "X-ABADR")).isEqualTo("gb");
        assertThat(beside(card, address, "X-APPLE-SUBLOCALITY")).isEqualTo("Old Port");

        var impp = card.getImpps();
        assertThat(impp.get(0).getProtocol() + " " + impp.get(0).getHandle()).isEqualTo("xmpp ada b");
        assertThat(impp.get(0).getParameter("X-SERVICE-TYPE")).isEqualTo("Jabber");
        assertThat(impp.get(1).getParameter("X-SERVICE-TYPE")).isEqualTo("Carrier Pigeon");
        assertThat(extended(card, "X-SOCIALPROFILE")).containsExactly("https://social.example/ada");
        var profile = card.getExtendedProperty("X-SOCIALPROFILE");
        assertThat(profile.getParameter("X-USER")).isEqualTo("ada");
        assertThat(profile.getParameter("X-USERID")).isEqualTo("42");

        assertThat(LocalDate.from(card.getAnniversary().getDate())).isEqualTo(LocalDate.of(2005, 6, 1));
        assertThat(extended(card, "X-ABDATE")).containsExactly("--05-09");
        assertThat(beside(card, card.getExtendedProperty("X-ABDATE"), "X-ABLABEL"))
                .isEqualTo("first sail");
        assertThat(card.getRelations().get(0).getText()).isEqualTo("Grete");
        assertThat(card.getRelations().get(0).getTypes()).containsExactly(RelatedType.PARENT);
        assertThat(beside(card, card.getRelations().get(0), "X-ABLABEL")).isEqualTo("_$!<Mother>!$_");
        assertThat(card.getRelations().get(1).getTypes()).containsExactly(RelatedType.SPOUSE);
        assertThat(extended(card, "X-FERRY-OWN-CARD")).containsExactly("true");
    }

    @Test
    void oddTextsComeBackAsTheyWere() throws Exception {
        var apart = Normalizer.normalize("Zoë Kovač", Normalizer.Form.NFD);
        var odd = "a,b;c\\\\d:e\\\"f \uD83D\uDE00 \u202Ex\u202C";
        var record = contact(", 'note': 'one\\ntwo\\n\\n  four', 'organization': '" + odd + "'");
        record.putObject("name").put("given", apart).put("family", "O’Neill; or, so");
        record.put("job_title", "x".repeat(500) + " é".repeat(100));

        var card = card(record);

        assertThat(card.getStructuredName().getGiven()).isEqualTo(apart);
        assertThat(card.getStructuredName().getFamily()).isEqualTo("O’Neill; or, so");
        assertThat(card.getNotes().getFirst().getValue()).isEqualTo("one\ntwo\n\n  four");
        assertThat(card.getOrganization().getValues())
                .containsExactly(record.path("organization").asString());
        assertThat(card.getTitles().getFirst().getValue())
                .isEqualTo(record.path("job_title").asString());
    }

    @Test
    void aBirthdayMayHaveNoYearOrBeNoDate() throws Exception {
        var without = card(contact(", 'birthday': {'year': null, 'month': 2, 'day': 29}"));
        assertThat(without.getBirthday().getPartialDate().getMonth()).isEqualTo(2);
        assertThat(without.getBirthday().getPartialDate().getDate()).isEqualTo(29);
        assertThat(without.getBirthday().getPartialDate().getYear()).isNull();

        var words = card(contact(", 'birthday': null, 'birthday_raw': 'the 5th of May'"));
        assertThat(words.getBirthday().getText()).isEqualTo("the 5th of May");
    }

    @Test
    void aCardHasANameToShowWhateverThereIs() throws Exception {
        var company = card(contact(", 'kind': 'company', 'organization': 'Windrose'"));
        assertThat(company.getFormattedName().getValue()).isEqualTo("Windrose");
        assertThat(company.getKind().isOrg()).isTrue();

        var email = card(contact(", 'emails': [{'label': null, 'label_raw': null, 'value': 'a@b.example'}]"));
        assertThat(email.getFormattedName().getValue()).isEqualTo("a@b.example");

        assertThat(card(contact("")).getFormattedName().getValue()).isEmpty();
    }

    @Test
    void aGroupNamesItsMembersAsTheirCardsAreNamed() throws Exception {
        var text = Sheets.of(
                        Form.VCARD,
                        contact(""),
                        Sheets.record("{'id': 'contact:ODD-BARE', 'data_type': 'contact', 'name': {}}"),
                        Sheets.record("{'id': 'contact_group:G', 'data_type': 'contact_group', 'name': 'Family',"
                                + " 'members': ['" + ID + "', 'contact:ODD-BARE']}"))
                .only();
        var cards = Ezvcard.parse(text).all();

        var group = cards.get(2);
        assertThat(group.getKind().isGroup()).isTrue();
        assertThat(group.getMembers().stream().map(member -> member.getUri()))
                .containsExactly(
                        cards.get(0).getUid().getValue(), cards.get(1).getUid().getValue());
    }

    @Test
    void aPhotoThatIsFetchedIsInTheCardAndOneThatIsNotIsLeftOut() throws Exception {
        var with = contact(", 'files': [{'id': 'file-1', 'data_type': 'image'}]");
        var lost =
                contact(", 'files': [{'id': 'file-2', 'data_type': 'image'}]").put("id", "contact:lost");
        var bytes = new byte[] {(byte) 0xff, (byte) 0xd8, 1, 2, 3, (byte) 0xff, (byte) 0xd9};
        var sheets = new Sheets();
        try (var writer = FormWriter.of(Form.VCARD, "some.type", true, sheets)) {
            writer.item(with);
            writer.item(lost);
            assertThat(writer.wants("file-1")).isTrue();
            writer.file("file-1", bytes);
            assertThat(writer.wants("file-1")).isFalse();
            assertThat(writer.wants("file-9")).isFalse();
            writer.finish();
        }

        var cards = Ezvcard.parse(sheets.only()).all();
        assertThat(cards).hasSize(2);
        assertThat(cards.get(0).getPhotos().getFirst().getData()).isEqualTo(bytes);
        assertThat(cards.get(0).getPhotos().getFirst().getContentType().getMediaType())
                .isEqualTo("image/jpeg");
        assertThat(cards.get(1).getPhotos()).isEmpty();
    }

    @Test
    void aContactThatIsGoneHasNoCard() throws Exception {
        var sheets =
                Sheets.of(Form.VCARD, Sheets.record("{'id': 'contact:gone', 'data_type': 'contact', 'deleted': true}"));
        assertThat(sheets.only()).isEmpty();
    }

    @Test
    void cardsAreWrittenAsTheyCome() throws Exception {
        var sheets = new Sheets();
        try (var writer = FormWriter.of(Form.VCARD, "some.type", false, sheets)) {
            long before = 0;
            for (int i = 0; i < 1000; i++) {
                writer.item(contact(", 'note': 'number " + i + "'"));
                assertThat(sheets.written).isGreaterThan(before);
                before = sheets.written;
            }
            writer.finish();
        }
        assertThat(Ezvcard.parse(sheets.only()).all()).hasSize(1000);
    }
}
