package ferry.connector.icloud.notes;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.Raw;
import ferry.connector.icloud.web.Zones;
import ferry.error.ErrorCode;
import java.util.Collection;
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
    /// What is attached to a note.
    public static final String ATTACHMENT = "icloud_notes.attachment";

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
    /// So few that no address is old before its file is fetched.
    private static final int FILES_AT_ONCE = 100;

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
            "FallbackPDF");

    private final Calls calls;
    private final Zones zone;
    private final int parallel;

    /// One attachment at a time.
    Notes(Calls calls) {
        this(calls, 1);
    }

    /// @param parallel attachments that are fetched at once, from 1
    public Notes(Calls calls, int parallel) {
        this.calls = calls;
        this.parallel = parallel;
        zone = new Zones(calls, "com.apple.notes", "Notes");
    }

    /// Reads [#NOTES].
    public void notes(Window window, Feed feed) throws ConnectorException, InterruptedException {
        try (var downloads = new Downloads(feed.files(), parallel)) {
            new Listing(window, feed, downloads).read();
        }
    }

    /// Fetches attachments by references that [#notes] gave out, perhaps long ago. Each ends committed or refused.
    public void files(List<FileRef> refs, Files files) throws ConnectorException, InterruptedException {
        var missing = refs.stream().filter(ref -> !files.isPublished(ref)).toList();
        try (var downloads = new Downloads(files, parallel)) {
            for (int from = 0; from < missing.size(); from += FILES_AT_ONCE) {
                var some = missing.subList(from, Math.min(missing.size(), from + FILES_AT_ONCE));
                var found = lookedUp(some.stream().map(FileRef::locator).toList());
                for (var ref : some) {
                    var record = found.get(ref.locator());
                    if (record == null || Attachment.of(record).isEmpty()) {
                        files.refused(ref, ErrorCode.NOT_RETRIEVABLE, "The source no longer has the attachment.");
                    } else {
                        downloads.fetch(new AttachmentFile(calls, ref, record, this::lookedUp));
                    }
                }
            }
            downloads.finish();
        }
    }

    /// Attachments by name; those that cannot be had are absent.
    private Map<String, CloudRecord> lookedUp(Collection<String> names)
            throws ConnectorException, InterruptedException {
        var found = new HashMap<String, CloudRecord>();
        for (var record : zone.lookup(names, ATTACHMENT_KEYS)) {
            if (record.error().isEmpty() && !record.isTombstone()) {
                found.put(record.name(), record);
            }
        }
        return found;
    }

    /// One reading of the whole zone.
    private final class Listing {
        private final Window window;
        private final Feed feed;
        private final Downloads downloads;
        private final boolean fetching;
        private final Set<String> seen = new HashSet<>();
        private int repeated;
        private int undecoded;

        Listing(Window window, Feed feed, Downloads downloads) {
            this.window = window;
            this.feed = feed;
            this.downloads = downloads;
            this.fetching = feed.wants(ATTACHMENT);
        }

        void read() throws ConnectorException, InterruptedException {
            if (!zone.read(TYPES, KEYS, Listing::isCipher, this::take)) {
                feed.incomplete();
                feed.warn("listing_gap", "The source did not lead on to the end of the notes.");
            }
            downloads.finish();
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
            if (fetching) {
                for (var record : attachments.values()) {
                    var ref = Attachment.of(record).map(Attachment::ref);
                    if (ref.isPresent()) {
                        downloads.fetch(new AttachmentFile(calls, ref.get(), record, Notes.this::lookedUp));
                    }
                }
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
            var entry =
                    kind.equals("note") ? NoteEntry.note(record, attachments, feed::fileId) : NoteEntry.folder(record);
            if (entry.path("body_undecoded").asBoolean(false)) {
                undecoded++;
            }
            feed.item(entry, () -> Raw.of(record.json()));
        }
    }
}
