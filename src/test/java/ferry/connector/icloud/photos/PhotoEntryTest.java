package ferry.connector.icloud.photos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.FileRef;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.KeptFeed;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class PhotoEntryTest {
    private final FakeCloud cloud = new FakeCloud();
    private final FakeCloud.Made photo = cloud.made(1);

    private ObjectNode entry() {
        var both = new Photo(Library.PERSONAL, new CloudRecord(photo.asset()), new CloudRecord(photo.master()));
        var entry = PhotoEntry.of(both, View.LIBRARY, ref -> ref.fileType() + "/" + ref.locator());
        assertThat(KeptFeed.schemaErrors("icpl.photos", List.of(entry))).isEmpty();
        return entry;
    }

    private List<String> names() {
        return values("filename");
    }

    private List<String> values(String field) {
        return StreamSupport.stream(entry().path("files").spliterator(), false)
                .map(f -> f.path(field).asString(""))
                .toList();
    }

    private void master(String field, String type, String value) {
        FakeCloud.field(photo.master(), field, type, value);
    }

    private void bytes(String field, byte[] value) {
        FakeCloud.field(
                photo.asset(), field, "ENCRYPTED_BYTES", Base64.getEncoder().encodeToString(value));
    }

    @Test
    void aPlainPhotoHasAllItsFields() {
        FakeCloud.number(photo.asset(), "isFavorite", 1);
        FakeCloud.number(photo.asset(), "timeZoneOffset", 3600);
        bytes("captionEnc", "A title".getBytes(UTF_8));
        FakeCloud.number(photo.master(), "resOriginalWidth", 4032);

        var entry = entry();

        assertThat(entry.path("id").stringValue()).isEqualTo("photo:ASSET-1");
        assertThat(entry.path("kind").stringValue()).isEqualTo("photo");
        assertThat(entry.path("date_taken").stringValue()).isEqualTo("2023-11-14T22:13:20.001Z");
        assertThat(entry.path("favorite").booleanValue()).isTrue();
        assertThat(entry.path("time_zone_offset_s").intValue()).isEqualTo(3600);
        assertThat(entry.path("title").stringValue()).isEqualTo("A title");
        assertThat(entry.path("description").isNull()).isTrue();
        assertThat(entry.path("width").intValue()).isEqualTo(4032);
        assertThat(entry.path("height").isNull()).isTrue();
        assertThat(entry.path("library").stringValue()).isEqualTo("personal");
        assertThat(entry.path("library_id").stringValue()).isEqualTo("library:PrimarySync");
        assertThat(entry.has("location")).isFalse();
        var file = entry.path("files").path(0);
        assertThat(file.path("name").stringValue()).isEqualTo("IMG_0001");
        assertThat(file.path("extension").stringValue()).isEqualTo("jpg");
        assertThat(file.path("mime_type").stringValue()).isEqualTo("image/jpeg");
        assertThat(file.path("size").intValue()).isEqualTo(photo.content().length);
        assertThat(file.path("available").booleanValue()).isTrue();
    }

    @Test
    void r21FileNamesAreReadAsTheyCome() {
        master("filenameEnc", "STRING", "Plain name.jpg");
        assertThat(entry().path("filename").stringValue()).isEqualTo("Plain name.jpg");

        master("filenameEnc", "STRING", FakeCloud.base64("IMG_7.HEIC"));
        assertThat(entry().path("filename").stringValue()).isEqualTo("IMG_7.HEIC");

        master("filenameEnc", "ENCRYPTED_BYTES", FakeCloud.base64("Cafe\u0301.JPG"));
        assertThat(entry().path("filename").stringValue()).isEqualTo("Caf\u00e9.JPG");
    }

    @Test
    void r21AMissingOrUnreadableFileNameIsMadeFromTheRecord() {
        master("filenameEnc", "ENCRYPTED_BYTES", "this is not base64!");
        var unreadable = entry().path("filename").stringValue();
        assertThat(unreadable).matches("[0-9a-f]{16}\\.JPG");

        master("filenameEnc", "ENCRYPTED_BYTES", Base64.getEncoder().encodeToString(new byte[] {(byte) 0xff, 1}));
        assertThat(entry().path("filename").stringValue()).isEqualTo(unreadable);

        ((ObjectNode) photo.master().path("fields")).remove("filenameEnc");
        assertThat(entry().path("filename").stringValue()).isEqualTo(unreadable);
    }

    @Test
    void r21AnItemWithoutATypeIsKnownByItsFileOrName() {
        photo.master().withObject("/fields/itemType").remove("value");
        master("resOriginalFileType", "STRING", "com.apple.quicktime-movie");
        assertThat(entry().path("kind").stringValue()).isEqualTo("video");

        ((ObjectNode) photo.master().path("fields")).remove("resOriginalFileType");
        master("filenameEnc", "STRING", "clip.mp4");
        assertThat(entry().path("kind").stringValue()).isEqualTo("video");
        assertThat(entry().path("files").path(0).path("data_type").stringValue())
                .isEqualTo("video");
    }

    @Test
    void r21AbsurdDatesAreUnknown() {
        for (long absurd : new long[] {-62_135_596_800_000L, 253_402_300_800_000L, Long.MAX_VALUE, Long.MIN_VALUE}) {
            FakeCloud.number(photo.asset(), "assetDate", absurd);
            assertThat(entry().path("date_taken").isNull()).isTrue();
        }
        FakeCloud.number(photo.asset(), "assetDate", -1_000);
        assertThat(entry().path("date_taken").stringValue()).isEqualTo("1969-12-31T23:59:59.000Z");
        FakeCloud.field(photo.asset(), "assetDate", "STRING", "yesterday");
        assertThat(entry().path("date_taken").isNull()).isTrue();
    }

    @Test
    void r21PlacesComeFromABinaryPlistInEitherSpelling() {
        for (var key : List.of("lon", "lng")) {
            bytes("locationEnc", Plists.map("lat", 48.5, key, -11.25, "alt", 500.0, "horzAcc", -1.0));
            var location = entry().path("location");
            assertThat(location.path("latitude").doubleValue()).isEqualTo(48.5);
            assertThat(location.path("longitude").doubleValue()).isEqualTo(-11.25);
            assertThat(location.path("altitude").doubleValue()).isEqualTo(500);
            assertThat(location.path("accuracy_m").isNull()).isTrue();
        }
        bytes("locationEnc", Plists.map("lat", -180.0, "lon", -180.0));
        assertThat(entry().has("location")).isFalse();
        bytes("locationEnc", "bplist00 rubbish that is long enough to have a trailer".getBytes(UTF_8));
        assertThat(entry().has("location")).isFalse();
    }

    @Test
    void whatPutsItIntoSeveralSmartViewsIsAllTold() {
        cloud.resource(photo.master(), "resOriginalVidCompl", "com.apple.quicktime-movie", new byte[3]);
        FakeCloud.number(photo.asset(), "adjustmentRenderType", 6);
        assertThat(entry().path("kinds")).hasToString("""
                ["long_exposure","portrait","live"]""");
        assertThat(entry().path("subtype").stringValue()).isEqualTo("long_exposure");

        var plain = cloud.made(2);
        FakeCloud.field(plain.master(), "itemType", "STRING", "com.compuserve.gif");
        var gif = new Photo(Library.PERSONAL, new CloudRecord(plain.asset()), new CloudRecord(plain.master()));
        assertThat(PhotoEntry.of(gif, View.LIBRARY, FileRef::locator).path("kinds"))
                .hasToString("[\"animated\"]");
    }

    @Test
    void aLivePhotoLastsAsLongAsItsVideo() {
        cloud.resource(photo.master(), "resOriginalVidCompl", "com.apple.quicktime-movie", new byte[3]);
        FakeCloud.number(photo.asset(), "duration", 0);
        FakeCloud.number(photo.asset(), "vidComplDurValue", 2_500_000_000L);
        assertThat(entry().path("duration_s").isNull()).isTrue();
        FakeCloud.number(photo.asset(), "vidComplDurScale", 1_000_000_000L);
        assertThat(entry().path("duration_s").asDouble()).isEqualTo(2.5);
    }

    @Test
    void r21KeywordsComeFromABinaryPlist() {
        bytes("keywordsEnc", Plists.list("sea", "gr\u00fcn"));
        assertThat(entry().path("keywords")).extracting(JsonNode::stringValue).containsExactly("sea", "gr\u00fcn");
    }

    @Test
    void r22ALivePhotoHasAMovieOfItsName() {
        cloud.resource(photo.master(), "resOriginalVidCompl", "com.apple.quicktime-movie", new byte[3]);
        assertThat(names()).containsExactly("IMG_0001.JPG", "IMG_0001.MOV");
        assertThat(entry().path("subtype").stringValue()).isEqualTo("live");

        master("itemType", "STRING", "public.heic");
        master("filenameEnc", "STRING", "IMG_0001.HEIC");
        assertThat(names()).containsExactly("IMG_0001.HEIC", "IMG_0001_HEVC.MOV");
    }

    @Test
    void r22AnEditTakesItsExtensionFromItsType() {
        master("itemType", "STRING", "public.heic");
        master("filenameEnc", "STRING", "IMG_0001.HEIC");
        cloud.resource(photo.asset(), "resJPEGFull", "public.jpeg", new byte[4]);
        assertThat(values("variant")).containsExactly("original");

        FakeCloud.field(photo.asset(), "adjustmentType", "STRING", "com.apple.photo");
        assertThat(names()).containsExactly("IMG_0001.HEIC", "IMG_0001-edited.JPG");
        assertThat(values("id")).last().asString().isEqualTo("icpl.photos.edited/e:ASSET-1");
    }

    @Test
    void r22TheOtherOfAPairIsNamedByItsType() {
        cloud.resource(photo.master(), "resOriginalAlt", "com.adobe.raw-image", new byte[5]);
        assertThat(names()).containsExactly("IMG_0001.JPG", "IMG_0001.DNG");
        assertThat(values("variant")).containsExactly("original", "alternative");

        cloud.resource(photo.master(), "resOriginalAlt", "public.jpeg", new byte[5]);
        assertThat(names()).containsExactly("IMG_0001.JPG", "IMG_0001-alternative.JPG");
    }

    @Test
    void anItemWithoutAnyFileHasNoFiles() {
        photo.master().putObject("fields");
        assertThat(entry().has("files")).isFalse();
    }

    @Test
    void aHostilePlistEndsInNothing() {
        // A list that holds itself.
        var endless = Plists.of(List.of(new byte[] {(byte) 0xa2, 0, 0}));
        assertThat(BinaryPlist.read(endless)).isEmpty();
        var cut = java.util.Arrays.copyOf(Plists.list("a", "b"), 40);
        assertThat(BinaryPlist.read(cut)).isEmpty();
        var far = Plists.of(List.of(new byte[] {0x5f, 0x12, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff}));
        assertThat(BinaryPlist.read(far)).isEmpty();
    }

    /// Writes small binary property lists.
    static final class Plists {
        private Plists() {}

        static byte[] list(String... words) {
            var objects = new ArrayList<byte[]>();
            var root = new byte[words.length + 1];
            root[0] = (byte) (0xa0 | words.length);
            objects.add(root);
            for (int i = 0; i < words.length; i++) {
                root[i + 1] = (byte) (i + 1);
                objects.add(string(words[i]));
            }
            return of(objects);
        }

        static byte[] map(Object... pairs) {
            int count = pairs.length / 2;
            var objects = new ArrayList<byte[]>();
            var root = new byte[2 * count + 1];
            root[0] = (byte) (0xd0 | count);
            objects.add(root);
            for (int i = 0; i < count; i++) {
                root[i + 1] = (byte) (2 * i + 1);
                root[count + i + 1] = (byte) (2 * i + 2);
                objects.add(string((String) pairs[2 * i]));
                objects.add(ByteBuffer.allocate(9)
                        .put((byte) 0x23)
                        .putDouble((Double) pairs[2 * i + 1])
                        .array());
            }
            return of(objects);
        }

        private static byte[] string(String text) {
            var utf16 = text.getBytes(java.nio.charset.StandardCharsets.UTF_16BE);
            return ByteBuffer.allocate(1 + utf16.length)
                    .put((byte) (0x60 | text.length()))
                    .put(utf16)
                    .array();
        }

        /// The first object is the root; references and offsets are one byte.
        static byte[] of(List<byte[]> objects) {
            var out = new ByteArrayOutputStream();
            out.writeBytes("bplist00".getBytes(UTF_8));
            var offsets = new byte[objects.size()];
            for (int i = 0; i < objects.size(); i++) {
                offsets[i] = (byte) out.size();
                out.writeBytes(objects.get(i));
            }
            int table = out.size();
            out.writeBytes(offsets);
            out.writeBytes(ByteBuffer.allocate(32)
                    .put(6, (byte) 1)
                    .put(7, (byte) 1)
                    .putLong(8, objects.size())
                    .putLong(16, 0)
                    .putLong(24, table)
                    .array());
            return out.toByteArray();
        }
    }
}
