package ferry.sandbox.notes;

import static ferry.sandbox.notes.NoteText.Style.BODY;
import static ferry.sandbox.notes.NoteText.Style.BULLET;
import static ferry.sandbox.notes.NoteText.Style.CHECK;
import static ferry.sandbox.notes.NoteText.Style.DASH;
import static ferry.sandbox.notes.NoteText.Style.HEADING;
import static ferry.sandbox.notes.NoteText.Style.MONO;
import static ferry.sandbox.notes.NoteText.Style.NUMBER;
import static ferry.sandbox.notes.NoteText.Style.SUBHEADING;
import static ferry.sandbox.notes.NoteText.Style.TITLE;

import ferry.sandbox.cloudkit.Fields;
import ferry.sandbox.cloudkit.Proto;
import ferry.sandbox.cloudkit.RecordZone;
import ferry.sandbox.files.Oddity;
import ferry.sandbox.files.Shelf;
import ferry.sandbox.files.StoredFile;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// One account's notes, for tests to change while a connector is at work. Thread-safe.
public final class Notebook {
    /// Where notes lie that are in no other folder.
    public static final String HOME = "DefaultFolder-CloudKit";
    /// Recently deleted.
    public static final String TRASH = "TrashFolder-CloudKit";

    private static final Instant FIRST = Instant.parse("2019-03-01T08:00:00Z");
    private static final Instant ABSURD = Instant.ofEpochMilli(Long.MAX_VALUE / 2);
    private static final int PAGE = 200;
    private static final List<String> WORDS =
            List.of("tide", "lamp", "garden", "letter", "harbour", "bread", "winter", "piano", "ladder", "river");

    private final RecordZone zone;
    private final InstantSource clock;
    private final SplittableRandom random;
    /// By attachment.
    private final Shelf files;
    /// The attachments with bytes, by note.
    private final Map<String, String> pictures = new ConcurrentHashMap<>();
    /// Tables by note.
    private final Map<String, String> tables = new ConcurrentHashMap<>();

    private boolean losesAttachments;

    private Notebook(long owner, NotebookSpec spec, InstantSource clock) {
        zone = new RecordZone("Notes", owner);
        random = new SplittableRandom(spec.seed());
        files = spec.oddFiles() ? Shelf.odd(Oddity.ONLY_PREVIEW) : Shelf.sound();
        this.clock = clock;
    }

    static Notebook grow(long owner, NotebookSpec spec, InstantSource clock) {
        var notebook = new Notebook(owner, spec, clock);
        notebook.grow(spec);
        return notebook;
    }

    RecordZone zone() {
        return zone;
    }

    /// What is attached.
    Shelf files() {
        return files;
    }

    /// The names of all notes, locked ones included, oldest first.
    public List<String> notes() {
        var all = new ArrayList<>(zone.names("Note"));
        all.addAll(zone.names("PasswordProtectedNote"));
        return List.copyOf(all);
    }

    /// Writes a note down now.
    ///
    /// @return its name
    public String add(String title, NoteText text) {
        var name = id();
        write(name, title, text, Proto::gzip, HOME, clock.instant(), new Fields());
        return name;
    }

    /// Writes another text over a note's.
    public void rewrite(String name, String title, NoteText text) {
        pictures.remove(name);
        tables.remove(name);
        write(name, title, text, Proto::gzip, HOME, clock.instant(), new Fields());
    }

    /// Puts another file in the place of the one that is attached to a note. The note's own record stays as it is.
    ///
    /// @return false where the note has none
    public boolean replaceAttachment(String name) {
        var picture = pictures.get(name);
        if (picture == null) {
            return false;
        }
        var old = files.find(picture).orElseThrow();
        attach(picture, "another.jpg", StoredFile.random(old.size(), old.size() + 1, Oddity.NONE), clock.instant());
        return true;
    }

    /// Writes something into the table that lies in a note. The note's own record stays as it is.
    ///
    /// @return false where it has none
    public boolean rewriteTable(String name, String words) {
        var table = tables.get(name);
        if (table != null) {
            writeTable(table, List.of(List.of("What", words)), clock.instant());
        }
        return table != null;
    }

