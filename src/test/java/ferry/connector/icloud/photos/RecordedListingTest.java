package ferry.connector.icloud.photos;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.FileRef;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.connector.icloud.Recordings;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.KeptFeed;
import ferry.connector.icloud.web.Signature;
import ferry.egress.Answer;
import ferry.testing.NoLimits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.text.Normalizer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Tag;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/// Real answers, where they lie beside the project, read as a poll reads them and compared field by
/// field. They hold
/// positions, so no assertion may print an entry.
class RecordedListingTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String GENUINE = "download_autodelete_photos_part1.yml.gz";

    /// What a record of each type tells that its entry shows.
    private static final Map<String, Set<String>> SHOWN = Map.of(
            "CPLAsset",
            Set.of(
                    "masterRef",
                    "assetDate",
                    "addedDate",
                    "timeZoneOffset",
                    "duration",
                    "vidComplDurValue",
                    "vidComplDurScale",
                    "isFavorite",
                    "isHidden",
                    "isDeleted",
                    "adjustmentType",
                    "adjustmentRenderType",
                    "assetSubtype",
                    "assetSubtypeV2",
                    "keywordsEnc",
                    "locationEnc",
                    "resJPEGFullRes",
                    "resJPEGFullFileType"),
            "CPLMaster",
            Set.of(
                    "dataClassType",
                    "itemType",
                    "filenameEnc",
                    "resOriginalWidth",
                    "resOriginalHeight",
                    "resOriginalRes",
                    "resOriginalFileType",
                    "resOriginalVidComplRes",
                    "resOriginalVidComplFileType",
                    "resJPEGMedRes",
                    "resJPEGMedFileType",
                    "resVidMedRes",
                    "resVidMedFileType",
                    "resJPEGThumbRes",
                    "resJPEGThumbFileType"));

    /// What no entry shows: smaller versions of an edit, a third size of videos, how the pictures are to be
    /// turned and drawn, who put it there by which program, when what is deleted will be gone, whether a file
    /// was deleted apart from its photo, and every file's measures, of which the original's stand for all.
    private static final Pattern LEFT_OUT = Pattern.compile("adjustmentSourceType|assetHDRType|burstFlags|contributors"
            + "|customRenderedValue|dateExpunged|fullSizeJPEGSource|importDate|importGroupId|importedBy\\w*"
            + "|isDeleted|isExpunged|mediaMetaData(Enc|Type)|mostRecentAddedDate|orientation|originalChoice|originalCreationDate"
            + "|originalOrientation|recordModificationDate|timeZoneNameEnc|trashReason|vidComplDisp(Scale|Value)"
            + "|vidComplVisibilityState|videoFrameRate|res\\w+(Width|Height|Fingerprint|FileSize)"
            + "|resVidSmall(Res|FileType)");

    /// The smaller versions of an edit.
    private static final Pattern OF_AN_EDIT = Pattern.compile("resJPEG(Med|Thumb)(Res|FileType)");

    private static final Map<String, String> MEDIA_TYPES = Map.of(
            "public.jpeg", "image/jpeg",
            "public.heic", "image/heic",
            "public.png", "image/png",
            "com.adobe.raw-image", "image/x-adobe-dng",
            "com.apple.quicktime-movie", "video/quicktime",
            "public.mpeg-4", "video/mp4");

    private final KeptFeed feed = new KeptFeed();

    @ParameterizedTest
    @CsvSource({
        "listing_photos_raw.yml.gz, 100, 0",
        "listing_videos.yml.gz, 101, 0",
        "download_autodelete_photos_part1.yml.gz, 100, 0",
        "autodelete_photos.yml.gz, 16, 16"
    })
    void everyRecordedPhotoIsReadFieldByField(String recording, int photos, int deleted) throws Exception {
        var replay = new Replay(exchanges(recording));
        new Photos(replay, new NoLimits(4), () -> NOW).photos(Window.ALL, feed);

        assertThat(feed.refusals).isEmpty();
        assertThat(feed.schemaErrors(Photos.PHOTOS)).isEmpty();
        assertThat(feed.ids()).doesNotHaveDuplicates().hasSize(photos);
        var assets = replay.records.values().stream()
                .filter(r -> text(r, "recordType").equals("CPLAsset"))
                .toList();
        assertThat(assets.size()).isEqualTo(photos);
        for (var asset : assets) {
            var master = Objects.requireNonNull(
                    replay.records.get(text(value(asset, "masterRef"), "recordName")), "every asset has its master");
            var entry = feed.item("photo:" + text(asset, "recordName"));
            everyKeyIsKnown(asset);
            everyKeyIsKnown(master);
            compare(asset, master, entry);
            files(asset, master, entry.path("files"));
        }
        assertThat(feed.items.stream()
                        .filter(e -> e.path("deleted").booleanValue())
                        .count())
                .isEqualTo(deleted);
    }

    @Test
    void r20TheGenuinePhotoIsPublishedByItsSignature() throws Exception {
        var replay = new Replay(exchanges(GENUINE));
        var photo = new FileRef(
                Variant.ORIGINAL.fileType(), Variant.ORIGINAL.holder().prefix() + replay.downloaded());

        new Photos(replay, new NoLimits(1), () -> NOW).files(List.of(photo), feed);

        assertThat(feed.refusals).isEmpty();
        assertThat(feed.integrity).containsEntry(photo, Target.Integrity.SIGNATURE);
        var published = Objects.requireNonNull(feed.published.get(photo));
        assertThat(published.length).isEqualTo(85_638);
        assertThat(Arrays.equals(published, replay.content())).isTrue();
    }

    @Test
    void r20ARecordedPlaceholderIsNotPublished() throws Exception {
        var replay = new Replay(exchanges("listing_photos_raw.yml.gz"));
        var photo = new FileRef(
                Variant.ORIGINAL.fileType(), Variant.ORIGINAL.holder().prefix() + replay.downloaded());

        new Photos(replay, new NoLimits(1), () -> NOW).files(List.of(photo), feed);

        assertThat(feed.published.keySet()).isEmpty();
        assertThat(feed.refusals).hasSize(1);
    }

    private static void everyKeyIsKnown(JsonNode record) {
        var type = text(record, "recordType");
        var shown = Objects.requireNonNull(SHOWN.get(type));
        assertThat(record.path("fields").propertyNames())
                .allMatch(key -> shown.contains(key)
                        || LEFT_OUT.matcher(key).matches()
                        || (type.equals("CPLAsset") && OF_AN_EDIT.matcher(key).matches()));
    }

    private static void compare(JsonNode asset, JsonNode master, ObjectNode entry) {
        boolean video = value(master, "dataClassType").asInt() == 2;
        var filename = new String(Base64.getDecoder().decode(text(master, "filenameEnc")), StandardCharsets.UTF_8);
        var expected = FakeCloud.JSON
                .createObjectNode()
                .put("id", "photo:" + text(asset, "recordName"))
                .put("data_type", "photo")
                .put("kind", video ? "video" : "photo")
                .put("filename", Normalizer.normalize(filename, Normalizer.Form.NFC))
                .put("uti", text(master, "itemType"))
                .put("time_zone_offset_s", value(asset, "timeZoneOffset").asLong())
                .put("width", value(master, "resOriginalWidth").asLong())
                .put("height", value(master, "resOriginalHeight").asLong())
                .put("favorite", value(asset, "isFavorite").asInt(0) == 1)
                .put("hidden", value(asset, "isHidden").asInt(0) == 1)
                .put("deleted", value(asset, "isDeleted").asInt(0) == 1)
                .put("edited", !value(asset, "adjustmentType").isMissingNode())
                // None of them was recorded, and the one recorded list of keywords is empty.
                .putNull("title")
                .putNull("description")
                .putNull("burst_id")
                .putNull("burst")
                .put("library_id", "library:" + asset.at("/zoneID/zoneName").asString())
                .put(
                        "library",
                        asset.at("/zoneID/zoneName").asString().startsWith("SharedSync-") ? "shared" : "personal");
        expected.putArray("keywords");
        var kinds = expected.putArray("kinds");
        int subtype = value(asset, "assetSubtypeV2").asInt(0);
        if (subtype == 3) {
            kinds.add("screenshot");
        }
        if ((value(asset, "adjustmentRenderType").asInt(0) & 2) != 0) {
            kinds.add("portrait");
        }
        if (subtype == 2 || !value(master, "resOriginalVidComplRes").isMissingNode()) {
            kinds.add("live");
        }
        expected.set("subtype", kinds.isEmpty() ? NullNode.getInstance() : kinds.get(0));
        for (var field : expected.properties()) {
            assertThat(entry.path(field.getKey())
                            .toString()
                            .equals(field.getValue().toString()))
                    .as(field.getKey())
                    .isTrue();
        }
        date(asset, "assetDate", entry.path("date_taken"));
        date(asset, "addedDate", entry.path("date_added"));
        duration(asset, video, entry.path("duration_s"));
        location(asset, entry);
        var shown = new HashSet<>(entry.propertyNames());
        shown.removeAll(expected.propertyNames());
        shown.removeAll(Set.of("date_taken", "date_added", "duration_s", "location", "files"));
        assertThat(shown).as("shown, but not compared").isEmpty();
    }

    private static void date(JsonNode asset, String field, JsonNode shown) {
        assertThat(Instant.parse(shown.asString("")).toEpochMilli()
                        == value(asset, field).asLong())
                .as(field)
                .isTrue();
    }

    /// Of a video its own, of a live photo that of its film, of another none.
    private static void duration(JsonNode asset, boolean video, JsonNode shown) {
        long scale = value(asset, "vidComplDurScale").asLong(0);
        assertThat(shown.isNull()).isEqualTo(!video && scale == 0);
        if (!shown.isNull()) {
            assertThat(shown.asDouble())
                    .isEqualTo(
                            video
                                    ? value(asset, "duration").asDouble()
                                    : value(asset, "vidComplDurValue").asDouble() / scale);
        }
    }

    /// Course, speed, moment and vertical accuracy are left out.
    private static void location(JsonNode asset, ObjectNode entry) {
        assertThat(entry.has("location")).isEqualTo(!value(asset, "locationEnc").isMissingNode());
        if (entry.has("location")) {
            var place = (Map<?, ?>) BinaryPlist.read(Base64.getDecoder().decode(text(asset, "locationEnc")))
                    .orElseThrow();
            var shown = entry.path("location");
            assertThat(shown.propertyNames())
                    .containsExactlyInAnyOrder("latitude", "longitude", "altitude", "accuracy_m");
            assertThat(shown.path("latitude").asDouble() == (double) at(place, "lat"))
                    .isTrue();
            assertThat(shown.path("longitude").asDouble() == (double) at(place, "lon"))
                    .isTrue();
            assertThat(shown.path("altitude").asDouble() == (double) at(place, "alt"))
                    .isTrue();
            assertThat(shown.path("accuracy_m").asDouble() == (double) at(place, "horzAcc"))
                    .isTrue();
        }
    }

    /// Each file that a record holds is shown with its own size, type and reference, and its signature
    /// can be checked.
    private static void files(JsonNode asset, JsonNode master, JsonNode shown) {
        boolean video = value(master, "dataClassType").asInt() == 2;
        var variants = new LinkedHashMap<Variant, String>();
        variants.put(Variant.ORIGINAL, "resOriginal");
        variants.put(Variant.EDITED, "resJPEGFull");
        variants.put(Variant.LIVE_VIDEO, "resOriginalVidCompl");
        variants.put(Variant.MEDIUM, video ? "resVidMed" : "resJPEGMed");
        variants.put(Variant.THUMBNAIL, "resJPEGThumb");
        variants.entrySet()
                .removeIf(v -> value(holder(v.getKey(), asset, master), v.getValue() + "Res")
                        .isMissingNode());
        assertThat(shown.valueStream().map(file -> file.path("variant").asString()))
                .containsExactlyElementsOf(
                        variants.keySet().stream().map(Variant::slug).toList());
        for (var file : shown) {
            var variant =
                    Variant.of("icpl.photos." + file.path("variant").asString()).orElseThrow();
            var holder = holder(variant, asset, master);
            var name = Objects.requireNonNull(variants.get(variant));
            var resource = value(holder, name + "Res");
            var type = text(holder, name + "FileType");
            assertThat(KeptFeed.ref(file.path("id").asString())
                            .locator()
                            .endsWith(variant.holder().prefix() + text(holder, "recordName")))
                    .as("id")
                    .isTrue();
            assertThat(file.path("size").asLong())
                    .isEqualTo(resource.path("size").asLong())
                    .isPositive();
            assertThat(file.path("uti").asString()).isEqualTo(type);
            assertThat(file.path("mime_type").asString()).isEqualTo(MEDIA_TYPES.get(type));
            assertThat(file.path("data_type").asString())
                    .isEqualTo(Objects.requireNonNull(MEDIA_TYPES.get(type)).split("/", -1)[0]);
            assertThat(file.path("available").asBoolean())
                    .isEqualTo(!resource.path("downloadURL").isMissingNode());
            assertThat(Signature.of(resource.path("fileChecksum").asString())).isPresent();
            named(variant, file, master);
        }
    }

    /// The original has the recorded name, and the others one that is made of it.
    private static void named(Variant variant, JsonNode file, JsonNode master) {
        var recorded = new String(Base64.getDecoder().decode(text(master, "filenameEnc")), StandardCharsets.UTF_8);
        var filename = file.path("filename").asString();
        assertThat(filename.equals(recorded)).isEqualTo(variant == Variant.ORIGINAL);
        assertThat(filename.startsWith(recorded.substring(0, recorded.lastIndexOf('.'))))
                .isTrue();
        assertThat(filename.equalsIgnoreCase(file.path("name").asString() + "."
                        + file.path("extension").asString()))
                .isTrue();
    }

    private static JsonNode holder(Variant variant, JsonNode asset, JsonNode master) {
        return variant.holder() == Variant.Holder.MASTER ? master : asset;
    }

    private static JsonNode value(JsonNode record, String field) {
        return record.path("fields").path(field).path("value");
    }

    /// A record's own, or a field's.
    private static String text(JsonNode record, String name) {
        return record.has(name)
                ? record.path(name).asString("")
                : value(record, name).asString("");
    }

    /// Answers what was asked when it was recorded as it was then. Of each view the first page is there, so
    /// every other page is empty; the zone's log was not read then, and is empty too. Anything else fails.
    private static final class Replay implements Calls {
        /// By name.
        final Map<String, JsonNode> records = new LinkedHashMap<>();

        private final List<Exchange> exchanges;

        Replay(List<Exchange> exchanges) {
            this.exchanges = exchanges;
            for (var exchange : exchanges) {
                if (exchange.uri.contains("/records/query?")) {
                    json(exchange)
                            .path("records")
                            .valueStream()
                            .filter(r -> text(r, "recordType").startsWith("CPL"))
                            .forEach(r -> records.putIfAbsent(text(r, "recordName"), r));
                }
            }
        }

        @Override
        public JsonNode get(String service, String path, Map<String, String> query) {
            throw new AssertionError("photos are read by POST alone: " + path);
        }

        @Override
        public JsonNode post(String service, String path, Map<String, String> query, JsonNode body) {
            var answer = FakeCloud.JSON.createObjectNode();
            if (path.endsWith("/records/lookup")) {
                var found = answer.putArray("records");
                body.path("records")
                        .forEach(wanted -> found.add(
                                Objects.requireNonNull(records.get(text(wanted, "recordName")), "was recorded")));
                return answer;
            }
            var recorded = exchanges.stream()
                    .filter(exchange -> (exchange.uri.contains(path + "?") || exchange.uri.endsWith(path))
                            && answers(exchange.asked, body))
                    .findFirst();
            if (recorded.isPresent()) {
                return json(recorded.get());
            }
            if (path.endsWith("/changes/zone")) {
                answer.putArray("zones")
                        .addObject()
                        .put("syncToken", "the end")
                        .put("moreComing", false)
                        .putArray("records");
                return answer;
            }
            boolean aPage = path.endsWith("/records/query")
                    && body.at("/query/recordType").asString().contains("AssetAndMaster");
            if (!aPage && !path.endsWith("/shared/zones/list")) {
                throw new AssertionError("was not recorded: " + path);
            }
            answer.putArray(aPage ? "records" : "zones");
            return answer;
        }

        /// Counts were asked for in one index, today for several; the first of them is that one.
        private static boolean answers(String asked, JsonNode body) {
            if (body.has("batch") || body.isEmpty()) {
                return true;
            }
            var then = FakeCloud.JSON.readTree(asked);
            return today(then.at("/query/recordType").asString())
                            .equals(body.at("/query/recordType").asString())
                    && rank(then) == rank(body);
        }

        private static long rank(JsonNode body) {
            return body.at("/query/filterBy/0/fieldValue/value").asLong(-1);
        }

        private static String today(String index) {
            return index.equals("CPLAssetAndMasterByAddedDate") ? View.LIBRARY.listIndex() : index;
        }

        private static JsonNode json(Exchange exchange) {
            return FakeCloud.JSON.readTree((String) exchange.body);
        }

        @Override
        public boolean has(String service) {
            return service.equals("ckdatabasews");
        }

        @Override
        public Answer content(String url, long from) {
            assertThat(Pattern.matches("https://[^/]*icloud-content\\.com/.*", url))
                    .isTrue();
            assertThat(start(url)).isEqualTo(start(download().uri));
            return FakeCloud.whole(content(), from);
        }

        @Override
        public void pause(Duration wait) {}

        byte[] content() {
            var body = download().body;
            return body instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : (byte[]) body;
        }

        /// The name of the master whose original was downloaded.
        String downloaded() {
            return records.values().stream()
                    .filter(r -> start(value(r, "resOriginalRes")
                                    .path("downloadURL")
                                    .asString(""))
                            .equals(start(download().uri)))
                    .map(r -> text(r, "recordName"))
                    .findFirst()
                    .orElseThrow();
        }

        private Exchange download() {
            return exchanges.stream()
                    .filter(e -> e.uri.contains("icloud-content.com"))
                    .findFirst()
                    .orElseThrow();
        }

        /// The address without its placeholder and query.
        private static String start(String url) {
            int file = Math.max(url.indexOf("/$%7B"), url.indexOf("/${"));
            return file < 0 ? url : url.substring(0, file);
        }
    }

    /// @param asked the body of the request, empty where it had none
    /// @param body text, or bytes that are none
    private record Exchange(String uri, String asked, Object body) {}

    private static List<Exchange> exchanges(String recording) throws IOException {
        var exchanges = new ArrayList<Exchange>();
        try (InputStream in = new GZIPInputStream(Files.newInputStream(Recordings.icloud("traffic/" + recording)))) {
            var options = new LoaderOptions();
            options.setCodePointLimit(100_000_000);
            options.setTagInspector(_ -> true);
            Map<String, Object> root = new Yaml(new Recorded(options)).load(in);
            for (var one : (List<?>) at(root, "interactions")) {
                var uri = (String) at(at(one, "request"), "uri");
                var asked = ((Map<?, ?>) at(one, "request")).get("body");
                exchanges.add(new Exchange(
                        uri, asked instanceof String text ? text : "", at(at(at(one, "response"), "body"), "string")));
            }
        }
        return exchanges;
    }

    private static Object at(Object map, String key) {
        return Objects.requireNonNull(((Map<?, ?>) map).get(key), key);
    }

    /// Knows Python's tag for text; bytes that are text become text by what follows.
    private static final class Recorded extends SafeConstructor {
        Recorded(LoaderOptions options) {
            super(options);
            yamlConstructors.put(new Tag("tag:yaml.org,2002:python/unicode"), yamlConstructors.get(Tag.STR));
        }
    }
}
