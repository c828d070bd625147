package ferry.connector.icloud.web;

import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import ferry.connector.Feed;
import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Target;
import ferry.error.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Keeps the records of a reading, its files, and what was said of them. A target that is closed before its
/// commit leaves nothing.
public class KeptFeed implements Feed, Files {
    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final int LONGEST_LOCATOR = 90;

    public final List<ObjectNode> items = new ArrayList<>();
    /// File types that are published in passing.
    public final Set<String> wanted = new HashSet<>();
    /// Of items and of files: what, a blank, the code.
    public final List<String> refusals = new CopyOnWriteArrayList<>();
    /// Codes in their order.
    public final List<String> warnings = new ArrayList<>();
    /// The last sentence by code.
    public final Map<String, String> sentences = new LinkedHashMap<>();
    public final Map<FileRef, byte[]> published = new ConcurrentHashMap<>();
    public final Map<FileRef, Target.Integrity> integrity = new ConcurrentHashMap<>();
    public final Map<FileRef, FileMeta> metas = new ConcurrentHashMap<>();
    public boolean complete = true;
    /// Where an earlier reading ended, which the next one is to go on from.
    public Optional<String> from = Optional.empty();
    /// Where this reading ended, as far as it said so.
    public Optional<String> reached = Optional.empty();
    public boolean startedOver;
    public long expected;

    /// @param wanted file types
    public KeptFeed(String... wanted) {
        this.wanted.addAll(List.of(wanted));
    }

    /// In the order they came.
    public List<String> ids() {
        return items.stream().map(item -> item.path("id").asString("")).toList();
    }

    public List<ObjectNode> kind(String kind) {
        return items.stream()
                .filter(item -> item.path("data_type").asString("").equals(kind))
                .toList();
    }

    /// The only record of that id.
    public ObjectNode item(String id) {
        var found = items.stream()
                .filter(item -> item.path("id").asString("").equals(id))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " records are " + id + "; there are " + ids());
        }
        return found.getFirst();
    }

    public @Nullable String filename(FileRef ref) {
        return Objects.requireNonNull(metas.get(ref)).filename();
    }

    /// Where the feed breaks its schema; the values themselves are not named.
    public List<String> schemaErrors(String dataType) {
        var feed = Json.object();
        var data = feed.putArray("data");
        items.forEach(data::add);
        var metadata = feed.putObject("metadata")
                .put("count", items.size())
                .put("data_type", dataType)
                .put("schema", "1")
                .put("complete", complete)
                .put("listed", items.size())
                .put("published", items.size())
                .put("refused", refusals.size());
        metadata.putObject("source").put("identifier", "someone@example.com");
        metadata.putObject("window").putNull("since").putNull("until").put("mode", "full");
        var said = metadata.putArray("warnings");
        warnings.forEach(code -> said.addObject().put("code", code).put("detail", "A sentence."));
        return SCHEMAS.getSchema(SchemaLocation.of("classpath:schemas/" + dataType + ".json")).validate(feed).stream()
                .map(error -> error.getInstanceLocation() + " " + error.getKeyword())
                .toList();
    }

    /// The same for a feed of these records alone.
    public static List<String> schemaErrors(String dataType, List<ObjectNode> items) {
        var feed = new KeptFeed();
        feed.items.addAll(items);
        return feed.schemaErrors(dataType);
    }

    @Override
    public void item(ObjectNode node) {
        items.add(node.deepCopy());
    }

    @Override
    public String fileId(FileRef ref) {
        return checked(ref).fileType() + "/" + ref.locator();
    }

    /// The reference that a file id of this feed stands for.
    public static FileRef ref(String fileId) {
        int slash = fileId.indexOf('/');
        return new FileRef(fileId.substring(0, slash), fileId.substring(slash + 1));
    }

    @Override
    public boolean wants(String fileType) {
        return wanted.contains(fileType);
    }

    @Override
    public Files files() {
        return this;
    }

    @Override
    public void expect(long total) {
        expected = total;
    }

    @Override
    public void refused(String item, ErrorCode why, String detail) {
        refusals.add(item + " " + why.slug());
        complete = false;
    }

    @Override
    public void warn(String code, String detail) {
        warnings.add(code);
        sentences.put(code, detail);
    }

    @Override
    public Optional<String> from() {
        return from;
    }

    @Override
    public void startOver() {
        startedOver = true;
    }

    @Override
    public void reached(String state) {
        reached = Optional.of(state);
    }

    @Override
    public void incomplete() {
        complete = false;
    }

    @Override
    public boolean isPublished(FileRef ref) {
        return published.containsKey(ref);
    }

    @Override
    public void refused(FileRef ref, ErrorCode why, String detail) {
        refusals.add(ref.locator() + " " + why.slug());
    }

    @Override
    public Target open(FileRef ref, FileMeta meta) {
        metas.put(checked(ref), meta);
        return new KeptTarget(ref);
    }

    private static FileRef checked(FileRef ref) {
        if (ref.locator().getBytes(StandardCharsets.UTF_8).length > LONGEST_LOCATOR) {
            throw new AssertionError("too long: " + ref);
        }
        return ref;
    }

    private final class KeptTarget implements Target {
        private final FileRef ref;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        KeptTarget(FileRef ref) {
            this.ref = ref;
        }

        @Override
        public void write(byte[] some, int offset, int length) {
            bytes.write(some, offset, length);
        }

        @Override
        public long written() {
            return bytes.size();
        }

        @Override
        public void restart() {
            bytes.reset();
        }

        @Override
        public void commit(Integrity how) {
            published.put(ref, bytes.toByteArray());
            integrity.put(ref, how);
        }

        @Override
        public void close() {}
    }
}
