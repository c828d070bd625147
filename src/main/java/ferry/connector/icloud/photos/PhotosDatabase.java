package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// CloudKit's container `com.apple.photos.cloud`, as far as reading needs it (`icloud-protocol` 2.5, 2.6). Only
/// reads: no operation here changes anything. Thread-safe.
final class PhotosDatabase {
    static final String SERVICE = "ckdatabasews";
    /// CloudKit silently cuts larger pages to this.
    static final int MAX_RECORDS = 200;
    /// Names in one `records/lookup`.
    static final int MAX_LOOKUP = 100;

    private static final String CONTAINER = "/database/1/com.apple.photos.cloud/production/";
    private static final Map<String, String> QUERY = Map.of("remapEnums", "true", "getCurrentSyncToken", "true");
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final List<String> DESIRED_KEYS = desiredKeys();

    private final Calls calls;
    private final InstantSource clock;
    private final Seals seals;

    PhotosDatabase(Calls calls, InstantSource clock) {
        this.calls = calls;
        this.clock = clock;
        this.seals = new Seals(calls);
    }

    /// The account's own library, then the shared ones: those it has made are in the private database, those it takes
    /// part in are in the shared one (R24). Zones that are deleted or of another kind are passed over.
    List<Library> libraries() throws ConnectorException, InterruptedException {
        if (!calls.has(SERVICE)) {
            throw new ConnectorException.Refused(
                    ErrorCode.NOT_ACTIVATED,
                    "The account's owner has never opened iCloud Photos; they can do so there.");
        }
        var libraries = new ArrayList<Library>();
        var own = zones("private");
        if (own.stream().noneMatch(zone -> zone.zone().equals(Library.PERSONAL.zone()))) {
            throw new ConnectorException.Refused(
                    ErrorCode.NOT_ACTIVATED, "The account's owner has never switched on iCloud Photos.");
        }
        libraries.add(Library.PERSONAL);
        Stream.concat(own.stream(), zones("shared").stream())
                .filter(zone -> Library.isShared(zone.zone()))
                .forEach(libraries::add);
        return libraries;
    }

    private List<Library> zones(String database) throws ConnectorException, InterruptedException {
        return post(database, "zones/list", JSON.objectNode())
                .path("zones")
                .valueStream()
                .filter(zone -> !zone.path("deleted").asBoolean(false))
                .map(zone -> zone.path("zoneID"))
                .map(id -> new Library(database, id.path("zoneName").asString(""), text(id, "ownerRecordName")))
                .toList();
    }

    /// @throws ConnectorException.Unavailable while the source is still preparing the library (R16)
    void requireIndexed(Library library) throws ConnectorException, InterruptedException {
        var body = JSON.objectNode();
        body.putObject("query").put("recordType", "CheckIndexingState");
        body.set("zoneID", library.zoneId());
        var state = page(library, body).records().stream()
                .findFirst()
                .flatMap(r -> r.string("state"))
                .orElse("");
        if (!state.equals("FINISHED")) {
            throw new ConnectorException.Unavailable(
                    Duration.ofMinutes(1), ErrorCode.STILL_INDEXING, "The photo library is still being indexed.");
        }
    }

    /// The estimated number of items in each of these indexes, in their order. Never exact.
    List<OptionalLong> counts(Library library, List<String> indexes) throws ConnectorException, InterruptedException {
        var body = JSON.objectNode();
        var batch = body.putArray("batch");
        for (var index : indexes) {
            var one = batch.addObject().put("resultsLimit", 1);
            var query = one.putObject("query").put("recordType", "HyperionIndexCountLookup");
            var filter =
                    query.putObject("filterBy").put("fieldName", "indexCountID").put("comparator", "IN");
            filter.putObject("fieldValue")
                    .put("type", "STRING_LIST")
                    .putArray("value")
                    .add(index);
            one.put("zoneWide", true).set("zoneID", library.zoneId());
        }
        var answers =
                post(library.database(), "internal/records/query/batch", body).path("batch");
        var counts = new ArrayList<OptionalLong>();
        for (int i = 0; i < indexes.size(); i++) {
            counts.add(new CloudRecord(answers.path(i).path("records").path(0)).number("itemCount"));
        }
        return counts;
    }

