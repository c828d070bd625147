package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Catalogue;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.connector.mock.MockConnector;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.error.ErrorCode;
import ferry.testing.Contract;
import ferry.testing.TestApp;
import ferry.testing.TestClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The documents say what the code does: a code, setting, route or type that one of them lacks fails here, and so does
/// a link that leads nowhere.
class DocumentsTest {
    private static final Path DOCS = Path.of("docs");
    private static final Path API = DOCS.resolve("api");
    private static final Pattern SETTING = Pattern.compile("\\bFERRY_[A-Z0-9]+(?:_[A-Z0-9]+)*\\b");
    private static final Pattern ERROR_ROW = Pattern.compile("(?m)^\\| `([a-z-]+)` \\| (\\d{3}|–) \\|");
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s#]+)(#[^)\\s]*)?\\)");

    @Test
    void everyErrorCodeStandsInItsOrderWithItsStatus() throws IOException {
        var documented = ERROR_ROW
                .matcher(Files.readString(API.resolve("errors.md")))
                .results()
                .map(row -> row.group(1) + " " + row.group(2))
                .toList();
        var codes = Arrays.stream(ErrorCode.values())
                .map(code -> code.slug() + " " + (code.status() == 0 ? "–" : code.status()))
                .toList();
        assertThat(documented).isEqualTo(codes);
    }

    @Test
    void everySettingIsDocumentedAndNoOther() throws IOException {
        var documented = named(Files.readString(DOCS.resolve("settings.md")));
        var known = new TreeSet<String>();
        for (var file : files(Path.of("src/main"))) {
            known.addAll(named(Files.readString(file)));
        }
        for (var script : List.of("ferry", "bin/common.sh")) {
            if (Files.exists(Path.of(script))) {
                known.addAll(named(Files.readString(Path.of(script))));
            }
        }
        assertThat(documented).isEqualTo(known);
    }

    @Test
    void everyRouteHasItsPage() throws IOException {
        var pages = text(API);
        try (var app = TestApp.start()) {
            assertThat(app.routes())
                    .isNotEmpty()
                    .allSatisfy(route -> assertThat(pages).as(route).contains("`" + route + "`"));
        }
    }

    @Test
    void everyCallHasItsExamples() throws IOException {
        var entries = Pattern.compile("(?m)^(?=`[A-Z]+ /[^`]*`$|## )")
                .splitAsStream(Files.readString(API.resolve("calls.md")))
                .filter(entry -> entry.startsWith("`"))
                .toList();
        var routes = entries.stream()
                .map(entry -> entry.substring(1, entry.indexOf('`', 1)))
                .toList();
        assertThat(routes)
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(Contract.get().operations().stream()
                        .map(Contract.Operation::route)
                        .toList());
        assertThat(entries).allSatisfy(entry -> {
            var method = entry.substring(1, entry.indexOf(' '));
            var path = entry.substring(entry.indexOf('/'), entry.indexOf('`', 1));
            assertThat(entry).containsOnlyOnce("```sh\ncurl ");
            assertThat(entry).containsPattern(entry.contains("\"$URL\"") ? "\\$URL" : called(path));
            var sent = entry.contains("-X DELETE")
                    ? "DELETE"
                    : entry.contains("-X POST") || entry.contains(" -d '") ? "POST" : "GET";
            assertThat(sent).as(entry).isEqualTo(method);
            assertThat(entry).containsAnyOf("```python\n", "ricloud-py");
        });
    }

    /// A path as a shell writes it.
    private static String called(String path) {
        return "\"\\$FERRY" + path.replaceAll("\\{[^}]+}", "[^/?\"]+") + "(\\?[^\"]*)?\"";
    }

    @Test
    void everyTypeOfEverySourceIsDescribed() throws IOException {
        var page = Files.readString(API.resolve("data-types.md"));
        try (var outbound = Outbound.open(EgressPolicy.of(List.of()))) {
            var types = Stream.of(
                            new MockConnector(), new ICloudConnector(outbound, ICloudSettings.apple(), new TestClock()))
                    .flatMap(connector -> Stream.concat(Stream.of(connector.sourceType()), all(connector.catalogue())))
                    .toList();
            assertThat(types)
                    .isNotEmpty()
                    .allSatisfy(type -> assertThat(page).as(type).contains("`" + type + "`"));
        }
    }

    @Test
    void everyRelativeLinkLeadsSomewhere() throws IOException {
        var dead = new TreeSet<String>();
        var pages = Stream.concat(
                Stream.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
                        .map(Path::of),
                files(DOCS).stream().filter(file -> file.toString().endsWith(".md")));
        for (var page : pages.toList()) {
            LINK.matcher(Files.readString(page))
                    .results()
                    .map(link -> link.group(1))
                    .filter(link -> !link.contains("://"))
                    .filter(link -> !Files.exists(page.resolveSibling(link).normalize()))
                    .forEach(link -> dead.add(page + " -> " + link));
        }
        assertThat(dead).isEmpty();
    }

    private static Stream<String> all(Catalogue catalogue) {
        return Stream.of(
                        catalogue.infoTypes(),
                        catalogue.dataTypes(),
                        catalogue.fileTypes(),
                        catalogue.aliases().keySet())
                .flatMap(types -> types.stream().sorted());
    }

    private static Set<String> named(String text) {
        var names = new TreeSet<String>();
        SETTING.matcher(text).results().forEach(name -> names.add(name.group()));
        return names;
    }

    private static String text(Path folder) throws IOException {
        var text = new StringBuilder();
        for (var file : files(folder)) {
            text.append(Files.readString(file)).append('\n');
        }
        return text.toString();
    }

    private static List<Path> files(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
