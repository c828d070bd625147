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
import java.net.BindException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
