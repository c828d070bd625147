package ferry.connector.icloud.notes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.Window;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.KeptFeed;
import ferry.error.ErrorCode;
import ferry.sandbox.cloudkit.Proto;
import ferry.sandbox.notes.NoteText;
import ferry.testing.NoLimits;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// The reader of notes, at answers of all kinds.
class NotesTest {
    private final PagesOfAZone cloud = new PagesOfAZone();
    private final KeptFeed feed = new KeptFeed();

    private void read(Window window) throws Exception {
        new Notes(cloud, new NoLimits(1), InstantSource.fixed(Instant.EPOCH)).notes(window, feed);
    }

    @AfterEach
    void everyRecordKeepsItsSchema() {
        assertThat(feed.schemaErrors("icloud_notes.notes")).isEmpty();
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static void field(ObjectNode fields, String name, String type, String value) {
        fields.putObject(name).put("type", type).put("value", value);
    }

    private static ObjectNode fields(byte[] title, byte[] body) {
        var fields = Json.object();
        field(fields, "TitleEncrypted", "ENCRYPTED_BYTES", base64(title));
        field(fields, "TextDataEncrypted", "ENCRYPTED_BYTES", base64(body));
        return fields;
    }

    private static ObjectNode note(String name, String title, byte[] body) {
        return PagesOfAZone.record(name, "Note", fields(title.getBytes(UTF_8), body));
    }

    private static NoteText text(String words) {
        return new NoteText().line(NoteText.Style.BODY, words);
    }

    private static byte[] body(String words) {
        return text(words).document().gzip();
    }

    private static byte[] ciphertext() {
        var bytes = new byte[90];
        new Random(7).nextBytes(bytes);
        bytes[0] = (byte) 0x9c;
        return bytes;
    }

    @Test
    void emptyPagesAreGoneThrough() throws Exception {
        cloud.page("first", "a");
        cloud.page("a", "b", note("1", "One", body("one")));
        cloud.page("b", "c");
        cloud.page("c", "d");
        cloud.page("d", "", note("2", "Two", body("two")));
        read(Window.ALL);
        assertThat(feed.ids()).containsExactly("note:1", "note:2");
        assertThat(feed.complete).isTrue();
        assertThat(cloud.asked.getFirst()).doesNotContain("syncToken");
        assertThat(cloud.asked.get(1)).contains("\"syncToken\":\"a\"");
    }

    @Test
    void aSourceThatLeadsRoundInCirclesIsLeft() throws Exception {
        cloud.page("first", "a");
        cloud.page("a", "a", note("1", "One", body("one")));
        read(Window.ALL);
        assertThat(feed.ids()).containsExactly("note:1");
        assertThat(feed.complete).isFalse();
        assertThat(feed.warnings).containsExactly("listing_gap");
    }

    @Test
    void everyPackingIsUnpacked() throws Exception {
        cloud.page(
                "first",
                "",
                note("1", "One", text("one").document().gzip()),
                note("2", "Two", text("two").document().zlib()),
                note("3", "Three", text("three").document().bare()));
        read(Window.ALL);
        assertThat(feed.items).extracting(item -> item.path("text").asString()).containsExactly("one", "two", "three");
    }

    @Test
    void whatIsNoNoteIsPassedOverAndWhatCouldNotBeReadIsNamed() throws Exception {
        var tombstone = Json.object()
                .put("recordName", "gone")
                .put("recordType", "Note")
                .put("deleted", true);
        var error = unreadable("bad");
        cloud.page(
                "first",
                "",
                tombstone,
                error,
                PagesOfAZone.record("x", "Media", Json.object()),
                note("1", "One", body("one")));
        read(Window.ALL);
        assertThat(feed.ids()).containsExactly("note:1");
        assertThat(feed.refusals).containsExactly("note:bad not-retrievable");
    }

    @Test
    void ciphertextIsReadAgainOnceTheOwnerAgreed() throws Exception {
        cloud.page("first", "", PagesOfAZone.record("1", "Note", fields(ciphertext(), ciphertext())));
        cloud.consent = () -> {
            cloud.page("first", "", note("1", "One", body("one")));
            return true;
        };
        read(Window.ALL);
        assertThat(feed.item("note:1").path("title").asString()).isEqualTo("One");
        assertThat(feed.complete).isTrue();
        assertThat(cloud.consents).isEqualTo(1);
    }

    @Test
    void ciphertextIsNeverText() throws Exception {
        cloud.page(
                "first",
                "a",
                PagesOfAZone.record("1", "Note", fields(ciphertext(), body("one"))),
                note("2", "Two", ciphertext()),
                note("3", "Three", body("three")));
        cloud.page("a", "", PagesOfAZone.record("4", "Folder", fields(ciphertext(), new byte[0])));
        read(Window.ALL);
        assertThat(feed.ids()).containsExactly("note:3");
        assertThat(feed.refusals)
                .containsExactly("note:1 consent-required", "note:2 consent-required", "folder:4 consent-required");
        assertThat(cloud.consents).isEqualTo(1);
    }

    @Test
    void ofALockedNoteThereIsTheTitle() throws Exception {
        var locked = PagesOfAZone.record("1", "PasswordProtectedNote", fields("Diary".getBytes(UTF_8), ciphertext()));
        var flagged = note("2", "Old diary", ciphertext());
        ((ObjectNode) flagged.path("fields"))
                .putObject("IsPasswordProtected")
                .put("type", "INT64")
                .put("value", 1);
        cloud.page("first", "", locked, flagged);
        read(Window.ALL);
        assertThat(feed.items).allSatisfy(note -> {
            assertThat(note.path("locked").asBoolean()).isTrue();
            assertThat(note.path("title").asString()).containsIgnoringCase("diary");
            assertThat(note.path("text").isNull()).isTrue();
            assertThat(note.path("snippet").isNull()).isTrue();
        });
        assertThat(feed.items).hasSize(2);
        assertThat(cloud.consents).isZero();
    }

    @Test
    void aBodyThatCannotBeReadLeavesTheRestOfTheNote() throws Exception {
        var cut = Arrays.copyOf(body("a body that is cut short"), 25);
        var bomb = new Proto().bytes(2, new byte[8 << 20]).gzip();
        var noNote = new Proto().text(1, "another document").gzip();
        cloud.page("first", "", note("1", "One", cut), note("2", "Two", bomb), note("3", "Three", noNote));
        read(Window.ALL);
        assertThat(feed.ids()).containsExactly("note:1", "note:2", "note:3");
        assertThat(feed.items)
                .allSatisfy(note ->
                        assertThat(note.path("body_undecoded").asBoolean()).isTrue());
        assertThat(feed.complete).isFalse();
        assertThat(feed.warnings).containsExactly("body_undecoded");
    }

    @Test
    void aNoteThatSaysNothingIsStillANote() throws Exception {
        cloud.page("first", "", Json.object().put("recordName", "1").put("recordType", "Note"));
        read(Window.ALL);
        var note = feed.item("note:1");
        assertThat(note.path("title").isNull()).isTrue();
        assertThat(note.path("date_modified").isNull()).isTrue();
        assertThat(note.path("body_undecoded").asBoolean()).isFalse();
        assertThat(feed.complete).isTrue();
    }

    @Test
    void whatIsChangedMeanwhileComesOnce() throws Exception {
        cloud.page("first", "a", note("1", "One", body("one")));
        cloud.page("a", "", note("1", "One, changed", body("one")));
        read(Window.ALL);
        assertThat(feed.ids()).containsExactly("note:1");
        assertThat(feed.warnings).containsExactly("changed_meanwhile");
    }

    @Test
    void theWindowIsByWhenTheSourceGotTheChange() throws Exception {
        var old = note("1", "Old", body("old"));
        var young = note("2", "Young", body("young"));
        ((ObjectNode) young.path("modified"))
                .put("timestamp", Instant.parse("2026-01-01T00:00:00Z").toEpochMilli());
        cloud.page("first", "", old, young);
        read(new Window(Optional.of(Instant.parse("2026-01-01T00:00:00Z")), Optional.empty()));
        assertThat(feed.ids()).containsExactly("note:2");
    }

    @Test
    void attachmentsAreLookedUpAndThoseThatAreGoneAreNamed() throws Exception {
        var text = text("See ").attachment("there", "public.jpeg");
        var note = note("1", "One", text.document().gzip());
        var list = ((ObjectNode) note.path("fields"))
                .putObject("Attachments")
                .put("type", "REFERENCE_LIST")
                .putArray("value");
        list.addObject().put("recordName", "there");
        list.addObject().put("recordName", "gone");
        var fields = Json.object();
        field(fields, "Filename", "ENCRYPTED_BYTES", base64("a.jpg".getBytes(UTF_8)));
        fields.putObject("Size").put("type", "INT64").put("value", 12);
        cloud.lookups.put("there", PagesOfAZone.record("there", "Attachment", fields));
        cloud.page("first", "", note);
        read(Window.ALL);
        assertThat(feed.item("note:1").path("attachments")).hasToString("""
                [{"id":"attachment:there","uti":"public.jpeg","name":"a.jpg","size":12},\
                {"id":"attachment:gone","uti":null,"name":null,"size":null}]""");
        assertThat(feed.item("note:1").path("markdown").asString()).isEqualTo("See ![](attachment:there)");
        assertThat(feed.refusals).containsExactly("attachment:gone not-retrievable");
    }

    private static ObjectNode attachment(String name, String changeTag) {
        return PagesOfAZone.record(name, "Attachment", Json.object()).put("recordChangeTag", changeTag);
    }

    private static ObjectNode unreadable(String name) {
        return Json.object().put("recordName", name).put("serverErrorCode", "INTERNAL_ERROR");
    }

    private static ObjectNode noteWith(String id, String attachment) {
        var note = note(id, "One", body("one"));
        ((ObjectNode) note.path("fields"))
                .putObject("Attachments")
                .put("type", "REFERENCE_LIST")
                .putArray("value")
                .addObject()
                .put("recordName", attachment);
        return note;
    }

    /// What a reading tells that goes on from where the last one ended, which led to `end`.
    private KeptFeed readFurther() throws Exception {
        var further = new KeptFeed();
        further.from = feed.reached;
        new Notes(cloud, new NoLimits(1), InstantSource.fixed(Instant.EPOCH)).notes(Window.ALL, further);
        return further;
    }

    @Test
    void anAttachmentThatIsAsItWasToldIsNoChange() throws Exception {
        cloud.lookups.put("there", attachment("there", "1"));
        cloud.page("first", "a", noteWith("1", "there"));
        cloud.page("a", "", attachment("there", "1"));
        read(Window.ALL);
        cloud.page("end", "");
        assertThat(readFurther().ids()).isEmpty();
    }

    @Test
    void anAttachmentThatChangesWhileNotesAreReadBringsItsNoteWithTheNextReading() throws Exception {
        var note = noteWith("1", "there");
        cloud.lookups.put("there", attachment("there", "1"));
        cloud.lookups.put("1", note);
        cloud.page("first", "a", note);
        cloud.page("a", "", attachment("there", "2"));
        read(Window.ALL);
        assertThat(feed.ids()).containsExactly("note:1");
        assertThat(feed.complete).isTrue();
        cloud.page("end", "");
        assertThat(readFurther().ids()).containsExactly("note:1");
    }

    @Test
    void anAttachmentThatIsGoneBringsItsNoteToo() throws Exception {
        var note = noteWith("1", "there");
        cloud.lookups.put("there", attachment("there", "1"));
        cloud.lookups.put("1", note);
        cloud.page("first", "", note, note("2", "Two", body("two")));
        read(Window.ALL);
        cloud.lookups.remove("there");
        cloud.page("end", "", Json.object().put("recordName", "there").put("deleted", true));
        var further = readFurther();
        assertThat(further.ids()).containsExactly("note:1");
        assertThat(further.refusals).containsExactly("attachment:there not-retrievable");
    }

    @Test
    void anAttachmentThatCannotBeReadIsNamedOnce() throws Exception {
        var error = unreadable("there");
        cloud.lookups.put("there", error);
        cloud.page("first", "a", error);
        cloud.page("a", "", noteWith("1", "there"));
        read(Window.ALL);
        assertThat(feed.ids()).containsExactly("note:1");
        assertThat(feed.refusals).containsExactly("attachment:there not-retrievable");
    }

    @Test
    void anAttachmentThatCanBeReadAgainBringsItsNoteAndNoneBefore() throws Exception {
        var note = noteWith("1", "there");
        cloud.lookups.put("1", note);
        cloud.lookups.put("there", unreadable("there"));
        cloud.page("first", "", note, noteWith("2", "gone"));
        read(Window.ALL);
        cloud.page("end", "");

        var still = readFurther();
        assertThat(still.ids()).isEmpty();
        assertThat(still.refusals).isEmpty();
        feed.reached = still.reached;
        cloud.lookups.put("there", attachment("there", "1"));
        var repaired = readFurther();
        assertThat(repaired.ids()).containsExactly("note:1");
        assertThat(repaired.complete).isTrue();
        feed.reached = repaired.reached;
        cloud.asked.clear();
        assertThat(readFurther().ids()).isEmpty();
        assertThat(cloud.asked).hasSize(1);
    }

    @Test
    void anAttachmentThatCouldNotBeReadIsForgottenWithItsNote() throws Exception {
        cloud.lookups.put("there", unreadable("there"));
        cloud.page("first", "", noteWith("1", "there"));
        read(Window.ALL);
        cloud.page("end", "", Json.object().put("recordName", "1").put("deleted", true));
        cloud.asked.clear();
        assertThat(readFurther().ids()).containsExactly("note:1");
        assertThat(cloud.asked).hasSize(1);
    }

    @Test
    void anAccountWithoutTheZoneHasNeverOpenedNotes() {
        cloud.pages.put("first", Json.object().put("serverErrorCode", "ZONE_NOT_FOUND"));
        assertThatThrownBy(() -> read(Window.ALL))
                .isInstanceOfSatisfying(
                        ConnectorException.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_ACTIVATED));
    }

    @Test
    void aTokenThatTheSourceNoLongerKnowsIsTriedAgainLater() {
        cloud.page("first", "a", note("1", "One", body("one")));
        cloud.pages.put("a", Json.object().put("serverErrorCode", "BAD_REQUEST"));
        assertThatThrownBy(() -> read(Window.ALL)).isInstanceOf(ConnectorException.Unavailable.class);
    }
}
