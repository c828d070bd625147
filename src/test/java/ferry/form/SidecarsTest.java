package ferry.form;

import static org.assertj.core.api.Assertions.assertThat;

import com.adobe.internal.xmp.XMPMeta;
import com.adobe.internal.xmp.XMPMetaFactory;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

/// Photos' metadata as XMP, read back by the library, and by Java's own XML.
class SidecarsTest {
    private static final String DC = "http://purl.org/dc/elements/1.1/";
    private static final String EXIF = "http://ns.adobe.com/exif/1.0/";
    private static final String XMP = "http://ns.adobe.com/xap/1.0/";
    private static final String FERRY = "https://ferry.invalid/ns/1.0/";

    private static XMPMeta read(Sheets sheets) throws Exception {
        var bytes = sheets.only().getBytes(StandardCharsets.UTF_8);
        var xml = DocumentBuilderFactory.newInstance();
        xml.setNamespaceAware(true);
        xml.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        assertThat(xml.newDocumentBuilder()
                        .parse(new ByteArrayInputStream(bytes))
                        .getElementsByTagNameNS("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "RDF")
                        .getLength())
                .isEqualTo(1);
        return XMPMetaFactory.parseFromBuffer(bytes);
    }

    @Test
    void whatIsKnownOfAPhotoIsInItsSidecar() throws Exception {
        var record = Sheets.record("{'id': 'photo:P', 'data_type': 'photo', 'kind': 'photo', 'subtype': 'live',"
                + " 'filename': 'IMG_0001.HEIC', 'uti': 'public.heic', 'date_taken': '2026-07-01T20:30:00.250Z',"
                + " 'date_added': '2026-07-02T00:00:00.000Z', 'time_zone_offset_s': -16200, 'width': 4032, 'height': 3024,"
                + " 'duration_s': null, 'favorite': true, 'hidden': false, 'deleted': false, 'library': 'personal',"
                + " 'keywords': ['quay', 'sea, <salt> & sun'], 'burst_id': null,"
                + " 'location': {'latitude': -33.8567844, 'longitude': 151.2152967, 'altitude': -4.5, 'accuracy_m': 12},"
                + " 'files': [{'id': 'opaque', 'variant': 'original', 'filename': 'IMG_0001.HEIC'}]}");
        record.put("title", "Ferry 😀 <3").put("description", "Two\nlines & \"more\" \u0001");

        var sheets = Sheets.of(Form.XMP, record);
        var sheet = sheets.sheet("opaque");
        assertThat(sheet.name()).isEqualTo("IMG_0001.HEIC.xmp");
        assertThat(sheet.beside()).isEqualTo(Optional.of("opaque"));

        var packet = read(sheets);
        assertThat(packet.getLocalizedText(DC, "title", null, "x-default").getValue())
                .isEqualTo("Ferry 😀 <3");
        assertThat(packet.getLocalizedText(DC, "description", null, "x-default").getValue())
                .startsWith("Two\nlines & \"more\"");
        assertThat(packet.countArrayItems(DC, "subject")).isEqualTo(2);
        assertThat(packet.getArrayItem(DC, "subject", 2).getValue()).isEqualTo("sea, <salt> & sun");
        assertThat(packet.getPropertyString(XMP, "CreateDate")).isEqualTo("2026-07-01T16:00:00.250-04:30");
        assertThat(packet.getPropertyString(EXIF, "DateTimeOriginal")).isEqualTo("2026-07-01T16:00:00.250-04:30");
        assertThat(packet.getPropertyInteger(XMP, "Rating")).isEqualTo(5);
        assertThat(packet.getPropertyInteger(EXIF, "PixelXDimension")).isEqualTo(4032);
        assertThat(packet.getPropertyString(EXIF, "GPSLatitude")).isEqualTo("33,51.40706400S");
        assertThat(packet.getPropertyString(EXIF, "GPSLongitude")).isEqualTo("151,12.91780200E");
        assertThat(packet.getPropertyString(EXIF, "GPSAltitude")).isEqualTo("4500/1000");
        assertThat(packet.getPropertyString(EXIF, "GPSAltitudeRef")).isEqualTo("1");
        assertThat(packet.getPropertyString(FERRY, "id")).isEqualTo("photo:P");
        assertThat(packet.getPropertyString(FERRY, "subtype")).isEqualTo("live");
        assertThat(packet.getPropertyString(FERRY, "hidden")).isEqualTo("false");
        assertThat(packet.doesPropertyExist(FERRY, "burst_id")).isFalse();
    }

    @Test
    void littleIsEnough() throws Exception {
        var sheets = Sheets.of(
                Form.XMP,
                Sheets.record("{'id': 'photo:Q', 'data_type': 'photo', 'filename': null, 'date_taken': null}"));

        assertThat(sheets.sheet("photo:Q").name()).isEqualTo("photo.xmp");
        assertThat(sheets.sheet("photo:Q").beside()).isEmpty();
        assertThat(read(sheets).getPropertyString(FERRY, "id")).isEqualTo("photo:Q");
    }

    @Test
    void aPlaceThatRoundsUpToAWholeDegreeIsOne() throws Exception {
        var sheets = Sheets.of(
                Form.XMP,
                Sheets.record("{'id': 'photo:R', 'data_type': 'photo', 'filename': 'R.JPG',"
                        + " 'location': {'latitude': 9.99999999999, 'longitude': -0.5}}"));

        var packet = read(sheets);
        assertThat(packet.getPropertyString(EXIF, "GPSLatitude")).isEqualTo("10,0.00000000N");
        assertThat(packet.getPropertyString(EXIF, "GPSLongitude")).isEqualTo("0,30.00000000W");
    }

    @Test
    void aPhotoThatIsGoneHasNone() throws Exception {
        assertThat(Sheets.of(Form.XMP, Sheets.record("{'id': 'photo:gone', 'data_type': 'photo', 'deleted': true}"))
                        .sheets)
                .isEmpty();
    }
}
