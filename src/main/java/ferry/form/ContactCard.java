package ferry.form;

import com.github.mangstadt.vinnie.io.VObjectPropertyValues;
import ezvcard.VCard;
import ezvcard.parameter.AddressType;
import ezvcard.parameter.EmailType;
import ezvcard.parameter.ImageType;
import ezvcard.parameter.RelatedType;
import ezvcard.parameter.TelephoneType;
import ezvcard.property.Address;
import ezvcard.property.Anniversary;
import ezvcard.property.Birthday;
import ezvcard.property.Email;
import ezvcard.property.Impp;
import ezvcard.property.Kind;
import ezvcard.property.Member;
import ezvcard.property.Photo;
import ezvcard.property.Related;
import ezvcard.property.StructuredName;
import ezvcard.property.Telephone;
import ezvcard.property.Uid;
import ezvcard.property.Url;
import ezvcard.property.VCardProperty;
import ezvcard.util.PartialDate;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// A contact or a group as a card of vCard 4. What the standard has no place for stands where Apple's own
/// export puts it: a label of the owner's words in `X-ABLABEL` beside its property, other days in `X-ABDATE`,
/// profiles in `X-SOCIALPROFILE`, how a name is spoken in `X-PHONETIC-…`.
final class ContactCard {
    private static final Pattern UUID = Pattern.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");

    private static final Map<String, List<TelephoneType>> PHONES = Map.of(
            "home", List.of(TelephoneType.HOME),
            "work", List.of(TelephoneType.WORK),
            "mobile", List.of(TelephoneType.CELL),
            "pager", List.of(TelephoneType.PAGER),
            "home_fax", List.of(TelephoneType.FAX, TelephoneType.HOME),
            "work_fax", List.of(TelephoneType.FAX, TelephoneType.WORK));

    private static final Map<String, RelatedType> RELATIONS = Map.ofEntries(
            Map.entry("mother", RelatedType.PARENT),
            Map.entry("father", RelatedType.PARENT),
            Map.entry("parent", RelatedType.PARENT),
            Map.entry("brother", RelatedType.SIBLING),
            Map.entry("sister", RelatedType.SIBLING),
            Map.entry("child", RelatedType.CHILD),
            Map.entry("son", RelatedType.CHILD),
            Map.entry("daughter", RelatedType.CHILD),
            Map.entry("friend", RelatedType.FRIEND),
            Map.entry("spouse", RelatedType.SPOUSE),
            Map.entry("partner", RelatedType.SWEETHEART),
            Map.entry("assistant", RelatedType.AGENT),
            Map.entry("manager", RelatedType.COLLEAGUE));
    /// Those whose word says all that the label says.
    private static final Set<String> PLAIN_RELATIONS = Set.of("parent", "child", "friend", "spouse");

    private static final Map<String, String> PROTOCOLS = Map.of(
            "jabber", "xmpp",
            "googletalk", "xmpp",
            "facebook", "xmpp",
            "aim", "aim",
            "icq", "aim",
            "skype", "skype",
            "msn", "msnim",
            "yahoo", "ymsgr");

    private final VCard card = new VCard();
    private int groups;

    private ContactCard() {}

    /// The file id of a contact's photo.
    static Optional<String> photo(JsonNode record) {
        return Told.list(record, "files")
                .filter(file -> Told.kind(file).equals("image"))
                .findFirst()
                .flatMap(file -> Told.text(file, "id"));
    }

    /// Puts the photo in. What it is its first byte tells.
    static void add(VCard card, byte[] bytes) {
        var type = bytes.length == 0
                ? ImageType.JPEG
                : switch (bytes[0]) {
                    case (byte) 0x89 -> ImageType.PNG;
                    case 'G' -> ImageType.GIF;
                    default -> ImageType.JPEG;
                };
        card.addPhoto(new Photo(bytes, type));
    }

    /// The card of a contact or group.
    static VCard of(JsonNode record) {
        var made = new ContactCard();
        made.card.setUid(new Uid(uid(Told.text(record, "id").orElse(""))));
        if (Told.kind(record).equals("contact_group")) {
            made.group(record);
        } else {
            made.contact(record);
        }
        return made.card;
    }

    /// What a card is known by, in itself and as a member: a URI in any case.
    private static String uid(String id) {
        var natural = id.substring(id.indexOf(':') + 1);
        return UUID.matcher(natural).matches() ? "urn:uuid:" + natural.toLowerCase(Locale.ROOT) : id;
    }

