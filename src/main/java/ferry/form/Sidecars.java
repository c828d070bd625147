package ferry.form;

import com.adobe.internal.xmp.XMPException;
import com.adobe.internal.xmp.XMPMeta;
import com.adobe.internal.xmp.XMPMetaFactory;
import com.adobe.internal.xmp.options.PropertyOptions;
import com.adobe.internal.xmp.options.SerializeOptions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What is known of each photo or video, as XMP in a file beside its original, named after it:
/// `IMG_0001.HEIC.xmp`. Tools look for it there.
final class Sidecars implements FormWriter {
    private static final String DC = "http://purl.org/dc/elements/1.1/";
    private static final String XMP = "http://ns.adobe.com/xap/1.0/";
    private static final String EXIF = "http://ns.adobe.com/exif/1.0/";
    private static final String PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/";
    private static final String FERRY = "https://ferry.invalid/ns/1.0/";
    private static final String FAVOURITE = "5";
    /// Of a minute of a degree.
    private static final long PARTS = 100_000_000;

    private static final DateTimeFormatter WALL = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSXXX");
    private static final PropertyOptions BAG = new PropertyOptions().setArray(true);

    private final Outlet outlet;
    private long unfit;

    static {
        try {
            XMPMetaFactory.getSchemaRegistry().registerNamespace(FERRY, "ferry");
        } catch (XMPException e) {
            throw new IllegalStateException(e);
        }
    }

    Sidecars(Outlet outlet) {
        this.outlet = outlet;
    }

    @Override
    public void item(ObjectNode record) throws InterruptedException {
        if (!Told.kind(record).equals("photo") || !record.has("filename")) {
            return; // it says of a photo that it is gone
        }
        byte[] content;
        try {
            content = XMPMetaFactory.serializeToBuffer(
                    packet(record),
                    new SerializeOptions().setUseCompactFormat(true).setOmitPacketWrapper(true));
        } catch (XMPException | IllegalArgumentException _) {
            unfit++;
            return;
        }
        outlet.put(sheet(record), content);
    }

    /// Beside the first file, which is the best; where there is none, for itself. Photos that share a file
    /// share what lies beside it: it tells of the first.
    private static Sheet sheet(JsonNode record) {
        var file = Told.list(record, "files").findFirst();
        var name = file.flatMap(f -> Told.text(f, "filename"))
                .or(() -> Told.text(record, "filename"))
                .orElse("photo");
        var beside = file.flatMap(f -> Told.text(f, "id"));
        var of = beside.or(() -> Told.text(record, "id")).orElse("photo:unnamed");
        return new Sheet(Form.XMP, of, name + ".xmp", beside);
    }

    private static XMPMeta packet(JsonNode record) throws XMPException {
        var packet = XMPMetaFactory.create();
        text(packet, "title", record, "title");
        text(packet, "description", record, "description");
        for (var keyword : Told.texts(record, "keywords").toList()) {
            packet.appendArrayItem(DC, "subject", BAG, valid(keyword), null);
        }
        var taken = Told.text(record, "date_taken").map(moment -> local(moment, record));
        if (taken.isPresent()) {
            packet.setProperty(XMP, "CreateDate", taken.get());
            packet.setProperty(EXIF, "DateTimeOriginal", taken.get());
            packet.setProperty(PHOTOSHOP, "DateCreated", taken.get());
        }
        if (Told.flag(record, "favorite")) {
            packet.setProperty(XMP, "Rating", FAVOURITE);
        }
        number(packet, "PixelXDimension", record, "width");
        number(packet, "PixelYDimension", record, "height");
        location(packet, record.path("location"));
        for (var field : new String[] {
            "id",
            "kind",
            "subtype",
            "filename",
            "uti",
            "date_added",
            "burst_id",
            "library",
            "hidden",
            "deleted",
            "duration_s"
        }) {
            var value = record.path(field);
            if (value.isValueNode() && !value.isNull() && !value.asString("").isEmpty()) {
                packet.setProperty(FERRY, field, valid(value.asString()));
            }
        }
        return packet;
    }

    private static void text(XMPMeta packet, String property, JsonNode record, String field) throws XMPException {
        var text = Told.text(record, field);
        if (text.isPresent()) {
            packet.setLocalizedText(DC, property, null, "x-default", valid(text.get()));
        }
    }

    /// XML has no place for most control characters, in no spelling.
    private static String valid(String text) {
        var kept = new StringBuilder();
        text.codePoints()
                .map(c -> (c >= 0x20 && c < 0xd800)
                                || (c >= 0xe000 && c <= 0xfffd)
                                || c >= 0x10000
                                || c == '\t'
                                || c == '\n'
                                || c == '\r'
                        ? c
                        : 0xfffd)
                .forEach(kept::appendCodePoint);
        return kept.toString();
    }

    private static void number(XMPMeta packet, String property, JsonNode record, String field) throws XMPException {
        var number = Told.number(record, field);
        if (number.isPresent()) {
            packet.setProperty(EXIF, property, Long.toString(number.getAsLong()));
        }
    }

    /// As the clock there showed it, where the record says how far that was from UTC.
    private static String local(String moment, JsonNode record) {
        var offset = ZoneOffset.ofTotalSeconds(
                (int) Told.number(record, "time_zone_offset_s").orElse(0));
        return WALL.format(Instant.parse(moment).atOffset(offset));
    }

    private static void location(XMPMeta packet, JsonNode location) throws XMPException {
        var latitude = degrees(location, "latitude");
        var longitude = degrees(location, "longitude");
        if (latitude.isEmpty() || longitude.isEmpty()) {
            return;
        }
        packet.setProperty(EXIF, "GPSLatitude", coordinate(latitude.get(), 'N', 'S'));
        packet.setProperty(EXIF, "GPSLongitude", coordinate(longitude.get(), 'E', 'W'));
        var altitude = degrees(location, "altitude");
        if (altitude.isPresent()) {
            packet.setProperty(EXIF, "GPSAltitude", Math.round(Math.abs(altitude.get()) * 1000) + "/1000");
            packet.setProperty(EXIF, "GPSAltitudeRef", altitude.get() < 0 ? "1" : "0");
        }
        var accuracy = degrees(location, "accuracy_m");
        if (accuracy.isPresent()) {
            packet.setProperty(EXIF, "GPSHPositioningError", Math.round(accuracy.get() * 1000) + "/1000");
        }
    }

    private static Optional<Double> degrees(JsonNode location, String field) {
        var value = location.path(field);
        return value.isNumber() && Double.isFinite(value.doubleValue())
                ? Optional.of(value.doubleValue())
                : Optional.empty();
    }

    /// Degrees and minutes, as XMP writes a place: `51,30.12345678N`.
    private static String coordinate(double degrees, char positive, char negative) {
        long parts = Math.round(Math.abs(degrees) * 60 * PARTS);
        return String.format(
                Locale.ROOT,
                "%d,%d.%08d%c",
                parts / (60 * PARTS),
                parts / PARTS % 60,
                parts % PARTS,
                degrees < 0 ? negative : positive);
    }

    @Override
    public void finish() {}

    @Override
    public long unfit() {
        return unfit;
    }

    @Override
    public void close() {}
}
