package ferry.form;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Each note as a file. In Markdown: what is known of it as YAML in front, then its text. In HTML: a page with the same
/// in its head, which may load nothing. A locked note has nothing behind the front, and an empty page.
final class NotePages implements FormWriter {
    /// What stands in front, beside title and attachments. In YAML the values are JSON's, which is YAML too.
    private static final String[] FRONT = {
        "id", "folder_id", "date_created", "date_modified", "pinned", "locked", "deleted"
    };

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Form form;
    private final Outlet outlet;

    /// @param form of a text with structure
    NotePages(Form form, Outlet outlet) {
        this.form = form;
        this.outlet = outlet;
    }

    @Override
    public void item(ObjectNode record) throws InterruptedException {
        if (!Told.kind(record).equals("note") || !record.has("title")) {
            return; // a folder, or it says of a note that it is gone
        }
        var id = Told.text(record, "id").orElse("note:unnamed");
        var name = Told.text(record, "title").map(Told::line).filter(title -> !title.isEmpty());
        outlet.put(
                new Sheet(form, id, name.orElse("note") + "." + form.extension(), Optional.empty()),
                (form == Form.HTML ? html(record) : markdown(record)).getBytes(StandardCharsets.UTF_8));
    }

    private static String markdown(JsonNode record) {
        var text = new StringBuilder("---\n");
        Told.text(record, "title").ifPresent(title -> line(text, "title", JSON.writeValueAsString(title)));
        for (var field : FRONT) {
            var value = record.path(field);
            if (value.isString() || value.isBoolean()) {
                line(text, field, JSON.writeValueAsString(value));
            }
        }
        var attachments = Told.list(record, "attachments").toList();
        if (!attachments.isEmpty()) {
            text.append("attachments:\n");
            attachments.forEach(each ->
                    text.append("  - ").append(JSON.writeValueAsString(each)).append('\n'));
        }
        text.append("---\n");
        Told.text(record, "markdown")
                .or(() -> Told.text(record, "text"))
                .ifPresent(body -> text.append('\n').append(body.strip()).append('\n'));
        return text.toString();
    }

    private static String html(JsonNode record) {
        var page = new StringBuilder("""
                <!DOCTYPE html>
                <html>
                <head>
                <meta charset="utf-8"/>
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'"/>
                """);
        var title = Told.text(record, "title").map(Told::line).orElse("");
        page.append("<title>").append(escaped(title)).append("</title>\n");
        for (var field : FRONT) {
            var value = record.path(field);
            if (value.isString() || value.isBoolean()) {
                meta(page, field, value.asString());
            }
        }
        Told.list(record, "attachments").forEach(each -> meta(page, "attachment", JSON.writeValueAsString(each)));
        page.append("</head>\n<body>\n");
        Told.text(record, "html")
                .or(() -> Told.text(record, "text").map(text -> "<pre>" + escaped(text) + "</pre>"))
                .ifPresent(body -> page.append(body).append('\n'));
        return page.append("</body>\n</html>\n").toString();
    }

    private static void meta(StringBuilder page, String name, String content) {
        page.append("<meta name=\"").append(name).append("\" content=\"");
        page.append(escaped(content)).append("\"/>\n");
    }

    /// As text, or as an attribute's.
    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static void line(StringBuilder text, String field, String value) {
        text.append(field).append(": ").append(value).append('\n');
    }

    @Override
    public void finish() {}

    /// Every text is a page of a kind.
    @Override
    public long unfit() {
        return 0;
    }

    @Override
    public void close() {}
}
