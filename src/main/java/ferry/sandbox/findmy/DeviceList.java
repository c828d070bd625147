package ferry.sandbox.findmy;

import ferry.sandbox.Replies;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// The devices of one account and its family as they are now. Thread-safe; hands out copies.
///
/// The mutators stand for what the owner does while a connector is at work.
public final class DeviceList {
    private final DevicesSpec spec;
    private final InstantSource clock;
    private final List<ObjectNode> own = new ArrayList<>();
    /// By the member's number.
    private final Map<String, List<ObjectNode>> family = new LinkedHashMap<>();
    private final List<Gadgets.Member> members;
    /// How many of the family are loaded; the rest follow, one at each look.
    private int loaded;
    private int locateRequests;

    DeviceList(DevicesSpec spec, InstantSource clock) {
        this.spec = spec;
        this.clock = clock;
        var gadgets = new Gadgets(spec.seed(), clock.instant());
        for (var i = 0; i < spec.own(); i++) {
            own.add(gadgets.next(Optional.empty()));
        }
        members = gadgets.members(spec.members());
        for (var member : members) {
            var id = Optional.of(member.id());
            family.put(member.id(), List.of(gadgets.next(id), gadgets.next(id)));
        }
        if (has(FindMyQuirk.ODD_DEVICES)) {
            own.addAll(Gadgets.odd());
        }
    }

    boolean has(FindMyQuirk quirk) {
        return spec.quirks().contains(quirk);
    }

    /// The ids of the owner's devices.
    public synchronized List<String> ids() {
        return own.stream().map(device -> device.path("id").asString("")).toList();
    }

    /// Says that a device is lost, with a message for its finder.
    public synchronized void lose(String id, String message, String phone) {
        var now = clock.instant().toEpochMilli();
        var device = device(id).put("lostModeEnabled", true).put("lostTimestamp", String.valueOf(now));
        device.putObject("lostDevice")
                .put("stopLostMode", false)
                .put("emailUpdates", true)
                .put("userText", true)
                .put("sound", false)
                .put("ownerNbr", phone)
                .put("text", message)
                .put("createTimestamp", now)
                .put("statusCode", "200");
    }

    /// Somebody looks for a device: until it is heard of anew, where it was is old.
    public synchronized void lookFor(String id) {
        var device = device(id).put("isLocating", true);
        if (device.path("location") instanceof ObjectNode location) {
            location.put("isOld", true).put("locationFinished", false);
        }
    }

    /// Takes a device off the account.
    public synchronized void remove(String id) {
        own.removeIf(device -> device.path("id").asString("").equals(id));
    }

    /// How often somebody wanted a device to say where it is, which a connector must never do.
    public synchronized int locateRequests() {
        return locateRequests;
    }

    synchronized void locateRequested() {
        locateRequests++;
    }

    private ObjectNode device(String id) {
        return own.stream()
                .filter(device -> device.path("id").asString("").equals(id))
                .findFirst()
                .orElseThrow();
    }

    /// A client begins: the family is loaded anew.
    synchronized void begin() {
        loaded = 0;
    }

    /// A client looks again: one more member is loaded.
    synchronized void goOn() {
        if (!has(FindMyQuirk.FAMILY_STUCK)) {
            loaded = Math.min(members.size(), loaded + 1);
        }
    }

    /// What is there to see.
    synchronized List<ObjectNode> content(boolean withFamily) {
        var all = new ArrayList<>(own);
        if (withFamily) {
            family.values().stream().limit(loaded).forEach(all::addAll);
        }
        return all.stream().map(ObjectNode::deepCopy).toList();
    }

    /// The family, and how far each is loaded.
    synchronized ObjectNode membersInfo() {
        var info = Replies.object();
        for (var i = 0; i < members.size(); i++) {
            var member = members.get(i);
            info.putObject(member.id())
                    .put("accountFormatter", 0)
                    .put("firstName", member.firstName())
                    .put("lastName", member.lastName())
                    .put("deviceFetchStatus", i < loaded ? "DONE" : "LOADING")
                    .put("useAuthWidget", true)
                    .put("isHSA", true)
                    .put("appleId", member.appleId());
        }
        return info;
    }

    boolean hasMembers() {
        return !members.isEmpty();
    }
}
