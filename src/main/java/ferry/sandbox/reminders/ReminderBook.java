package ferry.sandbox.reminders;

import ferry.sandbox.cloudkit.Fields;
import ferry.sandbox.cloudkit.Proto;
import ferry.sandbox.cloudkit.RecordZone;
import ferry.sandbox.files.Oddity;
import ferry.sandbox.files.Shelf;
import ferry.sandbox.files.StoredFile;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// One account's reminders, for tests to change while a connector is at work. Thread-safe.
public final class ReminderBook {
    private static final Instant FIRST = Instant.parse("2020-02-03T07:00:00Z");
    private static final int PAGE = 200;
    private static final List<String> THINGS =
            List.of("Call the dentist", "Water the plants", "Return the books", "Pay the rent", "Buy a present");

    private final RecordZone zone;
    private final InstantSource clock;
    private final SplittableRandom random;
    /// By attachment.
    private final Shelf files;
    /// By reminder, the bare id of the picture that is attached to it.
    private final Map<String, String> pictures = new ConcurrentHashMap<>();
    /// By reminder, the bare id of its alarm's trigger.
    private final Map<String, String> triggers = new ConcurrentHashMap<>();

    private ReminderBook(long owner, long seed, boolean oddFiles, InstantSource clock) {
        zone = new RecordZone("Reminders", owner);
        files = oddFiles ? Shelf.odd(Oddity.UNSIGNED) : Shelf.sound();
        random = new SplittableRandom(seed * 31 + 7);
        this.clock = clock;
    }

    /// @param breaks whether the store fails to read some
    /// @param oddFiles whether something is wrong with what is attached
    static ReminderBook grow(
            long owner, long seed, int reminders, boolean breaks, boolean oddFiles, InstantSource clock) {
        var book = new ReminderBook(owner, seed, oddFiles, clock);
        book.grow(reminders, breaks);
        return book;
    }

    RecordZone zone() {
        return zone;
    }

    /// What is attached.
    Shelf files() {
        return files;
    }

    /// The record names of all reminders, oldest first, without those marked as deleted.
    public List<String> reminders() {
        return zone.names("Reminder").stream()
                .filter(name -> !name.endsWith("-DELETED"))
                .toList();
    }

    /// Writes a reminder down now, in no list.
    ///
    /// @return its record name
    public String add(String title) {
        var name = "Reminder/" + id();
        zone.put(name, "Reminder", titled(title, clock.instant(), false), clock.instant());
        return name;
    }

    /// Writes a reminder anew over what it was, in no list.
    public void rewrite(String name, String title) {
        pictures.remove(name);
        triggers.remove(name);
        zone.put(name, "Reminder", titled(title, clock.instant(), false), clock.instant());
    }

    /// Moves the place at which a reminder's alarm goes off. Only the trigger's record changes.
    ///
    /// @return false where it has none
    public boolean moveAlarm(String name) {
        var trigger = triggers.get(name);
        if (trigger != null) {
            zone.put("AlarmTrigger/" + trigger, "AlarmTrigger", place("Bakery"), clock.instant());
        }
        return trigger != null;
    }

    /// Puts another picture in the place of the one that is attached to a reminder. The reminder's own record stays as
    /// it is.
    ///
    /// @return false where it has none
    public boolean replaceAttachment(String name) {
        var picture = pictures.get(name);
        if (picture != null) {
            int size = files.find(picture).orElseThrow().size() + 1;
            attach(picture, StoredFile.random(size, size, Oddity.NONE), clock.instant());
        }
        return picture != null;
    }

    /// Deletes a reminder for good.
    public void remove(String name) {
        zone.remove(name, clock.instant());
    }

    /// From now on the store knows no sync token that it gave out before.
    public void forgetTokens() {
        zone.forgetTokens();
    }

    private void grow(int reminders, boolean breaks) {
        zone.forget(PAGE); // the first page of a full history is empty
        int ofWork = 0;
        int all = 0;
        for (int i = 0; i < reminders; i++) {
            all += isDeleted(i) ? 0 : 1;
            ofWork += isDeleted(i) || !isOfWork(i) ? 0 : 1;
        }
        var home = list("Home", "{\"daHexString\":\"#1BADF8\",\"ckSymbolicColorName\":\"blue\"}", all - ofWork);
        var work = list("Work", "no JSON", ofWork);
        var last = "";
        for (int i = 0; i < reminders; i++) {
            var when = FIRST.plus(Duration.ofHours(31L * i));
            var fields = titled(THINGS.get(i % THINGS.size()) + " " + random.nextInt(100), when, i % 2 == 0)
                    .reference("List", isOfWork(i) ? work : home);
            var name = "Reminder/" + id() + (isDeleted(i) ? "-DELETED" : "");
            decorate(name, fields, i, when, last);
            zone.put(name, "Reminder", isDeleted(i) ? fields.number("Deleted", 1) : fields, when);
            if (i % 4 == 0) {
                last = name;
            }
            if (breaks && i % 6 == 1) {
                zone.damage(name);
            }
            if (i % 9 == 8) {
                var gone = add("Gone");
                zone.remove(gone, when.plusSeconds(60));
            }
        }
    }

