package ferry.connector.icloud.notes;

import ferry.connector.FileRef;
import ferry.connector.icloud.web.AssetFile;
import ferry.connector.icloud.web.CloudRecord;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/// The bytes of an attachment: those that its owner attached, else the picture that stands for it (`icloud-protocol`
/// 2.9).
///
/// @param variant `original`, or `preview` for a picture in its place
record Attachment(AssetFile file, String variant) {
    private static final List<String> PREVIEWS = List.of("PreviewImages", "FallbackImage", "FallbackPDF");

    /// Empty where the source has no bytes of it, as of a table.
    static Optional<Attachment> of(CloudRecord record) {
        var uti = record.text("AttachmentUTI").or(() -> record.text("UTI"));
        return AssetFile.of(Notes.ATTACHMENT, record, "PrimaryAsset", record.text("Filename"), uti)
                .map(file -> new Attachment(file, "original"))
                .or(() -> PREVIEWS.stream()
                        .flatMap(field -> preview(record, field).stream())
                        .findFirst()
                        .map(file -> new Attachment(file, "preview")));
    }

    private static Optional<AssetFile> preview(CloudRecord record, String field) {
        var name = field.equals("FallbackPDF") ? "preview.pdf" : "preview.jpg";
        return AssetFile.of(Notes.ATTACHMENT, record, field, Optional.of(name), Optional.empty());
    }

    /// Says in the note's entry how it can be fetched.
    void describe(ObjectNode entry, Function<FileRef, String> fileId) {
        file.describe(entry, fileId);
        entry.put("variant", variant);
    }
}
