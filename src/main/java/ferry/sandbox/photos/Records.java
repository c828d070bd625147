package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.sandbox.defects.Defect;
import ferry.sandbox.defects.Defects;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Writes a library as CloudKit records, one after the other, into an array that is open in `json`. For one answer
/// only.
final class Records {
    private static final Base64.Encoder BASE64 = Base64.getEncoder();
    /// How long Apple keeps what was deleted.
    private static final Duration TRASH = Duration.ofDays(30);

    private final JsonGenerator json;
    private final Zone zone;
    private final @Nullable Set<String> desired;
    private final Instant now;
    private final String origin;
    private final boolean lookup;
    private final String device;
    private final Defects defects;
    private boolean sizes = true;

    /// @param desired the fields to write; null for all
    /// @param now when the answer is given: addresses live an hour from then
    /// @param origin where the sandbox answers
    /// @param lookup whether records were asked for by name
    Records(JsonGenerator json, Zone zone, @Nullable Set<String> desired, Instant now, String origin, boolean lookup) {
        this.json = json;
        this.zone = zone;
        this.desired = desired;
        this.now = now;
        this.origin = origin;
        this.lookup = lookup;
        this.defects = zone.library().defects();
        this.device = HexFormat.of().withUpperCase().formatHex(Dice.bytes(32, seed(), 0, 80));
    }

    /// From now on no file tells its size.
    Records withoutSizes() {
        sizes = false;
        return this;
    }

    /// The record name of a photo's master: the signature of its original.
    static String masterName(Photo photo) {
        return Checksum.text(photo.file(Part.ORIGINAL).checksum());
    }

    /// What the ledger of defects calls one of a photo's files: its record's name and the resource.
    static String file(Photo photo, Part part) {
        return (part.onAsset() ? photo.assetName() : masterName(photo)) + "/" + part.prefix;
    }

    private long seed() {
        return zone.library().seed();
    }

    void master(Photo photo) {
        var name = masterName(photo);
        if (failing(photo, Oddity.ERROR_ALWAYS) || defects.strikes(Defect.RECORD_ERROR, name)) {
            error(name, "INTERNAL_ERROR", "could not read the record");
            return;
        }
        begin(name, "CPLMaster");
        itemType(photo);
        fileName(photo);
        number("originalOrientation", orientation(photo));
        number("dataClassType", photo.shot().isVideo() ? 2 : 1);
        photo.masterFiles().forEach((part, file) -> resource(photo, part, file));
        if (photo.has(Oddity.NO_ORIGINAL)) {
            text("resOriginalFingerprint", name);
        }
        trash(photo);
        end(photo.added(), photo.serial(), photo.state() == Photo.State.TRASHED);
    }

    void asset(Photo photo) {
        if (failing(photo, Oddity.ERROR_ALWAYS)
                || failing(photo, Oddity.ERROR_IN_LISTING)
                || defects.strikes(Defect.RECORD_ERROR, photo.assetName())) {
            error(photo.assetName(), "TRY_AGAIN_LATER", "the record is not available right now");
            return;
        }
        begin(photo.assetName(), "CPLAsset");
        var taken = photo.taken();
        if (taken != null) {
            time("assetDate", taken);
        }
        time("addedDate", photo.added());
        number("orientation", orientation(photo));
        number("timeZoneOffset", 3600);
        number("isFavorite", zone.library().isFavourite(photo) ? 1 : 0);
        number("isHidden", photo.state() == Photo.State.HIDDEN ? 1 : 0);
        number("duration", photo.shot().isVideo() ? 2 : 0);
        kind(photo.shot());
        words(photo);
        position(photo);
        if (photo.has(Oddity.EDITED)) {
            text("adjustmentType", photo.shot() == Shot.SLOMO ? "com.apple.video.slomo" : "com.apple.photo");
        }
        photo.assetFiles().forEach((part, file) -> resource(photo, part, file));
        masterRef(photo);
        trash(photo);
        end(photo.added(), photo.serial(), photo.state() == Photo.State.TRASHED);
    }

