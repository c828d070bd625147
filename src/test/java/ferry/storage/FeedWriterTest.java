package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.storage.disk.DiskPublisher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class FeedWriterTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final ObjectKey KEY =
            ObjectKey.feed("results", UUID.randomUUID(), ObjectKey.Kind.DATA, "icpl.photos", 1);

    @TempDir
    Path root;

    @Test
    void aFeedIsAnEnvelopeAroundItsRecords() throws Exception {
        try (var feed = feed()) {
            feed.item(record("photo:1").put("name", "Été"));
            feed.item(record("photo:2"));
            feed.finish(metadata(List.of(
                    new FeedMetadata.Warning("row_unreadable", OptionalLong.of(3), "Three rows could not be read."),
                    new FeedMetadata.Warning("slow", OptionalLong.empty(), "It took long."))));
        }

        assertThat(published()).isEqualTo(JSON.readTree("""
                {"data": [{"id": "photo:1", "name": "Été"}, {"id": "photo:2"}],
                 "metadata": {
                   "count": 2, "data_type": "icpl.photos", "schema": "1",
                   "source": {"identifier": "john.appleseed@sandbox.example"},
                   "window": {"since": "2026-01-01T00:00:00.000Z", "until": null, "mode": "full"},
                   "missing": [],
                   "warnings": [
                     {"code": "row_unreadable", "count": 3, "detail": "Three rows could not be read."},
                     {"code": "slow", "detail": "It took long."}],
                   "complete": true, "listed": 3, "published": 2, "refused": 1}}
                """));
    }

    @Test
    void anEmptyFeedIsAFeed() throws Exception {
        try (var feed = feed()) {
            feed.finish(metadata(List.of()));
        }

        assertThat(published().get("data")).isEmpty();
        assertThat(published().at("/metadata/count").intValue()).isZero();
    }

    @Test
    void aFeedThatIsNotFinishedIsNotPublished() throws Exception {
        try (var feed = feed()) {
            feed.item(record("photo:1"));
        }

        assertThat(object()).doesNotExist();
    }

    @Test
    void whatIsReportedIsWhatWasStored() throws Exception {
        Stored stored;
        try (var feed = feed()) {
            for (int i = 0; i < 20_000; i++) {
                feed.item(record("photo:" + i).put("caption", "写真 number " + i));
            }
            assertThat(feed.count()).isEqualTo(20_000);
            stored = feed.finish(metadata(List.of()));
        }

        assertThat(Files.size(object())).isEqualTo(stored.length());
        assertThat(Intake.md5Hex(Files.newInputStream(object()))).isEqualTo(stored.md5Hex());
        assertThat(published().get("data")).hasSize(20_000);
        assertThat(published().at("/data/19999/caption").stringValue()).isEqualTo("写真 number 19999");
    }

    @Test
    void recordsLeaveAsTheyCome() throws Exception {
        try (var feed = feed()) {
            for (int i = 0; i < 200; i++) {
                feed.item(record("photo:" + i).put("caption", "x".repeat(1000)));
            }

            try (var uploads = Files.list(root.resolve("my-bucket/.uploads"))) {
                assertThat(Files.size(uploads.findFirst().orElseThrow())).isGreaterThan(100_000);
            }
        }
    }

    @Test
    void aRecordLargerThanAnyBufferPasses() throws Exception {
        try (var feed = feed()) {
            feed.item(record("note:1").put("text", "é".repeat(3_000_000)));
            feed.item(record("note:2").put("text", "small"));
            feed.finish(metadata(List.of()));
        }

        assertThat(published().at("/data/0/text").stringValue()).hasSize(3_000_000);
        assertThat(published().at("/data/1/text").stringValue()).isEqualTo("small");
    }

    @Test
    void aLoneSurrogateIsReplacedAndSaidSo() throws Exception {
        var node = record("message:1").put("text", "broken \uD83D here, whole 😀 there");
        node.putArray("names").add("\uDE00");
        try (var feed = feed()) {
            feed.item(node);
            feed.item(record("message:2").put("text", "😀"));
            feed.finish(metadata(List.of()));
        }

        assertThat(published().at("/data/0/text").stringValue()).isEqualTo("broken \uFFFD here, whole 😀 there");
        assertThat(published().at("/data/0/names/0").stringValue()).isEqualTo("\uFFFD");
        assertThat(published().at("/data/1/text").stringValue()).isEqualTo("😀");
        assertThat(published().at("/metadata/warnings/0/code").stringValue()).isEqualTo("text_repaired");
        assertThat(published().at("/metadata/warnings/0/count").intValue()).isEqualTo(1);
        assertThat(node.get("text").stringValue()).contains("\uD83D here");
    }

    @Test
    void datesHaveMilliseconds() {
        assertThat(FeedWriter.date(Instant.parse("2026-11-22T10:11:12.123456Z")))
                .isEqualTo("2026-11-22T10:11:12.123Z");
        assertThat(FeedWriter.date(Instant.parse("2026-11-22T10:11:12Z"))).isEqualTo("2026-11-22T10:11:12.000Z");
    }

    private FeedWriter feed() throws Exception {
        return FeedWriter.open(Intake.open(new DiskPublisher(root, "my-bucket"), KEY, "application/json"));
    }

    private Path object() {
        return root.resolve("my-bucket").resolve(KEY.toString());
    }

    private JsonNode published() {
        return JSON.readTree(object());
    }

    private static ObjectNode record(String id) {
        return JSON.createObjectNode().put("id", id);
    }

    private static FeedMetadata metadata(List<FeedMetadata.Warning> warnings) {
        return new FeedMetadata(
                "icpl.photos",
                JSON.createObjectNode().put("identifier", "john.appleseed@sandbox.example"),
                Optional.of(Instant.parse("2026-01-01T00:00:00Z")),
                Optional.empty(),
                FeedMetadata.Mode.FULL,
                Optional.empty(),
                List.of(),
                warnings,
                true,
                3,
                2,
                1);
    }
}