    /// Deletes a note for good.
    public void remove(String name) {
        zone.remove(name, clock.instant());
    }

    /// From now on the store fails to read that note.
    public void damage(String name) {
        zone.damage(name);
    }

    /// The store can read that note again.
    public void repair(String name) {
        zone.repair(name);
    }

    /// From now on the store knows no sync token that it gave out before.
    public void forgetTokens() {
        zone.forgetTokens();
    }

    private void grow(NotebookSpec spec) {
        losesAttachments = spec.brokenRecords();
        zone.forget(PAGE); // the first page of a full history is empty
        folder(HOME, "Notes", "");
        folder(TRASH, "Recently Deleted", "");
        var travel = id();
        folder(travel, "Travel", "");
        folder(id(), "Lisbon", travel);
        for (int i = 0; i < spec.notes(); i++) {
            if (spec.emptyPages() && i % 50 == 49) {
                zone.forget(12 * PAGE);
            }
            var name = note(i, i % 11 == 9 ? TRASH : i % 4 == 3 ? travel : HOME);
            if (spec.brokenRecords() && i % 7 == 3) {
                zone.damage(name);
            }
            if (i % 6 == 5) {
                var gone = note(i, HOME);
                zone.remove(gone, moment(i).plusSeconds(60));
            }
        }
    }

    private void folder(String name, String title, String parent) {
        var fields = new Fields().encrypted("TitleEncrypted", title).number("Deleted", 0);
        if (!parent.isEmpty()) {
            fields.reference("ParentFolder", parent);
        }
        zone.put(name, "Folder", fields, FIRST);
    }

    /// One of the kinds of notes there are.
    private String note(int i, String folder) {
        var name = id();
        var when = moment(i);
        switch (i % 8) {
            case 0 ->
                write(name, "Shopping", shopping(), Proto::gzip, folder, when, new Fields().number("IsPinned", 1));
            case 1 -> write(name, "Sailing to Lisbon", journey(), Proto::gzip, folder, when, new Fields());
            case 2 -> write(name, "Bread", recipe(), Proto::zlib, folder, when, new Fields());
            case 3 -> withAttachments(name, folder, when);
            case 4 -> write(name, "Port settings", code(), Proto::bare, folder, when, new Fields());
            case 5 -> locked(name, folder, when);
            case 6 -> {
                var words = sentence();
                var text = new NoteText().line(BODY, words);
                // As some clients write it: no dates of its own, a plain title, a date that is none.
                zone.put(
                        name,
                        "Note",
                        new Fields()
                                .text("TitleEncrypted", words)
                                .encrypted("TextDataEncrypted", text.document().gzip())
                                .date("ModificationDate", ABSURD)
                                .references("Folders", List.of(folder)),
                        when);
            }
            default -> write(name, "", new NoteText(), Proto::gzip, folder, when, new Fields());
        }
        return name;
    }

    private void write(
            String name,
            String title,
            NoteText text,
            Function<Proto, byte[]> packed,
            String folder,
            Instant now,
            Fields fields) {
        var plain = text.plain();
        fields.encrypted("TextDataEncrypted", packed.apply(text.document()));
        fields.encrypted("SnippetEncrypted", plain.substring(0, Math.min(40, plain.length())));
        zone.put(name, "Note", titled(fields, title, folder, now), now);
    }

    private static Fields titled(Fields fields, String title, String folder, Instant now) {
        return fields.encrypted("TitleEncrypted", title)
                .date("CreationDate", now)
                .date("ModificationDate", now)
                .number("Deleted", 0)
                .number("MinimumSupportedNotesVersion", 0)
                .reference("Folder", folder)
                .references("Folders", List.of(folder));
    }

