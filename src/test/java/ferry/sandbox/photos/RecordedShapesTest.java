package ferry.sandbox.photos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Tag;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Lays the simulator's records beside recorded ones: names of keys and types only, never a value.
class RecordedShapesTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Map<String, Map<String, Set<String>>> RECORDED = new TreeMap<>();
    private static final Map<String, Set<String>> ANSWERS = new TreeMap<>();

    @BeforeAll
    static void read() throws Exception {
        var folder = recordings();
        assumeTrue(folder != null, "no folder shared/recordings/icloud: nothing to compare with");
        for (var name : List.of("listing_photos_raw", "autodelete_photos")) {
            read(Path.of(String.valueOf(folder)).resolve("traffic/" + name + ".yml.gz"));
        }
    }

    private static @Nullable Path recordings() {
        for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            var folder = at.resolve("shared/recordings/icloud");
            if (Files.isDirectory(folder)) {
                return folder;
            }
        }
        return null;
    }

    private static final class Lenient extends SafeConstructor {
        Lenient(LoaderOptions options) {
            super(options);
            yamlConstructors.put(new Tag("tag:yaml.org,2002:python/unicode"), yamlConstructors.get(Tag.STR));
        }
    }

    private static void read(Path file) throws IOException {
        var options = new LoaderOptions();
        options.setCodePointLimit(200_000_000);
        options.setTagInspector(tag -> tag.getClassName().equals("python/unicode"));
        try (Reader in =
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8)) {
            var tape = JSON.valueToTree(new Yaml(new Lenient(options)).load(in));
            for (var exchange : tape.path("interactions")) {
                if (exchange.path("request").path("uri").asString("").contains("/private/records/query")) {
                    var body = exchange.path("response")
                            .path("body")
                            .path("string")
                            .asString("");
                    if (body.startsWith("{")) {
                        learn(JSON.readTree(body));
                    }
                }
            }
        }
    }

    private static void learn(JsonNode answer) {
        answer.propertyNames()
                .forEach(name ->
                        ANSWERS.computeIfAbsent(name, _ -> new TreeSet<>()).add(kind(answer.path(name))));
        answer.path("records").forEach(record -> shape(record, RECORDED));
    }

    /// Path of a key to the kinds of value it was seen with.
    private static void shape(JsonNode record, Map<String, Map<String, Set<String>>> shapes) {
        var shape = shapes.computeIfAbsent(record.path("recordType").asString(""), _ -> new TreeMap<>());
        walk("", record, shape);
    }

    private static void walk(String path, JsonNode node, Map<String, Set<String>> shape) {
        for (var name : node.propertyNames()) {
            var child = node.path(name);
            var at = path + "/" + name;
            var kind = name.equals("type") ? "type " + child.asString() : kind(child);
            shape.computeIfAbsent(at, _ -> new TreeSet<>()).add(kind);
            walk(at, child, shape);
        }
    }

    private static String kind(JsonNode node) {
        return node.isString()
                ? "text"
                : node.isIntegralNumber()
                        ? "whole"
                        : node.isNumber() ? "number" : node.getNodeType().name();
    }

    private static Map<String, Map<String, Set<String>>> ours() throws Exception {
        var cloud = TestCloud.of(2, 60);
        var shapes = new TreeMap<String, Map<String, Set<String>>>();
        cloud.all(TestCloud.LIBRARY).forEach(record -> shape(record, shapes));
        cloud.all("CPLAssetAndMasterDeletedByExpungedDate").forEach(record -> shape(record, shapes));
        cloud.query("CheckIndexingState", "", "").json().path("records").forEach(record -> shape(record, shapes));
        return shapes;
    }

    @Test
    void everyKeyOfARecordedRecordIsWritten() throws Exception {
        var ours = ours();
        // Apple's own additions that no reader uses.
        var unused = Set.of("contributors", "importDate", "importGroupId", "mediaMetaDataEnc", "zoneType");
        RECORDED.forEach((type, shape) -> {
            assertThat(ours).containsKey(type);
            shape.keySet().stream()
                    .filter(key -> unused.stream().noneMatch(key::contains))
                    .forEach(key -> assertThat(ours.get(type)).as(type).containsKey(key));
        });
    }

    @Test
    void everyKeyThatBothHaveHasTheSameType() throws Exception {
        // Names as plain text are older than these recordings (`icloud-protocol` 2.6).
        var ours = ours();
        RECORDED.forEach((type, shape) -> shape.forEach((key, kinds) -> {
            var mine = ours.getOrDefault(type, Map.of()).getOrDefault(key, kinds);
            assertThat(mine).as(type + key).containsAll(kinds);
        }));
    }

    @Test
    void theAnswerAroundTheRecordsHasTheSameKeys() throws Exception {
        var page = TestCloud.of(2, 300).page(TestCloud.LIBRARY, 0, "ASCENDING");
        var keys = new TreeSet<String>(page.propertyNames());
        assertThat(keys).isEqualTo(ANSWERS.keySet());
        keys.forEach(key -> assertThat(ANSWERS.get(key)).contains(kind(page.path(key))));
    }
}
