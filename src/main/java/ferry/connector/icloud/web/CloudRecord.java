package ferry.connector.icloud.web;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// One CloudKit record, read leniently: a field that is missing, has no `value` or is not of the kind asked for
/// is absent (R21).
public record CloudRecord(JsonNode json) {
    /// Dates outside are absurd, and unknown: the first photograph is of 1826.
    private static final Instant EARLIEST = Instant.parse("1800-01-01T00:00:00Z");

    private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");
    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final int MAX_ENCODED = 1024 * 1024;

    /// In the place of a record that the source does not have.
    public static final CloudRecord NONE = new CloudRecord(JsonNodeFactory.instance.objectNode());

    public String name() {
        return json.path("recordName").asString("");
    }

    public String type() {
        return json.path("recordType").asString("");
    }

    /// Another one whenever the record was changed; empty where the source does not say it.
    public String changeTag() {
        return json.path("recordChangeTag").asString("");
    }

    /// The change tags of these records by name; empty where a record is not among the found.
    public static Map<String, String> changeTags(Collection<String> names, Map<String, CloudRecord> found) {
        var tags = new HashMap<String, String>();
        names.forEach(name -> tags.put(name, found.getOrDefault(name, NONE).changeTag()));
        return tags;
    }

    /// The source's own code where it could not read this one record.
    public Optional<String> error() {
        var code = json.path("serverErrorCode");
        return code.isString() ? Optional.of(code.stringValue()) : Optional.empty();
    }

    /// Whether the source has no record of that name.
    public boolean isUnknown() {
        return error().filter("NOT_FOUND"::equals).isPresent();
    }

    public boolean isTombstone() {
        return json.path("deleted").asBoolean(false);
    }

    public JsonNode value(String field) {
        return json.path("fields").path(field).path("value");
    }

    public boolean has(String field) {
        return !value(field).isMissingNode() && !value(field).isNull();
    }

    public OptionalLong number(String field) {
        var value = value(field);
        return value.isNumber() && value.canConvertToLong() ? OptionalLong.of(value.longValue()) : OptionalLong.empty();
    }

    public OptionalDouble decimal(String field) {
        var value = value(field);
        return value.isNumber() && Double.isFinite(value.asDouble(Double.NaN))
                ? OptionalDouble.of(value.asDouble(Double.NaN))
                : OptionalDouble.empty();
    }

    public Optional<String> string(String field) {
        var value = value(field);
        return value.isString() && !value.stringValue().isBlank() ? Optional.of(value.stringValue()) : Optional.empty();
    }

    /// 0 and 1 as a truth; also as JSON's own.
    public boolean flag(String field) {
        var value = value(field);
        return value.isBoolean() ? value.booleanValue() : number(field).orElse(0) == 1;
    }

    /// A field of epoch milliseconds; absent where absurd, see [#isAbsurd].
    public Optional<Instant> date(String field) {
        return plausible(number(field));
    }

    /// Whether the field holds a number that is no date of this world.
    public boolean isAbsurd(String field) {
        return value(field).isNumber() && date(field).isEmpty();
    }

    /// When the record was made or last changed at the source: `created` or `modified`.
    public Optional<Instant> stamp(String which) {
        var value = json.path(which).path("timestamp");
        return plausible(
                value.isNumber() && value.canConvertToLong()
                        ? OptionalLong.of(value.longValue())
                        : OptionalLong.empty());
    }

    /// An `…Enc` field as text: `ENCRYPTED_BYTES` are base64 of UTF-8, a `STRING` is plain.
    public Optional<String> text(String field) {
        var value = string(field);
        if (value.isEmpty() || isPlain(field)) {
            return value;
        }
        return decoded(value.get()).flatMap(CloudRecord::utf8);
    }

    /// Whether an `…Enc` field came as plain text.
    public boolean isPlain(String field) {
        return json.path("fields").path(field).path("type").asString("").equals("STRING");
    }

    /// Whether an encrypted field came as ciphertext: there is something in it, and it is no text.
    public boolean isCipher(String field) {
        return string(field).isPresent() && text(field).isEmpty();
    }

    /// A moment as records show it: UTC, with milliseconds.
    public static @Nullable String utc(Optional<Instant> moment) {
        return moment.map(UTC::format).orElse(null);
    }

    /// A field of base64 bytes.
    public Optional<byte[]> bytes(String field) {
        return string(field).flatMap(CloudRecord::decoded);
    }

    public static Optional<byte[]> decoded(String base64) {
        if (base64.length() > MAX_ENCODED) {
            return Optional.empty();
        }
        try {
            return Optional.of(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// Strictly: what is not UTF-8 is ciphertext or rubbish.
    public static Optional<String> utf8(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }

    /// Epoch milliseconds as a moment; absent where absurd.
    public static Optional<Instant> plausible(OptionalLong millis) {
        if (millis.isEmpty()) {
            return Optional.empty();
        }
        var instant = Instant.ofEpochMilli(millis.getAsLong());
        return instant.isBefore(EARLIEST) || !instant.isBefore(LATEST) ? Optional.empty() : Optional.of(instant);
    }
}
