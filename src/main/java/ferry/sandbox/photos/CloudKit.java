package ferry.sandbox.photos;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// The CloudKit web API of `com.apple.photos.cloud` (`icloud-protocol` 2.5, 2.6), reading only: every write is
/// refused. Mounted as the web service `ckdatabasews`. Zones, what changed in them, and records by name are
/// answered here, queries by [Queries].
public final class CloudKit implements Service {
    private static final String PREFIX = "/database/1/com.apple.photos.cloud/production/";

    private final PhotoLibraries libraries;
    private final BiPredicate<Exchange, Account> keys;
    private final Quirks quirks;
    private final Answers answers;
    private final Queries queries;

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
        quirks = new Quirks(clock, pause);
        answers = new Answers(libraries, url, clock);
        queries = new Queries(answers, quirks);
    }

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
            case "records/query" -> queries.query(call);
            case "records/lookup" -> lookup(call);
            case "internal/records/query/batch" -> queries.batch(call);
            case "records/modify", "zones/modify" ->
                throw new Refused(403, "ACCESS_DENIED", "this simulator is never written to");
            default -> throw Refused.bad("unknown operation");
        };
    }

    private byte[] zones(Call call) throws Refused {
        return Answers.object(json -> {
            json.writeArrayPropertyStart("zones");
            for (var zone : libraries.zones(call.account(), call.database())) {
                json.writeStartObject();
                Answers.zoneId(json, zone.name(), zone.owner());
                json.writeEndObject();
            }
            if (call.database().equals("private")) {
                var owner = libraries.primary(call.account()).owner();
                for (var name : Answers.otherZones(call.account())) {
                    json.writeStartObject();
                    Answers.zoneId(json, name, owner);
                    json.writeEndObject();
                }
            }
            json.writeEndArray();
            json.writeBooleanProperty("moreComing", false);
            json.writeStringProperty("syncToken", databaseToken(call));
        });
    }

    private String databaseToken(Call call) {
        long places = libraries.zones(call.account(), call.database()).stream()
                .mapToLong(zone -> zone.library().historyEnd())
                .sum();
        return new SyncToken(SyncToken.Kind.DATABASE, places)
                .text(call.account().dsid());
    }

    /// Each database has one zone of photos, so the token's sum tells whether that zone changed.
    private byte[] databaseChanges(Call call) throws Refused {
        long seen = databasePlace(call);
        return Answers.object(json -> {
            json.writeStringProperty("syncToken", databaseToken(call));
            json.writeBooleanProperty("moreComing", false);
            json.writeArrayPropertyStart("zones");
            for (var zone : libraries.zones(call.account(), call.database())) {
                if (zone.library().historyEnd() > seen) {
                    json.writeStartObject();
                    Answers.zoneId(json, zone.name(), zone.owner());
                    json.writeStringProperty(
                            "syncToken", Answers.zoneToken(zone, zone.library().historyEnd()));
                    json.writeEndObject();
                }
            }
            json.writeEndArray();
        });
    }

    private static long databasePlace(Call call) throws Refused {
        var token = call.body().path("syncToken").asString("");
        if (token.isEmpty()) {
            return -1;
        }
        try {
            return SyncToken.parse(
                            token, SyncToken.Kind.DATABASE, call.account().dsid())
                    .place();
        } catch (SyncToken.Unknown e) {
            throw Refused.bad(String.valueOf(e.getMessage()));
        }
    }

    private byte[] zoneChanges(Call call) throws Refused {
        var asked = call.body().path("zones");
        if (!asked.isArray() || asked.isEmpty()) {
            throw Refused.bad("missing required field 'zones'");
        }
        return Answers.object(json -> {
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
            var zone = answers.zone(call, item);
            Answers.zoneId(json, zone.name(), zone.owner());
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
        long to = Math.min(end, from + Answers.limit(item));
        json.writeArrayPropertyStart("records");
        var records = answers.records(json, zone, Answers.desired(item), false);
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
        json.writeStringProperty("syncToken", Answers.zoneToken(zone, to));
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

    private byte[] lookup(Call call) throws Refused {
        var zone = answers.zone(call, call.body());
        var asked = call.body().path("records");
        if (!asked.isArray() || asked.size() > Answers.MOST_RECORDS) {
            throw Refused.bad("records must be an array of at most " + Answers.MOST_RECORDS);
        }
        return Answers.object(json -> {
            json.writeArrayPropertyStart("records");
            var records = answers.records(json, zone, Answers.desired(call.body()), true);
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
}