    private void group(JsonNode record) {
        card.setKind(Kind.group());
        card.setFormattedName(Told.text(record, "name").orElse(""));
        Told.texts(record, "members").forEach(member -> card.addMember(new Member(uid(member))));
    }

    private void contact(JsonNode record) {
        boolean company = Told.text(record, "kind").orElse("").equals("company");
        card.setKind(company ? Kind.org() : Kind.individual());
        names(record.path("name"));
        card.setFormattedName(shown(record, company));
        var organization = Told.text(record, "organization");
        var department = Told.text(record, "department");
        if (department.isPresent()) {
            card.setOrganization(organization.orElse(""), department.get());
        } else {
            organization.ifPresent(card::setOrganization);
        }
        Told.text(record, "phonetic_organization").ifPresent(text -> extended("X-PHONETIC-ORG", text));
        Told.text(record, "job_title").ifPresent(card::addTitle);
        Told.text(record, "note").ifPresent(card::addNote);
        birthday(record);
        Told.list(record, "phones").forEach(this::phone);
        Told.list(record, "emails").forEach(this::email);
        Told.list(record, "urls").forEach(this::url);
        Told.list(record, "addresses").forEach(this::address);
        Told.list(record, "ims").forEach(this::instantMessaging);
        Told.list(record, "social").forEach(this::profile);
        Told.list(record, "dates").forEach(this::date);
        Told.list(record, "relations").forEach(this::relation);
        if (Told.flag(record, "is_own")) {
            extended("X-FERRY-OWN-CARD", "true");
        }
    }

    private void names(JsonNode name) {
        var structured = new StructuredName();
        Told.text(name, "family").ifPresent(structured::setFamily);
        Told.text(name, "given").ifPresent(structured::setGiven);
        Told.text(name, "middle").ifPresent(structured.getAdditionalNames()::add);
        Told.text(name, "prefix").ifPresent(structured.getPrefixes()::add);
        Told.text(name, "suffix").ifPresent(structured.getSuffixes()::add);
        card.setStructuredName(structured);
        Told.text(name, "nickname").ifPresent(card::setNickname);
        Told.text(name, "phonetic_given").ifPresent(text -> extended("X-PHONETIC-FIRST-NAME", text));
        Told.text(name, "phonetic_family").ifPresent(text -> extended("X-PHONETIC-LAST-NAME", text));
    }

    /// The name that a list shows; a card must have one.
    private static String shown(JsonNode record, boolean company) {
        var name = record.path("name");
        var person = String.join(
                " ",
                Stream.of("prefix", "given", "middle", "family", "suffix")
                        .flatMap(part -> Told.text(name, part).stream())
                        .toList());
        var organization = Told.text(record, "organization");
        if (company && organization.isPresent()) {
            return organization.get();
        }
        Supplier<Optional<String>> reached = () -> Stream.of("emails", "phones")
                .flatMap(list -> Told.list(record, list))
                .flatMap(each -> Told.text(each, "value").stream())
                .findFirst();
        return person.isEmpty()
                ? Told.text(name, "nickname").or(() -> organization).or(reached).orElse("")
                : person;
    }

    private void birthday(JsonNode record) {
        var day = record.path("birthday");
        if (day.isObject()) {
            whole(day)
                    .ifPresentOrElse(
                            date -> card.setBirthday(new Birthday(date)),
                            () -> card.setBirthday(new Birthday(partial(day))));
        } else {
            Told.text(record, "birthday_raw").ifPresent(text -> card.setBirthday(new Birthday(text)));
        }
    }

    private void date(JsonNode each) {
        var day = each.path("date");
        boolean anniversary = Told.text(each, "label").orElse("").equals("anniversary");
        if (anniversary && day.isObject() && card.getAnniversary() == null) {
            whole(day)
                    .ifPresentOrElse(
                            date -> card.setAnniversary(new Anniversary(date)),
                            () -> card.setAnniversary(new Anniversary(partial(day))));
            return;
        }
        var text = day.isObject()
                ? Optional.of(whole(day)
                        .map(LocalDate::toString)
                        .orElseGet(() -> partial(day).toISO8601(true)))
                : Told.text(each, "date_raw");
        text.ifPresent(told -> labelled(each, raw("X-ABDATE", told)));
    }

    private static Optional<LocalDate> whole(JsonNode day) {
        var year = Told.number(day, "year");
        return year.isEmpty()
                ? Optional.empty()
                : Optional.of(LocalDate.of((int) year.getAsLong(), part(day, "month"), part(day, "day")));
    }

