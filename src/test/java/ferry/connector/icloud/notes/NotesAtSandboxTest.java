package ferry.connector.icloud.notes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.Window;
import ferry.connector.icloud.web.KeptFeed;
import ferry.error.ErrorCode;
import ferry.sandbox.SignedIn;
import ferry.sandbox.notes.NoteText;
import ferry.sandbox.notes.Notebook;
import ferry.testing.SafeHtml;
import java.net.BindException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

/// The real connector, which does not know where it is, reads simulated notes.
class NotesAtSandboxTest {
    private final SignedIn there = new SignedIn();

    NotesAtSandboxTest() throws BindException {}

    @AfterEach
    void stop() {
        there.close();
    }

    private KeptFeed read(String name) throws Exception {
        return there.read(name, Notes.NOTES);
    }

    private Notebook notebook(String name) {
        return there.sandbox.notes().of(there.account(name));
    }

    @Test
    void everyNoteComesOnceAndIsText() throws Exception {
        var feed = read("plain");
        assertThat(feed.kind("note"))
                .extracting(note -> note.path("id").asString().substring("note:".length()))
                .containsExactlyInAnyOrderElementsOf(notebook("plain").notes());
        assertThat(feed.kind("folder")).hasSize(4);
        assertThat(feed.complete).isTrue();
        assertThat(feed.warnings).isEmpty();
        assertThat(feed.kind("note"))
                .allSatisfy(note -> assertThat(note.path("text").isNull())
                        .isEqualTo(note.path("locked").asBoolean()));
        assertThat(feed.kind("note"))
                .anySatisfy(
                        note -> assertThat(note.path("markdown").asString("")).startsWith("""
                        # Sailing to Lisbon

                        ## Before

                        Ask **the harbour** for *tide tables*, see [their page](https://tides.example/lisbon?day=1). \
                        ~~By train.~~ In spring.

                        ### Open

                        *"""));
    }

    @Test
    void asHtmlEveryNoteSaysWhatItsTextSays() throws Exception {
        var hostile = new NoteText()
                .line(NoteText.Style.TITLE, "<script>alert('title')</script>")
                .begin(NoteText.Style.CHECK, 2, true)
                .words("</li><iframe src=\"https://evil.example\"> & ")
                .link("javascript:alert(document.cookie)", "click");
        var name = notebook("plain").add("<script>", hostile);
        var feed = read("plain");
        for (var note : feed.kind("note")) {
            var body = SafeHtml.fragment(note.path("html").asString(""));
            if (note.path("id").asString().equals("note:" + name)) {
                assertThat(body.getTextContent()).contains("<script>alert('title')</script>", "(javascript:alert(");
                assertThat(SafeHtml.all(body, "input").getFirst().hasAttribute("checked"))
                        .isTrue();
            } else {
                var tables = SafeHtml.all(body, "table");
                tables.forEach(table -> table.getParentNode().removeChild(table));
                // No link of these is written out: what is left of the tags is the text.
                assertThat(body.getTextContent().replaceAll("\\s", ""))
                        .isEqualTo(note.path("text").asString("").replaceAll("[\\s\ufffc]", ""));
            }
            assertThat(SafeHtml.all(body, "img"))
                    .extracting(image -> image.getAttribute("src"))
                    .containsExactlyElementsOf(note.path("attachments")
                            .valueStream()
                            .filter(attachment ->
                                    !attachment.path("uti").asString("").equals("com.apple.notes.table"))
                            .map(attachment -> attachment.path("id").asString())
                            .toList());
        }
        assertThat(feed.kind("note"))
                .anySatisfy(note -> assertThat(note.path("html").asString(""))
                        .startsWith("<h1>Sailing to Lisbon</h1>\n<h2>Before</h2>\n<p>Ask <strong>the harbour</strong>")
                        .contains("<u> In spring.</u>"));
    }

    @Test
    void tablesAreReadRowByRow() throws Exception {
        var notes = read("plain").kind("note").stream()
                .filter(note -> note.path("title").asString("").equals("Receipts"))
                .toList();
        assertThat(notes).isNotEmpty();
        for (var note : notes) {
            var table = SafeHtml.all(SafeHtml.fragment(note.path("html").asString()), "table")
                    .getFirst();
            assertThat(SafeHtml.all(table, "tr"))
                    .extracting(row -> SafeHtml.all(row, "td").stream()
                            .map(Element::getTextContent)
                            .toList())
                    .containsExactly(
                            List.of("What", "Price | €"), List.of("*Rope*, 20 m", "31"), List.of("Twolamps", ""));
            assertThat(note.path("markdown").asString()).endsWith("""
                    | What | Price \\| € |
                    | --- | --- |
                    | \\*Rope\\*, 20 m | 31 |
                    | Two<br>lamps |  |""");
        }
    }

    @Test
    void manyPagesAreReadToTheEnd() throws Exception {
        var feed = read("big");
        assertThat(feed.kind("note")).hasSize(notebook("big").notes().size()).hasSizeGreaterThan(900);
        assertThat(feed.complete).isTrue();
    }

    @Test
    void longEmptyStretchesAreCrossed() throws Exception {
        var feed = read("empty-pages");
        assertThat(feed.kind("note")).hasSize(notebook("empty-pages").notes().size());
        assertThat(there.asked("empty-pages", "changes/zone")).isGreaterThan(40);
    }

    @Test
    void recordsThatTheSourceCannotReadAreNamed() throws Exception {
        var feed = read("record-errors");
        assertThat(feed.refusals).anyMatch(refusal -> refusal.endsWith(" not-retrievable"));
        assertThat(feed.complete).isFalse();
        assertThat(feed.kind("note").size()
                        + feed.refusals.stream()
                                .filter(refusal -> refusal.startsWith("note:"))
                                .count())
                .isEqualTo(notebook("record-errors").notes().size());
    }

    @Test
    void aLaterReadingGetsWhatIsNew() throws Exception {
        read("plain");
        var gone = notebook("plain").notes().getFirst();
        var changed = notebook("plain").notes().get(1);
        notebook("plain").remove(gone);
        notebook("plain").rewrite(changed, "Anew", new NoteText().line(NoteText.Style.BODY, "anew"));
        var added = notebook("plain").add("More", new NoteText().line(NoteText.Style.BODY, "more"));
        var feed = there.read("plain", Notes.NOTES, new Window(Optional.of(there.clock.instant()), Optional.empty()));
        assertThat(feed.ids()).containsExactlyInAnyOrder("note:" + changed, "note:" + added);
        assertThat(feed.item("note:" + changed).path("text").asString()).isEqualTo("anew");
    }

    @Test
    void protectedNotesComeOnceTheOwnerAgreed() throws Exception {
        var waits = 0;
        while (true) {
            try {
                var feed = read("adp");
                assertThat(feed.complete).isTrue();
                assertThat(feed.kind("note")).isNotEmpty();
                break;
            } catch (ConnectorException.Unavailable e) {
                assertThat(e.code()).isEqualTo(ErrorCode.CONSENT_REQUIRED);
                assertThat(++waits).isLessThan(10);
                there.clock.advance(e.retryAfter());
            }
        }
        assertThat(waits).isPositive();
    }

    @Test
    void anAccountWithoutTheServiceHasNeverOpenedIt() throws Exception {
        assertThatThrownBy(() -> read("not-activated"))
                .isInstanceOfSatisfying(
                        ConnectorException.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_ACTIVATED));
    }
}