    /// That a photo is in an album.
    void relation(Photo photo, Album album) {
        begin(photo.assetName() + "-IN-" + album.name(), "CPLContainerRelation");
        text("containerId", album.name());
        text("itemId", photo.assetName());
        number("position", 1024L * (photo.serial() + 1));
        number("isKeyAsset", 0);
        end(photo.added(), photo.serial(), false);
    }

    void album(Album album) {
        begin(album.name(), "CPLAlbum");
        bytes("albumNameEnc", album.title().getBytes(UTF_8));
        number("albumType", album.type());
        number("position", album.position());
        number("sortType", 0);
        number("sortAscending", 1);
        number("isDeleted", album.deleted() ? 1 : 0);
        var parent = album.parent();
        if (parent != null) {
            text("parentId", parent);
        }
        end(zone.library().photo(0).added(), album.position(), false);
    }

    /// What is left in the history of a record that is gone.
    void tombstone(String recordName, String recordType) {
        json.writeStartObject();
        json.writeStringProperty("recordName", recordName);
        json.writeStringProperty("recordType", recordType);
        json.writeBooleanProperty("deleted", true);
        zoneId();
        json.writeEndObject();
    }

    /// A record of the answer's own making: its fields are numbers and texts.
    void result(String recordName, String recordType, Map<String, Object> fields) {
        begin(recordName, recordType);
        new TreeMap<>(fields).forEach((name, value) -> {
            if (value instanceof Long number) {
                number(name, number);
            } else {
                text(name, value.toString());
            }
        });
        end(now, 0, false);
    }

    /// A record that could not be given, in its place.
    void error(String recordName, String code, String reason) {
        json.writeStartObject();
        json.writeStringProperty("recordName", recordName);
        json.writeStringProperty("reason", reason);
        json.writeStringProperty("serverErrorCode", code);
        json.writeEndObject();
    }

    private boolean failing(Photo photo, Oddity how) {
        return photo.has(how) && (!lookup || how == Oddity.ERROR_ALWAYS);
    }

    private static long orientation(Photo photo) {
        return photo.shot() == Shot.JPEG && photo.serial() % 3 == 0 ? 6 : 1;
    }

    private void itemType(Photo photo) {
        if (photo.has(Oddity.NO_ITEM_TYPE)) {
            return;
        }
        if (photo.has(Oddity.EMPTY_ITEM_TYPE)) {
            if (open("itemType", "STRING")) {
                json.writeEndObject();
            }
            return;
        }
        text("itemType", photo.shot().original.uti);
    }

    private void fileName(Photo photo) {
        if (photo.has(Oddity.NO_NAME)) {
            return;
        }
        if (photo.has(Oddity.NAME_AS_STRING)) {
            text("filenameEnc", photo.fileName());
        } else if (photo.has(Oddity.NAME_GARBAGE)) {
            string("filenameEnc", "ENCRYPTED_BYTES", "%%not base64%%");
        } else {
            bytes("filenameEnc", photo.fileName().getBytes(UTF_8));
        }
    }

    /// The many small numbers that tell what kind of shot it was.
    private void kind(Shot shot) {
        number(
                "assetSubtype",
                switch (shot) {
                    case PANORAMA -> 1;
                    case SLOMO -> 100;
                    case TIMELAPSE -> 101;
                    default -> 0;
                });
        number("assetSubtypeV2", shot.isLive() ? 2 : shot == Shot.SCREENSHOT ? 3 : shot == Shot.PANORAMA ? 1 : 0);
        number("adjustmentRenderType", shot == Shot.PORTRAIT ? 2 : shot == Shot.LIVE_JPEG ? 4 : 0);
        number("assetHDRType", 0);
        number("customRenderedValue", shot == Shot.PORTRAIT ? 8 : 0);
        number("burstFlags", shot == Shot.BURST ? 11 : 0);
        number("vidComplDurValue", shot.isLive() ? 2_000_000_000L : 0);
        number("vidComplDurScale", shot.isLive() ? 1_000_000_000L : 0);
        number("vidComplDispValue", shot.isLive() ? 1_000_000_000L : 0);
        number("vidComplDispScale", shot.isLive() ? 1_000_000_000L : 0);
        number("vidComplVisibilityState", 0);
    }