    private static PartialDate partial(JsonNode day) {
        return PartialDate.builder()
                .month(part(day, "month"))
                .date(part(day, "day"))
                .build();
    }

    private static int part(JsonNode day, String name) {
        return (int) Told.number(day, name).orElse(1);
    }

    private void phone(JsonNode each) {
        Told.text(each, "value").ifPresent(value -> {
            var phone = new Telephone(value);
            var types = PHONES.getOrDefault(label(each), List.of());
            phone.getTypes().addAll(types);
            if (types.isEmpty()) {
                labelled(each, phone);
            } else {
                card.addProperty(phone);
            }
        });
    }

    private void email(JsonNode each) {
        Told.text(each, "value").ifPresent(value -> {
            var email = new Email(value);
            switch (label(each)) {
                case "home" -> email.getTypes().add(EmailType.HOME);
                case "work" -> email.getTypes().add(EmailType.WORK);
                default -> label(each, email);
            }
            card.addProperty(email);
        });
    }

    private void url(JsonNode each) {
        Told.text(each, "value").ifPresent(value -> {
            var url = new Url(value);
            switch (label(each)) {
                case "home", "work" -> url.setType(label(each));
                default -> label(each, url);
            }
            card.addProperty(url);
        });
    }

    private void address(JsonNode each) {
        var address = new Address();
        Told.text(each, "street").ifPresent(address::setStreetAddress);
        Told.text(each, "city").ifPresent(address::setLocality);
        Told.text(each, "state").ifPresent(address::setRegion);
        Told.text(each, "postal_code").ifPresent(address::setPostalCode);
        Told.text(each, "country").ifPresent(address::setCountry);
        switch (label(each)) {
            case "home" -> address.getTypes().add(AddressType.HOME);
            case "work" -> address.getTypes().add(AddressType.WORK);
            default -> label(each, address);
        }
        card.addProperty(address);
        Told.text(each, "country_code").ifPresent(code -> beside(address, "X-ABADR", code));
        Told.text(each, "sub_locality").ifPresent(place -> beside(address, "X-APPLE-SUBLOCALITY", place));
    }

    private void instantMessaging(JsonNode each) {
        Told.text(each, "username").ifPresent(user -> {
            var service = Told.text(each, "service");
            var protocol = service.map(name -> PROTOCOLS.get(name.toLowerCase(Locale.ROOT)))
                    .orElse("x-apple");
            var impp = new Impp(protocol, user);
            service.ifPresent(name -> impp.setParameter("X-SERVICE-TYPE", Told.line(name)));
            labelled(each, impp);
        });
    }

    private void profile(JsonNode each) {
        var profile = raw(
                "X-SOCIALPROFILE",
                Told.text(each, "url").or(() -> Told.text(each, "username")).orElse(""));
        Told.text(each, "username").ifPresent(user -> profile.setParameter("X-USER", Told.line(user)));
        Told.text(each, "user_id").ifPresent(id -> profile.setParameter("X-USERID", Told.line(id)));
        labelled(each, profile);
    }

    private void relation(JsonNode each) {
        Told.text(each, "value").ifPresent(name -> {
            var related = new Related();
            related.setText(name);
            var type = RELATIONS.get(label(each));
            if (type != null) {
                related.getTypes().add(type);
            }
            if (!PLAIN_RELATIONS.contains(label(each))) {
                label(each, related);
            }
            card.addProperty(related);
        });
    }

    // ---- labels

    private static String label(JsonNode each) {
        return Told.text(each, "label").orElse("");
    }

    /// Adds a property, and its label beside it.
    private void labelled(JsonNode each, VCardProperty property) {
        label(each, property);
        card.addProperty(property);
    }

    private void label(JsonNode each, VCardProperty property) {
        Told.text(each, "label_raw")
                .or(() -> Told.text(each, "label"))
                .ifPresent(words -> beside(property, "X-ABLABEL", words));
    }

    private void beside(VCardProperty property, String name, String value) {
        if (property.getGroup() == null) {
            groups++;
            property.setGroup("item" + groups);
        }
        var other = raw(name, value);
        other.setGroup(property.getGroup());
        card.addProperty(other);
    }

    private void extended(String name, String value) {
        card.addProperty(raw(name, value));
    }

    private static ezvcard.property.RawProperty raw(String name, String value) {
        return new ezvcard.property.RawProperty(name, VObjectPropertyValues.escape(value));
    }
}
