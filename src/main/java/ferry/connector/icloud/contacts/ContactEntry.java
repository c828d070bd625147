package ferry.connector.icloud.contacts;

import ferry.connector.FileRef;
import ferry.connector.icloud.web.Json;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The feed entries of a contact and a group; their schema is `schemas/icloud_contacts.contacts.json`. What the source
/// does not say is null. A contact keeps all that the source sent in `raw`, since nobody has written down which fields
/// there are.
final class ContactEntry {
    private ContactEntry() {}

    static String id(String contactId) {
        return "contact:" + contactId;
    }

    private static String groupId(String groupId) {
        return "contact_group:" + groupId;
    }

    /// @param own whether it is the owner's own card
    /// @param groups ids of those it is in
    /// @param fileId gives out the ids of files
    static ObjectNode contact(
            JsonNode contact, String contactId, boolean own, List<String> groups, Function<FileRef, String> fileId) {
        var node = Json.object()
                .put("id", id(contactId))
                .put("data_type", "contact")
                .put("kind", Json.flag(contact, "isCompany") ? "company" : "person")
                .put("is_own", own);
        name(node.putObject("name"), contact);
        node.put("organization", Json.text(contact, "companyName"))
                .put("phonetic_organization", Json.text(contact, "phoneticCompanyName"))
                .put("department", Json.text(contact, "department"))
                .put("job_title", Json.text(contact, "jobTitle"))
                .put("note", Json.text(contact, "notes"));
        day(node, "birthday", "birthday_raw", contact, "birthday");
        list(node, "phones", contact, "phones", ContactEntry::value);
        list(node, "emails", contact, "emailAddresses", ContactEntry::value);
        list(node, "urls", contact, "urls", ContactEntry::value);
        list(node, "addresses", contact, "streetAddresses", ContactEntry::address);
        list(node, "ims", contact, "IMs", ContactEntry::instantMessaging);
        list(node, "social", contact, "profiles", ContactEntry::profile);
        list(node, "dates", contact, "dates", (from, to) -> day(to, "date", "date_raw", from, "field"));
        list(node, "relations", contact, "relatedNames", ContactEntry::value);
        var in = node.putArray("groups");
        groups.forEach(group -> in.add(groupId(group)));
        node.put("has_photo", hasPhoto(contact.path("photo")));
        ContactPhoto.ref(contact, contactId)
                .ifPresent(ref -> node.putArray("files")
                        .addObject()
                        .put("id", fileId.apply(ref))
                        .put("data_type", "image")
                        .put("name", "photo")
                        .put("extension", ContactPhoto.META.extension())
                        .put("filename", ContactPhoto.META.filename())
                        .put("mime_type", ContactPhoto.META.mimeType())
                        .putNull("size"));
        node.put("etag", Json.text(contact, "etag"));
        node.set("raw", raw(contact));
        return node;
    }

    static ObjectNode group(JsonNode group, String groupId) {
        var node = Json.object()
                .put("id", groupId(groupId))
                .put("data_type", "contact_group")
                .put("name", Json.text(group, "name"));
        var members = node.putArray("members");
        members(group).map(ContactEntry::id).forEach(members::add);
        return node.put("etag", Json.text(group, "etag"));
    }

    /// Ids of the contacts in a group, each once.
    static Stream<String> members(JsonNode group) {
        return group.path("contactIds")
                .valueStream()
                .filter(id -> id.isString() || id.isNumber())
                .map(JsonNode::asString)
                .filter(id -> !id.isEmpty())
                .distinct();
    }

    private static void name(ObjectNode name, JsonNode contact) {
        name.put("prefix", Json.text(contact, "prefix"))
                .put("given", Json.text(contact, "firstName"))
                .put("middle", Json.text(contact, "middleName"))
                .put("family", Json.text(contact, "lastName"))
                .put("suffix", Json.text(contact, "suffix"))
                .put("nickname", Json.text(contact, "nickName"))
                .put("phonetic_given", Json.text(contact, "phoneticFirstName"))
                .put("phonetic_family", Json.text(contact, "phoneticLastName"));
    }

    /// Each entry has its label; what is no object counts as the value without a label.
    private static void list(
            ObjectNode node, String name, JsonNode contact, String field, BiConsumer<JsonNode, ObjectNode> rest) {
        var list = node.putArray(name);
        // One alone may come bare.
        var entries = contact.path(field);
        var each = entries.isArray() ? entries.valueStream() : Stream.of(entries);
        each.filter(entry -> !entry.isMissingNode() && !entry.isNull()).forEach(entry -> {
            var labelled = entry.isObject() ? entry : Json.object().set("field", entry);
            var label = Json.text(labelled, "label");
            var one = list.addObject().put("label", Label.normalised(label)).put("label_raw", label);
            rest.accept(labelled, one);
        });
    }

    private static void value(JsonNode from, ObjectNode to) {
        to.put("value", Json.text(from, "field"));
    }

    private static void address(JsonNode from, ObjectNode to) {
        var field = from.path("field");
        to.put("street", field.isObject() ? Json.text(field, "street") : Json.text(from, "field"))
                .put("sub_locality", Json.text(field, "subLocality"))
                .put("city", Json.text(field, "city"))
                .put("state", Json.text(field, "state"))
                .put("postal_code", Json.text(field, "postalCode"))
                .put("country", Json.text(field, "country"))
                .put("country_code", Json.text(field, "countryCode"));
    }

    private static void instantMessaging(JsonNode from, ObjectNode to) {
        var field = from.path("field");
        to.put("username", field.isObject() ? Json.text(field, "userName") : Json.text(from, "field"))
                .put("service", Json.text(field, "IMService"));
    }

    private static void profile(JsonNode from, ObjectNode to) {
        to.put("url", Json.text(from, "field"))
                .put("username", Json.text(from, "user"))
                .put("user_id", Json.text(from, "userId"));
    }

    private static void day(ObjectNode to, String name, String rawName, JsonNode from, String field) {
        var text = Optional.ofNullable(Json.text(from, field));
        var day = text.flatMap(CalendarDay::read);
        to.set(name, day.<JsonNode>map(d -> d).orElseGet(to::nullNode));
        to.put(rawName, day.isPresent() ? null : text.orElse(null));
    }

    private static boolean hasPhoto(JsonNode photo) {
        return photo.isObject()
                ? !photo.isEmpty()
                : photo.isString() && !photo.asString().isEmpty();
    }

    /// All but the photo's address, which is short-lived and signed for the session.
    private static ObjectNode raw(JsonNode contact) {
        var raw = ((ObjectNode) contact).deepCopy();
        switch (raw.path("photo")) {
            case ObjectNode photo -> photo.remove("url");
            default -> raw.remove("photo");
        }
        return raw;
    }
}
