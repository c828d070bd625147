package ferry.connector.icloud.drive;

import static ferry.connector.icloud.drive.FakeDrive.ROOT;
import static ferry.connector.icloud.drive.FakeDrive.id;
import static ferry.connector.icloud.drive.FakeDrive.json;
import static ferry.connector.icloud.drive.FakeDrive.subfolder;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException.Refused;
import ferry.connector.FileRef;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.connector.icloud.drive.FakeDrive.Sent;
import ferry.connector.icloud.web.KeptFeed;
import ferry.error.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// The reader at a drive that answers oddly (R25).
class DriveTest {
    private final FakeDrive cloud = new FakeDrive();
    private final DriveFeed feed = new DriveFeed();
    private final Drive drive = new Drive(cloud, cloud);

    private void read() throws Exception {
        drive.read(Window.ALL, feed);
    }

    private void readFiles() throws Exception {
        feed.wanted.add(Drive.FILE);
        read();
    }

    @Test
    void theTreeIsReadFromTheRootWithSeveralFoldersInACall() throws Exception {
        cloud.folder(ROOT, subfolder("one"), subfolder("two"))
                .folder(id("one"), subfolder("three"), cloud.file("a", "1"))
                .folder(id("two"), cloud.file("b", "2"))
                .folder(id("three"), cloud.file("c", "3"));

        read();

        assertThat(feed.paths())
                .containsExactly("/one", "/two", "/one/three", "/one/a.txt", "/two/b.txt", "/one/three/c.txt");
        assertThat(feed.at("/one").path("parent_id").isNull()).isTrue();
        assertThat(feed.at("/one/three/c.txt").path("parent_id").asString())
                .isEqualTo("folder:com.apple.CloudDocs/THREE");
        assertThat(cloud.asked.stream().map(body -> body.size()).toList()).containsExactly(1, 2, 1);
        assertThat(feed.complete).isTrue();
        assertThat(errors(feed.items)).isEmpty();
    }

    @Test
    void librariesThatTheRootDoesNotListAreReadToo() throws Exception {
        cloud.libraries = json("""
                {'items': [{'drivewsid': 'FOLDER::com.example.app::documents', 'docwsid': 'documents',
                  'zone': 'com.example.app', 'type': 'APP_LIBRARY', 'name': 'App'}]}""");
        cloud.folder(ROOT).folder("FOLDER::com.example.app::documents", cloud.file("a", "1"));

        read();

        assertThat(feed.paths()).containsExactly("/App", "/App/a.txt");
        assertThat(feed.at("/App/a.txt").path("parent_id").asString())
                .isEqualTo("app_library:com.example.app/documents");
    }

    @Test
    void aLibraryWithoutAnIdAndOneThatIsCountedAloneAreTold() throws Exception {
        cloud.libraries = json("""
                {'items': [{'type': 'APP_LIBRARY', 'name': 'Nameless'},
                           {'drivewsid': 'FOLDER::com.example.app::documents', 'docwsid': 'documents',
                            'zone': 'com.example.app', 'type': 'APP_LIBRARY', 'name': 'App'}], 'numberOfItems': 3}
                """);
        cloud.folder(ROOT).folder("FOLDER::com.example.app::documents");

        read();

        assertThat(feed.refusals).containsExactly("folder:root not-retrievable");
        assertThat(feed.warnings).containsExactly("app_libraries_unavailable");
        assertThat(feed.complete).isFalse();
    }

    @Test
    void librariesThatAreNotListedAtAllAreMissed() throws Exception {
        cloud.libraries = json("{}");
        cloud.folder(ROOT);

        read();

        assertThat(feed.complete).isFalse();
        assertThat(feed.warnings).containsExactly("app_libraries_unavailable");
    }

    @Test
    void aSizeBeyondAllCountingIsNotZero() throws Exception {
        cloud.folder(ROOT, cloud.file("a", "1").replace("'size': 1", "'size': 1e30"));

        read();

        assertThat(feed.at("/a.txt").path("size").isNull()).isTrue();
    }

    @Test
    void namesAreShownAsTheirOwnerSeesThem() throws Exception {
        cloud.folder(
                ROOT,
                "{'drivewsid': 'FILE::com.apple.CloudDocs::A', 'type': 'FILE', 'name': 'Cafe\u0301 1:2', 'extension': 'PDF'}",
                "{'drivewsid': 'FILE::com.apple.CloudDocs::B', 'type': 'FILE', 'name': '🎉'}",
                "{'drivewsid': 'FILE::com.apple.CloudDocs::C', 'type': 'FILE'}");

        read();

        var cafe = feed.at("/Caf\u00e9 1:2.PDF");
        assertThat(cafe.path("name").asString()).isEqualTo("Caf\u00e9 1/2");
        assertThat(cafe.path("name_raw").asString()).isEqualTo("Cafe\u0301 1:2");
        assertThat(cafe.path("extension").asString()).isEqualTo("pdf");
        assertThat(cafe.path("filename").asString()).isEqualTo("Caf\u00e9 1:2.PDF");
        assertThat(feed.at("/🎉").has("name_raw")).isFalse();
        assertThat(feed.at("/C").path("name").isNull()).isTrue();
        assertThat(errors(feed.items)).isEmpty();
    }

