package ferry.connector.icloud.notes;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.ZoneReading;
import ferry.connector.icloud.web.Zones;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/// Reads the notes of one account during one task, page by page, so that no more than a page is held. Blocks, on the
/// caller's thread. An interrupt stops it.
public final class Notes {
    /// Folders and notes.
    public static final String NOTES = "icloud_notes.notes";

    private static final Set<String> NOTE_TYPES = Set.of("Note", "PasswordProtectedNote");
    private static final List<String> TYPES = List.of("Note", "PasswordProtectedNote", "Folder");
    private static final List<String> KEYS = List.of(
            "TitleEncrypted",
            "SnippetEncrypted",
            "ModificationDate",
            "CreationDate",
            "Deleted",
            "Folder",
            "Folders",
            "ParentFolder",
            "Attachments",
            "TextDataEncrypted",
            "IsPinned",
            "IsPasswordProtected",
            "MinimumSupportedNotesVersion");
    private static final List<String> ATTACHMENT_KEYS =
            List.of("Filename", "AttachmentUTI", "UTI", "Size", "Identifier", "AttachmentIdentifier");

    private final Zones zone;

    public Notes(Calls calls) {
        zone = new Zones(calls, "com.apple.notes", "Notes");
    }

    /// Reads [#NOTES].
    public void notes(Window window, Feed feed) throws ConnectorException, InterruptedException {
        new ZoneReading(zone, new NotesZone(feed), window, feed).read();
    }

    private static boolean isNote(CloudRecord record) {
        return NOTE_TYPES.contains(record.type());
    }

    /// Folders and notes in the zone.
    private final class NotesZone implements ZoneReading.Content {
        private final Feed feed;

        NotesZone(Feed feed) {
            this.feed = feed;
        }

        @Override
        public String words() {
            return "notes";
        }

        @Override
        public List<String> types() {
            return TYPES;
        }

        @Override
        public List<String> keys() {
            return KEYS;
        }

        @Override
        public boolean isOurs(CloudRecord record) {
            return TYPES.contains(record.type());
        }

        @Override
        public boolean isCipher(CloudRecord record) {
            return NoteEntry.isCipher(record);
        }

        @Override
        public Optional<Instant> changed(CloudRecord record) {
            return record.date("ModificationDate");
        }

        /// An error tells no type: it may be a note.
        @Override
        public String id(CloudRecord record) {
            return (record.type().equals("Folder") ? "folder:" : "note:") + record.name();
        }

        @Override
        public Function<CloudRecord, ObjectNode> entries(List<CloudRecord> page)
                throws ConnectorException, InterruptedException {
            var attachments = attachments(page);
            return record -> isNote(record) ? NoteEntry.note(record, attachments) : NoteEntry.folder(record);
        }

        private Map<String, CloudRecord> attachments(List<CloudRecord> records)
                throws ConnectorException, InterruptedException {
            var names = new LinkedHashSet<String>();
            records.stream().filter(Notes::isNote).forEach(note -> names.addAll(NoteEntry.attachmentNames(note)));
            var found = new HashMap<String, CloudRecord>();
            for (var record : names.isEmpty() ? List.<CloudRecord>of() : zone.lookup(names, ATTACHMENT_KEYS)) {
                if (record.error().isEmpty() && !record.isTombstone()) {
                    found.put(record.name(), record);
                } else if (record.error().isPresent()) {
                    feed.refused(
                            "attachment:" + record.name(),
                            ErrorCode.NOT_RETRIEVABLE,
                            "The source could not read this attachment.");
                }
            }
            return found;
        }
    }
}
