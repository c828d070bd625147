package ferry.sandbox.cloudkit;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One container with one zone, reading only (`icloud-protocol` 2.5): `zones/list`, `changes/database`, `changes/zone`
/// and `records/lookup`. Under Advanced Data Protection it answers without the keys too, with ciphertext (2.9).
public final class ZoneService implements Service {
    private static final int MOST_RECORDS = 200;

    private final Function<Account, RecordZone> zones;
    private final BiPredicate<Exchange, Account> isReadable;
    private final Addresses addresses;

    /// Completes the addresses of files when they are handed out.
    @FunctionalInterface
    public interface Addresses {
        /// The whole address, which works from now on for a while.
        ///
        /// @param stored as the record has it
        String whole(Account account, String stored);
    }

    /// @param zones the account's zone, grown when first asked for
    /// @param isReadable whether the request carries the keys, or needs none
    public ZoneService(Function<Account, RecordZone> zones, BiPredicate<Exchange, Account> isReadable) {
        this(zones, isReadable, (_, stored) -> stored);
    }

    /// Of a zone with files.
    public ZoneService(
            Function<Account, RecordZone> zones, BiPredicate<Exchange, Account> isReadable, Addresses addresses) {
        this.zones = zones;
        this.isReadable = isReadable;
        this.addresses = addresses;
    }

    /// @param readable whether encrypted fields come as they are
    /// @param address completes the address of a file
    private record Call(
            RecordZone zone, String database, boolean readable, JsonNode body, UnaryOperator<String> address) {}

    @Override
    public void handle(Exchange exchange, Account account, String path) throws Exception {
        // /database/1/<container>/production/<database>/<operation>
        var parts = path.split("/", 7);
        var body = Replies.body(exchange);
        if (!exchange.method().equals("POST")
                || parts.length < 7
                || !parts[4].equals("production")
                || !Set.of("private", "shared", "public").contains(parts[5])
                || !body.isObject()) {
            Replies.json(exchange, 400, error("BAD_REQUEST", "unknown database, or no JSON object"));
            return;
        }
        var zone = zones.apply(account);
        var call = new Call(
                zone, parts[5], isReadable.test(exchange, account), body, stored -> addresses.whole(account, stored));
        var answer = switch (parts[6]) {
            case "zones/list" -> zonesList(call);
            case "changes/database" -> databaseChanges(call);
            case "changes/zone" -> zoneChanges(call);
            case "records/lookup" -> lookup(call);
            default -> error("BAD_REQUEST", "unknown operation");
        };
        Replies.json(exchange, status(answer), answer);
    }

    private static int status(ObjectNode answer) {
        return switch (answer.path("serverErrorCode").asString("")) {
            case "" -> 200;
            case "ZONE_NOT_FOUND" -> 404;
            default -> 400;
        };
    }

    private static ObjectNode error(String code, String reason) {
        return Replies.object()
                .put("uuid", new UUID(0, reason.hashCode()).toString())
                .put("serverErrorCode", code)
                .put("reason", reason);
    }

    private static ObjectNode zonesList(Call call) {
        var answer = Replies.object().put("moreComing", false);
        var list = answer.putArray("zones");
        if (call.database.equals("private")) {
            list.addObject().set("zoneID", zoneId(call.zone));
        }
        return answer;
    }

    private static ObjectNode databaseChanges(Call call) {
        var token = "d" + call.zone.token(call.zone.end());
        var answer = Replies.object().put("syncToken", token).put("moreComing", false);
        var list = answer.putArray("zones");
        if (call.database.equals("private")
                && !call.body.path("syncToken").asString("").equals(token)) {
            var zone = list.addObject();
            zone.set("zoneID", zoneId(call.zone));
            zone.put("syncToken", call.zone.token(call.zone.end()));
        }
        return answer;
    }

    /// What is wrong with one zone's item is said in its place, with status 200.
    private static ObjectNode zoneChanges(Call call) {
        var asked = call.body.path("zones");
        if (!asked.isArray() || asked.isEmpty()) {
            return error("BAD_REQUEST", "missing required field 'zones'");
        }
        var answer = Replies.object();
        var list = answer.putArray("zones");
        asked.forEach(item -> list.add(changes(call, item)));
        return answer;
    }

