package ferry.connector.icloud.notes;

import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.MediaTypes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The bytes of an attachment, as its record describes them: those that its owner attached, else the picture
/// that stands for it (`icloud-protocol` 2.9).
///
/// @param variant `original`, or `preview` for a picture in its place
/// @param asset size, signature and address; an address may be missing
record Attachment(FileRef ref, String variant, FileMeta meta, JsonNode asset) {
    private static final List<String> PREVIEWS = List.of("PreviewImages", "FallbackImage", "FallbackPDF");
    private static final int LONGEST_LOCATOR = 90;
    private static final Map<String, String> EXTENSIONS = Map.ofEntries(
            Map.entry("public.jpeg", "jpg"),
            Map.entry("public.png", "png"),
            Map.entry("public.heic", "heic"),
            Map.entry("public.tiff", "tiff"),
            Map.entry("com.compuserve.gif", "gif"),
            Map.entry("com.adobe.pdf", "pdf"),
            Map.entry("public.plain-text", "txt"),
            Map.entry("public.mpeg-4", "mp4"),
            Map.entry("com.apple.quicktime-movie", "mov"),
            Map.entry("com.apple.m4a-audio", "m4a"),
            Map.entry("public.vcard", "vcf"));

    /// Empty where the source has no bytes of it, as of a table.
    static Optional<Attachment> of(CloudRecord record) {
        if (record.name().isBlank() || record.name().getBytes(StandardCharsets.UTF_8).length > LONGEST_LOCATOR) {
            return Optional.empty();
        }
        var ref = new FileRef(Notes.ATTACHMENT, record.name());
        var original = asset(record, "PrimaryAsset");
        if (original.isPresent()) {
            return Optional.of(new Attachment(ref, "original", original(record, original.get()), original.get()));
        }
        for (var field : PREVIEWS) {
            var preview = asset(record, field);
            if (preview.isPresent()) {
                var extension = field.equals("FallbackPDF") ? "pdf" : "jpg";
                var meta = new FileMeta(
                        "preview." + extension,
                        extension,
                        MediaTypes.of(extension).orElse(null),
                        size(preview.get()));
                return Optional.of(new Attachment(ref, "preview", meta, preview.get()));
            }
        }
        return Optional.empty();
    }

    /// A list of assets has the best first.
    private static Optional<JsonNode> asset(CloudRecord record, String field) {
        var value = record.value(field).isArray() ? record.value(field).path(0) : record.value(field);
        return value.isObject() && (value.has("fileChecksum") || value.has("downloadURL"))
                ? Optional.of(value)
                : Optional.empty();
    }

    private static FileMeta original(CloudRecord record, JsonNode asset) {
        var uti = record.text("AttachmentUTI").or(() -> record.text("UTI"));
        var name = record.text("Filename");
        var extension = name.flatMap(Attachment::extension)
                .or(() -> uti.map(type -> EXTENSIONS.get(type)))
                .orElse(null);
        return new FileMeta(
                name.orElse(extension == null ? "attachment" : "attachment." + extension),
                extension,
                extension == null ? null : MediaTypes.of(extension).orElse(null),
                size(asset));
    }

    private static Optional<String> extension(String name) {
        int dot = name.lastIndexOf('.');
        var extension = name.substring(dot + 1).toLowerCase(Locale.ROOT);
        return dot > 0 && extension.matches("[a-z0-9]{1,8}") ? Optional.of(extension) : Optional.empty();
    }

    private static OptionalLong size(JsonNode asset) {
        var size = Json.number(asset, "size");
        return size.isPresent() && size.getAsLong() >= 0 ? size : OptionalLong.empty();
    }

    /// Where its bytes are, for an hour.
    @Nullable
    String url() {
        return Json.text(asset, "downloadURL");
    }

    @Nullable
    String checksum() {
        return Json.text(asset, "fileChecksum");
    }

    /// Says in the note's entry how it can be fetched.
    void describe(ObjectNode entry, Function<FileRef, String> fileId) {
        entry.put("file_id", fileId.apply(ref))
                .put("variant", variant)
                .put("filename", meta.filename())
                .put("extension", meta.extension())
                .put("mime_type", meta.mimeType())
                .put("available", url() != null);
    }
}