    private void words(Photo photo) {
        if (photo.burst() >= 0) {
            text("burstId", new UUID(seed(), Dice.roll(seed(), photo.burst(), 81)).toString());
        }
        if (photo.has(Oddity.KEYWORDS) && wanted("keywordsEnc")) {
            bytes("keywordsEnc", BinaryPlist.of(List.of(photo.keyword(0), photo.keyword(1))));
        }
        if (photo.has(Oddity.CAPTION)) {
            bytes("captionEnc", ("At the lake, " + photo.serial()).getBytes(UTF_8));
            bytes("extendedDescEnc", "Taken from the jetty – früh am Morgen 🌅".getBytes(UTF_8));
        }
    }

    private void position(Photo photo) {
        if (!photo.has(Oddity.POSITION) || !wanted("locationEnc")) {
            return;
        }
        int at = photo.serial();
        var values = new TreeMap<String, Object>();
        values.put("lat", Dice.below(130_000, seed(), at, 82) / 1000.0 - 60);
        values.put("lon", Dice.below(360_000, seed(), at, 83) / 1000.0 - 180);
        values.put("alt", (double) Dice.below(900, seed(), at, 84));
        values.put("horzAcc", 65.0);
        values.put("vertAcc", 10.0);
        values.put("speed", 0.0);
        values.put("course", -1.0);
        values.put("timestamp", photo.added());
        bytes("locationEnc", BinaryPlist.of(values));
    }

    private void masterRef(Photo photo) {
        if (!open("masterRef", "REFERENCE")) {
            return;
        }
        json.writeObjectPropertyStart("value");
        json.writeStringProperty("recordName", masterName(photo));
        json.writeStringProperty("action", "DELETE_SELF");
        zoneId();
        json.writeEndObject();
        json.writeEndObject();
    }

    private void trash(Photo photo) {
        if (photo.state() == Photo.State.TRASHED) {
            number("isDeleted", 1);
            number("isExpunged", 0);
            time("dateExpunged", photo.added().plus(TRASH));
        }
    }

    private void resource(Photo photo, Part part, Template.File file) {
        var prefix = part.prefix;
        number(prefix + "Width", file.template().width);
        number(prefix + "Height", file.template().height);
        text(prefix + "FileType", file.format().uti);
        boolean fingerprint = wanted(prefix + "Fingerprint");
        boolean address = wanted(prefix + "Res");
        if (!fingerprint && !address) {
            return;
        }
        var checksum = file.checksum();
        text(prefix + "Fingerprint", Checksum.text(checksum));
        if (open(prefix + "Res", "ASSETID")) {
            asset(photo, part, file.length(), checksum);
            json.writeEndObject();
        }
    }

    private void asset(Photo photo, Part part, long length, byte[] checksum) {
        var file = defects.any() ? file(photo, part) : "";
        int owner = part.onAsset() ? photo.serial() : photo.master();
        int purpose = 100 + 2 * part.prefix.hashCode();
        var reference = Dice.bytes(Checksum.LENGTH, seed(), owner, purpose);
        reference[0] = 1;
        var key = Dice.bytes(16, seed(), owner, purpose + 1);
        json.writeObjectPropertyStart("value");
        json.writeStringProperty("fileChecksum", Checksum.text(checksum));
        long told = defects.strikes(Defect.LYING_LENGTH, file) ? lie(length) : length;
        json.writeNumberProperty("size", sizes ? told : 0);
        json.writeStringProperty("wrappingKey", Checksum.text(key));
        json.writeStringProperty("referenceChecksum", Checksum.text(reference));
        if (reachable(photo, part) && !defects.strikes(Defect.MISSING_URL, file)) {
            var expires = defects.strikes(Defect.EXPIRED_URL, file) ? now.minusSeconds(1) : now.plus(ContentUrl.LIFE);
            var url = new ContentUrl(zone.dsid(), zone.shared(), photo.serial(), part, lookup, expires);
            json.writeStringProperty("downloadURL", url.text(origin, zone.name(), checksum, reference, key));
        }
        json.writeEndObject();
    }