    @Test
    void aFolderThatHoldsMoreThanItListsIsAskedOnceMore() throws Exception {
        cloud.folder(ROOT, subfolder("once"), subfolder("always"))
                .answer(
                        id("once"),
                        "{'drivewsid': '" + id("once") + "', 'numberOfItems': 2, 'items': [" + cloud.file("a", "1")
                                + "]}")
                .folder(id("once"), cloud.file("a", "1"), cloud.file("b", "1"))
                .answer(
                        id("always"),
                        "{'drivewsid': '" + id("always") + "', 'numberOfItems': '9', 'items': [" + cloud.file("c", "1")
                                + "]}");

        read();

        assertThat(feed.paths()).containsExactly("/once", "/always", "/once/a.txt", "/once/b.txt", "/always/c.txt");
        assertThat(feed.complete).isFalse();
        assertThat(feed.warnings).containsExactly("listing_short");
        assertThat(feed.sentences.get("listing_short")).startsWith("1 ");
    }

    @Test
    void aFolderThatIsGoneMeanwhileIsToldAndNoMore() throws Exception {
        cloud.folder(ROOT, subfolder("gone"), subfolder("there")).folder(id("there"), cloud.file("a", "1"));

        read();

        assertThat(feed.paths()).containsExactly("/gone", "/there", "/there/a.txt");
        assertThat(feed.warnings).containsExactly("removed_meanwhile");
        assertThat(feed.complete).isTrue();
    }

    @Test
    void aFolderThatTheSourceRefusesDoesNotFailTheRest() throws Exception {
        cloud.refusesSeveral = true;
        cloud.folder(ROOT, subfolder("bad"), subfolder("good"))
                .answer(id("bad"), "{'refused': true}")
                .folder(id("good"), cloud.file("a", "1"));

        read();

        assertThat(feed.paths()).containsExactly("/bad", "/good", "/good/a.txt");
        assertThat(feed.refusals).containsExactly("folder:com.apple.CloudDocs/BAD not-retrievable");
    }

    @Test
    void circlesEnd() throws Exception {
        cloud.folder(ROOT, subfolder("outer"))
                .folder(id("outer"), subfolder("inner"))
                .folder(id("inner"), subfolder("outer"), "{'drivewsid': '" + ROOT + "', 'type': 'FOLDER'}");

        read();

        assertThat(feed.paths()).containsExactly("/outer", "/outer/inner");
    }

    @Test
    void theTrashIsLeftAlone() throws Exception {
        cloud.folder(ROOT, "{'drivewsid': 'FOLDER::com.apple.CloudDocs::TRASH_ROOT', 'type': 'FOLDER'}");

        read();

        assertThat(feed.items).isEmpty();
        assertThat(cloud.asked).hasSize(1);
    }

    @Test
    void whatCannotBeReadIsToldWithWhatTheSourceSaid() throws Exception {
        cloud.folder(
                ROOT,
                "{'type': 'FILE', 'name': 'no id'}",
                "{'drivewsid': 'ALIAS::com.apple.CloudDocs::A', 'type': 'ALIAS', 'name': 'x', 'dateCreated': 'soon'}",
                "{'drivewsid': 'FILE::com.apple.CloudDocs::B', 'name': 'y', 'size': '12', "
                        + "'dateModified': '2019-12-12T14:33:55-08:00', 'lastOpenTime': '9999-01-01T00:00:00Z'}");

        read();

        assertThat(feed.refusals).containsExactly("folder:root not-retrievable");
        var alias = feed.at("/x");
        assertThat(alias.path("data_type").asString()).isEqualTo("other");
        assertThat(alias.path("type_raw").asString()).isEqualTo("ALIAS");
        assertThat(alias.path("date_created").isNull()).isTrue();
        assertThat(alias.path("date_created_raw").asString()).isEqualTo("soon");
        var file = feed.at("/y");
        assertThat(file.path("size").asLong()).isEqualTo(12);
        assertThat(file.path("date_modified").asString()).isEqualTo("2019-12-12T22:33:55.000Z");
        assertThat(file.path("date_last_opened_raw").asString()).isEqualTo("9999-01-01T00:00:00Z");
        assertThat(feed.warnings).containsExactly("date_out_of_range");
        assertThat(errors(feed.items)).isEmpty();
    }