    private static boolean isOfWork(int i) {
        return i % 3 == 0;
    }

    private static boolean isDeleted(int i) {
        return i % 13 == 12;
    }

    /// @param count as it says forever
    private String list(String title, String color, int count) {
        var name = "List/" + id();
        var fields = new Fields()
                .encrypted("Name", title)
                .text("Color", color)
                .number("Count", count)
                .number("IsGroup", 0)
                .number("Deleted", 0);
        zone.put(name, "List", fields, FIRST);
        return name;
    }

    private void decorate(String name, Fields fields, int i, Instant when, String parent) {
        switch (i % 6) {
            case 0 ->
                fields.date("DueDate", when.plus(Duration.ofDays(3)))
                        .text("TimeZone", "Europe/Lisbon")
                        .number("AllDay", 1)
                        .number("Priority", List.of(0, 1, 5, 9).get(i / 6 % 4));
            case 1 -> fields.number("Completed", 1).date("CompletionDate", when.plus(Duration.ofDays(1)));
            case 2 -> fields.texts("AlarmIDs", List.of(alarm(name, when)));
            case 3 ->
                fields.texts("HashtagIDs", List.of(child("Hashtag", new Fields().encrypted("Name", "errand"), when)))
                        .number("Flagged", 1);
            case 4 -> {
                var rule = new Fields()
                        .number("Frequency", 2)
                        .number("Interval", 1)
                        .number("FirstDayOfTheWeek", 1);
                fields.texts("RecurrenceRuleIDs", List.of(child("RecurrenceRule", rule, when)))
                        .date("StartDate", when);
            }
            default -> {
                var link = new Fields().text("Type", "URL").encrypted("URL", "https://dentist.example/");
                var picture = id();
                attach(picture, StoredFile.random(when.toEpochMilli(), 2000 + i, files.next()), when);
                pictures.put(name, picture);
                fields.texts("AttachmentIDs", List.of(child("Attachment", link, when), picture));
                if (!parent.isEmpty()) {
                    fields.reference("ParentReminder", parent);
                }
            }
        }
    }

    private String alarm(String reminder, Instant when) {
        var trigger = child("AlarmTrigger", place("Library"), when);
        triggers.put(reminder, trigger);
        return child("Alarm", new Fields().text("AlarmUID", id()).text("TriggerID", trigger), when);
    }

    private static Fields place(String title) {
        return new Fields()
                .text("Type", "Location")
                .encrypted("Title", title)
                .encrypted("Address", "1 Book Street")
                .decimal("Latitude", 38.7)
                .decimal("Longitude", -9.1)
                .decimal("Radius", 100)
                .number("Proximity", 1);
    }

    private void attach(String id, StoredFile file, Instant when) {
        files.put(id, file);
        var fields = new Fields()
                .text("Type", "Image")
                .text("UTI", "public.jpeg")
                .encrypted("FileName", "picture.jpg")
                .number("FileSize", file.size())
                .number("Width", 640)
                .number("Height", 480)
                .asset("FileAsset", file.checksum(), file.size(), id);
        zone.put("Attachment/" + id, "Attachment", fields, when);
    }

    /// @return its bare id, as id lists hold it
    private String child(String type, Fields fields, Instant when) {
        var id = id();
        zone.put(type + "/" + id, type, fields, when);
        return id;
    }

    /// @param gzip how its words are packed; else zlib
    private static Fields titled(String title, Instant when, boolean gzip) {
        return new Fields()
                .encrypted("TitleDocument", document(title, gzip))
                .encrypted("NotesDocument", document(gzip ? "" : "Notes of " + title, gzip))
                .date("CreationDate", when)
                .date("LastModifiedDate", when)
                .number("Completed", 0);
    }

    private static byte[] document(String words, boolean gzip) {
        var string = new Proto()
                .text(2, words)
                .message(3, new Proto().number(1, 1))
                .message(5, new Proto().number(1, words.length()));
        // The first version is an old one: the last counts.
        var old = new Proto().number(1, 0).number(2, 0).message(3, new Proto().text(2, "an old version"));
        var version = new Proto().number(1, 0).number(2, 0).message(3, string);
        var document = new Proto().number(1, 0).message(2, old).message(2, version);
        return gzip ? document.gzip() : document.zlib();
    }

    private synchronized String id() {
        return new UUID(random.nextLong(), random.nextLong()).toString().toUpperCase(Locale.ROOT);
    }
}
