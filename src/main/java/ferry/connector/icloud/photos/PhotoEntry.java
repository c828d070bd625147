package ferry.connector.icloud.photos;

import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.MediaTypes;
import ferry.connector.icloud.web.Uti;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The feed entry of a photo; its schema is `schemas/icpl.photos.json`. What the source does not say, or says
/// absurdly, is null.
final class PhotoEntry {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final int MAX_OFFSET_S = 18 * 3600;

    private PhotoEntry() {}

    /// @param view where it was listed, which tells of hidden and deleted ones even where the record doesn't
    /// @param fileId gives out the ids of files
    static ObjectNode of(Photo photo, View view, Function<FileRef, String> fileId) {
        var asset = photo.asset();
        var master = photo.master();
        var node = JsonNodeFactory.instance.objectNode();
        node.put("id", id(asset)).put("data_type", "photo").put("kind", photo.isVideo() ? "video" : "photo");
        kinds(node, photo);
        node.put("filename", FileNames.original(photo));
        node.put("uti", uti(photo));
        node.put("date_taken", date(asset.date("assetDate")));
        node.put("date_added", date(asset.date("addedDate")));
        put(node, "time_zone_offset_s", within(asset.number("timeZoneOffset"), -MAX_OFFSET_S, MAX_OFFSET_S));
        put(node, "width", within(master.number("resOriginalWidth"), 1, Integer.MAX_VALUE));
        put(node, "height", within(master.number("resOriginalHeight"), 1, Integer.MAX_VALUE));
        put(node, "duration_s", duration(photo));
        node.put("favorite", asset.flag("isFavorite"));
        node.put("hidden", asset.flag("isHidden") || view == View.HIDDEN);
        node.put("deleted", asset.flag("isDeleted") || view == View.RECENTLY_DELETED);
        node.put("edited", asset.has("adjustmentType"));
        node.put("title", asset.text("captionEnc").orElse(null));
        node.put("description", asset.text("extendedDescEnc").orElse(null));
        keywords(node.putArray("keywords"), asset);
        location(asset).ifPresent(location -> node.set("location", location));
        burst(node, asset, view);
        node.put("library", photo.library().name());
        node.put("library_id", photo.library().id());
        files(node, photo, fileId);
        return node;
    }

    /// The entry's stable id, which also names it in errors.
    static String id(CloudRecord asset) {
        return id(asset.name());
    }

    static String id(String assetName) {
        return "photo:" + assetName;
    }

    /// What is told of a file before its bytes come.
    static FileMeta meta(Photo photo, Variant variant, Resource resource) {
        var name = FileNames.of(photo, variant, resource);
        var uti = uti(variant, resource, name);
        return new FileMeta(name, extension(name, uti), uti.map(Uti::mimeType).orElse(null), resource.size());
    }

    static @Nullable String date(Optional<Instant> moment) {
        return moment.map(DATE::format).orElse(null);
    }

    private static @Nullable String uti(Photo photo) {
        return photo.master()
                .string("itemType")
                .or(() -> photo.master().string("resOriginalFileType"))
                .or(() -> photo.uti().map(Uti::name))
                .orElse(null);
    }

    /// What the item is besides a photo or video, which is also what puts it into the smart views: all of it
    /// in `kinds`, the first of it in `subtype`. A stored number without a word of ours comes as
    /// `subtype_raw`.
    private static void kinds(ObjectNode node, Photo photo) {
        var asset = photo.asset();
        long first = asset.number("assetSubtype").orElse(0);
        long second = asset.number("assetSubtypeV2").orElse(0);
        long render = asset.number("adjustmentRenderType").orElse(0);
        var kinds = JsonNodeFactory.instance.arrayNode();
        add(kinds, "panorama", first == 1 || second == 1);
        add(kinds, "slo_mo", first == 100);
        add(kinds, "time_lapse", first == 101);
        add(kinds, "screenshot", second == 3);
        add(kinds, "long_exposure", (render & 4) != 0);
        add(kinds, "portrait", (render & 2) != 0);
        add(kinds, "live", second == 2 || photo.isLive());
        add(kinds, "animated", photo.uti().filter(Uti::isGif).isPresent());
        node.put("subtype", kinds.isEmpty() ? null : kinds.path(0).stringValue());
        if (kinds.isEmpty() && (first != 0 || second != 0)) {
            node.put("subtype_raw", second != 0 ? second : first);
        }
        node.set("kinds", kinds);
    }

    private static void add(ArrayNode kinds, String word, boolean is) {
        if (is) {
            kinds.add(word);
        }
    }

    /// Which burst it is a frame of, and whether it is one that the library shows: the owner's or the
    /// camera's pick. Hidden, deleted and changed ones don't tell.
    private static void burst(ObjectNode node, CloudRecord asset, View view) {
        var id = asset.string("burstId");
        node.put("burst_id", id.orElse(null));
        if (id.isEmpty()) {
            node.putNull("burst");
            return;
        }
        var burst = node.putObject("burst").put("id", id.get());
        switch (view) {
            case LIBRARY -> burst.put("pick", true);
            case BURSTS -> burst.put("pick", false);
            case HIDDEN, RECENTLY_DELETED, CHANGED -> burst.putNull("pick");
        }
        put(burst, "flags_raw", asset.number("burstFlags"));
    }

