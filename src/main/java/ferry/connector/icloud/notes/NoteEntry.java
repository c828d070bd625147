package ferry.connector.icloud.notes;

import ferry.connector.FileRef;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Packed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// The feed entries of a note and a folder; their schema is `schemas/icloud_notes.notes.json`. What the source does not
/// say is null.
final class NoteEntry {
    private static final String TRASH = "TrashFolder-CloudKit";

    private NoteEntry() {}

    /// A note's body as far as it could be read.
    ///
    /// @param undecoded whether the source has a body that could not be read
    record Read(Optional<NoteBody> body, boolean undecoded) {}

    static ObjectNode folder(CloudRecord folder) {
        var entry = entry("folder", folder)
                .put("title", folder.text("TitleEncrypted").orElse(null))
                .put("parent_id", reference(folder, "ParentFolder").orElse(null))
                .put("deleted", folder.flag("Deleted"));
        return dated(entry, folder);
    }

    /// @param attachments what the source says of them, by name; those that it does not have are absent
    /// @param fileId gives out the ids of files
    static ObjectNode note(CloudRecord note, Map<String, CloudRecord> attachments, Function<FileRef, String> fileId) {
        var read = isLocked(note) ? new Read(Optional.empty(), false) : read(note);
        var inserts = read.body.map(body -> Inserts.of(body, attachments)).orElse(Inserts.NONE);
        var folder = folderOf(note);
        var entry = entry("note", note)
                .put("title", note.text("TitleEncrypted").orElse(null))
                .put("folder_id", folder.orElse(null))
                .put(
                        "snippet",
                        isLocked(note) ? null : note.text("SnippetEncrypted").orElse(null))
                .put("text", read.body.map(NoteBody::text).orElse(null))
                .put(
                        "markdown",
                        read.body.map(body -> Markdown.of(body, inserts)).orElse(null))
                .put("html", read.body.map(body -> Html.of(body, inserts)).orElse(null))
                .put("body_undecoded", read.undecoded)
                .put("pinned", note.flag("IsPinned"))
                .put("locked", isLocked(note))
                .put("deleted", note.flag("Deleted") || folder.equals(Optional.of("folder:" + TRASH)));
        var list = entry.putArray("attachments");
        attached(note, read.body)
                .forEach((name, uti) -> list.add(attachment(name, uti, attachments.get(name), fileId)));
        return dated(entry, note);
    }

    /// What is locked has a password of its own, which nobody is asked for: its title is all there is to see.
    static boolean isLocked(CloudRecord note) {
        return note.type().equals("PasswordProtectedNote") || note.flag("IsPasswordProtected");
    }

    /// Whether the source handed it out without the keys to read it (`icloud-protocol` 2.9). A locked note's body is
    /// ciphertext in any case.
    static boolean isCipher(CloudRecord record) {
        return record.isCipher("TitleEncrypted")
                || (!isLocked(record) && (record.isCipher("SnippetEncrypted") || isCipherBody(record)));
    }

    /// Bare deflate is no ciphertext where it unpacks to a note.
    private static boolean isCipherBody(CloudRecord note) {
        return packed(note)
                .filter(packed -> packed.length > 0 && !Packed.hasHeader(packed))
                .map(packed -> Packed.inflate(packed).flatMap(NoteBody::of).isEmpty())
                .orElse(false);
    }

    private static Read read(CloudRecord note) {
        if (note.string("TextDataEncrypted").isEmpty()) {
            return new Read(Optional.empty(), false);
        }
        var body = packed(note).flatMap(Packed::inflate).flatMap(NoteBody::of);
        return new Read(body, body.isEmpty());
    }

    private static Optional<byte[]> packed(CloudRecord note) {
        return note.string("TextDataEncrypted").flatMap(Packed::decoded);
    }

    /// The names of the attachments that a note refers to.
    static List<String> attachmentNames(CloudRecord note) {
        var names = new ArrayList<String>();
        if (!isLocked(note)) {
            for (var reference : note.value("Attachments")) {
                var name = reference.path("recordName").asString("");
                if (!name.isBlank()) {
                    names.add(name);
                }
            }
        }
        return names;
    }

    /// Type by name, in their order: those that the record refers to, then others that stand in the text.
    private static Map<String, Optional<String>> attached(CloudRecord note, Optional<NoteBody> body) {
        var names = new LinkedHashMap<String, Optional<String>>();
        attachmentNames(note).forEach(name -> names.put(name, Optional.empty()));
        body.ifPresent(read -> read.runs().stream()
                .flatMap(run -> run.attached().stream())
                .forEach(it -> names.put(it.id(), it.uti())));
        return names;
    }

    private static ObjectNode attachment(
            String name, Optional<String> uti, @Nullable CloudRecord found, Function<FileRef, String> fileId) {
        var record = found == null ? CloudRecord.NONE : found;
        var entry = Json.object()
                .put("id", "attachment:" + name)
                .put(
                        "uti",
                        record.text("AttachmentUTI")
                                .or(() -> record.text("UTI"))
                                .or(() -> uti)
                                .orElse(null))
                .put("name", record.text("Filename").orElse(null));
        var size = record.number("Size");
        if (size.isPresent() && size.getAsLong() >= 0) {
            entry.put("size", size.getAsLong());
        } else {
            entry.putNull("size");
        }
        Attachment.of(record).ifPresent(file -> file.describe(entry, fileId));
        return entry;
    }

    private static Optional<String> folderOf(CloudRecord note) {
        return reference(note, "Folder").or(() -> {
            var first = note.value("Folders").path(0).path("recordName").asString("");
            return first.isBlank() ? Optional.empty() : Optional.of("folder:" + first);
        });
    }

    private static Optional<String> reference(CloudRecord record, String field) {
        var name = record.value(field).path("recordName").asString("");
        return name.isBlank() ? Optional.empty() : Optional.of("folder:" + name);
    }

    private static ObjectNode entry(String kind, CloudRecord record) {
        return Json.object().put("id", kind + ":" + record.name()).put("data_type", kind);
    }

    /// The owner's own dates, or the record's where there are none.
    private static ObjectNode dated(ObjectNode entry, CloudRecord record) {
        return entry.put(
                        "date_created",
                        CloudRecord.utc(record.date("CreationDate").or(() -> record.stamp("created"))))
                .put(
                        "date_modified",
                        CloudRecord.utc(record.date("ModificationDate").or(() -> record.stamp("modified"))));
    }
}