    /// Half of it, or half as much again.
    private static long lie(long length) {
        return length % 2 == 0 ? length / 2 : length + length / 2;
    }

    private boolean reachable(Photo photo, Part part) {
        boolean later = photo.has(Oddity.ADDRESS_LATER) && !lookup;
        return part != Part.ORIGINAL || (!photo.has(Oddity.NO_ADDRESS) && !later);
    }

    private void begin(String recordName, String recordType) {
        json.writeStartObject();
        json.writeStringProperty("recordName", recordName);
        json.writeStringProperty("recordType", recordType);
        json.writeObjectPropertyStart("fields");
    }

    private void end(Instant at, long version, boolean expiring) {
        json.writeEndObject();
        json.writeObjectPropertyStart("pluginFields");
        json.writeEndObject();
        json.writeStringProperty("recordChangeTag", Long.toString(version + 1, 36));
        stamp("created", at);
        stamp("modified", at);
        json.writeBooleanProperty("deleted", false);
        zoneId();
        if (expiring) {
            json.writeNumberProperty("expirationTime", at.plus(TRASH).toEpochMilli());
        }
        json.writeEndObject();
    }

    private void stamp(String name, Instant at) {
        json.writeObjectPropertyStart(name);
        json.writeNumberProperty("timestamp", at.toEpochMilli());
        json.writeStringProperty("userRecordName", zone.owner());
        json.writeStringProperty("deviceID", device);
        json.writeEndObject();
    }

    private void zoneId() {
        json.writeObjectPropertyStart("zoneID");
        json.writeStringProperty("zoneName", zone.name());
        json.writeStringProperty("ownerRecordName", zone.owner());
        json.writeEndObject();
    }

    private boolean wanted(String field) {
        return desired == null || desired.contains(field);
    }

    private void number(String name, long value) {
        if (open(name, "INT64")) {
            json.writeNumberProperty("value", value);
            json.writeEndObject();
        }
    }

    private void time(String name, Instant value) {
        if (open(name, "TIMESTAMP")) {
            json.writeNumberProperty("value", value.toEpochMilli());
            json.writeEndObject();
        }
    }

    private void text(String name, String value) {
        string(name, "STRING", value);
    }

    private void bytes(String name, byte[] value) {
        string(name, "ENCRYPTED_BYTES", BASE64.encodeToString(zone.open() ? value : sealed(value)));
    }

    /// No text in any case: 0xff begins none.
    private byte[] sealed(byte[] value) {
        var bytes = Dice.bytes(value.length + 17, seed(), value.length, 95);
        bytes[0] = (byte) 0xff;
        return bytes;
    }

    private void string(String name, String type, String value) {
        if (open(name, type)) {
            json.writeStringProperty("value", value);
            json.writeEndObject();
        }
    }

    /// Begins a field, or says that nobody asked for it.
    private boolean open(String name, String type) {
        if (!wanted(name)) {
            return false;
        }
        json.writeObjectPropertyStart(name);
        json.writeStringProperty("type", type);
        return true;
    }

    /// A record name that means nothing, in lower case as CloudKit's own results have it.
    static String anonymous(long seed) {
        return "_"
                + new UUID(Dice.roll(seed, 0, 85), Dice.roll(seed, 0, 86))
                        .toString()
                        .toLowerCase(Locale.ROOT);
    }
}
