package ferry.connector.icloud;

import ferry.connector.Challenge;
import ferry.connector.icloud.web.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// What an account can be asked for as second factor, and what it was asked for (icloud-protocol 1.6).
///
/// @param devices whether a trusted device can show a code
/// @param phones numbers that can get one
/// @param codeLength digits of a code
/// @param method how the last code was asked for: `device`, `sms`, `voice`
/// @param phone the number that it went to, null for `device`
record SecondFactor(
        boolean devices,
        List<Phone> phones,
        int codeLength,
        String method,
        @Nullable Phone phone) {
    private static final Pattern BOOT_ARGS =
            Pattern.compile("<script[^>]*class=\"[^\"]*\\bboot_args\\b[^\"]*\"[^>]*>(.*?)</script>", Pattern.DOTALL);
    private static final int USUAL_LENGTH = 6;

    SecondFactor {
        phones = List.copyOf(phones);
    }

    /// A trusted number.
    ///
    /// @param id Apple's number for it
    /// @param hint as Apple obscures it
    /// @param nonFteu as listed; goes back as it came
    record Phone(String id, @Nullable String hint, boolean nonFteu) {
        /// As Apple wants it in a request.
        ObjectNode toRequest() {
            var node = Json.object();
            if (id.matches("\\d{1,9}")) {
                return node.put("id", Integer.parseInt(id));
            }
            return node.put("id", id);
        }
    }

    /// Whether one of these answers names security keys: then no code exists that could be sent (R6).
    static boolean hasSecurityKeys(JsonNode... answers) {
        return Stream.of(answers)
                .flatMap(SecondFactor::layers)
                .anyMatch(layer -> layer.path("fsaChallenge").isObject()
                        || !layer.path("keyNames").isEmpty());
    }

    /// What these answers offer together; the first that lists phones counts.
    static SecondFactor of(JsonNode... answers) {
        var layers = Stream.of(answers).flatMap(SecondFactor::layers).toList();
        var phones = layers.stream()
                .map(SecondFactor::phones)
                .filter(list -> !list.isEmpty())
                .findFirst();
        var devices = layers.stream().noneMatch(SecondFactor::deniesDevices);
        var length = layers.stream()
                .map(layer -> Json.number(layer.path("securityCode"), "length"))
                .filter(number -> number.isPresent() && number.getAsLong() > 0 && number.getAsLong() < 13)
                .findFirst()
                .map(number -> (int) number.getAsLong());
        return new SecondFactor(devices, phones.orElse(List.of()), length.orElse(USUAL_LENGTH), "device", null);
    }

    /// Whether anything here tells how a code could be sent.
    static boolean isTold(JsonNode answer) {
        return layers(answer)
                .anyMatch(layer -> !phones(layer).isEmpty()
                        || layer.has("noTrustedDevices")
                        || layer.has("hasTrustedDevices")
                        || layer.path("fsaChallenge").isObject());
    }

    /// Whether no more codes are taken or sent for a while.
    static boolean isLocked(JsonNode answer) {
        return layers(answer)
                .map(layer -> layer.path("securityCode"))
                .anyMatch(code -> Json.flag(code, "securityCodeLocked")
                        || Json.flag(code, "tooManyCodesValidated")
                        || Json.flag(code, "tooManyCodesSent"));
    }

    /// The settings inside the sign-in page: those of the first script of class `boot_args`.
    static JsonNode bootArgs(String page) {
        var script = BOOT_ARGS.matcher(page);
        if (!script.find()) {
            return MissingNode.getInstance();
        }
        try {
            return Json.MAPPER.readTree(script.group(1));
        } catch (JacksonException _) {
            return MissingNode.getInstance();
        }
    }

    /// The same after a code was asked for.
    SecondFactor asked(String method, @Nullable Phone phone) {
        return new SecondFactor(devices, phones, codeLength, method, phone);
    }

    /// The phone of that id, or the first one.
    Optional<Phone> phone(Optional<String> id) {
        return phones.stream()
                .filter(phone -> id.isEmpty() || id.orElseThrow().equals(phone.id()))
                .findFirst();
    }

    /// Whether a code can be sent that way; what the account does not list is not tried.
    boolean allows(String way, Optional<String> phoneId) {
        return switch (way) {
            case "device" -> devices;
            case "sms", "voice" -> phone(phoneId).isPresent();
            default -> false;
        };
    }

    Challenge toChallenge() {
        var methods = new ArrayList<Challenge.Method>();
        if (devices) {
            methods.add(new Challenge.Method("device", null, null));
        }
        for (var each : phones) {
            methods.add(new Challenge.Method("sms", each.id(), each.hint()));
            methods.add(new Challenge.Method("voice", each.id(), each.hint()));
        }
        return new Challenge(method, phone == null ? null : phone.hint(), methods, codeLength);
    }

    ObjectNode toJson() {
        var json = Json.object()
                .put("devices", devices)
                .put("code_length", codeLength)
                .put("method", method);
        if (phone != null) {
            json.put("phone", phone.id());
        }
        var list = json.putArray("phones");
        for (var each : phones) {
            list.addObject().put("id", each.id()).put("hint", each.hint()).put("non_fteu", each.nonFteu());
        }
        return json;
    }

    static SecondFactor fromJson(JsonNode json) {
        var phones = json.path("phones")
                .valueStream()
                .map(node ->
                        new Phone(node.path("id").asString(""), Json.text(node, "hint"), Json.flag(node, "non_fteu")))
                .toList();
        var chosen = Json.text(json, "phone");
        return new SecondFactor(
                Json.flag(json, "devices"),
                phones,
                json.path("code_length").asInt(USUAL_LENGTH),
                json.path("method").asString("device"),
                phones.stream()
                        .filter(phone -> phone.id().equals(chosen))
                        .findFirst()
                        .orElse(null));
    }

    /// Fields sit at the top, below `phoneNumberVerification`, or deep in the page's settings.
    private static Stream<JsonNode> layers(JsonNode answer) {
        var direct = answer.path("direct");
        var twoSv = direct.path("twoSV");
        return Stream.of(
                answer, answer.path("phoneNumberVerification"), direct, twoSv, twoSv.path("phoneNumberVerification"));
    }

    private static boolean deniesDevices(JsonNode layer) {
        return Json.flag(layer, "noTrustedDevices") || Boolean.FALSE.equals(Json.maybeFlag(layer, "hasTrustedDevices"));
    }

    private static List<Phone> phones(JsonNode layer) {
        var listed = layer.path("trustedPhoneNumbers").isEmpty()
                ? Stream.of(layer.path("trustedPhoneNumber"))
                : layer.path("trustedPhoneNumbers").valueStream();
        return listed.flatMap(node -> {
                    var id = Json.text(node, "id");
                    return id == null
                            ? Stream.empty()
                            : Stream.of(new Phone(id, hint(node), Json.flag(node, "nonFTEU")));
                })
                .toList();
    }

    private static @Nullable String hint(JsonNode phone) {
        var obscured = Json.text(phone, "obfuscatedNumber");
        if (obscured != null) {
            return obscured;
        }
        var digits = Json.text(phone, "lastTwoDigits");
        return digits == null ? null : "•••• " + digits;
    }
}
