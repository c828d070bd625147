package ferry.poll;

import ferry.result.Results;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What the source sent of each record of a feed, a line of JSON each, as one object beside it. Not there where the
/// source gives none. One thread; closed by whoever made it.
final class RawRecords implements AutoCloseable {
    private static final String EXTENSION = "jsonl";
    private static final String MEDIA_TYPE = "application/jsonl";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Publication publication;
    private final String type;
    private final boolean wanted;
    private final List<Results.Published> committed = new ArrayList<>();
    private @Nullable PublishedPage page;

    /// @param type as asked for
    /// @param wanted whether anything is published
    RawRecords(Publication publication, String type, boolean wanted) {
        this.publication = publication;
        this.type = type;
        this.wanted = wanted;
    }

    void item(ObjectNode record, Supplier<JsonNode> raw) throws InterruptedException {
        if (wanted) {
            var line = JsonNodeFactory.instance.objectNode();
            line.set("id", record.path("id"));
            line.set("raw", raw.get());
            page().write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    private PublishedPage page() throws InterruptedException {
        var open = page;
        if (open == null) {
            var identifier = "raw:" + type;
            var key = publication
                    .config()
                    .formKey(publication.poll(), identifier, Optional.empty(), type + "." + EXTENSION, EXTENSION);
            open = PublishedPage.large(publication, identifier, EXTENSION, key, MEDIA_TYPE, committed::add);
            page = open;
        }
        return open;
    }

    /// Ends it, in the bucket.
    ///
    /// @return what is to be recorded with the feed
    List<Results.Published> finish() throws InterruptedException {
        var open = page;
        if (open != null) {
            open.commit();
        }
        return List.copyOf(committed);
    }

    @Override
    public void close() {
        var open = page;
        if (open != null) {
            open.close();
        }
    }
}
