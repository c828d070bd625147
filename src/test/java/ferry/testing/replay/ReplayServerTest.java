package ferry.testing.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.egress.Answer;
import ferry.egress.Call;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ReplayServerTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final InstantSource CLOCK = InstantSource.fixed(NOW);
    private static final String DATABASE = "/database/1/com.apple.photos.cloud/production/private/";

    private final Outbound outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());

    @BeforeAll
    static void recordings() {
        Traffic.assumePresent();
    }

    @AfterEach
    void close() {
        outbound.close();
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Got(int status, List<String> cookies, byte[] body) {
        JsonNode json() {
            return Question.parse(body);
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2fa_flow_valid_code",
                "auth_non_2fa",
                "autodelete_photos",
                "download_autodelete_photos_part1",
                "failed_auth",
                "listing_photos_raw",
                "listing_videos"
            })
    void everyRecordingLoads(String recording) {
        var exchanges = Traffic.load(recording);

        assertThat(exchanges.size()).isGreaterThanOrEqualTo(3);
        for (var exchange : exchanges) {
            assertThat(exchange.url().getHost()).matches(".+\\.(icloud|apple|icloud-content)\\.com");
            assertThat(exchange.status()).isBetween(200, 499);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "listing_photos_raw, CPLAssetAndMasterByAssetDateWithoutHiddenOrDeleted, 100",
        "listing_videos, CPLAssetAndMasterByAssetDateWithoutHiddenOrDeleted, 100",
        "download_autodelete_photos_part1, CPLAssetAndMasterByAssetDateWithoutHiddenOrDeleted, 100",
        "download_autodelete_photos_part1, CPLAssetAndMasterByAddedDate, 100",
        "autodelete_photos, CPLAssetAndMasterDeletedByExpungedDate, 16"
    })
    void aListingHoldsItsPairs(String recording, String index, int pairs) throws Exception {
        try (var server = ReplayServer.of(CLOCK, recording)) {
            var page = query(server, index, 0).json();

            assertThat(count(page, "CPLMaster")).isEqualTo(pairs);
            assertThat(count(page, "CPLAsset")).isEqualTo(pairs);
            server.assertEverythingWasRecorded();
        }
    }

    @Test
    void anAnswerRepeatsAndAnUnrecordedRankIsAnEmptyPage() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "autodelete_photos")) {
            var index = "CPLAssetAndMasterDeletedByExpungedDate";
            var first = query(server, index, 0);
            var again = query(server, index, 0);
            var beyond = query(server, index, 16);

            assertThat(again.text().equals(first.text())).isTrue();
            assertThat(beyond.json().path("records").isArray()).isTrue();
            assertThat(beyond.json().path("records").isEmpty()).isTrue();
            server.assertEverythingWasRecorded();
        }
    }

    @Test
    void theGenuinePhotoIsServedWholeAndOthersAreGone() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "download_autodelete_photos_part1")) {
            var page = query(server, "CPLAssetAndMasterByAddedDate", 0).json();
            var lengths = page.path("records")
                    .valueStream()
                    .map(record -> record.path("fields")
                            .path("resOriginalRes")
                            .path("value")
                            .path("downloadURL"))
                    .filter(JsonNode::isString)
                    .map(address -> get(address.stringValue()))
                    .filter(got -> got.status() != 410)
                    .map(got -> got.body().length)
                    .toList();

            assertThat(lengths).containsExactly(85_638);
            server.assertEverythingWasRecorded();
        }
    }

    @Test
    void anAddressLeadsBackHereAndWasListedJustNow() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "listing_videos")) {
            var text = query(server, "CPLAssetAndMasterByAddedDate", 0).text();
            var until = NOW.plus(Duration.ofHours(1)).getEpochSecond();

            assertThat(text.contains("https://")).isFalse();
            assertThat(text.contains("&e=" + until + "&")).isTrue();
        }
    }

    @Test
    void aCookieLivesAsLongFromNowOnAsItDidThen() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "auth_non_2fa")) {
            var login = post(server.setup() + "/accountLogin", "{\"trustToken\":\"\"}");

            // Recorded on 13 December 2023 until 12 January 2024.
            assertThat(login.cookies())
                    .anySatisfy(cookie -> assertThat(cookie)
                            .contains("X-APPLE-DS-WEB-SESSION-TOKEN")
                            .contains("Expires=Wed, 23-Dec-2026 10:00:00 GMT"))
                    .allSatisfy(cookie -> assertThat(cookie).doesNotContain("Domain", "Secure"));
            assertThat(login.text()).contains("/__h/p61-ckdatabasews.icloud.com\"");
        }
    }

    @Test
    void whatIsRecordedNowhereIsNotFoundAndFailsTheTest() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "listing_videos")) {
            assertThat(post(server.setup() + "/storageUsageInfo", "{}").status())
                    .isEqualTo(404);

            assertThatThrownBy(server::assertEverythingWasRecorded)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("storageUsageInfo");
        }
    }

    @Test
    void aProofThatIsNoneIsNotAccepted() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "auth_non_2fa")) {
            var body = "{\"accountName\":\"jdoe@gmail.com\",\"m1\":\"AAAA\",\"m2\":\"AAAA\",\"c\":\"d\"}";

            assertThat(post(server.auth() + "/signin/complete", body).status()).isEqualTo(404);
            assertThatThrownBy(server::assertEverythingWasRecorded).isInstanceOf(AssertionError.class);
        }
    }

    private Got query(ReplayServer server, String index, int rank) throws IOException {
        var base = server.setup().toString().replaceFirst("/__h/.*", "/__h/p61-ckdatabasews.icloud.com");
        return post(base + DATABASE + "records/query", """
                {"query": {"recordType": "%s", "filterBy": [{"fieldName": "startRank", "comparator": "EQUALS",
                "fieldValue": {"type": "INT64", "value": %d}}]}, "zoneID": {"zoneName": "PrimarySync"}}
                """.formatted(index, rank));
    }

    private static long count(JsonNode page, String type) {
        return page.path("records")
                .valueStream()
                .filter(record -> record.path("recordType").asString("").equals(type))
                .count();
    }

    private Got get(String address) {
        var escaped = address.replace("{", "%7B").replace("}", "%7D");
        try {
            return send(new Call("GET", URI.create(escaped), List.of(), Optional.empty(), Duration.ofSeconds(10)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Got post(String url, String body) throws IOException {
        var bytes = Optional.of(body.getBytes(StandardCharsets.UTF_8));
        return send(new Call("POST", URI.create(url), List.of(), bytes, Duration.ofSeconds(10)));
    }

    private Got send(Call call) throws IOException {
        try (Answer answer = outbound.send(call)) {
            return new Got(answer.status(), answer.headers("Set-Cookie"), answer.bytes(16 << 20));
        }
    }
}
