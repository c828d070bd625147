package ferry.connector.icloud.sharedalbums;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.ConnectorException.Refused;
import ferry.connector.Window;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.KeptFeed;
import ferry.connector.icloud.web.ScriptedCalls;
import ferry.error.ErrorCode;
import ferry.testing.NoLimits;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SharedAlbumsTest {
    private static final String OWN = "POST sharedstreams //sharedstreams/";
    private static final String THERE = "POST sharedstreams https://p9.example/7/sharedstreams/";

    private final ScriptedCalls calls = new ScriptedCalls();
    private final KeptFeed feed = new KeptFeed();
    /// The records of each page, by its offset, and how many photos the source counts.
    private final Map<String, String> pages = new HashMap<>();

    private int counted;

    private void read() throws Exception {
        new SharedAlbums(calls, new NoLimits(1), () -> Instant.EPOCH).read(Window.ALL, feed);
        assertThat(feed.schemaErrors(SharedAlbums.ALBUMS)).isEmpty();
    }

    private void album(String where) {
        calls.on(where + "webgetassetcount", _ -> Json.object().put("albumassetcount", counted))
                .on(where + "webgetassets", _ -> page());
    }

    private JsonNode page() {
        var offset = calls.bodies.getLast().path("offset").asString();
        return ScriptedCalls.json("{'records': [" + pages.getOrDefault(offset, "") + "]}");
    }

    private void one() {
        calls.on(
                OWN + "webgetalbumslist",
                "{'albums': [{'albumguid': 'A', 'albumlocation': 'https://p9.example/7/sharedstreams'}]}");
        album(THERE);
    }

    private static String master(String name) {
        return "{'recordName': 'M" + name + "', 'recordType': 'CPLMaster', 'fields': {'originalCreationDate':"
                + " {'value': 1700000000000}}}";
    }

    private static String asset(String name) {
        return "{'recordName': '" + name + "', 'recordType': 'CPLAsset', 'fields': {'masterRef': {'value':"
                + " {'recordName': 'M" + name + "'}}}, 'created': {'timestamp': 1700000001000}}";
    }

    @Test
    void aPhotosTwoRecordsMayLieInTwoPages() throws Exception {
        one();
        counted = 3;
        pages.put("0", String.join(",", master("1"), asset("1"), asset("2")));
        pages.put("2", String.join(",", master("2"), master("3"), asset("3")));

        read();

        assertThat(feed.ids())
                .containsExactly("shared_album:A", "shared_photo:A/1", "shared_photo:A/2", "shared_photo:A/3");
        assertThat(feed.items.get(1).path("date_taken").asString()).isEqualTo("2023-11-14T22:13:20.000Z");
        assertThat(feed.items.get(1).path("date_added").asString()).isEqualTo("2023-11-14T22:13:21.000Z");
        assertThat(feed.complete).isTrue();
    }

    @Test
    void errorsAndHalfPhotosAreNamedAndTheRestComes() throws Exception {
        one();
        counted = 3;
        pages.put(
                "0",
                String.join(
                        ",",
                        "{'recordName': 'X', 'serverErrorCode': 'INTERNAL_ERROR'}",
                        asset("1"),
                        master("2"),
                        asset("2")));

        read();

        assertThat(feed.ids()).containsExactly("shared_album:A", "shared_photo:A/2");
        assertThat(feed.refusals)
                .containsExactlyInAnyOrder("record:X not-retrievable", "shared_photo:A/1 not-retrievable");
        assertThat(feed.complete).isFalse();
    }

    @Test
    void aSourceThatGivesTheSamePageForEverEndsAndIsSaidToBeShort() throws Exception {
        one();
        counted = 50;
        var same = String.join(",", master("1"), asset("1"));
        for (int offset = 0; offset < 50; offset++) {
            pages.put(String.valueOf(offset), same);
        }

        read();

        assertThat(feed.ids()).containsExactly("shared_album:A", "shared_photo:A/1");
        assertThat(calls.made).filteredOn(call -> call.endsWith("webgetassets")).hasSize(4);
        assertThat(feed.warnings).containsExactly("listing_short");
        assertThat(feed.complete).isFalse();
    }

    @Test
    void anOwnAlbumWithoutAnAddressIsAskedForWhereTheListIs() throws Exception {
        calls.on(OWN + "webgetalbumslist", """
                {'albums': [{'albumguid': 'A', 'sharingtype': 'owned', 'albumctag': 't'},
                  {'albumguid': 'A', 'sharingtype': 'owned'},
                  {'albumguid': 'B', 'sharingtype': 'subscribed'},
                  {'sharingtype': 'owned'}]}""");
        album(OWN);

        read();

        assertThat(feed.ids()).containsExactly("shared_album:A");
        assertThat(feed.items.getFirst().path("title").isNull()).isTrue();
        assertThat(calls.bodies.getLast().path("albumguid").asString()).isEqualTo("A");
        assertThat(calls.bodies)
                .anyMatch(body -> body.path("albumctag").asString("").equals("t"));
        assertThat(feed.refusals).containsExactly("shared_album:#1 not-retrievable", "shared_album:#2 not-retrievable");
    }

    @Test
    void anAlbumThatIsRefusedDoesNotKeepBackTheOthers() throws Exception {
        calls.on(OWN + "webgetalbumslist", """
                {'albums': [{'albumguid': 'B', 'albumlocation': 'https://p8.example/6/sharedstreams/'},
                  {'albumguid': 'A', 'albumlocation': 'https://p9.example/7/sharedstreams/'}]}""")
                .on("POST sharedstreams https://p8.example/6/sharedstreams/webgetassetcount", _ -> {
                    throw new Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered 404.");
                });
        album(THERE);

        read();

        assertThat(feed.ids()).containsExactly("shared_album:A");
        assertThat(feed.refusals).containsExactly("shared_album:B not-retrievable");
    }
}
