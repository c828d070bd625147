package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import ferry.sandbox.defects.Defect;
import java.io.ByteArrayOutputStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The CloudKit web API of `com.apple.photos.cloud` (`icloud-protocol` 2.5, 2.6), reading only: every write is refused.
/// Mounted as the web service `ckdatabasews`.
public final class CloudKit implements Service {
    static final int MOST_RECORDS = 200;

    private static final String PREFIX = "/database/1/com.apple.photos.cloud/production/";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int PAGE_BYTES = 512 * 1024;

    private final PhotoLibraries libraries;
    private final Supplier<String> url;
    private final InstantSource clock;
    private final BiPredicate<Exchange, Account> keys;
    private final Quirks quirks;

    /// @param url where the sandbox answers; asked at each request
    /// @param keys whether a request may see an account's photos as they are
    public CloudKit(
            PhotoLibraries libraries, Supplier<String> url, InstantSource clock, BiPredicate<Exchange, Account> keys) {
        this(libraries, url, clock, keys, Thread::sleep);
    }

    CloudKit(
            PhotoLibraries libraries,
            Supplier<String> url,
            InstantSource clock,
            BiPredicate<Exchange, Account> keys,
            Pause pause) {
        this.keys = keys;
        this.libraries = libraries;
        this.url = url;
        this.clock = clock;
        this.quirks = new Quirks(clock, pause);
    }

    /// A refusal in CloudKit's own form. Not a failure of the simulator.
    private static final class Refused extends Exception {
        private final int status;
        private final String code;

        Refused(int status, String code, String reason) {
            super(reason);
            this.status = status;
            this.code = code;
        }

        static Refused bad(String reason) {
            return new Refused(400, "BAD_REQUEST", "BadRequestException: " + reason);
        }
    }

    /// One request, taken apart.
    ///
    /// @param database `private`, `shared` or `public`
    /// @param open whether it carries the keys to what it asks for
    private record Call(Account account, String database, JsonNode body, boolean open) {}

    @Override
    public void handle(Exchange exchange, Account account, String path) throws Exception {
        var library = libraries.of(account);
        quirks.delay(library);
        if (quirks.throttled(account, library, exchange)) {
            return;
        }
        try {
            respond(exchange, answer(account, path, Replies.body(exchange), keys.test(exchange, account)));
        } catch (Refused refused) {
            var body = Replies.object()
                    .put("uuid", Records.anonymous(account.dsid()).substring(1))
                    .put("serverErrorCode", refused.code)
                    .put("reason", refused.getMessage());
            Replies.json(exchange, refused.status, body);
        }
    }

    private static void respond(Exchange exchange, byte[] body) {
        exchange.set("Content-Type", "application/json; charset=UTF-8");
        exchange.respond(200, body);
    }

    private byte[] answer(Account account, String path, JsonNode body, boolean open) throws Refused {
        if (!path.startsWith(PREFIX)) {
            throw Refused.bad("unknown container or environment");
        }
        var rest = path.substring(PREFIX.length());
        int slash = rest.indexOf('/');
        if (slash < 0 || !Set.of("private", "shared", "public").contains(rest.substring(0, slash))) {
            throw Refused.bad("unknown database");
        }
        if (!body.isObject()) {
            throw Refused.bad("the body is not a JSON object");
        }
        var call = new Call(account, rest.substring(0, slash), body, open);
        return switch (rest.substring(slash + 1)) {
            case "zones/list" -> zones(call);
            case "changes/database" -> databaseChanges(call);
            case "changes/zone" -> zoneChanges(call);
            case "records/query" -> query(call);
            case "records/lookup" -> lookup(call);
            case "internal/records/query/batch" -> batch(call);
            case "records/modify", "zones/modify" ->
                throw new Refused(403, "ACCESS_DENIED", "this simulator is never written to");
            default -> throw Refused.bad("unknown operation");
        };
    }

    /// Writes an object's content.
    private interface Body {
        void write(JsonGenerator json) throws Refused;
    }

