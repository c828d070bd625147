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

import ferry.sandbox.notes.NoteText;
import ferry.testing.SafeHtml;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

/// A note's body as HTML, read back by Java's own XML parser.
class HtmlTest {
    private static final String[] HOSTILE = {
        "<script>alert(1)</script>",
        "</p></body><img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)",
        "' onclick='alert(1)",
        "&lt;script&gt; &amp; &#60;b&#62;",
        "]]><!-- <![CDATA[",
        "a\u0000b\u0008c\u001bd\ufffe\uffffe\ud800",
        "😀 \u202e evil \u2028 next \r last",
        "javascript:alert(1)"
    };

    private static final NoteTable TABLE = new NoteTable(List.of(
            List.of(cell(new NoteText().line(BODY, "<td>")), cell(new NoteText())),
            List.of(
                    cell(new NoteText().line(BODY, "a").line(BODY, "b")),
                    cell(new NoteText().begin(BODY, 0, false).weight(1, "c | d")))));

    private static NoteBody cell(NoteText text) {
        return NoteBody.of(text.document().toBytes()).orElseThrow();
    }

    private static String html(NoteText text) {
        var body = NoteBody.of(text.document().toBytes()).orElseThrow();
        return Html.of(body, new Inserts(Map.of("A", "<a>.jpg"), Map.of("T", TABLE)));
    }

    private static Element parsed(NoteText text) {
        return SafeHtml.fragment(html(text));
    }

    @Test
    void headingsParagraphsAndTheEmptyLinesBetweenThem() {
        assertThat(html(new NoteText()
                        .line(TITLE, "A")
                        .line(BODY, "")
                        .line(HEADING, "B")
                        .line(SUBHEADING, "C")
                        .line(BODY, "d")
                        .line(BODY, "")
                        .line(BODY, "e")
                        .line(BODY, "")))
                .isEqualTo("""
                        <h1>A</h1>
                        <p><br/></p>
                        <h2>B</h2>
                        <h3>C</h3>
                        <p>d</p>
                        <p><br/></p>
                        <p>e</p>""");
        assertThat(html(new NoteText())).isEmpty();
    }

    @Test
    void listsLieInEachOther() {
        assertThat(html(new NoteText()
                        .line(BULLET, "a")
                        .begin(BULLET, 1, false)
                        .words("b")
                        .line(DASH, "c")
                        .line(BODY, "d")
                        .begin(NUMBER, 4, false)
                        .words("e")
                        .begin(CHECK, 1, true)
                        .words("f")
                        .begin(CHECK, 1, false)
                        .line(NUMBER, "g")))
                .isEqualTo("""
                        <ul>
                        <li>a
                        <ul>
                        <li>b</li>
                        </ul></li>
                        </ul>
                        <ul class="dash">
                        <li>c</li>
                        </ul>
                        <p>d</p>
                        <ol>
                        <li>e
                        <ul class="checklist">
                        <li><input type="checkbox" disabled="" checked=""/> f</li>
                        <li><input type="checkbox" disabled=""/> </li>
                        </ul></li>
                        <li>g</li>
                        </ol>""");
    }

    @Test
    void looksLinksAndAttachments() {
        assertThat(html(new NoteText()
                        .begin(BODY, 0, false)
                        .weight(1, "b")
                        .weight(2, "i")
                        .weight(3, "bi")
                        .underline("u")
                        .strike("s")
                        .link("https://a.example/?a=1&b=\"", "l")
                        .attachment("A", "public.jpeg")
                        .attachment("B c", "public.data")))
                .isEqualTo("<p><strong>b</strong><em>i</em><strong><em>bi</em></strong><u>u</u><s>s</s>"
                        + "<a href=\"https://a.example/?a=1&amp;b=%22\">l</a>"
                        + "<img src=\"attachment:A\" alt=\"&lt;a&gt;.jpg\"/>"
                        + "<img src=\"attachment:B%20c\" alt=\"attachment\"/></p>");
    }

