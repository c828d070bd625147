package ferry.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeType;

/// What the contract says of values.
final class Shapes {
    private static final String DATE = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z";

    private Shapes() {}

    /// It has each of these keys, whatever their values.
    static void hasKeys(JsonNode json, String... keys) {
        assertThat(json.propertyNames()).contains(keys);
    }

    /// These are numbers in strings (ricloud-api 19, C13).
    static void numbersInStrings(JsonNode json, String... keys) {
        assertThat(List.of(keys))
                .allSatisfy(key -> assertThat(json.at("/" + key).isString()
                                && json.at("/" + key).asString().matches("[1-9]\\d*"))
                        .as(key + " of " + json)
                        .isTrue());
    }

    /// These are UUIDs.
    static void uuids(JsonNode json, String... keys) {
        assertThat(List.of(keys))
                .allSatisfy(key -> assertThat(
                                UUID.fromString(json.at("/" + key).asString()).toString())
                        .isEqualTo(json.at("/" + key).asString()));
    }

    /// These are dates in UTC with six decimals (design 4).
    static void dates(JsonNode json, String... keys) {
        assertThat(List.of(keys)).allSatisfy(key -> {
            assertThat(json.at("/" + key).asString()).matches(DATE);
            Instant.parse(json.at("/" + key).asString());
        });
    }

    /// These are there and null.
    static void nulls(JsonNode json, String... keys) {
        assertThat(List.of(keys))
                .allSatisfy(
                        key -> assertThat(json.path(key).getNodeType()).as(key).isEqualTo(JsonNodeType.NULL));
    }

    /// A list inside a resource.
    static void nestedList(JsonNode list, String url) {
        assertThat(list.at("/url").asString()).isEqualTo(url);
        assertThat(list.at("/data").isArray()).isTrue();
        assertThat(list.at("/has_more").isBoolean()).isTrue();
        assertThat(list.at("/total_count").isNumber()).isTrue();
    }

    /// The call is refused.
    static RicloudPy.RequestError refused(int status, String error, ThrowingCallable call) {
        var refusal = catchThrowableOfType(RicloudPy.RequestError.class, call);
        assertThat(refusal).isNotNull();
        assertThat(refusal.error).isEqualTo(error);
        assertThat(refusal.status).isEqualTo(status);
        assertThat(refusal.body.at("/message").asString()).isNotEmpty();
        return refusal;
    }

    static String id(JsonNode json) {
        return json.at("/id").asString();
    }

    static String state(JsonNode json) {
        return json.at("/state").asString();
    }
}
