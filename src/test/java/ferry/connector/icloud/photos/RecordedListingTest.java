package ferry.connector.icloud.photos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.KeptFeed;
import ferry.connector.icloud.web.Signature;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Tag;
import tools.jackson.databind.JsonNode;

/// Real answers, where they lie beside the project. They hold positions, so no assertion may print an entry.
class RecordedListingTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"listing_photos_raw.yml.gz", "listing_videos.yml.gz", "download_autodelete_photos_part1.yml.gz"})
    void everyRecordedPairBecomesAValidEntry(String recording) throws Exception {
        var records = new ArrayList<CloudRecord>();
        for (var exchange : exchanges(recording)) {
            if (exchange.uri.contains("/private/records/query") && exchange.body instanceof String text) {
                FakeCloud.JSON.readTree(text).path("records").forEach(r -> records.add(new CloudRecord(r)));
            }
        }
        var feed = new KeptFeed();
        var cloud = new FakeCloud();
        var pairing = new Pairing(new PhotosDatabase(cloud, () -> Instant.EPOCH), Library.PERSONAL, feed);

        var photos = pairing.take(new Page(records, Instant.EPOCH, Optional.empty(), Optional.empty()), View.LIBRARY);

        var entries = photos.stream()
                .map(p -> PhotoEntry.of(p.photo(), p.view(), feed::fileId))
                .toList();
        long assets = records.stream()
                .filter(r -> r.type().equals("CPLAsset"))
                .map(CloudRecord::name)
                .distinct()
                .count();
        assertThat((long) entries.size()).isEqualTo(assets).isGreaterThan(50);
        assertThat(feed.refusals).isEmpty();
        assertThat(KeptFeed.schemaErrors("icpl.photos", entries)).isEmpty();
        for (var entry : entries) {
            assertThat(entry.path("filename").stringValue().matches(".+\\..+")).isTrue();
            assertThat(entry.path("date_taken").isNull()).isFalse();
            assertThat(entry.path("files").path(0).path("available").booleanValue())
                    .isTrue();
            assertThat(entry.path("files").path(0).path("mime_type").isNull()).isFalse();
        }
        assertThat(placed(records))
                .isEqualTo(entries.stream().filter(e -> e.has("location")).count());
    }

    @Test
    void r20TheGenuinePhotoMatchesItsSignature() throws Exception {
        var exchanges = exchanges("download_autodelete_photos_part1.yml.gz");
        var content = exchanges.stream()
                .filter(e -> e.uri.contains("icloud-content.com"))
                .map(e -> (byte[]) e.body)
                .findFirst()
                .orElseThrow();
        assertThat(content.length).isEqualTo(85_638);
        long signed = 0;
        for (var exchange : exchanges) {
            if (exchange.uri.contains("/records/query") && exchange.body instanceof String text) {
                signed += matching(FakeCloud.JSON.readTree(text), content);
            }
        }
        assertThat(signed).isEqualTo(1);
    }

    private static long matching(JsonNode answer, byte[] content) {
        return answer.path("records")
                .valueStream()
                .filter(r -> r.path("recordType").asString("").equals("CPLMaster"))
                .map(r -> Resource.of(new CloudRecord(r), "resOriginal"))
                .flatMap(Optional::stream)
                .filter(r -> r.size().orElse(0) == content.length)
                .flatMap(r -> r.checksum().flatMap(Signature::of).stream())
                .filter(signature -> {
                    signature.update(content, 0, content.length);
                    return signature.matches();
                })
                .count();
    }

    private static long placed(List<CloudRecord> records) {
        return records.stream()
                .filter(r -> r.type().equals("CPLAsset") && r.has("locationEnc"))
                .map(CloudRecord::name)
                .distinct()
                .count();
    }

    private record Exchange(String uri, Object body) {}

    private static List<Exchange> exchanges(String recording) throws IOException {
        var folder = recordings();
        assumeTrue(folder.isPresent(), "no recordings beside the project");
        var exchanges = new ArrayList<Exchange>();
        try (InputStream in =
                new GZIPInputStream(Files.newInputStream(folder.orElseThrow().resolve(recording)))) {
            var options = new LoaderOptions();
            options.setCodePointLimit(100_000_000);
            options.setTagInspector(_ -> true);
            Map<String, Object> root = new Yaml(new Recorded(options)).load(in);
            for (var one : (List<?>) at(root, "interactions")) {
                var uri = (String) at(at(one, "request"), "uri");
                exchanges.add(new Exchange(uri, at(at(at(one, "response"), "body"), "string")));
            }
        }
        return exchanges;
    }

    private static Object at(Object map, String key) {
        return Objects.requireNonNull(((Map<?, ?>) map).get(key), key);
    }

    private static Optional<Path> recordings() {
        for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            var folder = at.resolve("shared/recordings/icloud/traffic");
            if (Files.isDirectory(folder)) {
                return Optional.of(folder);
            }
        }
        return Optional.empty();
    }

    /// Knows Python's tag for text; bytes that are text become text by what follows.
    private static final class Recorded extends SafeConstructor {
        Recorded(LoaderOptions options) {
            super(options);
            yamlConstructors.put(new Tag("tag:yaml.org,2002:python/unicode"), yamlConstructors.get(Tag.STR));
        }
    }
}
