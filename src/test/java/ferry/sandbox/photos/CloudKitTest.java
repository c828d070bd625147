package ferry.sandbox.photos;

import static ferry.sandbox.photos.TestCloud.LIBRARY;
import static ferry.sandbox.photos.TestCloud.names;
import static ferry.sandbox.photos.TestCloud.rank;
import static ferry.sandbox.photos.TestCloud.text;
import static ferry.sandbox.photos.TestCloud.typed;
import static ferry.sandbox.photos.TestCloud.value;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.LibraryQuirk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class CloudKitTest {
    private static final String ZONE = "'zoneID': {'zoneName': 'PrimarySync'}";

    @Test
    void pagingUpwardsGivesEachAssetAndItsMaster() throws Exception {
        var cloud = TestCloud.of(5, 730);
        var records = cloud.all(LIBRARY);
        var assets = names(typed("CPLAsset", records));
        var masters = new HashSet<>(names(typed("CPLMaster", records)));

        assertThat(new HashSet<>(assets)).hasSize(size(cloud));
        assertThat(typed("CPLAsset", records))
                .allSatisfy(asset -> assertThat(masters)
                        .contains(value(asset, "masterRef").path("recordName").asString()));
    }

    @Test
    void stepsOfAHundredGiveEachAssetExactlyOnceUpwardsAndDownwards() throws Exception {
        var cloud = TestCloud.of(5, 730);
        int size = size(cloud);
        var up = new ArrayList<String>();
        for (int rank = 0; rank < size; rank += 100) {
            up.addAll(names(
                    typed("CPLAsset", cloud.page(LIBRARY, rank, "ASCENDING").path("records"))));
        }
        var down = new ArrayList<String>();
        for (int rank = size - 1; rank >= 0; rank -= 100) {
            down.addAll(names(
                    typed("CPLAsset", cloud.page(LIBRARY, rank, "DESCENDING").path("records"))));
        }

        assertThat(up).hasSize(size).doesNotHaveDuplicates();
        Collections.reverse(down);
        assertThat(down).isEqualTo(up);
    }

    @Test
    void markersLeadThroughTheLibraryAlthoughPhotosAreAdded() throws Exception {
        var cloud = TestCloud.of(5, 730);
        int size = size(cloud);
        var seen = new ArrayList<String>();
        var more = "";
        while (true) {
            var page = cloud.query(LIBRARY, rank(0) + ", " + text("direction", "ASCENDING"), more)
                    .json();
            seen.addAll(names(typed("CPLAsset", page.path("records"))));
            if (page.path("continuationMarker").isMissingNode()) {
                break;
            }
            more = ", 'continuationMarker': '" + page.path("continuationMarker").asString() + "'";
            cloud.library().addPhoto();
        }
        assertThat(seen).hasSize(size).doesNotHaveDuplicates();
    }

    @Test
    void aPageHoldsAtMostTwoHundredRecords() throws Exception {
        var cloud = TestCloud.of(5, 730);
        var page = cloud.query(LIBRARY, rank(0), ", 'resultsLimit': 5000").json();
        assertThat(page.path("records").size()).isBetween(190, 200);
        assertThat(cloud.query(LIBRARY, rank(0), ", 'resultsLimit': 10").json().path("records"))
                .hasSize(10);
    }

    @Test
    void hiddenAndDeletedPhotosAreInListsOfTheirOwnOnly() throws Exception {
        var cloud = TestCloud.of(5, 200);
        var library = new HashSet<>(names(typed("CPLAsset", cloud.all(LIBRARY))));
        var hidden = typed("CPLAsset", cloud.all("CPLAssetAndMasterHiddenByAssetDate"));
        var deleted = typed("CPLAsset", cloud.all("CPLAssetAndMasterDeletedByExpungedDate"));

        assertThat(hidden)
                .isNotEmpty()
                .allSatisfy(
                        asset -> assertThat(value(asset, "isHidden").asInt()).isOne());
        assertThat(deleted)
                .isNotEmpty()
                .allSatisfy(
                        asset -> assertThat(value(asset, "isDeleted").asInt()).isOne());
        assertThat(library).doesNotContainAnyElementsOf(names(hidden)).doesNotContainAnyElementsOf(names(deleted));
        var bursts = new HashSet<>(names(typed("CPLAsset", cloud.all("CPLBurstStackAssetAndMasterByAssetDate"))));
        bursts.removeAll(library);
        assertThat(library.size() + hidden.size() + deleted.size() + bursts.size())
                .isEqualTo(200);
    }

    @Test
    void aBurstShowsOneFrameAndListsAll() throws Exception {
        var cloud = TestCloud.of(5, 200);
        var library = new HashSet<>(names(typed("CPLAsset", cloud.all(LIBRARY))));
        var bursts = new HashMap<String, List<String>>();
        for (var frame : typed("CPLAsset", cloud.all("CPLBurstStackAssetAndMasterByAssetDate"))) {
            bursts.computeIfAbsent(value(frame, "burstId").asString(), _ -> new ArrayList<>())
                    .add(frame.path("recordName").asString());
        }
        assertThat(bursts.values())
                .hasSizeGreaterThan(4)
                .allSatisfy(frames -> assertThat(frames)
                        .hasSize(3)
                        .filteredOn(library::contains)
                        .hasSize(1));
    }

    @Test
    void anAlbumsMembersComeAsTriples() throws Exception {
        var cloud = TestCloud.of(5, 300);
        var albums = cloud.query("CPLAlbumByPositionLive", "", "").json().path("records");
        var holidays = typed("CPLAlbum", albums).stream()
                .filter(album -> value(album, "albumNameEnc").asString().equals("SG9saWRheXM="))
                .toList();
        assertThat(holidays).hasSize(2);
        var id = holidays.getFirst().path("recordName").asString();

        var page = cloud.query(
                        "CPLContainerRelationLiveByAssetDate",
                        rank(0) + ", " + text("direction", "ASCENDING") + ", " + text("parentId", id),
                        "")
                .json()
                .path("records");
        var relations = typed("CPLContainerRelation", page);
        assertThat(relations).hasSizeBetween(20, 66);
        assertThat(relations.stream().map(relation -> value(relation, "itemId").asString()))
                .containsExactlyElementsOf(names(typed("CPLAsset", page)));
        assertThat(typed("CPLMaster", page)).isNotEmpty();
    }

    @Test
    void aSmartAlbumHoldsWhatItSays() throws Exception {
        var cloud = TestCloud.of(5, 100);
        var page = cloud.query(
                        "CPLAssetAndMasterInSmartAlbumByAssetDate", rank(0) + ", " + text("smartAlbum", "FAVORITE"), "")
                .json()
                .path("records");
        assertThat(typed("CPLAsset", page))
                .isNotEmpty()
                .allSatisfy(
                        asset -> assertThat(value(asset, "isFavorite").asInt()).isOne());
    }

    @Test
    void onlyDesiredFieldsAreWritten() throws Exception {
        var cloud = TestCloud.of(5, 60);
        var page = cloud.query(LIBRARY, rank(0), ", 'desiredKeys': ['masterRef', 'resOriginalRes']")
                .json()
                .path("records");
        assertThat(typed("CPLAsset", page))
                .allSatisfy(asset ->
                        assertThat(asset.path("fields").propertyNames()).containsExactly("masterRef"));
        assertThat(typed("CPLMaster", page))
                .allSatisfy(master ->
                        assertThat(master.path("fields").propertyNames()).containsExactly("resOriginalRes"));
    }

    @Test
    void aRecordIsFoundByItsNameAndAnUnknownOneIsAnErrorInItsPlace() throws Exception {
        var cloud = TestCloud.of(5, 60);
        var records = cloud.all(LIBRARY);
        var asset = typed("CPLAsset", records).get(7);
        var master = typed("CPLMaster", records).get(9);

        var found = cloud.lookup(
                asset.path("recordName").asString(),
                "nobody",
                master.path("recordName").asString());

        assertThat(found).hasSize(3);
        assertThat(found.get(0).path("fields")).isEqualTo(asset.path("fields"));
        assertThat(found.get(1).path("serverErrorCode").asString()).isEqualTo("NOT_FOUND");
        assertThat(found.get(2).path("recordType").asString()).isEqualTo("CPLMaster");
        assertThat(value(found.get(2), "resOriginalFingerprint")).isEqualTo(value(master, "resOriginalFingerprint"));
    }

    @Test
    void moreThanTwoHundredNamesAreRefused() throws Exception {
        var names = String.join(",", Collections.nCopies(201, "{'recordName': 'x'}"));
        var refused = TestCloud.of(5, 60).send("records/lookup", "{'records': [" + names + "], " + ZONE + "}");
        assertThat(refused.status).isEqualTo(400);
    }

    @Test
    void theHistoryHoldsEveryAssetBehindEmptyPages() throws Exception {
        var cloud = TestCloud.of(5, 150);
        var records = new ArrayList<JsonNode>();
        int empty = 0;
        var token = "";
        boolean more = true;
        boolean first = true;
        while (more) {
            var page = changes(cloud, token);
            empty += page.path("records").isEmpty() ? 1 : 0;
            assertThat(page.path("records").isEmpty() || !first).isTrue();
            page.path("records").forEach(records::add);
            token = ", 'syncToken': '" + page.path("syncToken").asString() + "'";
            more = page.path("moreComing").asBoolean();
            first = false;
        }
        assertThat(empty).isGreaterThanOrEqualTo(3);
        assertThat(records.stream().filter(record -> record.path("deleted").asBoolean()))
                .isNotEmpty();
        var living = records.stream()
                .filter(record -> !record.path("deleted").asBoolean())
                .toList();
        assertThat(names(typed("CPLAsset", living))).hasSize(150).doesNotHaveDuplicates();
        assertThat(typed("CPLAlbum", living)).isNotEmpty();
    }

    @Test
    void anEmptyTokenMeansCaughtUp() throws Exception {
        var page = changes(TestCloud.of(5, 150), ", 'syncToken': ''");
        assertThat(page.path("records")).isEmpty();
        assertThat(page.path("moreComing").asBoolean()).isFalse();
    }

    @Test
    void theTokenOfAListingLeadsToWhatChangedSince() throws Exception {
        var cloud = TestCloud.of(5, 150);
        var token = ", 'syncToken': '"
                + cloud.page(LIBRARY, 0, "ASCENDING").path("syncToken").asString() + "'";
        assertThat(changes(cloud, token).path("records")).isEmpty();

        int added = cloud.library().addPhoto();
        cloud.library().expunge(40);
        var changed = changes(cloud, token).path("records");

        assertThat(names(typed("CPLAsset", changed)))
                .containsExactly(
                        cloud.library().assetName(added), cloud.library().assetName(40));
        assertThat(typed("CPLAsset", changed).getLast().path("deleted").asBoolean())
                .isTrue();
        assertThat(cloud.lookup(cloud.library().assetName(40))
                        .get(0)
                        .path("serverErrorCode")
                        .asString())
                .isEqualTo("NOT_FOUND");
    }

    @Test
    void aTokenOfAnotherKindOrLibraryIsRefusedInItsPlace() throws Exception {
        var cloud = TestCloud.of(5, 150);
        var database = cloud.send("changes/database", "{}").json();
        var mixed =
                changes(cloud, ", 'syncToken': '" + database.path("syncToken").asString() + "'");
        assertThat(mixed.path("serverErrorCode").asString()).isEqualTo("BAD_REQUEST");
        assertThat(mixed.path("reason").asString()).isEqualTo("Unknown sync continuation type");
        assertThat(changes(cloud, ", 'syncToken': 'AQ=='").path("reason").asString())
                .isEqualTo("Invalid continuation format");
    }

    @Test
    void theDatabaseNamesOnlyZonesThatChanged() throws Exception {
        var cloud = TestCloud.of(5, 150);
        var all = cloud.send("changes/database", "{}").json();
        assertThat(all.path("zones")).hasSize(1);
        var since = "{'syncToken': '" + all.path("syncToken").asString() + "'}";
        assertThat(cloud.send("changes/database", since).json().path("zones")).isEmpty();
        cloud.library().trash(3);
        assertThat(cloud.send("changes/database", since).json().path("zones")).hasSize(1);
    }

    @Test
    void theCountIsThatOfTheList() throws Exception {
        var cloud = TestCloud.of(5, 200);
        assertThat(cloud.all(LIBRARY).stream()
                        .filter(record -> record.path("recordType").asString("").equals("CPLAsset"))
                        .map(record -> record.path("recordName").asString())
                        .distinct())
                .hasSize(size(cloud));
    }

    @Test
    void whatCannotBeAskedIsRefusedInCloudKitsForm() throws Exception {
        var cloud = TestCloud.of(5, 60);
        var master = cloud.query("CPLMaster", "", "");
        assertThat(master.status).isEqualTo(400);
        assertThat(master.json().path("serverErrorCode").asString()).isEqualTo("BAD_REQUEST");
        assertThat(master.json().path("reason").asString()).contains("Type is not marked indexable");
        assertThat(cloud.send("records/nothing", "{}").status).isEqualTo(400);
        assertThat(cloud.send("records/modify", "{}").status).isEqualTo(403);
        assertThat(cloud.send("records/query", "{'query': {'recordType': 'X'}, 'zoneID': {'zoneName': 'No'}}")
                        .json()
                        .path("serverErrorCode")
                        .asString())
                .isEqualTo("ZONE_NOT_FOUND");
        assertThat(cloud.send("records/query", "no json").status).isEqualTo(400);
    }

    @Test
    void someoneElsesLibraryIsInTheSharedDatabase() throws Exception {
        var cloud = TestCloud.of(5, 60);
        var zones = cloud.send("shared", "zones/list", "{}").json().path("zones");
        assertThat(zones).hasSize(1);
        var name = zones.get(0).path("zoneID").path("zoneName").asString();
        assertThat(name).startsWith("SharedSync-");
        var page = cloud.send(
                        "shared",
                        "records/query",
                        "{'query': {'recordType': '" + LIBRARY + "'}, 'zoneID': {'zoneName': '" + name + "'}}")
                .json();
        assertThat(typed("CPLAsset", page.path("records"))).hasSize(6);
    }

    @Test
    void twoInstancesGiveTheSameRecords() throws Exception {
        var one = TestCloud.of(9, 120).page(LIBRARY, 0, "ASCENDING");
        assertThat(TestCloud.of(9, 120).page(LIBRARY, 0, "ASCENDING")).isEqualTo(one);
        assertThat(TestCloud.of(10, 120).page(LIBRARY, 0, "ASCENDING")).isNotEqualTo(one);
    }

    @Test
    void anOrdinaryLibraryShowsEveryOddity() throws Exception {
        var library = TestCloud.of(2, 48).library();
        var shots = new HashSet<Shot>();
        var oddities = new HashSet<Oddity>();
        for (int serial = 0; serial < 48; serial++) {
            shots.add(library.photo(serial).shot());
            oddities.addAll(library.photo(serial).pick().oddities());
        }
        assertThat(shots).containsExactlyInAnyOrder(Shot.values());
        assertThat(oddities)
                .contains(Oddity.SHARED_MASTER, Oddity.NO_ADDRESS, Oddity.NAME_GARBAGE, Oddity.DATE_YEAR_ONE);
        assertThat(library.ranks(new View.Library(false)).length).isGreaterThanOrEqualTo(24);
    }

    @Test
    void indexingTakesThreeMinutesAndListsWhatIsReady() throws Exception {
        var cloud = TestCloud.of(5, 400, LibraryQuirk.INDEXING);
        assertThat(indexing(cloud).path("state").path("value").asString()).isEqualTo("RUNNING");
        cloud.clock.advance(Duration.ofSeconds(90));
        assertThat(indexing(cloud).path("progress").path("value").asInt()).isEqualTo(50);
        assertThat(typed("CPLAsset", cloud.all(LIBRARY)).size()).isLessThan(250);
        cloud.clock.advance(Duration.ofSeconds(90));
        assertThat(indexing(cloud).path("state").path("value").asString()).isEqualTo("FINISHED");
    }

    @Test
    void aMovingLibraryShiftsItsRanks() throws Exception {
        var cloud = TestCloud.of(5, 400, LibraryQuirk.MOVING);
        var first = cloud.page(LIBRARY, 0, "ASCENDING");
        var seen = names(typed("CPLAsset", first.path("records")));
        cloud.page(LIBRARY, 100, "ASCENDING");
        var again = names(typed("CPLAsset", cloud.page(LIBRARY, 0, "ASCENDING").path("records")));
        assertThat(again.subList(1, again.size())).isEqualTo(seen.subList(0, seen.size() - 1));
        var token = ", 'syncToken': '" + first.path("syncToken").asString() + "'";
        assertThat(names(typed("CPLAsset", changes(cloud, token).path("records"))))
                .contains(again.getFirst());
    }

    @Test
    void anEmptyPageIsFullWhenAskedAgain() throws Exception {
        var cloud = TestCloud.of(5, 400, LibraryQuirk.EMPTY_PAGES);
        assertThat(cloud.page(LIBRARY, 100, "ASCENDING").path("records")).isEmpty();
        assertThat(cloud.page(LIBRARY, 100, "ASCENDING").path("records")).isNotEmpty();
    }

    @Test
    void aPairIsSometimesTornApartByThePage() throws Exception {
        var cloud = TestCloud.of(5, 400, LibraryQuirk.EMPTY_PAGES);
        var page = cloud.page(LIBRARY, 0, "ASCENDING").path("records");
        var last = typed("CPLAsset", page).getLast();
        var master = value(last, "masterRef").path("recordName").asString();
        assertThat(names(typed("CPLMaster", page))).doesNotContain(master);
        cloud.page(LIBRARY, 100, "ASCENDING");
        assertThat(names(
                        typed("CPLMaster", cloud.page(LIBRARY, 100, "ASCENDING").path("records"))))
                .contains(master);
    }

    @Test
    void someRecordsAreErrorsBesideGoodOnes() throws Exception {
        var cloud = TestCloud.of(5, 100, LibraryQuirk.RECORD_ERRORS);
        var errors = cloud.page(LIBRARY, 0, "ASCENDING")
                .path("records")
                .valueStream()
                .filter(record -> record.has("serverErrorCode"))
                .toList();
        assertThat(errors).isNotEmpty();
        var codes = new HashSet<String>();
        for (var error : errors) {
            codes.add(cloud.lookup(error.path("recordName").asString())
                    .get(0)
                    .path("serverErrorCode")
                    .asString(""));
        }
        assertThat(codes).isEqualTo(Set.of("", "TRY_AGAIN_LATER", "INTERNAL_ERROR"));
    }

    @Test
    void tooManyRequestsAreToldToComeBackInBothWays() throws Exception {
        var cloud = TestCloud.of(5, 100, LibraryQuirk.THROTTLING);
        var statuses = new ArrayList<Integer>();
        for (int i = 0; i < Quirks.BUCKET + 2; i++) {
            var answer = cloud.send("zones/list", "{}");
            statuses.add(answer.status);
            if (i == Quirks.BUCKET) {
                assertThat(answer.json().path("serverErrorCode").asString()).isEqualTo("RETRY_LATER");
            }
        }
        assertThat(statuses.subList(Quirks.BUCKET, Quirks.BUCKET + 2)).isEqualTo(List.of(200, 503));
        cloud.clock.advance(Duration.ofSeconds(1));
        assertThat(cloud.send("zones/list", "{}").json().has("zones")).isTrue();
    }

    @Test
    void aSlowLibraryTakesItsTime() throws Exception {
        var cloud = TestCloud.of(5, 100, LibraryQuirk.SLOW);
        cloud.page(LIBRARY, 0, "ASCENDING");
        assertThat(cloud.pauses).containsExactly(Quirks.SLOW);
    }

    private static JsonNode indexing(TestCloud cloud) throws Exception {
        return cloud.query("CheckIndexingState", "", "")
                .json()
                .path("records")
                .get(0)
                .path("fields");
    }

    private static JsonNode changes(TestCloud cloud, String token) throws Exception {
        return cloud.send("changes/zone", "{'zones': [{" + ZONE + ", 'resultsLimit': 200" + token + "}]}")
                .json()
                .path("zones")
                .get(0);
    }

    /// What the count index says of the library.
    private static int size(TestCloud cloud) throws Exception {
        var filter = "{'fieldName': 'indexCountID', 'comparator': 'IN', 'fieldValue': {'type': 'STRING_LIST', 'value':"
                + " ['CPLAssetByAssetDateWithoutHiddenOrDeleted']}}";
        return cloud.send(
                        "internal/records/query/batch",
                        "{'batch': [{'resultsLimit': 1, 'query': {'recordType': 'HyperionIndexCountLookup', 'filterBy': "
                                + filter + "}, 'zoneWide': true, " + ZONE + "}]}")
                .json()
                .path("batch")
                .get(0)
                .path("records")
                .get(0)
                .path("fields")
                .path("itemCount")
                .path("value")
                .asInt();
    }
}
