package ferry.sandbox.findmy;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The web service `findme` (`icloud-protocol` 2.10), looking only. A web session is good for [#LIFE] here,
/// counted from its first look; then the answer is 450 until the account has been opened anew.
public final class FindMyService implements Service {
    static final Duration LIFE = Duration.ofMinutes(15);

    private static final String CLIENT = "/fmipservice/client/web/";
    private static final int SESSION_EXPIRED = 450;

    private final DeviceLists lists;
    private final InstantSource clock;
    /// First looks by the hash of the session's cookies.
    private final Map<Integer, Instant> firstLooks = new ConcurrentHashMap<>();

    public FindMyService(DeviceLists lists, InstantSource clock) {
        this.lists = lists;
        this.clock = clock;
    }

    @Override
    public void handle(Exchange exchange, Account account, String path) throws IOException {
        var begins = path.equals(CLIENT + "initClient");
        if (!begins && !path.equals(CLIENT + "refreshClient")) {
            Replies.empty(exchange, 404);
            return;
        }
        if (!exchange.method().equals("POST")) {
            Replies.empty(exchange, 405);
            return;
        }
        var list = lists.of(account);
        if (list.has(FindMyQuirk.CLOSED) || expired(exchange)) {
            Replies.empty(exchange, SESSION_EXPIRED);
            return;
        }
        var body = Replies.body(exchange);
        var context = body.path("clientContext");
        if (locates(body) || locates(context)) {
            list.locateRequested();
            Replies.json(exchange, 403, Replies.object().put("error", "FORBIDDEN"));
        } else if (!context.isObject() || (!begins && !continues(body.path("serverContext"), account))) {
            Replies.json(exchange, 400, Replies.object().put("statusCode", "400"));
        } else {
            if (begins) {
                list.begin();
            } else {
                list.goOn();
            }
            Replies.json(
                    exchange, 200, answer(account, list, context.path("fmly").asBoolean(false)));
        }
    }

    private boolean expired(Exchange exchange) {
        var now = clock.instant();
        firstLooks.values().removeIf(first -> first.isBefore(now.minus(Duration.ofDays(1))));
        var session = exchange.headers("Cookie").stream()
                .flatMap(header -> Arrays.stream(header.split(";")))
                .map(String::strip)
                .filter(cookie -> cookie.startsWith("X-APPLE-WEBAUTH-TOKEN="))
                .findFirst()
                .orElse("");
        var first = firstLooks.computeIfAbsent(session.hashCode(), _ -> now);
        return !first.plus(LIFE).isAfter(now);
    }

    private static boolean locates(JsonNode body) {
        return body.path("shouldLocate").asBoolean(false)
                || body.path("isUpdatingAllLocations").asBoolean(false)
                || body.has("selectedDevice");
    }

    /// A look that goes on brings along what the look before was told.
    private static boolean continues(JsonNode server, Account account) {
        return server.path("prsId").asString("").equals(String.valueOf(account.dsid()));
    }

    private ObjectNode answer(Account account, DeviceList list, boolean family) {
        var answer = Replies.object();
        var user = answer.putObject("userInfo")
                .put("accountFormatter", 0)
                .put("firstName", account.firstName())
                .put("lastName", account.lastName())
                .put("hasMembers", list.hasMembers());
        user.set("membersInfo", family ? list.membersInfo() : Replies.object());
        serverContext(answer.putObject("serverContext"), account);
        answer.putNull("alert")
                .putObject("userPreferences")
                .putObject("webPrefs")
                .put("id", "web_prefs");
        var content = answer.putArray("content");
        list.content(family).forEach(content::add);
        return answer.put("statusCode", "200");
    }

    private void serverContext(ObjectNode server, Account account) {
        server.put("minCallbackIntervalInMS", 5000)
                .put("callbackIntervalInMS", 2000)
                .put("maxCallbackIntervalInMS", 60_000)
                .put("sessionLifespan", LIFE.toMillis())
                .put("enable2FAFamilyActions", false)
                .put("enable2FAFamilyRemove", false)
                .put("enable2FAErase", false)
                .put("preferredLanguage", "en-us")
                .putNull("lastSessionExtensionTime")
                .put("enableMapStats", true)
                .put("validRegion", true)
                .putNull("authToken")
                .put("classicUser", false)
                .put("isHSA", true)
                .put("trackInfoCacheDurationInSecs", 86_400)
                .put("imageBaseUrl", "https://statici.icloud.com")
                .put("minTrackLocThresholdInMts", 100)
                .put("maxLocatingTime", 90_000)
                .put("info", "info-" + account.dsid())
                .put("prefsUpdateTime", 1_413_548_552_466L)
                .put("useAuthWidget", true)
                .put("clientId", "client-" + account.dsid())
                .put("serverTimestamp", clock.instant().toEpochMilli())
                .put("deviceImageVersion", "4")
                .put("macCount", 0)
                .put("deviceLoadStatus", "200")
                .put("maxDeviceLoadTime", 60_000)
                .put("prsId", String.valueOf(account.dsid()))
                .put("showSllNow", false)
                .put("cloudUser", true);
        server.putObject("timezone")
                .put("currentOffset", -25_200_000)
                .put("previousTransition", 1_583_661_599_999L)
                .put("previousOffset", -28_800_000)
                .put("tzCurrentName", "Pacific Daylight Time")
                .put("tzName", "America/Los_Angeles");
    }
}
