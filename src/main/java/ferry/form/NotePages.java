package ferry.form;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Each note as a file of Markdown: what is known of it as YAML in front, then its text. A locked note has
/// nothing behind the front.
final class NotePages implements FormWriter {
    /// What stands in front, beside title and attachments. The values are JSON's, which is YAML too.
    private static final String[] FRONT = {
        "id", "folder_id", "date_created", "date_modified", "pinned", "locked", "deleted"
    };

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Outlet outlet;

    NotePages(Outlet outlet) {
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
                new Sheet(Form.MARKDOWN, id, name.orElse("note") + ".md", Optional.empty()),
                text(record).getBytes(StandardCharsets.UTF_8));
    }

    private static String text(JsonNode record) {
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

    private static void line(StringBuilder text, String field, String value) {
        text.append(field).append(": ").append(value).append('\n');
    }

    @Override
    public void finish() {}

    /// Every text is Markdown of a kind.
    @Override
    public long unfit() {
        return 0;
    }

    @Override
    public void close() {}
}