    @Test
    void aTableStandsBetweenTheWordsOfItsLineAndOnlyOnce() {
        assertThat(html(new NoteText()
                        .begin(BODY, 0, false)
                        .words("See ")
                        .attachment("T", "com.apple.notes.table")
                        .words(" there.")
                        .begin(BODY, 0, false)
                        .attachment("T", "com.apple.notes.table")
                        .line(BULLET, "a ")
                        .attachment("T", "com.apple.notes.table")))
                .isEqualTo("""
                        <p>See </p>
                        <table>
                        <tr><td>&lt;td&gt;</td><td></td></tr>
                        <tr><td>a<br/>b</td><td><strong>c | d</strong></td></tr>
                        </table>
                        <p> there.</p>
                        <p><img src="attachment:T" alt="attachment"/></p>
                        <ul>
                        <li>a <img src="attachment:T" alt="attachment"/></li>
                        </ul>""");
    }

    @Test
    void codeKeepsItsLines() {
        var code = parsed(new NoteText()
                .line(MONO, "if (a < b) {")
                .line(MONO, "    `c` & d")
                .line(MONO, "}")
                .line(BODY, "e"));
        assertThat(SafeHtml.children(code)).containsExactly("pre", "p");
        assertThat(SafeHtml.all(code, "code").getFirst().getTextContent()).isEqualTo("if (a < b) {\n    `c` & d\n}");
    }

    @Test
    void linksLeadToTheWebMailAndTelephoneAlone() {
        for (var link : new String[] {
            "javascript:alert(1)",
            " JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "\u0001javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "file:///etc/passwd",
            "//evil.example",
            "/relative",
            "applenotes:note/1"
        }) {
            var body = parsed(new NoteText().begin(BODY, 0, false).link(link, "words"));
            assertThat(SafeHtml.all(body, "a")).as(link).isEmpty();
            assertThat(body.getTextContent()).startsWith("words (");
        }
        for (var link : new String[] {"http://a.example", "HTTPS://a.example/x", "mailto:a@b.example", "tel:+1-2"}) {
            var body = parsed(new NoteText().begin(BODY, 0, false).link(link, "words"));
            assertThat(SafeHtml.all(body, "a").getFirst().getAttribute("href")).isEqualTo(link);
        }
        var quoted =
                parsed(new NoteText().begin(BODY, 0, false).link("https://a.example/\"onclick=\"alert(1)'<>", "words"));
        assertThat(SafeHtml.all(quoted, "a").getFirst().getAttribute("href"))
                .isEqualTo("https://a.example/%22onclick=%22alert%281%29'%3C%3E");
    }

    @Test
    void whateverAnOwnerWritesStaysText() {
        var random = new Random(11);
        var styles = NoteText.Style.values();
        for (int i = 0; i < 300; i++) {
            var text = new NoteText();
            for (int line = random.nextInt(6); line >= 0; line--) {
                text.begin(styles[random.nextInt(styles.length)], random.nextInt(7), random.nextBoolean());
                for (int piece = random.nextInt(4); piece > 0; piece--) {
                    var words = HOSTILE[random.nextInt(HOSTILE.length)];
                    switch (random.nextInt(6)) {
                        case 0 -> text.weight(random.nextInt(4), words);
                        case 1 -> text.underline(words);
                        case 2 -> text.strike(words);
                        case 3 -> text.link(HOSTILE[random.nextInt(HOSTILE.length)], words);
                        case 4 -> text.attachment(words, words);
                        default -> text.words(words);
                    }
                }
            }
            parsed(text); // fails for whatever is no note's
        }
    }

    @Test
    void noRunTearsALetterApart() {
        var text = new NoteText().begin(BODY, 0, false).weight(1, "a\ud83d").words("\ude00b");
        assertThat(html(text)).isEqualTo("<p><strong>a😀</strong>b</p>");
    }
}
