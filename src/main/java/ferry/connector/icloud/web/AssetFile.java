package ferry.connector.icloud.web;

import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A file that a CloudKit record holds, as the record describes it (`icloud-protocol` 2.5).
///
/// @param asset size, signature and address; an address may be missing
public record AssetFile(FileRef ref, FileMeta meta, JsonNode asset) {
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

    /// The file in that field; of a list the first, which is the best. Empty where there is none, and where
    /// its record's name is too long to be found again by.
    ///
    /// @param name what its owner calls it, with extension
    /// @param uti Apple's word for what it is, for where its name does not say it
    public static Optional<AssetFile> of(
            String fileType, CloudRecord record, String field, Optional<String> name, Optional<String> uti) {
        var extension = name.flatMap(AssetFile::extension)
                .or(() -> uti.map(type -> EXTENSIONS.get(type)))
                .orElse(null);
        var filename = name.orElse(extension == null ? "attachment" : "attachment." + extension);
        var value = record.value(field).isArray() ? record.value(field).path(0) : record.value(field);
        boolean isFile = value.isObject() && (value.has("fileChecksum") || value.has("downloadURL"));
        if (!isFile
                || record.name().isBlank()
                || record.name().getBytes(StandardCharsets.UTF_8).length > LONGEST_LOCATOR) {
            return Optional.empty();
        }
        var mediaType = extension == null ? null : MediaTypes.of(extension).orElse(null);
        var meta = new FileMeta(filename, extension, mediaType, size(value));
        return Optional.of(new AssetFile(new FileRef(fileType, record.name()), meta, value));
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

    Optional<Signature> signature() {
        return Optional.ofNullable(Json.text(asset, "fileChecksum")).flatMap(Signature::of);
    }

    /// Says in an entry how it can be fetched.
    public void describe(ObjectNode entry, Function<FileRef, String> fileId) {
        entry.put("file_id", fileId.apply(ref))
                .put("filename", meta.filename())
                .put("extension", meta.extension())
                .put("mime_type", meta.mimeType())
                .put("available", url() != null);
    }
}
