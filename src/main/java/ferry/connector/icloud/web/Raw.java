package ferry.connector.icloud.web;

import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What the source sent of a record, without what opens anything: addresses that carry their own right of
/// access, keys, and tokens; and without means of payment, which nobody asks for. The list is in
/// `docs/api/data-types.md`; what the owner wrote is never touched.
public final class Raw {
    /// Whatever record they stand in.
    private static final Set<String> SECRETS = Set.of(
            "downloadURL",
            "wrappingKey",
            "protectionInfo",
            "protectionInfoTag",
            "publicProtectionInfo",
            "chainPrivateKey",
            "chainParentKey",
            "chainProtectionInfo",
            "shortGUID",
            "shortTokenHash",
            "shareURL",
            "publicURL",
            "publicurl",
            "albumlocation",
            "data_token",
            "package_token",
            "thumbnailUrl",
            "prefToken",
            "syncToken",
            "paymentMethods");
    /// An address at Apple's host of files, wherever it stands.
    private static final Pattern CONTENT =
            Pattern.compile("https?://[^/]*icloud-content\\.com(\\.cn)?[:/].*", Pattern.DOTALL);

    private Raw() {}

    /// One record.
    public static ObjectNode of(JsonNode sent) {
        var copy = Json.object();
        copy.set("record", sent);
        var cleaned = clean(copy).path("record");
        return cleaned instanceof ObjectNode object ? object : copy.put("record", cleaned.asString(""));
    }

    /// A contact: the address of its photo goes.
    public static ObjectNode ofContact(JsonNode contact) {
        var copy = of(contact);
        if (copy.path("photo") instanceof ObjectNode photo) {
            photo.remove("url");
        }
        return copy;
    }

    private static JsonNode clean(JsonNode node) {
        if (node.isObject()) {
            var copy = Json.object();
            node.propertyStream()
                    .filter(field -> !SECRETS.contains(field.getKey()) && !isAddress(field.getValue()))
                    .forEach(field -> copy.set(field.getKey(), clean(field.getValue())));
            return copy;
        }
        if (node.isArray()) {
            var copy = Json.MAPPER.createArrayNode();
            node.valueStream().filter(each -> !isAddress(each)).map(Raw::clean).forEach(copy::add);
            return copy;
        }
        return node;
    }

    private static boolean isAddress(JsonNode value) {
        return value.isString() && CONTENT.matcher(value.stringValue()).matches();
    }
}
