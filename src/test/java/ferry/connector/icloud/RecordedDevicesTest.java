package ferry.connector.icloud;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Window;
import ferry.connector.icloud.findmy.FindMy;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.KeptFeed;
import ferry.connector.icloud.web.ScriptedCalls;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The recorded Find My answer, field by field. It holds positions, so no assertion may print a value of one.
class RecordedDevicesTest {
    /// Fields that come as they are.
    private static final Map<String, String> AS_THEY_ARE = Map.ofEntries(
            Map.entry("name", "name"),
            Map.entry("model", "rawDeviceModel"),
            Map.entry("model_name", "deviceDisplayName"),
            Map.entry("class", "deviceClass"),
            Map.entry("class_name", "modelDisplayName"),
            Map.entry("color", "deviceColor"),
            Map.entry("status_raw", "deviceStatus"),
            Map.entry("battery_status_raw", "batteryStatus"),
            Map.entry("low_power_mode", "lowPowerMode"),
            Map.entry("location_enabled", "locationEnabled"),
            Map.entry("location_capable", "locationCapable"),
            Map.entry("is_locating", "isLocating"),
            Map.entry("lost_mode", "lostModeEnabled"),
            Map.entry("lost_mode_capable", "lostModeCapable"),
            Map.entry("wipe_in_progress", "wipeInProgress"),
            Map.entry("activation_locked", "activationLocked"),
            Map.entry("is_mac", "isMac"),
            Map.entry("is_this_device", "thisDevice"),
            Map.entry("family_shared", "fmlyShare"));

    private static final Map<String, String> OF_A_POSITION = Map.of(
            "latitude", "latitude",
            "longitude", "longitude",
            "altitude", "altitude",
            "accuracy_m", "horizontalAccuracy",
            "vertical_accuracy_m", "verticalAccuracy",
            "position_type_raw", "positionType",
            "is_old", "isOld",
            "is_inaccurate", "isInaccurate",
            "is_final", "locationFinished");

    private final JsonNode recorded;
    private final KeptFeed feed = new KeptFeed();

    RecordedDevicesTest() throws Exception {
        var file = Recordings.icloud("answers/findmyiphone.fmi_family_working.json");
        recorded = Json.MAPPER.readTree(Files.readAllBytes(file));
        var calls = new ScriptedCalls().on("POST findme /fmipservice/client/web/initClient", _ -> recorded);
        new FindMy(calls, true).devices(Window.ALL, feed, Differences.Before.NOTHING);
    }

    @Test
    void everyRecordedDeviceIsReadFieldByField() {
        assertThat(feed.schemaErrors(FindMy.DEVICES)).isEmpty();
        assertThat(feed.refusals).isEmpty();
        assertThat(feed.warnings).isEmpty();
        assertThat(feed.items.size()).isEqualTo(recorded.path("content").size()).isEqualTo(13);
        for (var i = 0; i < feed.items.size(); i++) {
            var device = recorded.path("content").get(i);
            var item = feed.items.get(i);
            assertThat(item.path("id")
                            .asString()
                            .equals("device:" + device.path("id").asString()))
                    .isTrue();
            AS_THEY_ARE.forEach((ours, theirs) -> assertThat(item.path(ours).equals(device.path(theirs)))
                    .as(ours)
                    .isTrue());
            battery(device, item);
            position(device.path("location"), item.path("location"));
            lost(device, item);
            member(device, item.path("member"));
        }
    }

    private static void battery(JsonNode device, JsonNode item) {
        var unknown = device.path("batteryStatus").asString().equals("Unknown");
        assertThat(item.path("battery_level").isNull()).isEqualTo(unknown);
        if (!unknown) {
            assertThat(item.path("battery_level").asDouble())
                    .isEqualTo(device.path("batteryLevel").asDouble());
        }
        assertThat(item.path("battery_status").asString())
                .isEqualTo(
                        switch (device.path("batteryStatus").asString()) {
                            case "Charging" -> "charging";
                            case "NotCharging" -> "not_charging";
                            default -> "unknown";
                        });
        assertThat(item.path("status").asString())
                .isEqualTo(
                        switch (device.path("deviceStatus").asString()) {
                            case "200" -> "online";
                            case "201" -> "offline";
                            default -> "other";
                        });
    }

    private static void position(JsonNode location, JsonNode read) {
        assertThat(read.isNull()).isEqualTo(location.isNull());
        if (location.isNull()) {
            return;
        }
        OF_A_POSITION.forEach((ours, theirs) -> assertThat(same(read.path(ours), location.path(theirs)))
                .as(ours)
                .isTrue());
        assertThat(Instant.parse(read.path("date").asString()).toEpochMilli()
                        == location.path("timeStamp").asLong())
                .isTrue();
        assertThat(List.of("gps", "wifi")).contains(read.path("position_type").asString());
    }

    private static boolean same(JsonNode one, JsonNode other) {
        return one.isNumber() ? one.asDouble() == other.asDouble() : one.equals(other);
    }

    private static void lost(JsonNode device, JsonNode item) {
        var lost = device.path("lostDevice");
        assertThat(item.path("lost").isNull()).isEqualTo(lost.isNull());
        assertThat(item.path("date_lost").isNull()).isTrue();
        if (!lost.isNull()) {
            assertThat(item.at("/lost/date_created").asString())
                    .isEqualTo(Instant.ofEpochMilli(lost.path("createTimestamp").asLong())
                            .toString());
            assertThat(item.at("/lost/status_raw").asString())
                    .isEqualTo(lost.path("statusCode").asString());
            assertThat(item.at("/lost/stopped").asBoolean(true)).isFalse();
            assertThat(item.at("/lost/message").isNull()).isTrue();
        }
    }

    private void member(JsonNode device, JsonNode member) {
        var number = device.path("prsId");
        assertThat(member.isNull()).isEqualTo(number.isNull());
        if (!number.isNull()) {
            var theirs = recorded.path("userInfo").path("membersInfo").path(number.asString());
            assertThat(member.path("first_name").equals(theirs.path("firstName")))
                    .isTrue();
            assertThat(member.path("last_name").equals(theirs.path("lastName"))).isTrue();
            assertThat(member.path("apple_id").equals(theirs.path("appleId"))).isTrue();
        }
    }
}
