package ferry.connector.icloud.notes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.Window;
import ferry.error.ErrorCode;
import ferry.sandbox.notes.NoteText;
import ferry.sandbox.notes.Notebook;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The real connector, which does not know where it is, reads simulated notes.
class NotesAtSandboxTest extends AtSandbox {
    private ListFeed read(Held access, Window window) throws Exception {
        return read(access, Notes.NOTES, window);
    }

    private ListFeed read(String name) throws Exception {
        return read(open(name), Window.ALL);
    }

    private Notebook notebook(String name) {
        return sandbox.notes()
                .of(sandbox.accounts().find(name + "@sandbox.example").orElseThrow());
    }

    @Test
    void everyNoteComesOnceAndIsText() throws Exception {
        var feed = read("plain");
        assertThat(feed.of("note"))
                .extracting(note -> note.path("id").asString().substring("note:".length()))
                .containsExactlyInAnyOrderElementsOf(notebook("plain").notes());
        assertThat(feed.of("folder")).hasSize(4);
        assertThat(feed.complete).isTrue();
        assertThat(feed.warnings).isEmpty();
        assertThat(feed.of("note"))
                .allSatisfy(note -> assertThat(note.path("text").isNull())
                        .isEqualTo(note.path("locked").asBoolean()));
        assertThat(feed.of("note"))
                .anySatisfy(
                        note -> assertThat(note.path("markdown").asString("")).startsWith("""
                        # Sailing to Lisbon

                        ## Before

                        Ask **the harbour** for *tide tables*, see [their page](https://tides.example/lisbon?day=1). \
                        ~~By train.~~

                        ### Open

                        *"""));
    }

    @Test
    void manyPagesAreReadToTheEnd() throws Exception {
        var feed = read("big");
        assertThat(feed.of("note")).hasSize(notebook("big").notes().size()).hasSizeGreaterThan(900);
        assertThat(feed.complete).isTrue();
    }

    @Test
    void longEmptyStretchesAreCrossed() throws Exception {
        var feed = read("empty-pages");
        assertThat(feed.of("note")).hasSize(notebook("empty-pages").notes().size());
        assertThat(sandbox.journal().count(entry -> entry.path().endsWith("changes/zone")))
                .isGreaterThan(40);
    }

    @Test
    void recordsThatTheSourceCannotReadAreNamed() throws Exception {
        var feed = read("record-errors");
        assertThat(feed.refusals).anyMatch(refusal -> refusal.endsWith(" not-retrievable"));
        assertThat(feed.complete).isFalse();
        assertThat(feed.of("note").size()
                        + feed.refusals.stream()
                                .filter(refusal -> refusal.startsWith("note:"))
                                .count())
                .isEqualTo(notebook("record-errors").notes().size());
    }

    @Test
    void aLaterReadingGetsWhatIsNew() throws Exception {
        var access = open("plain");
        read(access, Window.ALL);
        var gone = notebook("plain").notes().getFirst();
        var changed = notebook("plain").notes().get(1);
        notebook("plain").remove(gone);
        notebook("plain").rewrite(changed, "Anew", new NoteText().line(NoteText.Style.BODY, "anew"));
        var added = notebook("plain").add("More", new NoteText().line(NoteText.Style.BODY, "more"));
        var feed = read(access, new Window(Optional.of(clock.instant()), Optional.empty()));
        assertThat(feed.ids()).containsExactlyInAnyOrder("note:" + changed, "note:" + added);
        assertThat(feed.item("note:" + changed).path("text").asString()).isEqualTo("anew");
    }

    @Test
    void protectedNotesComeOnceTheOwnerAgreed() throws Exception {
        var access = open("adp");
        var waits = 0;
        while (true) {
            try {
                var feed = read(access, Window.ALL);
                assertThat(feed.complete).isTrue();
                assertThat(feed.of("note")).isNotEmpty();
                break;
            } catch (ConnectorException.Unavailable e) {
                assertThat(e.code()).isEqualTo(ErrorCode.CONSENT_REQUIRED);
                assertThat(++waits).isLessThan(10);
                clock.advance(e.retryAfter());
            }
        }
        assertThat(waits).isPositive();
    }

    @Test
    void anAccountWithoutTheServiceHasNeverOpenedIt() throws Exception {
        var access = open("not-activated");
        assertThatThrownBy(() -> read(access, Window.ALL))
                .isInstanceOfSatisfying(
                        ConnectorException.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_ACTIVATED));
    }
}
