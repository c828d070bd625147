package ferry.sandbox.findmy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ferry.sandbox.Replies;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/// Makes up devices, one after the other, always the same from the same seed. They lie somewhere in the open sea. Not
/// thread-safe.
final class Gadgets {
    private static final List<Kind> KINDS = List.of(
            new Kind("iPhone", "iPhone17,1", "iPhone 16 Pro", true, false),
            new Kind("MacBookPro", "MacBookPro18,3", "MacBook Pro 14\"", true, true),
            new Kind("iPad", "iPad14,1", "iPad mini", true, false),
            new Kind("Accessory", "AirPods_8207", "AirPods", false, false),
            new Kind("Watch", "Watch7,2", "Apple Watch Series 9", true, false));
    private static final List<String> FEATURES = List.of(
            "BTR", "LLC", "CLK", "TEU", "SND", "CLT", "SVP", "SPN", "XRM", "CWP", "MSG", "LOC", "LMG", "LKL", "LST",
            "LKM", "WMG", "PSS", "PIN", "LCK", "REM", "MCS", "KEY", "KPD", "WIP");

    private final Random random;
    private final Instant now;
    private int made;

    /// @param now when the devices were last heard of, about
    Gadgets(long seed, Instant now) {
        random = new Random(seed);
        this.now = now;
    }

    private record Kind(String kind, String model, String shown, boolean battery, boolean mac) {}

    /// Somebody else of the family.
    record Member(String id, String firstName, String lastName, String appleId) {}

    List<Member> members(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Member(
                        String.valueOf(30_000_000_000L + random.nextInt(1_000_000)),
                        List.of("Robin", "Sam", "Alex").get(i % 3),
                        "Sandbox",
                        "member" + i + "@sandbox.example"))
                .toList();
    }

    /// @param member whose it is; the owner's own where empty
    ObjectNode next(Optional<String> member) {
        var kind = KINDS.get(made % KINDS.size());
        made++;
        // Every fourth was not heard of for long.
        var asleep = made % 4 == 0;
        var node = Replies.object()
                .put("id", id(kind, member))
                .put("baUUID", asleep ? "" : kind.model() + "-" + Long.toHexString(random.nextLong()))
                .put("name", kind.shown() + " no. " + made)
                .put("deviceDisplayName", kind.shown())
                .put("modelDisplayName", kind.kind())
                .put("rawDeviceModel", kind.model())
                .put("deviceModel", kind.model().replace(',', '_'))
                .put("deviceColor", "1-" + random.nextInt(9) + "-0")
                .put("deviceClass", kind.kind())
                .put("deviceStatus", asleep ? "203" : made % 3 == 0 ? "201" : "200")
                .put("batteryLevel", kind.battery() && !asleep ? (1 + random.nextInt(99)) / 100.0 : 0.0)
                .put(
                        "batteryStatus",
                        !kind.battery() || asleep ? "Unknown" : made % 2 == 0 ? "Charging" : "NotCharging")
                .put("lowPowerMode", made % 5 == 0);
        member.ifPresentOrElse(m -> node.put("prsId", m), () -> node.putNull("prsId"));
        flags(node, kind, member.isPresent(), asleep);
        if (asleep) {
            node.putNull("location");
        } else {
            location(node.putObject("location"), made % 3 == 0);
        }
        return node;
    }

    private void flags(ObjectNode node, Kind kind, boolean shared, boolean asleep) {
        node.put("isLocating", false)
                .put("locationEnabled", true)
                .put("locationCapable", true)
                .put("locFoundEnabled", false)
                .put("lostModeEnabled", false)
                .put("lostModeCapable", !kind.mac())
                .put("lostTimestamp", "")
                .put("activationLocked", !asleep)
                .put("canWipeAfterLock", !kind.mac())
                .put("wipeInProgress", false)
                .put("passcodeLength", 6)
                .put("maxMsgChar", kind.mac() ? 500 : 160)
                .put("isMac", kind.mac())
                .put("thisDevice", false)
                .put("darkWake", false)
                .put("fmlyShare", shared);
        for (var absent : List.of(
                "lostDevice",
                "lockedTimestamp",
                "wipedTimestamp",
                "remoteLock",
                "remoteWipe",
                "trackingInfo",
                "msg",
                "mesg",
                "snd")) {
            node.putNull(absent);
        }
        node.putArray("audioChannels");
        var features = node.putObject("features");
        FEATURES.forEach(feature ->
                features.put(feature, List.of("SND", "MSG", "LOC", "LST").contains(feature)));
    }

    private void location(ObjectNode location, boolean old) {
        location.put("isOld", old)
                .put("isInaccurate", false)
                .put("altitude", 0.0)
                .put("positionType", old ? "Wifi" : "GPS")
                .put("latitude", -40 - random.nextDouble() * 10)
                .put("longitude", -120 - random.nextDouble() * 10)
                .put("floorLevel", 0)
                .put("horizontalAccuracy", 5 + random.nextDouble() * 60)
                .put("locationType", "")
                .put("verticalAccuracy", 0.0)
                .put(
                        "timeStamp",
                        now.minus(Duration.ofMinutes(random.nextInt(600))).toEpochMilli())
                .put("locationFinished", !old);
    }

    private String id(Kind kind, Optional<String> member) {
        var plain = kind.model() + "/" + Long.toHexString(random.nextLong()) + "/" + member.orElse("");
        return Base64.getEncoder().encodeToString(plain.getBytes(US_ASCII)).toUpperCase(Locale.ROOT);
    }

    /// Devices that no client should stumble over.
    static List<ObjectNode> odd() {
        var bare = Replies.object().put("id", "ODD-BARE");
        var nowhere = Replies.object()
                .put("id", "ODD-NOWHERE")
                .put("name", "Nowhere")
                .put("batteryLevel", "0.5")
                .put("batteryStatus", "Sunny")
                .put("deviceStatus", 299)
                .put("lowPowerMode", 1)
                .put("lostTimestamp", Long.MAX_VALUE);
        nowhere.putObject("location").put("latitude", 400.0).put("longitude", 0.0);
        var withoutId = Replies.object().put("name", "No id");
        return List.of(bare, nowhere, withoutId);
    }
}
