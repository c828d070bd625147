package ferry.form;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.SafeHtml;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// Notes as Markdown with YAML in front, which is read back by a YAML library.
class NotePagesTest {
    private static Map<String, Object> front(String page) {
        assertThat(page).startsWith("---\n");
        var options = new LoaderOptions();
        return new Yaml(new SafeConstructor(options)).load(page.substring(4, page.indexOf("\n---\n") + 1));
    }

    private static String body(String page) {
        return page.substring(page.indexOf("\n---\n") + 5);
    }

    @Test
    void aNoteIsAFileWithWhatIsKnownOfIt() throws Exception {
        var record = Sheets.record("{'id': 'note:N1', 'data_type': 'note', 'folder_id': 'folder:F', 'snippet': 's',"
                + " 'pinned': true, 'locked': false, 'deleted': false, 'date_created': '2026-01-02T03:04:05.000Z',"
                + " 'date_modified': '2026-02-03T04:05:06.000Z', 'body_undecoded': false,"
                + " 'attachments': [{'id': 'attachment:A', 'uti': 'public.jpeg', 'name': 'a.jpg', 'size': 3,"
                + " 'file_id': 'opaque'}]}");
        record.put("title", "Sailing: \"to\" Lisbon — 😀\n#1");
        record.put("markdown", "# Sailing\n\nSee ![](attachment:A)\n");
        record.put("text", "Sailing\nSee \ufffc");

        var sheets = Sheets.of(Form.MARKDOWN, record);
        var page = sheets.only();

        assertThat(sheets.sheet("note:N1").name()).isEqualTo("Sailing: \"to\" Lisbon — 😀 #1.md");
        assertThat(sheets.sheet("note:N1").identifier()).isEqualTo("form:markdown:note:N1");
        var front = front(page);
        assertThat(front)
                .containsEntry("title", "Sailing: \"to\" Lisbon — 😀\n#1")
                .containsEntry("id", "note:N1")
                .containsEntry("folder_id", "folder:F")
                .containsEntry("pinned", true)
                .containsEntry("locked", false)
                .containsEntry("date_created", "2026-01-02T03:04:05.000Z")
                .containsEntry("date_modified", "2026-02-03T04:05:06.000Z");
        assertThat(front.get("attachments"))
                .isEqualTo(List.of(Map.of(
                        "id", "attachment:A", "uti", "public.jpeg", "name", "a.jpg", "size", 3, "file_id", "opaque")));
        assertThat(body(page)).isEqualTo("\n# Sailing\n\nSee ![](attachment:A)\n");
    }

    @Test
    void inHtmlItIsAPageThatMayLoadNothing() throws Exception {
        var record = Sheets.record("{'id': 'note:N1', 'data_type': 'note', 'folder_id': null, 'pinned': true,"
                + " 'attachments': [{'id': 'attachment:A', 'name': 'a.jpg', 'size': 3}], 'text': 'Sailing'}");
        record.put("title", "</title><script>alert(1)</script>\n& more");
        record.put("html", "<h1>Sailing</h1>\n<p>See <img src=\"attachment:A\" alt=\"a.jpg\"/></p>");

        var sheets = Sheets.of(Form.HTML, record);
        var page = SafeHtml.document(sheets.only());

        assertThat(sheets.sheet("note:N1").identifier()).isEqualTo("form:html:note:N1");
        assertThat(sheets.sheet("note:N1").name()).endsWith(" & more.html");
        var head = (Element) page.getElementsByTagName("head").item(0);
        assertThat(SafeHtml.children(head)).containsExactly("meta", "meta", "title", "meta", "meta", "meta");
        assertThat(SafeHtml.all(head, "title").getFirst().getTextContent())
                .isEqualTo("</title><script>alert(1)</script> & more");
        var metas = SafeHtml.all(head, "meta");
        assertThat(metas.get(1).getAttribute("content")).isEqualTo("default-src 'none'");
        assertThat(metas.get(2).getAttribute("content")).isEqualTo("note:N1");
        assertThat(metas.get(3).getAttribute("content")).isEqualTo("true");
        assertThat(Sheets.record(metas.get(4).getAttribute("content"))
                        .path("size")
                        .asInt())
                .isEqualTo(3);
        assertThat(SafeHtml.children(SafeHtml.body(page))).containsExactly("h1", "p");
    }

    @Test
    void inHtmlToAPlainTextStaysPlain() throws Exception {
        var record = Sheets.record("{'id': 'note:T', 'data_type': 'note', 'title': null, 'html': null}");
        record.put("text", "<b>\nplain");

        var body = SafeHtml.body(SafeHtml.document(Sheets.of(Form.HTML, record).only()));

        assertThat(SafeHtml.all(body, "pre").getFirst().getTextContent()).isEqualTo("<b>\nplain");
        record.putNull("text");
        assertThat(SafeHtml.children(SafeHtml.body(
                        SafeHtml.document(Sheets.of(Form.HTML, record).only()))))
                .isEmpty();
    }

    @Test
    void aLockedNoteHasNothingBehindTheFront() throws Exception {
        var page = Sheets.of(
                        Form.MARKDOWN,
                        Sheets.record("{'id': 'note:L', 'data_type': 'note', 'title': 'Diary', 'locked': true,"
                                + " 'text': null, 'markdown': null, 'attachments': []}"))
                .only();

        assertThat(front(page)).containsEntry("locked", true).doesNotContainKey("attachments");
        assertThat(body(page)).isEmpty();
    }

    @Test
    void foldersAndNotesThatAreGoneHaveNoFile() throws Exception {
        var sheets = Sheets.of(
                Form.MARKDOWN,
                Sheets.record("{'id': 'folder:F', 'data_type': 'folder', 'title': 'Travel'}"),
                Sheets.record("{'id': 'note:gone', 'data_type': 'note', 'deleted': true}"));

        assertThat(sheets.sheets).isEmpty();
    }

    @Test
    void aNoteWithoutATitleHasANameAllTheSame() throws Exception {
        var sheets = Sheets.of(
                Form.MARKDOWN,
                Sheets.record(
                        "{'id': 'note:T', 'data_type': 'note', 'title': null, 'text': 'plain', 'markdown': null}"));

        assertThat(sheets.sheet("note:T").name()).isEqualTo("note.md");
        assertThat(body(sheets.only())).isEqualTo("\nplain\n");
    }
}