    /// A page is a stretch of the log, however little it holds. No token: from the beginning; an empty one: nothing,
    /// from the end.
    private static ObjectNode changes(Call call, JsonNode item) {
        if (!hasZone(call, item)) {
            return error("ZONE_NOT_FOUND", "Zone does not exist");
        }
        var token = item.path("syncToken");
        long from = 0;
        if (token.isString()) {
            var place = token.stringValue().isEmpty()
                    ? OptionalLong.of(call.zone.end())
                    : call.zone.place(token.stringValue());
            if (place.isEmpty()) {
                return error("BAD_REQUEST", "Unknown sync continuation type");
            }
            from = place.getAsLong();
        }
        int limit = Math.clamp(item.path("resultsLimit").asInt(MOST_RECORDS), 1, MOST_RECORDS);
        var page = call.zone.page(from, limit);
        var answer = Replies.object();
        answer.set("zoneID", zoneId(call.zone));
        var types = words(item.path("desiredRecordTypes"));
        var keys = words(item.path("desiredKeys"));
        var records = answer.putArray("records");
        for (var stored : page.records()) {
            if (types.isEmpty() || stored.deleted() || types.get().contains(stored.type())) {
                records.add(record(call, stored, keys));
            }
        }
        return answer.put("syncToken", call.zone.token(page.end())).put("moreComing", page.more());
    }

    private static ObjectNode lookup(Call call) {
        var asked = call.body.path("records");
        if (!hasZone(call, call.body)) {
            return error("ZONE_NOT_FOUND", "Zone does not exist");
        }
        if (!asked.isArray() || asked.size() > MOST_RECORDS) {
            return error("BAD_REQUEST", "records must be an array of at most " + MOST_RECORDS);
        }
        var answer = Replies.object();
        var records = answer.putArray("records");
        var keys = words(call.body.path("desiredKeys"));
        for (var item : asked) {
            var name = item.path("recordName").asString("");
            records.add(call.zone
                    .find(name)
                    .filter(stored -> !stored.deleted())
                    .map(stored -> record(call, stored, keys))
                    .orElseGet(() -> error("NOT_FOUND", "Record not found").put("recordName", name)));
        }
        return answer;
    }

    private static boolean hasZone(Call call, JsonNode item) {
        return call.database.equals("private")
                && item.path("zoneID").path("zoneName").asString("").equals(call.zone.name());
    }

    private static ObjectNode record(Call call, RecordZone.Stored stored, Optional<Set<String>> keys) {
        var record = Replies.object().put("recordName", stored.name());
        if (stored.broken()) {
            return record.put("reason", "Index has invalid data").put("serverErrorCode", "INTERNAL_ERROR");
        }
        record.put("recordType", stored.type());
        var fields = record.putObject("fields");
        for (var field : stored.fields().properties()) {
            if (keys.isEmpty() || keys.get().contains(field.getKey())) {
                var value = located(call, field.getValue());
                fields.set(field.getKey(), call.readable ? value : sealed(value));
            }
        }
        record.putObject("pluginFields");
        record.put("recordChangeTag", Integer.toString(stored.version(), 36));
        stamp(record.putObject("created"), call.zone, stored.created().toEpochMilli());
        stamp(record.putObject("modified"), call.zone, stored.modified().toEpochMilli());
        record.put("deleted", stored.deleted());
        record.set("zoneID", zoneId(call.zone));
        return record;
    }

    private static JsonNode located(Call call, JsonNode field) {
        if (!field.path("type").asString("").equals("ASSETID")) {
            return field;
        }
        var copy = field.deepCopy();
        if (copy.path("value") instanceof ObjectNode asset) {
            asset.put(
                    "downloadURL", call.address.apply(asset.path("downloadURL").asString()));
        }
        return copy;
    }

    /// Ciphertext of the same text is the same; it is longer, no UTF-8, and begins like nothing that is packed.
    private static JsonNode sealed(JsonNode field) {
        if (!field.path("type").asString("").equals("ENCRYPTED_BYTES")) {
            return field;
        }
        var plain = Base64.getDecoder().decode(field.path("value").asString(""));
        var cipher = new byte[plain.length + 33];
        new SplittableRandom(Arrays.hashCode(plain)).nextBytes(cipher);
        cipher[0] = (byte) 0x9c;
        return Replies.object()
                .put("type", "ENCRYPTED_BYTES")
                .put("value", Base64.getEncoder().encodeToString(cipher));
    }

    private static void stamp(ObjectNode stamp, RecordZone zone, long millis) {
        stamp.put("timestamp", millis).put("userRecordName", user(zone)).put("deviceID", "2");
    }

    private static ObjectNode zoneId(RecordZone zone) {
        return Replies.object()
                .put("zoneName", zone.name())
                .put("ownerRecordName", user(zone))
                .put("zoneType", "REGULAR_CUSTOM_ZONE");
    }

    private static String user(RecordZone zone) {
        return "_"
                + new UUID(zone.owner() * 0x9e3779b97f4a7c15L, zone.owner())
                        .toString()
                        .replace("-", "");
    }

    private static Optional<Set<String>> words(JsonNode list) {
        if (!list.isArray()) {
            return Optional.empty();
        }
        var words = new HashSet<String>();
        list.forEach(word -> words.add(word.asString("")));
        return Optional.of(words);
    }
}
