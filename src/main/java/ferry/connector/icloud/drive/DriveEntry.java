package ferry.connector.icloud.drive;

import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.MediaTypes;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The feed entry of an item; its schema is `schemas/icloud_drive.files.json`. What the source does not say is null.
final class DriveEntry {
    /// The source's fields, and ours.
    private static final List<Map.Entry<String, String>> DATES = List.of(
            Map.entry("dateCreated", "date_created"),
            Map.entry("dateModified", "date_modified"),
            Map.entry("dateChanged", "date_changed"),
            Map.entry("lastOpenTime", "date_last_opened"));

    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    /// Dates outside are absurd: files are not that old.
    private static final Instant EARLIEST = Instant.parse("1900-01-01T00:00:00Z");

    private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

    private DriveEntry() {}

    /// @param fileId gives out the ids of files
    static ObjectNode of(Item item, Folder folder, String path, Function<FileRef, String> fileId) {
        var node =
                Json.object().put("id", item.id()).put("data_type", item.kind().slug());
        if (item.kind() == Item.Kind.OTHER) {
            node.put("type_raw", Json.text(item.json(), "type"));
        }
        name(node, item);
        node.put("path", path).put("parent_id", folder.id()).put("zone", item.zone());
        node.put("shared", item.share().isPresent()).put("etag", Json.text(item.json(), "etag"));
        switch (item.kind()) {
            case FILE -> file(node, item, fileId);
            case FOLDER, APP_LIBRARY, OTHER -> {
                put(node, "size", item.natural("assetQuota"));
                put(node, "file_count", item.natural("fileCount"));
                put(node, "item_count", item.natural("directChildrenCount"));
            }
        }
        DATES.forEach(date -> date(node, item.json(), date.getKey(), date.getValue()));
        return node;
    }

    /// What is told of a file before its bytes come.
    static FileMeta meta(Item item) {
        return new FileMeta(item.filename(), extension(item), mimeType(item), item.size());
    }

    /// The same of a package, which comes as a zip.
    static FileMeta zipped(Item item) {
        return new FileMeta(item.filename() + ".zip", "zip", "application/zip", OptionalLong.empty());
    }

    /// When the source got the item or changed it, as far as it says.
    static Optional<Instant> moment(Item item, String field) {
        return Optional.ofNullable(Json.text(item.json(), field)).flatMap(DriveEntry::parsed);
    }

    /// Whether one of its dates is none.
    static boolean hasAbsurdDate(Item item) {
        return DATES.stream()
                .anyMatch(date -> Json.text(item.json(), date.getKey()) != null
                        && moment(item, date.getKey()).isEmpty());
    }

    private static void name(ObjectNode node, Item item) {
        var raw = item.rawName();
        var shown = raw.map(Item::shown);
        node.put("name", shown.orElse(null));
        if (!raw.equals(shown)) {
            node.put("name_raw", raw.orElse(null));
        }
    }

    private static void file(ObjectNode node, Item item, Function<FileRef, String> fileId) {
        node.put("extension", extension(item)).put("filename", item.filename());
        put(node, "size", item.size());
        var file = node.putArray("files").addObject();
        file.put("id", fileId.apply(Locators.of(item)))
                .put("data_type", MediaTypes.kind(mimeType(item)))
                .put("name", item.rawName().map(Item::shown).orElse(item.docwsid()))
                .put("extension", extension(item))
                .put("filename", item.filename())
                .put("mime_type", mimeType(item));
        put(file, "size", item.size());
    }

    private static @Nullable String extension(Item item) {
        return item.extension().map(e -> e.toLowerCase(Locale.ROOT)).orElse(null);
    }

    private static @Nullable String mimeType(Item item) {
        return item.extension().flatMap(MediaTypes::of).orElse(null);
    }

    private static void date(ObjectNode node, JsonNode json, String theirs, String ours) {
        var raw = Json.text(json, theirs);
        var moment = Optional.ofNullable(raw).flatMap(DriveEntry::parsed);
        node.put(ours, moment.map(DATE::format).orElse(null));
        if (raw != null && moment.isEmpty()) {
            node.put(ours + "_raw", raw);
        }
    }

    /// ISO-8601 with an offset or `Z`; without either it is taken for UTC. Empty where absurd.
    private static Optional<Instant> parsed(String text) {
        return instant(text.strip()).filter(i -> !i.isBefore(EARLIEST) && i.isBefore(LATEST));
    }

    private static Optional<Instant> instant(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException _) {
            return local(text);
        }
    }

    private static Optional<Instant> local(String text) {
        try {
            return Optional.of(LocalDateTime.parse(text).toInstant(ZoneOffset.UTC));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private static void put(ObjectNode node, String name, OptionalLong number) {
        if (number.isPresent()) {
            node.put(name, number.getAsLong());
        } else {
            node.putNull(name);
        }
    }
}
