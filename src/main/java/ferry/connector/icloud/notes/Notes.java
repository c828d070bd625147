package ferry.connector.icloud.notes;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Zones;
import ferry.error.ErrorCode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
        new Listing(window, feed).read();
    }

    /// One reading of the whole zone.
    private final class Listing {
        private final Window window;
        private final Feed feed;
        private final Set<String> seen = new HashSet<>();
        private int repeated;
        private int undecoded;

        Listing(Window window, Feed feed) {
            this.window = window;
            this.feed = feed;
        }

        void read() throws ConnectorException, InterruptedException {
            if (!zone.read(TYPES, KEYS, Listing::isCipher, this::take)) {
                feed.incomplete();
                feed.warn("listing_gap", "The source did not lead on to the end of the notes.");
            }
            if (repeated > 0) {
                feed.warn("changed_meanwhile", repeated + " items were changed while they were being read.");
            }
            if (undecoded > 0) {
                feed.incomplete();
                feed.warn("body_undecoded", undecoded + " notes have a body that could not be read.");
            }
        }

        private void take(List<CloudRecord> records) throws ConnectorException, InterruptedException {
            var fresh = records.stream().filter(this::isWanted).toList();
            var attachments = attachments(fresh);
            for (var record : fresh) {
                give(record, attachments);
            }
        }

        private static boolean isOurs(CloudRecord record) {
            return NOTE_TYPES.contains(record.type()) || record.type().equals("Folder");
        }

        private static boolean isCipher(CloudRecord record) {
            return record.error().isEmpty() && !record.isTombstone() && isOurs(record) && NoteEntry.isCipher(record);
        }

        /// An error tells no type: it may be a note.
        private boolean isWanted(CloudRecord record) {
            if (record.isTombstone() || record.name().isBlank()) {
                return false;
            }
            if (record.error().isPresent()) {
                feed.refused(
                        "note:" + record.name(), ErrorCode.NOT_RETRIEVABLE, "The source could not read this item.");
                return false;
            }
            if (!isOurs(record) || !isInWindow(record)) {
                return false;
            }
            if (!seen.add(record.name())) {
                repeated++;
                return false;
            }
            return true;
        }

        private boolean isInWindow(CloudRecord record) {
            return record.stamp("modified")
                    .or(() -> record.date("ModificationDate"))
                    .map(window::holds)
                    .orElse(true);
        }

        private Map<String, CloudRecord> attachments(List<CloudRecord> records)
                throws ConnectorException, InterruptedException {
            var names = new LinkedHashSet<String>();
            for (var record : records) {
                if (NOTE_TYPES.contains(record.type())) {
                    names.addAll(NoteEntry.attachmentNames(record));
                }
            }
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

        private void give(CloudRecord record, Map<String, CloudRecord> attachments) throws InterruptedException {
            var kind = NOTE_TYPES.contains(record.type()) ? "note" : "folder";
            if (isCipher(record)) {
                feed.refused(
                        kind + ":" + record.name(),
                        ErrorCode.CONSENT_REQUIRED,
                        "The source hands this item out only after the owner's consent on one of their devices.");
                return;
            }
            var entry = kind.equals("note") ? NoteEntry.note(record, attachments) : NoteEntry.folder(record);
            if (entry.path("body_undecoded").asBoolean(false)) {
                undecoded++;
            }
            feed.item(entry);
        }
    }
}
