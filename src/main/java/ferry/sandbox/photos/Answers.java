package ferry.sandbox.photos;

import ferry.sandbox.Account;
import java.io.ByteArrayOutputStream;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What all of CloudKit's answers are made of: zones, tokens, records.
final class Answers {
    static final int MOST_RECORDS = 200;

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int PAGE_BYTES = 512 * 1024;

    private final PhotoLibraries libraries;
    private final Supplier<String> url;
    private final InstantSource clock;

    /// @param url where the sandbox answers; asked at each request
    Answers(PhotoLibraries libraries, Supplier<String> url, InstantSource clock) {
        this.libraries = libraries;
        this.url = url;
        this.clock = clock;
    }

    /// Writes an object's content.
    interface Body {
        void write(JsonGenerator json) throws Refused;
    }

    /// An object of that content.
    static byte[] object(Body body) throws Refused {
        var bytes = new ByteArrayOutputStream(PAGE_BYTES / 8);
        try (var json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            body.write(json);
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    /// Writes records of that zone.
    ///
    /// @param desired the fields that are wanted; null for all
    Records records(JsonGenerator json, Zone zone, @Nullable Set<String> desired, boolean lookup) {
        return new Records(json, zone, desired, clock.instant(), url.get(), lookup);
    }

    /// A token of that place in its history.
    static String zoneToken(Zone zone, long place) {
        return new SyncToken(SyncToken.Kind.ZONE, place).text(zone.library().tokenSeed());
    }

    /// A token of where it stands.
    static String zoneToken(Zone zone) {
        return zoneToken(zone, zone.library().historyEnd());
    }

    /// Names a zone.
    static void zoneId(JsonGenerator json, String name, String owner) {
        json.writeObjectPropertyStart("zoneID");
        json.writeStringProperty("zoneName", name);
        json.writeStringProperty("ownerRecordName", owner);
        json.writeStringProperty("zoneType", "REGULAR_CUSTOM_ZONE");
        json.writeEndObject();
    }

    /// The zone that an item is about.
    Zone zone(Call call, JsonNode item) throws Refused {
        var name = item.path("zoneID").path("zoneName").asString("");
        if (name.isEmpty()) {
            throw Refused.bad("missing required field 'zoneID'");
        }
        if (call.database().equals("private") && otherZones(call.account()).contains(name)) {
            throw Refused.bad("Index has invalid data");
        }
        for (var zone : libraries.zones(call.account(), call.database())) {
            if (zone.name().equals(name)) {
                return call.open() ? zone : zone.sealed();
            }
        }
        throw new Refused(404, "ZONE_NOT_FOUND", "Zone '" + name + "' does not exist");
    }

    /// Zones of other things, which a connector ignores.
    static List<String> otherZones(Account account) {
        return List.of("AppLibrarySync-"
                + Records.anonymous(account.dsid()).substring(1).toUpperCase(Locale.ROOT));
    }

    /// How many records it wants, at most.
    static int limit(JsonNode item) throws Refused {
        int limit = item.path("resultsLimit").asInt(MOST_RECORDS);
        if (limit < 1) {
            throw Refused.bad("resultsLimit must be positive");
        }
        return Math.min(limit, MOST_RECORDS);
    }

    /// The fields it wants; null for all.
    static @Nullable Set<String> desired(JsonNode item) {
        var keys = item.path("desiredKeys");
        if (!keys.isArray()) {
            return null;
        }
        var names = new HashSet<String>();
        keys.forEach(key -> names.add(key.asString("")));
        return names;
    }
}