    private static byte[] object(Body body) throws Refused {
        var bytes = new ByteArrayOutputStream(PAGE_BYTES / 8);
        try (var json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            body.write(json);
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private byte[] zones(Call call) throws Refused {
        return object(json -> {
            json.writeArrayPropertyStart("zones");
            for (var zone : libraries.zones(call.account, call.database)) {
                json.writeStartObject();
                zoneId(json, zone.name(), zone.owner());
                json.writeEndObject();
            }
            if (call.database.equals("private")) {
                // Zones of other things, which a connector ignores.
                var owner = libraries.primary(call.account).owner();
                for (var name : otherZones(call.account)) {
                    json.writeStartObject();
                    zoneId(json, name, owner);
                    json.writeEndObject();
                }
            }
            json.writeEndArray();
            json.writeBooleanProperty("moreComing", false);
            json.writeStringProperty("syncToken", databaseToken(call));
        });
    }

    private static List<String> otherZones(Account account) {
        return List.of("AppLibrarySync-"
                + Records.anonymous(account.dsid()).substring(1).toUpperCase(Locale.ROOT));
    }

    private static void zoneId(JsonGenerator json, String name, String owner) {
        json.writeObjectPropertyStart("zoneID");
        json.writeStringProperty("zoneName", name);
        json.writeStringProperty("ownerRecordName", owner);
        json.writeStringProperty("zoneType", "REGULAR_CUSTOM_ZONE");
        json.writeEndObject();
    }

    private String databaseToken(Call call) {
        long places = libraries.zones(call.account, call.database).stream()
                .mapToLong(zone -> zone.library().historyEnd())
                .sum();
        return new SyncToken(SyncToken.Kind.DATABASE, places).text(call.account.dsid());
    }

    /// Each database has one zone of photos, so the token's sum tells whether that zone changed.
    private byte[] databaseChanges(Call call) throws Refused {
        long seen = databasePlace(call);
        return object(json -> {
            json.writeStringProperty("syncToken", databaseToken(call));
            json.writeBooleanProperty("moreComing", false);
            json.writeArrayPropertyStart("zones");
            for (var zone : libraries.zones(call.account, call.database)) {
                if (zone.library().historyEnd() > seen) {
                    json.writeStartObject();
                    zoneId(json, zone.name(), zone.owner());
                    json.writeStringProperty(
                            "syncToken", zoneToken(zone, zone.library().historyEnd()));
                    json.writeEndObject();
                }
            }
            json.writeEndArray();
        });
    }

    private static long databasePlace(Call call) throws Refused {
        var token = call.body.path("syncToken").asString("");
        if (token.isEmpty()) {
            return -1;
        }
        try {
            return SyncToken.parse(token, SyncToken.Kind.DATABASE, call.account.dsid())
                    .place();
        } catch (SyncToken.Unknown e) {
            throw Refused.bad(String.valueOf(e.getMessage()));
        }
    }

    private static String zoneToken(Zone zone, long place) {
        return new SyncToken(SyncToken.Kind.ZONE, place).text(zone.library().tokenSeed());
    }

    private static String zoneToken(Zone zone) {
        return zoneToken(zone, zone.library().historyEnd());
    }

    private byte[] zoneChanges(Call call) throws Refused {
        var asked = call.body.path("zones");
        if (!asked.isArray() || asked.isEmpty()) {
            throw Refused.bad("missing required field 'zones'");
        }
        return object(json -> {
            json.writeArrayPropertyStart("zones");
            for (var item : asked) {
                zoneChanges(json, call, item);
            }
            json.writeEndArray();
        });
    }

    /// What is wrong with one zone's item is said in its place, with status 200.
    private void zoneChanges(JsonGenerator json, Call call, JsonNode item) {
        json.writeStartObject();
        try {
            var zone = zone(call, item);
            zoneId(json, zone.name(), zone.owner());
            changes(json, zone, item);
        } catch (SyncToken.Unknown e) {
            json.writeStringProperty("reason", String.valueOf(e.getMessage()));
            json.writeStringProperty("serverErrorCode", "BAD_REQUEST");
        } catch (Refused refused) {
            json.writePOJOProperty("zoneID", item.path("zoneID"));
            json.writeStringProperty("reason", String.valueOf(refused.getMessage()));
            json.writeStringProperty("serverErrorCode", refused.code);
        }
        json.writeEndObject();
    }

    /// A page is a stretch of the history, however little it holds. No token: from the beginning; an empty one:
    /// nothing, from the end.
    private void changes(JsonGenerator json, Zone zone, JsonNode item) throws SyncToken.Unknown, Refused {
        if (item.path("reverse").asBoolean(false)) {
            throw Refused.bad("reverse is not supported here");
        }
        var library = zone.library();
        long end = library.historyEnd();
        long from = start(zone, item.path("syncToken"), end);
        long to = Math.min(end, from + limit(item));
        json.writeArrayPropertyStart("records");
        var records = records(json, zone, desired(item), false);
        for (long place = from; place < to; place++) {
            switch (library.history(place)) {
                case PhotoLibrary.Past.Nothing _ -> {
                    // Most of the past is empty.
                }
                case PhotoLibrary.Past.Tombstone(var name, var type) -> records.tombstone(name, type);
                case PhotoLibrary.Past.Master(var photo) -> records.master(photo);
                case PhotoLibrary.Past.Asset(var photo) -> records.asset(photo);
                case PhotoLibrary.Past.OfAlbum(var album) -> records.album(album);
            }
        }
        json.writeEndArray();
        json.writeStringProperty("syncToken", zoneToken(zone, to));
        json.writeBooleanProperty("moreComing", to < end);
    }

    private static long start(Zone zone, JsonNode token, long end) throws SyncToken.Unknown {
        if (token.isMissingNode() || token.isNull()) {
            return 0;
        }
        var text = token.asString("");
        return text.isEmpty()
                ? end
                : Math.min(
                        end,
                        SyncToken.parse(
                                        text,
                                        SyncToken.Kind.ZONE,
                                        zone.library().tokenSeed())
                                .place());
    }

    private Records records(JsonGenerator json, Zone zone, @Nullable Set<String> desired, boolean lookup) {
        return new Records(json, zone, desired, clock.instant(), url.get(), lookup);
    }

    private Zone zone(Call call, JsonNode item) throws Refused {
        var name = item.path("zoneID").path("zoneName").asString("");
        if (name.isEmpty()) {
            throw Refused.bad("missing required field 'zoneID'");
        }
        if (call.database.equals("private") && otherZones(call.account).contains(name)) {
            throw Refused.bad("Index has invalid data");
        }
        for (var zone : libraries.zones(call.account, call.database)) {
            if (zone.name().equals(name)) {
                return call.open ? zone : zone.sealed();
            }
        }
        throw new Refused(404, "ZONE_NOT_FOUND", "Zone '" + name + "' does not exist");
    }

    private static int limit(JsonNode item) throws Refused {
        int limit = item.path("resultsLimit").asInt(MOST_RECORDS);
        if (limit < 1) {
            throw Refused.bad("resultsLimit must be positive");
        }
        return Math.min(limit, MOST_RECORDS);
    }

    private static @Nullable Set<String> desired(JsonNode item) {
        var keys = item.path("desiredKeys");
        if (!keys.isArray()) {
            return null;
        }
        var names = new HashSet<String>();
        keys.forEach(key -> names.add(key.asString("")));
        return names;
    }

    private byte[] query(Call call) throws Refused {
        var zone = zone(call, call.body);
        var query = call.body.path("query");
        var type = query.path("recordType").asString("");
        var filters = Filters.of(query.path("filterBy"));
        return switch (type) {
            case "" -> throw Refused.bad("missing required field 'recordType'");
            case "CheckIndexingState" -> indexingState(zone);
            case "CPLAlbumByPositionLive" -> albums(call, zone, filters);
            case "CPLMaster", "CPLAsset", "CPLAlbum", "CPLContainerRelation" ->
                throw Refused.bad("Type is not marked indexable: " + type);
            default -> {
                var view = Views.list(type, filters, zone.library());
                yield page(
                        call, zone, view.orElseThrow(() -> Refused.bad("Did not find record type: " + type)), filters);
            }
        };
    }

    private byte[] indexingState(Zone zone) throws Refused {
        var library = zone.library();
        long progress = quirks.indexed(library);
        var state = progress == 100 ? "FINISHED" : "RUNNING";
        return object(json -> {
            json.writeArrayPropertyStart("records");
            records(json, zone, null, false)
                    .result(
                            Records.anonymous(library.seed()),
                            "CheckIndexingState",
                            Map.of("progress", progress, "state", state));
            json.writeEndArray();
            json.writeStringProperty("syncToken", zoneToken(zone));
        });
    }

    /// Few albums: all of one folder in one answer, or page by page where the limit is lower.
    private byte[] albums(Call call, Zone zone, Filters filters) throws Refused {
        if (zone.shared()) {
            throw Refused.bad("there are no albums in a shared library");
        }
        var parent = filters.text("parentId");
        var albums = zone.library().albums().stream()
                .filter(album -> parent.map(name -> name.equals(album.parent()))
                        .orElse(album.parent() == null || album.parent().equals(Album.ROOT)))
                .toList();
        var folder = parent.orElse("");
        if (quirks.emptyAlbums(zone.library(), folder)
                || zone.library().defects().strikesOnce(Defect.EMPTY_PAGE, "albums " + folder)) {
            return object(json -> {
                json.writeArrayPropertyStart("records");
                json.writeEndArray();
                json.writeStringProperty("syncToken", zoneToken(zone));
            });
        }
        int from = Math.toIntExact(Marker.parse(call.body.path("continuationMarker"))
                .map(Marker::rank)
                .orElse(0L));
        int to = Math.min(albums.size(), from + limit(call.body));
        return object(json -> {
            json.writeArrayPropertyStart("records");
            var records = records(json, zone, desired(call.body), false);
            albums.subList(Math.min(from, to), to).forEach(records::album);
            json.writeEndArray();
            if (to < albums.size()) {
                json.writeStringProperty("continuationMarker", new Marker(to, -1).text());
            }
            json.writeStringProperty("syncToken", zoneToken(zone));
        });
    }

    private byte[] page(Call call, Zone zone, View view, Filters filters) throws Refused {
        var library = zone.library();
        var wrong = new PageDefects(library, filters.number("startRank").orElse(0L));
        if (view instanceof View.Library) {
            quirks.move(library);
            wrong.shift(view);
        }
        var ranks = library.ranks(view);
        int size = (int) (ranks.length * quirks.indexed(library) / 100);
        boolean descending = filters.text("direction").orElse("ASCENDING").equals("DESCENDING");
        long start = start(call, filters, ranks, size, descending);
        boolean byRank = filters.number("startRank").isPresent()
                && call.body.path("continuationMarker").isMissingNode()
                && !descending;
        if (view instanceof View.Library && byRank) {
            if (wrong.isEmpty()) {
                return emptyPage(zone, new Marker(start, -1));
            }
            start = wrong.start();
        }
        int each = view instanceof View.Members ? 3 : 2;
        int count = Math.max(1, limit(call.body) / each);
        var page = descending ? down(start, count, size) : up(start, count, size);
        boolean more = page.isEmpty() ? false : descending ? page.getLast() > 0 : page.getLast() < size - 1;
        if (view instanceof View.Library && quirks.empty(library, start)) {
            return emptyPage(zone, new Marker(start, -1));
        }
        return object(json -> {
            json.writeArrayPropertyStart("records");
            var records = records(json, zone, desired(call.body), false);
            var photos = page.stream().map(rank -> library.photo(ranks[rank])).toList();
            masters(zone, ranks, page, photos, view).forEach(serial -> records.master(library.photo(serial)));
            photos.forEach(records::asset);
            if (view instanceof View.Members(var album)) {
                photos.forEach(photo -> records.relation(photo, album));
            }
            json.writeEndArray();
            if (more) {
                long next = page.getLast() + (descending ? -1L : 1L);
                json.writeStringProperty("continuationMarker", new Marker(next, ranks[page.getLast()]).text());
            }
            json.writeStringProperty("syncToken", zoneToken(zone));
        });
    }

    /// Each master once, however many assets of the page share it. With [LibraryQuirk#EMPTY_PAGES], which also
    /// stands for pairs across pages, the master of each hundredth asset comes with the asset behind it.
    private static Set<Integer> masters(Zone zone, int[] ranks, List<Integer> page, List<Photo> photos, View view) {
        var masters = new LinkedHashSet<Integer>();
        boolean apart = view instanceof View.Library && zone.library().has(LibraryQuirk.EMPTY_PAGES);
        for (int i = 0; i < page.size(); i++) {
            int rank = page.get(i);
            if (apart && rank % 100 == 0 && rank > 0) {
                masters.add(zone.library().photo(ranks[rank - 1]).master());
            }
            boolean withNext = apart && rank % 100 == 99 && rank + 1 < ranks.length;
            if (!withNext) {
                masters.add(photos.get(i).master());
            }
        }
        return masters;
    }

    private static long start(Call call, Filters filters, int[] ranks, int size, boolean descending) throws Refused {
        var marker = Marker.parse(call.body.path("continuationMarker"));
        if (marker.isEmpty()) {
            if (!call.body.path("continuationMarker").isMissingNode()) {
                throw Refused.bad("Invalid continuation format");
            }
            long rank = filters.number("startRank").orElse(0L);
            if (rank < 0) {
                throw Refused.bad("startRank must not be negative");
            }
            return descending ? Math.min(rank, size - 1L) : rank;
        }
        // The marker names the last record given, so it stays right when photos are added in front.
        long last = marker.get().last();
        for (int rank = 0; rank < size; rank++) {
            if (ranks[rank] == last) {
                return rank + (descending ? -1L : 1L);
            }
        }
        return marker.get().rank();
    }

    private static List<Integer> up(long start, int count, int size) {
        var ranks = new ArrayList<Integer>(count);
        for (long rank = start; rank < Math.min(size, start + count); rank++) {
            ranks.add((int) rank);
        }
        return ranks;
    }

    private static List<Integer> down(long start, int count, int size) {
        var ranks = new ArrayList<Integer>(count);
        for (long rank = Math.min(start, size - 1L); rank >= 0 && ranks.size() < count; rank--) {
            ranks.add((int) rank);
        }
        return ranks;
    }

    private byte[] emptyPage(Zone zone, Marker again) throws Refused {
        return object(json -> {
            json.writeArrayPropertyStart("records");
            json.writeEndArray();
            json.writeStringProperty("continuationMarker", again.text());
            json.writeStringProperty("syncToken", zoneToken(zone));
        });
    }

    private byte[] lookup(Call call) throws Refused {
        var zone = zone(call, call.body);
        var asked = call.body.path("records");
        if (!asked.isArray() || asked.size() > MOST_RECORDS) {
            throw Refused.bad("records must be an array of at most " + MOST_RECORDS);
        }
        return object(json -> {
            json.writeArrayPropertyStart("records");
            var records = records(json, zone, desired(call.body), true);
            for (var item : asked) {
                lookUp(records, zone.library(), item.path("recordName").asString(""));
            }
            json.writeEndArray();
        });
    }

    private static void lookUp(Records records, PhotoLibrary library, String name) {
        var album =
                library.albums().stream().filter(one -> one.name().equals(name)).findFirst();
        var asset = library.byAsset(name).filter(photo -> photo.state() != Photo.State.EXPUNGED);
        if (album.isPresent()) {
            records.album(album.get());
        } else if (asset.isPresent()) {
            records.asset(asset.get());
        } else {
            library.byMaster(name)
                    .filter(photo -> photo.state() != Photo.State.EXPUNGED || library.sharer(photo))
                    .ifPresentOrElse(records::master, () -> records.error(name, "NOT_FOUND", "Record not found"));
        }
    }

    private byte[] batch(Call call) throws Refused {
        var asked = call.body.path("batch");
        if (!asked.isArray()) {
            throw Refused.bad("missing required field 'batch'");
        }
        return object(json -> {
            json.writeArrayPropertyStart("batch");
            for (var item : asked) {
                json.writeStartObject();
                counts(json, zone(call, item), item.path("query"));
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    private void counts(JsonGenerator json, Zone zone, JsonNode query) throws Refused {
        if (!query.path("recordType").asString("").equals("HyperionIndexCountLookup")) {
            throw Refused.bad("a batch holds HyperionIndexCountLookup only");
        }
        json.writeArrayPropertyStart("records");
        var records = records(json, zone, null, false);
        for (var index : Filters.of(query.path("filterBy")).texts("indexCountID")) {
            Views.count(index, zone.library())
                    .ifPresentOrElse(
                            view -> records.result(index, "IndexCountResult", Map.of("itemCount", (long)
                                    zone.library().ranks(view).length)),
                            () -> records.error(index, "NOT_FOUND", "unknown index"));
        }
        json.writeEndArray();
        json.writeStringProperty("syncToken", zoneToken(zone));
    }

    /// Where the next page of a query begins.
    ///
    /// @param rank by rank, for where `last` has gone
    /// @param last the serial of the last photo given, -1 for none
    private record Marker(long rank, int last) {
        String text() {
            return Base64.getEncoder()
                    .encodeToString("%019d/%012d/continuation/photo"
                            .formatted(rank, last)
                            .getBytes(US_ASCII));
        }

        static Optional<Marker> parse(JsonNode node) {
            try {
                var parts = new String(Base64.getDecoder().decode(node.asString("")), US_ASCII).split("/", -1);
                return parts.length == 4
                        ? Optional.of(new Marker(Long.parseLong(parts[0]), Integer.parseInt(parts[1])))
                        : Optional.empty();
            } catch (IllegalArgumentException _) {
                return Optional.empty();
            }
        }
    }
}
