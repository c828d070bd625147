package ferry.connector.icloud.notes;

import static ferry.sandbox.notes.NoteText.Style.BODY;
import static ferry.sandbox.notes.NoteText.Style.BULLET;
import static ferry.sandbox.notes.NoteText.Style.CHECK;
import static ferry.sandbox.notes.NoteText.Style.DASH;
import static ferry.sandbox.notes.NoteText.Style.HEADING;
import static ferry.sandbox.notes.NoteText.Style.MONO;
import static ferry.sandbox.notes.NoteText.Style.NUMBER;
import static ferry.sandbox.notes.NoteText.Style.SUBHEADING;
import static ferry.sandbox.notes.NoteText.Style.TITLE;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.cloudkit.Proto;
import ferry.sandbox.notes.NoteText;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MarkdownTest {
    private static String markdown(NoteText text) {
        return Markdown.of(NoteBody.of(text.document().toBytes()).orElseThrow(), Inserts.NONE);
    }

    private static String body(String words) {
        return markdown(new NoteText().line(BODY, words));
    }

    @Test
    void headingsAndParagraphs() {
        assertThat(markdown(new NoteText()
                        .line(TITLE, "A")
                        .line(HEADING, "B")
                        .line(SUBHEADING, "C")
                        .line(BODY, "d")
                        .line(BODY, "")
                        .line(BODY, "e")))
                .isEqualTo("# A\n\n## B\n\n### C\n\nd\n\ne");
    }

    @Test
    void lists() {
        assertThat(markdown(new NoteText()
                        .line(BULLET, "a")
                        .begin(BULLET, 1, false)
                        .words("b")
                        .line(DASH, "c")
                        .line(BODY, "d")
                        .line(NUMBER, "e")
                        .line(NUMBER, "f")
                        .begin(NUMBER, 1, false)
                        .words("g")
                        .line(NUMBER, "h")
                        .begin(CHECK, 0, true)
                        .words("i")
                        .begin(CHECK, 0, false)
                        .words("j")))
                .isEqualTo("* a\n    * b\n- c\n\nd\n\n1. e\n2. f\n    1. g\n3. h\n- [x] i\n- [ ] j");
    }

    @Test
    void aListThatBeginsFarInIsNoCode() {
        assertThat(markdown(new NoteText()
                        .begin(BULLET, 3, false)
                        .words("a")
                        .begin(BULLET, 9, false)
                        .words("b")))
                .isEqualTo("* a\n    * b");
    }

    @Test
    void codeKeepsItsCharacters() {
        assertThat(markdown(
                        new NoteText().line(MONO, "a *b*").line(MONO, "  ```").line(BODY, "c")))
                .isEqualTo("````\na *b*\n  ```\n````\n\nc");
    }

    @Test
    void marksAreCloseToTheirLetters() {
        assertThat(markdown(new NoteText()
                        .begin(BODY, 0, false)
                        .words("a")
                        .weight(1, " b ")
                        .weight(2, "c")
                        .weight(3, " d")
                        .strike("e ")
                        .words("f")))
                .isEqualTo("a **b** *c* ***d***~~e~~ f");
    }

    @Test
    void linksLeadOnlyWhereLinksMay() {
        assertThat(markdown(new NoteText().begin(BODY, 0, false).link("https://a.example/(b c)", "d")))
                .isEqualTo("[d](https://a.example/%28b%20c%29)");
        assertThat(markdown(new NoteText().begin(BODY, 0, false).link("javascript:alert(1)", "d")))
                .isEqualTo("d (javascript:alert(1))");
    }

    @Test
    void theOwnersCharactersAreNoMarks() {
        assertThat(body("# *a* [b](c) <d> `e` \\ &amp; ~f~ g_h_"))
                .isEqualTo("\\# \\*a\\* \\[b\\](c) \\<d\\> \\`e\\` \\\\ \\&amp; \\~f\\~ g\\_h\\_");
        assertThat(body("1. a")).isEqualTo("1\\. a");
        assertThat(body("- a")).isEqualTo("\\- a");
        assertThat(body("    a")).isEqualTo("a");
        assertThat(body("a\u2028b")).isEqualTo("a<br>b");
    }

    @Test
    void aTableIsOneOfGithubs() {
        var cells = new NoteText().line(BODY, "a | *b*").line(BODY, "# c");
        var cell = NoteBody.of(cells.document().toBytes()).orElseThrow();
        var table = new NoteTable(List.of(List.of(cell, cell), List.of(cell, cell)));
        var text = new NoteText()
                .line(BODY, "before ")
                .attachment("T", "com.apple.notes.table")
                .line(BODY, "after");
        assertThat(Markdown.of(
                        NoteBody.of(text.document().toBytes()).orElseThrow(),
                        new Inserts(Map.of(), Map.of("T", table))))
                .isEqualTo("""
                        before

                        | a \\| \\*b\\*<br>\\# c | a \\| \\*b\\*<br>\\# c |
                        | --- | --- |
                        | a \\| \\*b\\*<br>\\# c | a \\| \\*b\\*<br>\\# c |

                        after""");
    }

    @Test
    void runsThatDoNotFitLoseNothing() {
        var run = new Proto().number(1, 2).number(5, 1);
        var tooShort = new Proto().text(2, "ab\uD83D\uDE00cd").message(5, run);
        assertThat(of(tooShort)).isEqualTo("**ab**\uD83D\uDE00cd");
        var tooLong = new Proto().text(2, "ab").message(5, new Proto().number(1, Long.MAX_VALUE));
        assertThat(of(tooLong)).isEqualTo("ab");
        var negative = new Proto().text(2, "ab").message(5, new Proto().number(1, -5));
        assertThat(of(negative)).isEqualTo("ab");
    }

    private static String of(Proto note) {
        var document = new Proto().message(2, new Proto().message(3, note)).toBytes();
        return Markdown.of(NoteBody.of(document).orElseThrow(), Inserts.NONE);
    }
}
