package ferry.connector.icloud.findmy;

import ferry.connector.icloud.web.Json;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The feed entry of a device; its schema is `schemas/icloud_find_my.devices.json`. What the source does not say, or
/// says absurdly, is null.
final class DeviceEntry {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final Instant LATEST = Instant.parse("2100-01-01T00:00:00Z");
    private static final Map<String, String> STATUS = Map.of("200", "online", "201", "offline");
    private static final Map<String, String> BATTERY = Map.of(
            "charging", "charging",
            "notcharging", "not_charging",
            "charged", "charged",
            "unknown", "unknown");
    private static final Map<String, String> POSITION =
            Map.of("gps", "gps", "wifi", "wifi", "cell", "cell", "crowdsourced", "crowdsourced");

    private DeviceEntry() {}

    /// @param members the family's, by their numbers at the source
    static ObjectNode of(JsonNode device, String deviceId, JsonNode members) {
        var node = Json.object()
                .put("id", "device:" + deviceId)
                .put("data_type", "device")
                .put("name", Json.text(device, "name"))
                .put("model", Json.text(device, "rawDeviceModel"))
                .put("model_name", Json.text(device, "deviceDisplayName"))
                .put("class", Json.text(device, "deviceClass"))
                .put("class_name", Json.text(device, "modelDisplayName"))
                .put("color", Json.text(device, "deviceColor"));
        word(node, "status", STATUS, device, "deviceStatus");
        battery(node, device);
        node.put("low_power_mode", Json.maybeFlag(device, "lowPowerMode"))
                .put("location_enabled", Json.maybeFlag(device, "locationEnabled"))
                .put("location_capable", Json.maybeFlag(device, "locationCapable"))
                .put("is_locating", Json.maybeFlag(device, "isLocating"));
        location(node, device.path("location"));
        node.put("lost_mode", Json.maybeFlag(device, "lostModeEnabled"))
                .put("lost_mode_capable", Json.maybeFlag(device, "lostModeCapable"));
        lost(node, device.path("lostDevice"));
        node.put("date_lost", date(device, "lostTimestamp"))
                .put("date_locked", date(device, "lockedTimestamp"))
                .put("date_wiped", date(device, "wipedTimestamp"))
                .put("wipe_in_progress", Json.maybeFlag(device, "wipeInProgress"))
                .put("activation_locked", Json.maybeFlag(device, "activationLocked"))
                .put("is_mac", Json.maybeFlag(device, "isMac"))
                .put("is_this_device", Json.maybeFlag(device, "thisDevice"))
                .put("family_shared", Json.maybeFlag(device, "fmlyShare"));
        member(node, Json.text(device, "prsId"), members);
        return node;
    }

    /// A device that never told its battery says 0 and "Unknown".
    private static void battery(ObjectNode node, JsonNode device) {
        var level = within(device, "batteryLevel", 0, 1);
        var known = !"Unknown".equalsIgnoreCase(Json.text(device, "batteryStatus")) || level.orElse(0) > 0;
        put(node, "battery_level", known ? level : OptionalDouble.empty());
        word(node, "battery_status", BATTERY, device, "batteryStatus");
    }

    private static void location(ObjectNode node, JsonNode location) {
        var latitude = within(location, "latitude", -90, 90);
        var longitude = within(location, "longitude", -180, 180);
        if (latitude.isEmpty() || longitude.isEmpty()) {
            node.putNull("location");
            return;
        }
        var to = node.putObject("location")
                .put("latitude", latitude.getAsDouble())
                .put("longitude", longitude.getAsDouble());
        put(to, "altitude", within(location, "altitude", -20_000, 1_000_000));
        put(to, "accuracy_m", within(location, "horizontalAccuracy", 0, 50_000_000));
        put(to, "vertical_accuracy_m", within(location, "verticalAccuracy", 0, 50_000_000));
        word(to, "position_type", POSITION, location, "positionType");
        to.put("date", date(location, "timeStamp"))
                .put("is_old", Json.maybeFlag(location, "isOld"))
                .put("is_inaccurate", Json.maybeFlag(location, "isInaccurate"))
                .put("is_final", Json.maybeFlag(location, "locationFinished"));
    }

    /// What the owner shows on a lost device; also of an earlier time when it was lost.
    private static void lost(ObjectNode node, JsonNode lost) {
        if (!lost.isObject()) {
            node.putNull("lost");
            return;
        }
        node.putObject("lost")
                .put("date_created", date(lost, "createTimestamp"))
                .put("message", Json.text(lost, "text"))
                .put("phone", Json.text(lost, "ownerNbr"))
                .put("sound", Json.maybeFlag(lost, "sound"))
                .put("email_updates", Json.maybeFlag(lost, "emailUpdates"))
                .put("stopped", Json.maybeFlag(lost, "stopLostMode"))
                .put("status_raw", Json.text(lost, "statusCode"));
    }

    /// The one of the family whose device it is; null for the owner's own.
    private static void member(ObjectNode node, @Nullable String number, JsonNode members) {
        if (number == null) {
            node.putNull("member");
            return;
        }
        var member = members.path(number);
        node.putObject("member")
                .put("id", number)
                .put("first_name", Json.text(member, "firstName"))
                .put("last_name", Json.text(member, "lastName"))
                .put("apple_id", Json.text(member, "appleId"));
    }

    /// A stored word as ours, `other` where there is none, and what is stored beside it.
    private static void word(ObjectNode node, String name, Map<String, String> words, JsonNode from, String field) {
        var raw = Json.text(from, field);
        var word = raw == null ? null : words.getOrDefault(raw.toLowerCase(Locale.ROOT), "other");
        node.put(name, word).put(name + "_raw", raw);
    }

    /// Of epoch milliseconds.
    private static @Nullable String date(JsonNode node, String field) {
        var millis = Json.number(node, field);
        if (millis.isEmpty() || millis.getAsLong() <= 0) {
            return null;
        }
        var moment = Instant.ofEpochMilli(millis.getAsLong());
        return moment.isBefore(LATEST) ? DATE.format(moment) : null;
    }

    /// A number, be it written as number or text, that can be true.
    private static OptionalDouble within(JsonNode node, String field, double least, double most) {
        var text = Json.text(node, field);
        if (text == null) {
            return OptionalDouble.empty();
        }
        try {
            var value = Double.parseDouble(text.strip());
            return value >= least && value <= most ? OptionalDouble.of(value) : OptionalDouble.empty();
        } catch (NumberFormatException _) {
            return OptionalDouble.empty();
        }
    }

    private static void put(ObjectNode node, String name, OptionalDouble value) {
        if (value.isPresent()) {
            node.put(name, value.getAsDouble());
        } else {
            node.putNull(name);
        }
    }
}
