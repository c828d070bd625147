package ferry.connector.icloud.findmy;

import static ferry.connector.icloud.web.ScriptedCalls.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.Window;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.KeptFeed;
import ferry.connector.icloud.web.ScriptedCalls;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class FindMyTest {
    private static final String FIRST = "POST findme /fmipservice/client/web/initClient";
    private static final String AGAIN = "POST findme /fmipservice/client/web/refreshClient";

    private final ScriptedCalls calls = new ScriptedCalls();
    private final KeptFeed feed = new KeptFeed();

    private void read(boolean family) throws Exception {
        read(family, Window.ALL);
    }

    private void read(boolean family, Window window) throws Exception {
        new FindMy(calls, family).devices(window, feed, Differences.Before.NOTHING);
        assertThat(feed.schemaErrors("icloud_find_my.devices")).isEmpty();
    }

    private JsonNode one(String fields) throws Exception {
        calls.on(FIRST, "{'statusCode': '200', 'content': [{'id': 'd'" + fields + "}]}");
        read(false);
        return feed.item("device:d");
    }

    /// An answer while so many members are loading.
    private static String loading(int loading, int devices) {
        var answer = Json.object().put("statusCode", "200");
        answer.putObject("serverContext")
                .put("callbackIntervalInMS", 2000)
                .put("prsId", "7")
                .put("theftLoss", "x");
        var members = answer.putObject("userInfo").putObject("membersInfo");
        for (var i = 0; i < 3; i++) {
            members.putObject("m" + i).put("deviceFetchStatus", i < loading ? "LOADING" : "DONE");
        }
        var content = answer.putArray("content");
        for (var i = 0; i < devices; i++) {
            content.addObject().put("id", "d" + i);
        }
        return answer.toString();
    }

    private void refreshes(String... answers) {
        var left = new ArrayDeque<>(List.of(answers));
        calls.on(AGAIN, _ -> json(Objects.requireNonNull(left.size() > 1 ? left.poll() : left.peek())));
    }

    @Test
    void aDeviceIsAskedForOnceAndNeverWhereItIs() throws Exception {
        one("");
        assertThat(calls.made).containsExactly(FIRST);
        var body = calls.bodies.getFirst();
        assertThat(body.at("/clientContext/fmly").asBoolean(true)).isFalse();
        assertThat(body.toString())
                .doesNotContain("shouldLocate")
                .doesNotContain("isUpdatingAllLocations")
                .doesNotContain("selectedDevice");
        assertThat(calls.pauses).isEmpty();
    }

    @Test
    void aDeviceOfWhichNothingIsKnownIsAllNull() throws Exception {
        var device = one("");
        var known = device.propertyStream()
                .filter(field -> !field.getValue().isNull())
                .map(Map.Entry::getKey);
        assertThat(known).containsExactly("id", "data_type");
    }

    @Test
    void lostModeIsReadWithItsMessage() throws Exception {
        var device = one(", 'lostModeEnabled': true, 'lostTimestamp': '1585867037749', 'lostDevice':"
                + " {'createTimestamp': 1585867037000, 'text': 'Call me', 'ownerNbr': '+44', 'sound': 1, 'emailUpdates': true,"
                + " 'stopLostMode': false, 'statusCode': 2204}");
        assertThat(device.path("lost_mode").asBoolean()).isTrue();
        assertThat(device.path("date_lost").asString()).isEqualTo("2020-04-02T22:37:17.749Z");
        assertThat(device.path("lost"))
                .isEqualTo(json("{'date_created': '2020-04-02T22:37:17.000Z', 'message': 'Call me', 'phone': '+44',"
                        + " 'sound': true, 'email_updates': true, 'stopped': false, 'status_raw': '2204'}"));
    }

    @ParameterizedTest
    @CsvSource({"200, online", "201, offline", "203, other", "299, other"})
    void aStatusStandsBesideItsNumber(String raw, String word) throws Exception {
        var device = one(", 'deviceStatus': " + raw);
        assertThat(device.path("status").asString()).isEqualTo(word);
        assertThat(device.path("status_raw").asString()).isEqualTo(raw);
    }

    @ParameterizedTest
    @CsvSource({
        "0.5, NotCharging, 0.5",
        "'''0.5''', Charging, 0.5",
        "0.0, Unknown, -1",
        "0.0, NotCharging, 0",
        "7, Charging, -1"
    })
    void aBatteryThatNeverSaidAnythingIsNull(String level, String status, double expected) throws Exception {
        var device = one(", 'batteryLevel': " + level + ", 'batteryStatus': '" + status + "'");
        assertThat(device.path("battery_level").asDouble(-1)).isEqualTo(expected);
        assertThat(device.path("battery_status_raw").asString()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{}",
                "'sea'",
                "{'latitude': 400, 'longitude': 0}",
                "{'latitude': 1}",
                "{'latitude': 'NaN', 'longitude': 1}"
            })
    void aPositionThatIsNoneIsNull(String location) throws Exception {
        assertThat(one(", 'location': " + location).path("location").isNull()).isTrue();
    }

    @Test
    void aPositionIsReadLeniently() throws Exception {
        var location =
                one(", 'location': {'latitude': '-45.5', 'longitude': -125, 'horizontalAccuracy': -1, 'timeStamp':"
                                + " '1585867037749', 'positionType': 'Pigeon', 'isOld': 1}")
                        .path("location");
        assertThat(location.path("latitude").asDouble()).isEqualTo(-45.5);
        assertThat(location.path("accuracy_m").isNull()).isTrue();
        assertThat(location.path("date").asString()).isEqualTo("2020-04-02T22:37:17.749Z");
        assertThat(location.path("position_type").asString()).isEqualTo("other");
        assertThat(location.path("position_type_raw").asString()).isEqualTo("Pigeon");
        assertThat(location.path("is_old").asBoolean()).isTrue();
    }

    @Test
    void absurdDatesAreNull() throws Exception {
        var device = one(", 'lostTimestamp': 9223372036854775807, 'lockedTimestamp': -5, 'wipedTimestamp': 'then'");
        assertThat(device.path("date_lost").isNull()).isTrue();
        assertThat(device.path("date_locked").isNull()).isTrue();
        assertThat(device.path("date_wiped").isNull()).isTrue();
    }

    @Test
    void oneBadDeviceIsRefusedAndTheRestCome() throws Exception {
        calls.on(
                FIRST, "{'statusCode': 200, 'content': [{'id': 'a'}, {'name': 'no id'}, 7, {'id': 'a'}, {'id': 'b'}]}");
        read(false);
        assertThat(feed.ids()).containsExactly("device:a", "device:b");
        assertThat(feed.refusals).containsExactly("device:#1 not-retrievable", "device:#2 not-retrievable");
    }

    @Test
    void theFamilyIsLoadedWhileItMakesProgress() throws Exception {
        calls.on(FIRST, loading(3, 1));
        refreshes(loading(2, 3), loading(1, 5), loading(0, 7));
        read(true);
        assertThat(feed.items).hasSize(7);
        assertThat(feed.complete).isTrue();
        assertThat(calls.pauses).containsOnly(Duration.ofSeconds(2)).hasSize(3);
        var body = calls.bodies.getLast();
        assertThat(body.at("/clientContext/fmly").asBoolean()).isTrue();
        assertThat(body.at("/serverContext/prsId").asString()).isEqualTo("7");
        assertThat(body.at("/serverContext/theftLoss").isNull()).isTrue();
    }

    @Test
    void withoutProgressItStops() throws Exception {
        calls.on(FIRST, loading(3, 1));
        refreshes(loading(3, 1));
        read(true);
        assertThat(calls.made).containsExactly(FIRST, AGAIN);
        assertThat(feed.items).hasSize(1);
        assertThat(feed.complete).isFalse();
        assertThat(feed.warnings).containsExactly("still_loading");
    }

    @Test
    void itLooksAgainFiveTimesAtMost() throws Exception {
        calls.on(FIRST, loading(3, 1));
        refreshes(loading(3, 2), loading(3, 3), loading(3, 4), loading(3, 5), loading(3, 6), loading(3, 7));
        read(true);
        assertThat(calls.made).hasSize(6);
        assertThat(feed.items).hasSize(6);
        assertThat(feed.complete).isFalse();
    }

    @Test
    void aDeviceOfTheFamilySaysWhoseItIs() throws Exception {
        calls.on(
                FIRST,
                "{'statusCode': '200', 'userInfo': {'membersInfo': {'9': {'firstName': 'Robin', 'lastName': 'S',"
                        + " 'appleId': 'r@s.example', 'deviceFetchStatus': 'DONE'}}}, 'content': [{'id': 'd', 'prsId': 9},"
                        + " {'id': 'e', 'prsId': '10'}]}");
        read(true);
        assertThat(feed.item("device:d").path("member"))
                .isEqualTo(json("{'id': '9', 'first_name': 'Robin', 'last_name': 'S', 'apple_id': 'r@s.example'}"));
        assertThat(feed.item("device:e").at("/member/first_name").isNull()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'statusCode': '200', 'content': []}"})
    void noDevicesAreSaidToBeNone(String answer) throws Exception {
        calls.on(FIRST, answer);
        read(false);
        assertThat(feed.items).isEmpty();
        assertThat(feed.warnings).containsExactly("no_devices");
    }

    @Test
    void aRefusalInsideAGoodAnswerIsOne() {
        calls.on(FIRST, "{'statusCode': '450'}");
        assertThatThrownBy(() -> read(false))
                .isInstanceOf(ConnectorException.Refused.class)
                .hasMessageContaining("450");
    }

    @Test
    void aWindowLeavesNothingOutAndSaysSo() throws Exception {
        calls.on(FIRST, loading(0, 2));
        read(false, new Window(Optional.of(Instant.parse("2026-01-01T00:00:00Z")), Optional.empty()));
        assertThat(feed.items).hasSize(2);
        assertThat(feed.warnings).containsExactly("window_not_applied");
    }
}
