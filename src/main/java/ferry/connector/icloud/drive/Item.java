package ferry.connector.icloud.drive;

import ferry.connector.icloud.web.Json;
import java.text.Normalizer;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// One thing in the drive, as the source tells it, read leniently.
///
/// @param drivewsid `TYPE::zone::docwsid`, as the service wants it back
/// @param zone the app's own, or `com.apple.CloudDocs`
/// @param share what opens it where somebody shares it; its folder's, where it names none itself
record Item(String drivewsid, String zone, String docwsid, Kind kind, Optional<JsonNode> share, JsonNode json) {
    private static final String SEPARATOR = "::";
    private static final String TRASH = "TRASH_ROOT";

    /// What an item is.
    enum Kind {
        FOLDER("folder"),
        /// Where an app keeps its documents; a folder otherwise.
        APP_LIBRARY("app_library"),
        FILE("file"),
        /// A type that has no word here.
        OTHER("other");

        private final String slug;

        Kind(String slug) {
            this.slug = slug;
        }

        String slug() {
            return slug;
        }

        static Kind of(@Nullable String type) {
            return switch (type) {
                case "FOLDER" -> FOLDER;
                case "FILE" -> FILE;
                case "APP_LIBRARY", "APP_CONTAINER", "APP_CONTAINERS" -> APP_LIBRARY;
                case null, default -> OTHER;
            };
        }
    }

    /// Empty for what has no id, or lies in the trash.
    ///
    /// @param inherited the share of the folder it was listed in
    static Optional<Item> of(JsonNode json, Optional<JsonNode> inherited) {
        var parts = text(json, "drivewsid").map(id -> id.split(SEPARATOR, 3)).filter(p -> p.length == 3);
        var type = text(json, "type").or(() -> parts.map(p -> p[0]));
        var zone = text(json, "zone").or(() -> parts.map(p -> p[1]));
        var docwsid = text(json, "docwsid").or(() -> parts.map(p -> p[2]));
        if (zone.isEmpty() || docwsid.isEmpty()) {
            return Optional.empty();
        }
        var kind = Kind.of(type.orElse(null));
        var id = text(json, "drivewsid").orElseGet(() -> drivewsid(kind, zone.get(), docwsid.get()));
        var own = json.path("shareID");
        var share = own.isMissingNode() || own.isNull() ? inherited : Optional.of(own);
        return Optional.of(new Item(id, zone.get(), docwsid.get(), kind, share, json));
    }

    /// How the service names such a thing where it doesn't say itself: libraries of apps go as folders.
    static String drivewsid(Kind kind, String zone, String docwsid) {
        return (kind == Kind.FILE ? "FILE" : "FOLDER") + SEPARATOR + zone + SEPARATOR + docwsid;
    }

    /// Whether a listing names the trash itself, which is never read.
    static boolean isTrash(JsonNode json) {
        return text(json, "drivewsid").filter(id -> id.endsWith(TRASH)).isPresent()
                || text(json, "docwsid").filter(TRASH::equals).isPresent();
    }

    /// Whether an error stands in the place of an item that the source could not read.
    static boolean isError(JsonNode json) {
        return text(json, "status").filter(status -> !status.equals("OK")).isPresent() && !json.has("name");
    }

    /// The same in every poll and in whatever folder it lies; no type within.
    String key() {
        return zone + "/" + docwsid;
    }

    /// Its id in the feed.
    String id() {
        return kind.slug() + ":" + key();
    }

    boolean isFolder() {
        return kind == Kind.FOLDER || kind == Kind.APP_LIBRARY;
    }

    /// As the source has it, without extension.
    Optional<String> rawName() {
        return text(json, "name");
    }

    /// With extension, in NFC, a colon for each slash, as on a Mac's disk; the document's id where it has no name.
    String filename() {
        var name = rawName().map(Item::composed).orElse(docwsid);
        return kind == Kind.FILE
                ? name + text(json, "extension").map(e -> "." + composed(e)).orElse("")
                : name;
    }

    /// As its owner sees it: what is `:` on the disk is a slash.
    static String shown(String name) {
        return composed(name).replace(':', '/');
    }

    /// Lower case is the reader's affair.
    Optional<String> extension() {
        return kind == Kind.FILE ? text(json, "extension").map(Item::composed) : Optional.empty();
    }

    /// Bytes of a file, as listed.
    OptionalLong size() {
        return natural("size");
    }

    /// A number from 0.
    OptionalLong natural(String field) {
        var number = Json.number(json, field);
        return number.isPresent() && number.getAsLong() >= 0 ? number : OptionalLong.empty();
    }

    private static String composed(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC);
    }

    private static Optional<String> text(JsonNode json, String field) {
        return Optional.ofNullable(Json.text(json, field));
    }
}
