package ferry.connector.icloud.drive;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Window;
import ferry.connector.icloud.Recordings;
import ferry.connector.icloud.web.Json;
import java.nio.file.Files;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Real answers, field by field.
class RecordedDriveTest {
    private static final String FOLDER = "FOLDER::com.apple.CloudDocs::1C7F1760-D940-480F-8C4F-005824A4E05B";

    private static JsonNode recorded(String name) throws Exception {
        return Json.MAPPER.readTree(Files.readString(Recordings.icloud("answers/drive." + name + "_working.json")));
    }

    @Test
    void theRecordedRootAndFolderBecomeRecords() throws Exception {
        var cloud = new FakeDrive();
        cloud.answer(FakeDrive.ROOT, recorded("drive_root").path(0).toString());
        cloud.answer(FOLDER, recorded("drive_folder").path(0).toString());
        var feed = new DriveFeed();

        new Drive(cloud, cloud).read(Window.ALL, feed);

        assertThat(feed.paths())
                .containsExactly("/Keynote", "/Numbers", "/Pages", "/Preview", "/pyiCloud", "/pyiCloud/Test");
        assertThat(feed.at("/Keynote")).isEqualTo(FakeDrive.json("""
                {'id': 'app_library:com.apple.Keynote/documents', 'data_type': 'app_library', 'name': 'Keynote',
                 'path': '/Keynote', 'parent_id': null, 'zone': 'com.apple.Keynote', 'shared': false, 'etag': '2m',
                 'size': null, 'file_count': null, 'item_count': null, 'date_created': '2019-12-12T22:33:55.000Z',
                 'date_modified': null, 'date_changed': null, 'date_last_opened': null}"""));
        assertThat(feed.at("/pyiCloud/Test").toString())
                .isEqualTo(FakeDrive.json("""
                {'id': 'folder:com.apple.CloudDocs/D5AA0425-E84F-4501-AF5D-60F1D92648CF', 'data_type': 'folder',
                 'name': 'Test', 'path': '/pyiCloud/Test',
                 'parent_id': 'folder:com.apple.CloudDocs/1C7F1760-D940-480F-8C4F-005824A4E05B',
                 'zone': 'com.apple.CloudDocs', 'shared': false, 'etag': '2z', 'size': 42199575,
                 'file_count': 2, 'item_count': 2,
                 'date_created': null, 'date_modified': null, 'date_changed': null, 'date_last_opened': null}""").toString());
        assertThat(feed.at("/pyiCloud").path("item_count").asLong()).isEqualTo(1);
        assertThat(feed.expected).isEqualTo(7);
        assertThat(feed.complete).isTrue();
        assertThat(DriveTest.errors(feed.items)).isEmpty();
    }

    @Test
    void theRecordedDownloadLeadsToTheContentHost() throws Exception {
        var answer = recorded("drive_file_download");
        var cloud = new FakeDrive();
        var docwsid = answer.path("document_id").asString();
        cloud.tokens.put(docwsid, answer);
        var item = Item.of(
                        FakeDrive.json("{'drivewsid': 'FILE::com.apple.CloudDocs::" + docwsid + "'}"), Optional.empty())
                .orElseThrow();

        var token = new DriveService(cloud).token(item).orElseThrow();

        assertThat(token.url()).isEqualTo(answer.at("/data_token/url").asString());
        assertThat(token.signature()).contains("signature1");
        assertThat(token.isPackage()).isFalse();
    }
}
