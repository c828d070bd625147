package ferry.connector.icloud.notes;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Window;
import ferry.connector.icloud.web.AssetFiles;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.ZoneReading;
import ferry.connector.icloud.web.Zones;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/// Reads the notes of one account during one task, page by page, so that no more than a page is held. Blocks, on the
/// caller's thread. An interrupt stops it.
public final class Notes {
    /// Folders and notes.
    public static final String NOTES = "icloud_notes.notes";
    /// What is attached to a note.
    public static final String ATTACHMENT = "icloud_notes.attachment";

    private static final Set<String> NOTE_TYPES = Set.of("Note", "PasswordProtectedNote");
    private static final Set<String> TYPES = Set.of("Note", "PasswordProtectedNote", "Folder");
    private static final List<String> ASKED = List.of("Note", "PasswordProtectedNote", "Folder", "Attachment");
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
    private static final List<String> ATTACHMENT_KEYS = List.of(
            "Filename",
            "AttachmentUTI",
            "UTI",
            "Size",
            "Identifier",
            "AttachmentIdentifier",
            "PrimaryAsset",
            "PreviewImages",
            "FallbackImage",
            "FallbackPDF",
            "MergeableDataEncrypted");

    private final Zones zone;
    private final AssetFiles attachments;
    private final InstantSource clock;

    /// @param limits of the account; `calls` takes the turns
    public Notes(Calls calls, Limits limits, InstantSource clock) {
        this.clock = clock;
        zone = new Zones(calls, "com.apple.notes", "Notes");
        attachments = new AssetFiles(
                calls, zone, ATTACHMENT_KEYS, record -> Attachment.of(record).map(Attachment::file), limits, clock);
    }

    /// Reads [#NOTES].
    public void notes(Window window, Feed feed) throws ConnectorException, InterruptedException {
        try (var downloads = attachments.downloads(feed.files())) {
            new ZoneReading(zone, new NotesZone(feed, downloads), window, feed).read();
            downloads.finish();
        }
    }

    /// Fetches attachments by references that [#notes] gave out, perhaps long ago. Each ends committed or refused.
    public void files(List<FileRef> refs, Files files) throws ConnectorException, InterruptedException {
        attachments.files(refs, files);
    }

    private static boolean isNote(CloudRecord record) {
        return NOTE_TYPES.contains(record.type());
    }

    /// Folders and notes in the zone.
    private final class NotesZone implements ZoneReading.Content {
        private final Feed feed;
        private final Downloads downloads;
        private final boolean fetching;
        /// Of the notes of the last page.
        private Map<String, CloudRecord> attached = Map.of();
        /// When they came.
        private Instant received = Instant.EPOCH;

        NotesZone(Feed feed, Downloads downloads) {
            this.feed = feed;
            this.downloads = downloads;
            this.fetching = feed.wants(ATTACHMENT);
        }

        @Override
        public String words() {
            return "notes";
        }

        @Override
        public List<String> types() {
            return ASKED;
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
        public Function<CloudRecord, ObjectNode> entries(List<CloudRecord> page, Consumer<CloudRecord> lost)
                throws ConnectorException, InterruptedException {
            received = clock.instant();
            attached = attached(page, lost);
            return record -> isNote(record) ? NoteEntry.note(record, attached, feed::fileId) : NoteEntry.folder(record);
        }

        private Map<String, CloudRecord> attached(List<CloudRecord> records, Consumer<CloudRecord> lost)
                throws ConnectorException, InterruptedException {
            var names = new LinkedHashSet<String>();
            records.stream().filter(Notes::isNote).forEach(note -> names.addAll(NoteEntry.attachmentNames(note)));
            return zone.find(names, ATTACHMENT_KEYS, attachment -> {
                lost.accept(attachment);
                feed.refused(
                        "attachment:" + attachment.name(),
                        ErrorCode.NOT_RETRIEVABLE,
                        "The source could not read this attachment.");
            });
        }

        @Override
        public Map<String, String> parts(CloudRecord record) {
            return isNote(record) ? CloudRecord.changeTags(NoteEntry.attachmentNames(record), attached) : Map.of();
        }

        @Override
        public void given() throws ConnectorException, InterruptedException {
            if (fetching) {
                for (var record : attached.values()) {
                    attachments.fetch(record, received, downloads);
                }
            }
        }
    }
}