    /// One page of a view, ascending by rank.
    ///
    /// @param photos how many pairs at most
    Page page(Library library, View view, long startRank, int photos) throws ConnectorException, InterruptedException {
        var body = JSON.objectNode();
        var query = body.putObject("query").put("recordType", view.listIndex());
        var filters = query.putArray("filterBy");
        equal(filters, "startRank").put("type", "INT64").put("value", startRank);
        equal(filters, "direction").put("type", "STRING").put("value", "ASCENDING");
        body.put("resultsLimit", Math.min(MAX_RECORDS, 2 * photos));
        body.set("desiredKeys", keys());
        body.set("zoneID", library.zoneId());
        return page(library, body);
    }

    /// One page of albums and folders.
    ///
    /// @param parent the folder; empty for the root
    Page albums(Library library, Optional<String> parent, Optional<String> continuation)
            throws ConnectorException, InterruptedException {
        var body = JSON.objectNode();
        var query = body.putObject("query").put("recordType", "CPLAlbumByPositionLive");
        parent.ifPresent(p -> equal(query.putArray("filterBy"), "parentId")
                .put("type", "STRING")
                .put("value", p));
        body.put("resultsLimit", MAX_RECORDS);
        continuation.ifPresent(c -> body.put("continuationMarker", c));
        body.set("zoneID", library.zoneId());
        return page(library, body);
    }

    /// One page of an album's members: for each the relation, and beside it asset and master, which nobody
    /// needs here and nearly nothing is asked of.
    ///
    /// @param from the rank to begin with, where no marker leads on
    Page members(Library library, String album, long from, Optional<String> continuation)
            throws ConnectorException, InterruptedException {
        var body = JSON.objectNode();
        var query = body.putObject("query").put("recordType", "CPLContainerRelationLiveByAssetDate");
        var filters = query.putArray("filterBy");
        equal(filters, "startRank").put("type", "INT64").put("value", from);
        equal(filters, "direction").put("type", "STRING").put("value", "ASCENDING");
        equal(filters, "parentId").put("type", "STRING").put("value", album);
        body.put("resultsLimit", MAX_RECORDS);
        continuation.ifPresent(c -> body.put("continuationMarker", c));
        List.of("containerId", "itemId", "position", "isKeyAsset").forEach(body.putArray("desiredKeys")::add);
        body.set("zoneID", library.zoneId());
        return page(library, body);
    }

    /// The records of these names, as far as the source has them.
    ///
    /// @param names at most [#MAX_LOOKUP]
    Page lookup(Library library, Collection<String> names) throws ConnectorException, InterruptedException {
        var body = JSON.objectNode();
        var records = body.putArray("records");
        names.forEach(name -> records.addObject().put("recordName", name));
        body.set("desiredKeys", keys());
        body.set("zoneID", library.zoneId());
        return page(post(library.database(), "records/lookup", body));
    }

    /// What changed in a library since a token, or all that ever did.
    ///
    /// @param token where the zone stands now; empty where the source did not say
    /// @param known whether the source knows the token that was sent
    record Changes(Page page, Optional<String> token, boolean more, boolean known) {}

    /// @param token empty for the beginning of its history, which is some times as long as the library
    Changes changes(Library library, Optional<String> token) throws ConnectorException, InterruptedException {
        var body = JSON.objectNode();
        var zone = body.putArray("zones").addObject();
        zone.set("zoneID", library.zoneId());
        token.ifPresent(place -> zone.put("syncToken", place));
        zone.put("resultsLimit", MAX_RECORDS);
        zone.set("desiredKeys", keys());
        var path = path(library.database(), "changes/zone");
        boolean opened = seals.areBroken();
        var answer = calls.post(SERVICE, path, QUERY, body);
        if (!opened && seals.areIn(answer.path("zones").path(0)) && seals.open(path)) {
            answer = calls.post(SERVICE, path, QUERY, body);
        }
        var changed = answer.path("zones").path(0);
        var next = changed.path("syncToken");
        boolean said = next.isString() && !changed.has("serverErrorCode") && !answer.has("serverErrorCode");
        return new Changes(
                page(changed),
                said ? Optional.of(next.stringValue()) : Optional.empty(),
                changed.path("moreComing").asBoolean(false),
                !isBadRequest(answer) && !isBadRequest(changed));
    }