    @Test
    void aWindowHoldsWhatWasChangedInIt() throws Exception {
        cloud.folder(ROOT, subfolder("old"))
                .folder(
                        id("old"),
                        "{'drivewsid': 'FILE::com.apple.CloudDocs::A', 'name': 'a', 'dateModified': '2020-01-01T00:00:00Z'}",
                        "{'drivewsid': 'FILE::com.apple.CloudDocs::B', 'name': 'b', 'dateModified': '2026-01-01T00:00:00Z'}");

        drive.read(new Window(Optional.of(Instant.parse("2025-01-01T00:00:00Z")), Optional.empty()), feed);

        assertThat(feed.paths()).containsExactly("/old", "/old/b");
    }

    @Test
    void aDriveWithoutARootWasNeverOpened() {
        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_ACTIVATED));
    }

    @Test
    void aShareIsNamedForAllThatLiesInIt() throws Exception {
        cloud.folder(
                        ROOT,
                        "{'drivewsid': '" + id("plans") + "', 'type': 'FOLDER', 'name': 'plans', "
                                + "'shareID': {'shareName': 's'}}")
                .folder(id("plans"), cloud.file("a", "1"));

        readFiles();

        assertThat(cloud.asked.get(1).path(0).path("shareID").path("shareName").asString())
                .isEqualTo("s");
        assertThat(feed.at("/plans/a.txt").path("shared").asBoolean()).isTrue();
        assertThat(feed.text("/plans/a.txt")).isEqualTo("1");
        assertThat(cloud.calls).anyMatch(call -> call.contains("shareID={\"shareName\":\"s\"}"));
    }

    @Test
    void aFileIsPublishedOnlyWithItsSignature() throws Exception {
        cloud.folder(ROOT, cloud.file("a", "hello"), cloud.file("b", "world"));
        cloud.bodiesOf("B", Sent.text("WORLD"));

        readFiles();

        assertThat(feed.text("/a.txt")).isEqualTo("hello");
        assertThat(feed.integrity).containsExactly(Map.entry(feed.fileAt("/a.txt"), Target.Integrity.SIGNATURE));
        assertThat(feed.refusals).containsExactly("-/B integrity-mismatch");
    }

    @Test
    void anExpiredAddressIsAskedForAnewOnce() throws Exception {
        cloud.folder(ROOT, cloud.file("a", "hello"), cloud.file("b", "world"), cloud.file("c", "three"));
        cloud.bodiesOf("A", Sent.status(410), Sent.text("hello"));
        cloud.bodiesOf("B", Sent.status(403));
        cloud.bodiesOf("C", Sent.status(330), Sent.text("three"));

        readFiles();

        assertThat(feed.text("/a.txt")).isEqualTo("hello");
        assertThat(feed.text("/c.txt")).isEqualTo("three");
        assertThat(feed.refusals).containsExactly("-/B not-retrievable");
        assertThat(cloud.calls.stream().filter(c -> c.contains("document_id=B")))
                .hasSize(2);
    }

    @Test
    void aFileThatBreaksOffIsResumed() throws Exception {
        cloud.folder(ROOT, cloud.file("a", "hello"));
        cloud.bodiesOf(
                "A",
                new Sent(200, Map.of(), "hello".getBytes(UTF_8), 2),
                new Sent(206, Map.of("Content-Range", "bytes 2-4/5"), "llo".getBytes(UTF_8), -1));

        readFiles();

        assertThat(feed.text("/a.txt")).isEqualTo("hello");
        assertThat(cloud.calls).contains("content 2");
    }

    @Test
    void aFileThatWasChangedSinceItWasListedComesAsItIsNow() throws Exception {
        var listed = cloud.file("a", "hello");
        cloud.folder(ROOT, listed);
        cloud.file("a", "hello, longer");
        cloud.bodiesOf("A", Sent.text("hello, longer"));

        readFiles();

        assertThat(feed.text("/a.txt")).isEqualTo("hello, longer");
        assertThat(feed.refusals).isEmpty();
    }

    @Test
    void aFileOfNoBytesIsMadeWithoutACall() throws Exception {
        cloud.folder(ROOT, cloud.file("a", ""));
        cloud.tokens.clear();

        readFiles();

        assertThat(feed.text("/a.txt")).isEmpty();
        assertThat(cloud.calls).noneMatch(call -> call.startsWith("docws"));
    }

    @Test
    void aPackageComesAsAZipOfAnotherSize() throws Exception {
        cloud.folder(ROOT, cloud.file("whole", "12345"), cloud.file("cut", "12345"), cloud.file("page", "12345"));
        var zip = zip();
        for (var name : List.of("WHOLE", "CUT", "PAGE")) {
            var url = "https://cvws.icloud-content.com/B/" + name;
            cloud.tokens.put(name, json("{'package_token': {'url': '" + url + "'}}"));
        }
        cloud.bodiesOf("WHOLE", new Sent(200, Map.of(), zip, -1));
        cloud.bodiesOf("CUT", new Sent(200, Map.of(), Arrays.copyOf(zip, zip.length - 9), -1));
        cloud.bodiesOf("PAGE", Sent.text("<!DOCTYPE html><html><body>Service busy, try later</body></html>"));

        readFiles();

        assertThat(feed.published.get(feed.fileAt("/whole.txt"))).isEqualTo(zip);
        assertThat(feed.integrity.get(feed.fileAt("/whole.txt"))).isEqualTo(Target.Integrity.FORM_ONLY);
        var meta = Objects.requireNonNull(feed.metas.get(feed.fileAt("/whole.txt")));
        assertThat(meta.filename()).isEqualTo("whole.txt.zip");
        assertThat(meta.mimeType()).isEqualTo("application/zip");
        assertThat(feed.refusals).containsExactlyInAnyOrder("-/CUT integrity-mismatch", "-/PAGE integrity-mismatch");
    }

    @Test
    void aStrayNewlineInAKeyIsReadOver() throws Exception {
        cloud.folder(ROOT, cloud.file("a", "hello"));
        var token = (ObjectNode)
                json("{'data_token\\n': {'wrapping_key\\n': 'x', 'url\\n': 'https://cvws.icloud-content.com/B/A'}}");
        cloud.tokens.put("A", token);

        readFiles();

        assertThat(feed.text("/a.txt")).isEqualTo("hello");
        assertThat(feed.integrity.get(feed.fileAt("/a.txt"))).isEqualTo(Target.Integrity.SIZE_ONLY);
    }

    @Test
    void aFileWithoutBytesAtTheSourceIsRefusedAndTheRestComes() throws Exception {
        cloud.folder(ROOT, cloud.file("a", "gone"), cloud.file("b", "uploading"), cloud.file("c", "there"));
        cloud.tokens.remove("A");
        cloud.tokens.put("B", json("{'document_id': 'B'}"));

        readFiles();

        assertThat(feed.refusals).containsExactlyInAnyOrder("-/A not-retrievable", "-/B not-retrievable");
        assertThat(feed.text("/c.txt")).isEqualTo("there");
    }

    @Test
    void filesComeByReferenceLater() throws Exception {
        var zone = "iCloud.com.example.notebook-whose-name-goes-on-and-on-until-no-reference-can-hold-it";
        var hidden = cloud.file("behind", "far away").replace("com.apple.CloudDocs", zone);
        cloud.libraries = json("{'items': [{'drivewsid': 'FOLDER::" + zone + "::documents', 'type': 'APP_LIBRARY'}]}");
        cloud.folder(ROOT, cloud.file("a", "near")).folder("FOLDER::" + zone + "::documents", hidden);
        read();
        var near = feed.fileAt("/a.txt");
        var far = feed.fileAt("/documents/behind.txt");
        assertThat(near.locator()).isEqualTo("-/A");
        assertThat(far.locator()).startsWith("#").hasSize(41);
        var lost = new FileRef(Drive.FILE, "-/LOST");
        var strange = new FileRef(Drive.FILE, "../../strange");

        var files = new DriveFeed();
        drive.files(List.of(near, far, lost, strange), files);

        assertThat(files.published.get(near)).asString(UTF_8).isEqualTo("near");
        assertThat(files.published.get(far)).asString(UTF_8).isEqualTo("far away");
        assertThat(files.refusals).containsExactlyInAnyOrder("-/LOST not-retrievable", "../../strange not-retrievable");
    }

    @Test
    void whatIsFoundByItsIdIsNotLookedForInTheTree() throws Exception {
        cloud.file("a", "near");

        drive.files(List.of(new FileRef(Drive.FILE, "-/A")), feed);

        assertThat(feed.published).hasSize(1);
        assertThat(cloud.calls).noneMatch(call -> call.contains("InFolders"));
    }

    private static byte[] zip() throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("Index/Document.iwa"));
            zip.write(new byte[100_000]);
            zip.write("some content".getBytes(UTF_8));
            zip.closeEntry();
        }
        return bytes.toByteArray();
    }

    /// Where the feed of these records breaks its schema.
    static List<String> errors(List<ObjectNode> items) {
        return KeptFeed.schemaErrors(Drive.FILES, items);
    }
}
