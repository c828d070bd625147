package ferry.connector.icloud.web;

import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import java.nio.charset.StandardCharsets;
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

    /// The file in that field; of a list the first, which is the best. Empty where there is none, and where
    /// its record's name is too long to be found again by.
    ///
    /// @param name what its owner calls it, with extension
    /// @param uti Apple's word for what it is, for where its name does not say it
    public static Optional<AssetFile> of(
            String fileType, CloudRecord record, String field, Optional<String> name, Optional<String> uti) {
        var extension = name.flatMap(MediaTypes::extension)
                .or(() -> uti.flatMap(Uti::of).map(Uti::extension))
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
