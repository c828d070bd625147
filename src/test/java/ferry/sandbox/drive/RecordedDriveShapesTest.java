package ferry.sandbox.drive;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.icloud.Recordings;
import ferry.sandbox.Account;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.SandboxClock;
import ferry.sandbox.SecondFactor;
import ferry.sandbox.defects.DefectSpec;
import ferry.sandbox.photos.FakeExchange;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What the simulated drive answers, laid beside what the real one answered.
class RecordedDriveShapesTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final SandboxClock clock = SandboxClock.standing(Instant.parse("2026-11-22T12:00:00Z"));
    private final Account account = new Account(
            "a@sandbox.example", 20_000_000_007L, "A", "B", new SecondFactor.None(), Set.of(), new LibrarySpec(1, 1));
    private final Drives drives = new Drives(DefectSpec.NONE);
    private final TreeService tree = new TreeService(drives);
    private final DocumentService documents = new DocumentService(drives, () -> "http://127.0.0.1:1", clock);
    private final FileHost host = new FileHost(drives, clock);

    private static JsonNode recorded(String name) throws Exception {
        return JSON.readTree(Files.readString(Recordings.icloud("answers/drive." + name + "_working.json")));
    }

    private JsonNode listed(String drivewsid) throws Exception {
        var exchange = FakeExchange.post("/", "[{\"drivewsid\": \"" + drivewsid + "\"}]");
        tree.handle(exchange, account, "/retrieveItemDetailsInFolders");
        return exchange.json().path(0);
    }

    private FakeExchange asked(String docwsid) {
        var exchange = FakeExchange.get("/", "document_id=" + docwsid);
        documents.handle(exchange, account, "/ws/com.apple.CloudDocs/download/by_id");
        return exchange;
    }

    private FakeExchange fetched(String url, String range) throws Exception {
        int query = url.indexOf('?');
        var exchange = FakeExchange.get("/", url.substring(query + 1));
        if (!range.isEmpty()) {
            exchange.with("range", range);
        }
        host.handle(exchange, url.substring(url.indexOf("/drive-content") + 14, query));
        return exchange;
    }

    private static Set<String> keys(JsonNode node) {
        return new TreeSet<>(node.propertyNames());
    }

    private static JsonNode typed(JsonNode folder, String type) {
        return folder.path("items")
                .valueStream()
                .filter(item -> item.path("type").asString().equals(type))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aListingHasTheRecordedKeys() throws Exception {
        var real = recorded("drive_root").path(0);
        var simulated = listed("FOLDER::com.apple.CloudDocs::root");

        assertThat(keys(simulated)).isEqualTo(keys(real));
        assertThat(keys(typed(simulated, "FOLDER"))).isEqualTo(keys(typed(real, "FOLDER")));
        assertThat(keys(typed(simulated, "APP_LIBRARY"))).isEqualTo(keys(typed(real, "APP_LIBRARY")));
        assertThat(typed(simulated, "APP_LIBRARY").path("drivewsid").asString())
                .isEqualTo("FOLDER::com.apple.Keynote::documents");
    }

    @Test
    void anAddressHasTheRecordedKeysAndExpires() throws Exception {
        var docwsid = drives.of(account).named("Makefile").orElseThrow();
        var answer = asked(docwsid).json();
        assertThat(keys(answer.path("data_token")))
                .isEqualTo(keys(recorded("drive_file_download").path("data_token")));
        var url = answer.at("/data_token/url").asString();
        assertThat(fetched(url, "").bytes()).isEqualTo(drives.of(account).bytes(docwsid));
        assertThat(fetched(url, "bytes=890-").bytes()).hasSize(10);
        assertThat(fetched(url.replace("v=1", "v=2"), "").status).isEqualTo(403);

        clock.advance(Duration.ofHours(2));

        assertThat(fetched(url, "").status).isEqualTo(410);
    }

    @Test
    void aFileOfNoBytesAndOneThatIsNotThereAreRefusedInTheirOwnWays() {
        assertThat(asked(drives.of(account).named("Nothing in it").orElseThrow()).status)
                .isEqualTo(400);
        var missing = asked("NO-SUCH-DOCUMENT");
        assertThat(missing.status).isEqualTo(404);
        assertThat(missing.json().path("error_code").asString()).isEqualTo("WSObjectNotFound");
    }

    @Test
    void somebodyElsesShareIsOpenedOnlyByNamingIt() throws Exception {
        var folder = drives.of(account).named("Holiday plans").orElseThrow();
        assertThat(listed("FOLDER::com.apple.CloudDocs::" + folder)
                        .path("status")
                        .asString())
                .isEqualTo("ID_INVALID");
        assertThat(asked(drives.of(account).named("Packing list").orElseThrow()).status)
                .isEqualTo(404);
    }
}
