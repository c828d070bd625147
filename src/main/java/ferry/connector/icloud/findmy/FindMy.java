package ferry.connector.icloud.findmy;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads the devices of one account during one task, once: whoever asks again and again makes Apple send mails
/// (`icloud-protocol` 3). Blocks, on the caller's thread.
public final class FindMy {
    /// The devices that Find My lists.
    public static final String DEVICES = "icloud_find_my.devices";

    private static final String SERVICE = "findme";
    private static final String CLIENT = "/fmipservice/client/web/";
    private static final int REFRESHES = 5;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Calls calls;
    private final boolean family;

    /// @param family whether to list the devices of the owner's family too, which are other people's
    public FindMy(Calls calls, boolean family) {
        this.calls = calls;
        this.family = family;
    }

    /// What of a device's record tells of the device, and not of how the source looks for it: a mere look is no
    /// change. Takes the rest out of `record`.
    public static ObjectNode essence(ObjectNode record) {
        record.remove("is_locating");
        if (record.path("location") instanceof ObjectNode location) {
            location.remove(List.of("is_old", "is_final"));
        }
        return record;
    }

    /// Reads [#DEVICES]. A device is as it is now, so a window leaves none out.
    ///
    /// @param before is told where an empty list does not mean that the devices are gone
    public void devices(Window window, Feed feed, Differences.Before before)
            throws ConnectorException, InterruptedException {
        var answer = settled(look("initClient", context()), feed);
        if (!window.equals(Window.ALL)) {
            feed.warn("window_not_applied", "Devices are listed as they are now, whatever the window.");
        }
        var devices = answer.path("content");
        if (devices.isEmpty()) {
            feed.warn("no_devices", "The account has no devices, or its owner has not agreed to Find My's terms.");
            before.allStay();
        }
        feed.expect(devices.size());
        give(devices, answer, feed);
    }

    private static void give(JsonNode devices, JsonNode answer, Feed feed) throws InterruptedException {
        var members = answer.path("userInfo").path("membersInfo");
        var seen = new HashSet<String>();
        var unnamed = 0;
        for (var device : devices) {
            var id = Json.text(device, "id");
            if (id == null) {
                unnamed++;
                feed.refused(
                        "device:#" + unnamed, ErrorCode.NOT_RETRIEVABLE, "The source gave a device without an id.");
            } else if (seen.add(id)) {
                feed.item(DeviceEntry.of(device, id, members), () -> Raw.of(device));
            }
        }
    }

    /// Looks again while devices of the family are still being loaded, as long as more of them are loaded each time.
    private JsonNode settled(JsonNode first, Feed feed) throws ConnectorException, InterruptedException {
        var answer = first;
        var loading = loading(answer);
        for (var refreshes = 0; loading > 0; refreshes++) {
            if (refreshes == REFRESHES) {
                unfinished(feed);
                return answer;
            }
            var server = answer.path("serverContext");
            calls.pause(wait(server));
            var next = look("refreshClient", again(server));
            var left = loading(next);
            var progress = left < loading
                    || next.path("content").size() > answer.path("content").size();
            answer = next;
            loading = left;
            if (loading > 0 && !progress) {
                unfinished(feed);
                return answer;
            }
        }
        return answer;
    }

    private static void unfinished(Feed feed) {
        feed.incomplete();
        feed.warn("still_loading", "The source was still loading devices of the family; some may be missing.");
    }

    private JsonNode look(String call, ObjectNode body) throws ConnectorException, InterruptedException {
        var answer = calls.post(SERVICE, CLIENT + call, Map.of(), body);
        var status = Json.text(answer, "statusCode");
        if (status != null && !status.equals("200")) {
            throw new ConnectorException.Refused(
                    ErrorCode.SERVICE_UNAVAILABLE, "Find My answered " + status.replaceAll("\\D", "?") + ".");
        }
        if (status == null) {
            Json.list(answer, "content");
        }
        return answer;
    }

    /// What is asked for; nothing in it makes a device say where it is.
    private ObjectNode context() {
        var body = Json.object();
        body.putObject("clientContext")
                .put("appName", "iCloud Find (Web)")
                .put("appVersion", "2.0")
                .put("apiVersion", "3.0")
                .put("deviceListVersion", 1)
                .put("fmly", family)
                .put("timezone", "US/Pacific")
                .put("inactiveTime", 0);
        return body;
    }

    private ObjectNode again(JsonNode server) {
        var body = context();
        var own = server.isObject() ? ((ObjectNode) server).deepCopy() : Json.object();
        body.set("serverContext", own.putNull("theftLoss"));
        return body;
    }

    private static int loading(JsonNode answer) {
        return (int) answer.path("userInfo")
                .path("membersInfo")
                .valueStream()
                .filter(member -> "LOADING".equals(Json.text(member, "deviceFetchStatus")))
                .count();
    }

    private static Duration wait(JsonNode server) {
        var millis = Json.number(server, "callbackIntervalInMS").orElse(2000);
        var wait = Duration.ofMillis(Math.max(0, millis));
        return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
    }
}