    private static boolean isBadRequest(JsonNode answer) {
        return answer.path("serverErrorCode").asString("").equals("BAD_REQUEST");
    }

    /// Whether the record came as ciphertext, though the owner's consent is there.
    boolean isSealed(CloudRecord record) {
        return seals.areBroken() && Seals.isOn(record);
    }

    private Page page(Library library, ObjectNode body) throws ConnectorException, InterruptedException {
        var answer = post(library.database(), "records/query", body);
        if (!answer.path("records").isArray()) {
            throw silent();
        }
        return page(answer);
    }

    private Page page(JsonNode answer) {
        var records = new ArrayList<CloudRecord>();
        for (var json : answer.path("records")) {
            records.add(new CloudRecord(json));
        }
        return new Page(records, clock.instant(), text(answer, "syncToken"), text(answer, "continuationMarker"));
    }

    /// An error may come with status 200 (`icloud-protocol` 1.12): then the body's word counts.
    private JsonNode post(String database, String operation, ObjectNode body)
            throws ConnectorException, InterruptedException {
        var path = path(database, operation);
        boolean opened = seals.areBroken();
        var answer = calls.post(SERVICE, path, QUERY, body);
        if (!opened && seals.areIn(answer) && seals.open(path)) {
            answer = calls.post(SERVICE, path, QUERY, body);
        }
        var error = answer.path("serverErrorCode").asString("");
        return switch (error) {
            case "" -> answer;
            case "ZONE_NOT_FOUND" ->
                throw new ConnectorException.Refused(
                        ErrorCode.NOT_ACTIVATED, "The account's owner has never switched on iCloud Photos.");
            case "BAD_REQUEST", "NOT_FOUND" ->
                throw new ConnectorException.Refused(
                        ErrorCode.NOT_AVAILABLE, "The source does not know what was asked of its photo library.");
            default -> throw silent();
        };
    }

    private static ConnectorException.Unavailable silent() {
        return new ConnectorException.Unavailable(
                Duration.ofMinutes(5), ErrorCode.SERVICE_UNAVAILABLE, "The photo library did not answer.");
    }

    private static String path(String database, String operation) {
        return CONTAINER + database + "/" + operation;
    }

    private static Optional<String> text(JsonNode answer, String name) {
        var value = answer.path(name);
        return value.isString() && !value.stringValue().isEmpty() ? Optional.of(value.stringValue()) : Optional.empty();
    }

    private static ObjectNode equal(ArrayNode filters, String field) {
        return filters.addObject()
                .put("fieldName", field)
                .put("comparator", "EQUALS")
                .putObject("fieldValue");
    }

    private static ArrayNode keys() {
        var keys = JSON.arrayNode();
        DESIRED_KEYS.forEach(keys::add);
        return keys;
    }

    private static List<String> desiredKeys() {
        var resources = Stream.of(
                        "resOriginal",
                        "resOriginalAlt",
                        "resOriginalVidCompl",
                        "resJPEGFull",
                        "resJPEGLarge",
                        "resJPEGMed",
                        "resJPEGThumb",
                        "resVidFull",
                        "resVidMed",
                        "resVidSmall",
                        "resSidecar")
                .flatMap(res -> Stream.of("Width", "Height", "FileType", "Fingerprint", "Res")
                        .map(part -> res + part));
        var others = """
                itemType dataClassType filenameEnc originalOrientation isDeleted isExpunged dateExpunged remappedRef \
                recordName recordType recordChangeTag masterRef adjustmentRenderType adjustmentType assetDate \
                addedDate isFavorite isHidden orientation duration assetSubtype assetSubtypeV2 assetHDRType \
                burstFlags burstFlagsExt burstId captionEnc extendedDescEnc keywordsEnc locationEnc locationV2Enc \
                locationLatitude locationLongitude timeZoneOffset vidComplDurValue vidComplDurScale \
                vidComplDispValue vidComplDispScale vidComplVisibilityState customRenderedValue containerId itemId \
                position isKeyAsset""";
        return Stream.concat(resources, Stream.of(others.split(" "))).toList();
    }
}