    /// Its body is ciphertext whatever keys one has: of a password of its own.
    private void locked(String name, String folder, Instant now) {
        var cipher = new byte[64];
        random.nextBytes(cipher);
        var fields = new Fields().encrypted("TextDataEncrypted", cipher).number("IsPasswordProtected", 1);
        zone.put(name, "PasswordProtectedNote", titled(fields, "Diary", folder, now), now);
    }

    private void withAttachments(String name, String folder, Instant now) {
        var picture = id();
        var table = id();
        var gone = id();
        var text = new NoteText()
                .line(TITLE, "Receipts")
                .begin(BODY, 0, false)
                .words("See ")
                .attachment(picture, "public.jpeg")
                .words(" and ")
                .attachment(table, "com.apple.notes.table");
        var filename = "receipt " + random.nextInt(100) + ".jpg";
        attach(
                picture,
                filename,
                StoredFile.random(now.toEpochMilli(), 1000 + random.nextInt(100_000), files.next()),
                now);
        pictures.put(name, picture);
        tables.put(name, table);
        writeTable(
                table,
                List.of(List.of("What", "Price | €"), List.of("*Rope*, 20 m", "31"), List.of("Two\nlamps", "")),
                now);
        var attachments = losesAttachments ? List.of(picture, table, gone) : List.of(picture, table);
        write(name, "Receipts", text, Proto::gzip, folder, now, new Fields().references("Attachments", attachments));
    }

    private void writeTable(String id, List<List<String>> rows, Instant now) {
        var fields = new Fields()
                .text("UTI", "com.apple.notes.table")
                .encrypted("MergeableDataEncrypted", TableText.of(rows).gzip());
        zone.put(id, "Attachment", fields, now);
    }

    private void attach(String id, String filename, StoredFile file, Instant now) {
        files.put(id, file);
        var fields = new Fields()
                .encrypted("Filename", filename)
                .text("AttachmentUTI", "public.jpeg")
                .number("Size", file.size())
                .asset(
                        file.oddity() == Oddity.ONLY_PREVIEW ? "FallbackImage" : "PrimaryAsset",
                        file.checksum(),
                        file.size(),
                        id);
        zone.put(id, "Attachment", fields, now);
    }

    private NoteText shopping() {
        var text = new NoteText().line(TITLE, "Shopping");
        for (int i = 0; i < 3 + random.nextInt(4); i++) {
            text.begin(CHECK, i % 3 == 2 ? 1 : 0, random.nextBoolean()).words(word());
        }
        return text;
    }

    private NoteText journey() {
        return new NoteText()
                .line(TITLE, "Sailing to Lisbon")
                .line(HEADING, "Before")
                .begin(BODY, 0, false)
                .words("Ask ")
                .weight(1, "the harbour")
                .words(" for ")
                .weight(2, "tide tables")
                .words(", see ")
                .link("https://tides.example/lisbon?day=1", "their page")
                .words(". ")
                .strike("By train.")
                .underline(" In spring.")
                .line(SUBHEADING, "Open")
                .line(BULLET, word() + " * " + word())
                .line(BULLET, "\uD83D\uDE00 " + word())
                .line(DASH, word())
                .line(BODY, sentence());
    }

    private NoteText recipe() {
        var text = new NoteText().line(TITLE, "Bread");
        for (int i = 0; i < 4; i++) {
            text.begin(NUMBER, 0, false).words("Step with " + word());
        }
        return text.line(BODY, "").line(BODY, "1. is not a list, # is no heading.");
    }

    private NoteText code() {
        return new NoteText()
                .line(TITLE, "Port settings")
                .line(MONO, "if (port < " + random.nextInt(9999) + ") {")
                .line(MONO, "    `close`")
                .line(MONO, "}");
    }

    private String sentence() {
        return "The %s and the %s, and no %s.".formatted(word(), word(), word());
    }

    private String word() {
        return WORDS.get(random.nextInt(WORDS.size()));
    }

    private static Instant moment(int i) {
        return FIRST.plus(Duration.ofHours(29L * i));
    }

    private synchronized String id() {
        return new UUID(random.nextLong(), random.nextLong()).toString().toUpperCase(Locale.ROOT);
    }
}