    /// A still has none; the source writes 0 there. A live photo's is that of its video, as a fraction.
    private static OptionalDouble duration(Photo photo) {
        var seconds = photo.asset().decimal("duration");
        boolean none = seconds.isEmpty() || seconds.getAsDouble() < 0;
        if (!none && (seconds.getAsDouble() > 0 || photo.isVideo())) {
            return seconds;
        }
        var value = photo.asset().decimal("vidComplDurValue").orElse(0);
        var scale = photo.asset().decimal("vidComplDurScale").orElse(0);
        return photo.isLive() && value > 0 && scale > 0 ? OptionalDouble.of(value / scale) : OptionalDouble.empty();
    }

    private static void keywords(ArrayNode node, CloudRecord asset) {
        var list = asset.bytes("keywordsEnc").flatMap(BinaryPlist::read);
        if (list.isPresent() && list.get() instanceof List<?> words) {
            for (var word : words) {
                if (word instanceof String text) {
                    node.add(text);
                }
            }
        }
    }

    private static Optional<ObjectNode> location(CloudRecord asset) {
        return plist(asset, "locationEnc")
                .or(() -> plist(asset, "locationV2Enc"))
                .or(() -> location(
                        asset.decimal("locationLatitude"),
                        asset.decimal("locationLongitude"),
                        OptionalDouble.empty(),
                        OptionalDouble.empty()));
    }

    private static Optional<ObjectNode> plist(CloudRecord asset, String field) {
        var list = asset.bytes(field).flatMap(BinaryPlist::read);
        if (list.isEmpty() || !(list.get() instanceof Map<?, ?> map)) {
            return Optional.empty();
        }
        var longitude = number(map, "lon");
        return location(
                number(map, "lat"),
                longitude.isPresent() ? longitude : number(map, "lng"),
                number(map, "alt"),
                number(map, "horzAcc"));
    }

    private static Optional<ObjectNode> location(
            OptionalDouble latitude, OptionalDouble longitude, OptionalDouble altitude, OptionalDouble accuracy) {
        // A place outside the globe is the source's way to say that it knows none.
        if (isOutside(latitude, 90) || isOutside(longitude, 180)) {
            return Optional.empty();
        }
        var node = JsonNodeFactory.instance.objectNode();
        put(node, "latitude", latitude);
        put(node, "longitude", longitude);
        put(node, "altitude", altitude);
        put(node, "accuracy_m", accuracy.orElse(-1) < 0 ? OptionalDouble.empty() : accuracy);
        return Optional.of(node);
    }

    private static boolean isOutside(OptionalDouble degrees, double limit) {
        return degrees.isEmpty() || Math.abs(degrees.getAsDouble()) > limit;
    }

    private static OptionalDouble number(Map<?, ?> map, String key) {
        return map.get(key) instanceof Number number && Double.isFinite(number.doubleValue())
                ? OptionalDouble.of(number.doubleValue())
                : OptionalDouble.empty();
    }

    private static void files(ObjectNode node, Photo photo, Function<FileRef, String> fileId) {
        var files = JsonNodeFactory.instance.arrayNode();
        for (var variant : Variant.values()) {
            variant.of(photo).ifPresent(file -> files.add(file(photo, variant, file, fileId)));
        }
        if (!files.isEmpty()) {
            node.set("files", files);
        }
    }

    private static ObjectNode file(Photo photo, Variant variant, Resource resource, Function<FileRef, String> fileId) {
        var name = FileNames.of(photo, variant, resource);
        var uti = uti(variant, resource, name);
        var node = JsonNodeFactory.instance
                .objectNode()
                .put("id", fileId.apply(variant.ref(photo)))
                .put("data_type", dataType(uti))
                .put("variant", variant.slug())
                .put("name", FileNames.stem(name))
                .put("extension", extension(name, uti))
                .put("filename", name)
                .put("mime_type", uti.map(Uti::mimeType).orElse(null))
                .put("uti", resource.uti().or(() -> uti.map(Uti::name)).orElse(null));
        put(node, "size", resource.size());
        return node.put("available", resource.url().isPresent());
    }

    private static String dataType(Optional<Uti> uti) {
        if (uti.map(Uti::isVideo).orElse(false)) {
            return "video";
        }
        return uti.map(Uti::isImage).orElse(false) ? "image" : "file";
    }

    /// By the file's own type, else by its name's.
    private static Optional<Uti> uti(Variant variant, Resource resource, String name) {
        var own = resource.uti().flatMap(Uti::of);
        return own.isPresent() || variant != Variant.ORIGINAL
                ? own
                : MediaTypes.extension(name).flatMap(Uti::ofExtension);
    }

    private static @Nullable String extension(String name, Optional<Uti> uti) {
        return MediaTypes.extension(name).or(() -> uti.map(Uti::extension)).orElse(null);
    }

    private static OptionalLong within(OptionalLong number, long least, long most) {
        return number.isPresent() && number.getAsLong() >= least && number.getAsLong() <= most
                ? number
                : OptionalLong.empty();
    }

    private static void put(ObjectNode node, String name, OptionalLong number) {
        if (number.isPresent()) {
            node.put(name, number.getAsLong());
        } else {
            node.putNull(name);
        }
    }

    private static void put(ObjectNode node, String name, OptionalDouble number) {
        if (number.isPresent()) {
            node.put(name, number.getAsDouble());
        } else {
            node.putNull(name);
        }
    }
}
