package ferry.testing.replay;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Tag;

/// Reads the recordings, which lie in `../shared/recordings/icloud/traffic` or further up. A fresh clone has none.
final class Traffic {
    private static final System.Logger LOG = System.getLogger(Traffic.class.getName());
    private static final String FOLDER = "shared/recordings/icloud/traffic";
    /// Characters of one recording; the largest has a little more than a million.
    private static final int LARGEST = 16 << 20;

    /// The recorder was a Python program that marked its text.
    private static final Tag PYTHON_TEXT = new Tag("tag:yaml.org,2002:python/unicode");

    private Traffic() {}

    /// Skips the whole class, with a line that says so, where the recordings are absent. Called before all its tests.
    static void assumePresent() {
        if (find().isEmpty()) {
            var absent = "skipped: no recorded traffic beside the project (../" + FOLDER + ")";
            LOG.log(Level.WARNING, absent);
            Assumptions.abort(absent);
        }
    }

    /// The exchanges of one recording, in their order.
    static List<Recorded> load(String name) {
        var file = folder().resolve(name + ".yml.gz");
        try (InputStream unpacked = new GZIPInputStream(Files.newInputStream(file))) {
            var recording = mapping(yaml().load(unpacked));
            var exchanges = new ArrayList<Recorded>();
            for (var one : sequence(recording.get("interactions"))) {
                exchanges.add(exchange(mapping(one)));
            }
            return exchanges;
        } catch (IOException e) {
            throw new AssertionError("the recording " + name + " cannot be read", e);
        }
    }

    private static Path folder() {
        return find().orElseThrow(() -> new AssertionError("the test did not ask whether there are recordings"));
    }

    private static Optional<Path> find() {
        for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            var folder = at.resolve(FOLDER);
            if (Files.isDirectory(folder)) {
                return Optional.of(folder);
            }
        }
        return Optional.empty();
    }

    private static Recorded exchange(Map<?, ?> one) {
        var request = mapping(one.get("request"));
        var response = mapping(one.get("response"));
        var body = mapping(response.get("body")).get("string");
        return new Recorded(
                String.valueOf(request.get("method")),
                URI.create(String.valueOf(request.get("uri"))),
                Question.parse(bytes(request.get("body"))),
                Integer.parseInt(String.valueOf(mapping(response.get("status")).get("code"))),
                headers(mapping(response.get("headers"))),
                bytes(body),
                body instanceof String);
    }

    private static Map<String, List<String>> headers(Map<?, ?> recorded) {
        var headers = new LinkedHashMap<String, List<String>>();
        recorded.forEach((name, values) -> headers.put(
                String.valueOf(name),
                values instanceof List<?> list
                        ? list.stream().map(String::valueOf).toList()
                        : List.of(String.valueOf(values))));
        return headers;
    }

    private static byte[] bytes(@Nullable Object scalar) {
        return switch (scalar) {
            case null -> new byte[0];
            case byte[] binary -> binary;
            default -> String.valueOf(scalar).getBytes(StandardCharsets.UTF_8);
        };
    }

    private static Map<?, ?> mapping(@Nullable Object node) {
        return node instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<?> sequence(@Nullable Object node) {
        return node instanceof List<?> list ? list : List.of();
    }

    private static Yaml yaml() {
        var options = new LoaderOptions();
        options.setCodePointLimit(LARGEST);
        options.setTagInspector(PYTHON_TEXT::equals);
        return new Yaml(new PythonText(options));
    }

    private static final class PythonText extends SafeConstructor {
        PythonText(LoaderOptions options) {
            super(options);
            yamlConstructors.put(PYTHON_TEXT, new ConstructYamlStr());
        }
    }
}
