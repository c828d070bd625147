package ferry.connector.icloud.web;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.crypto.Digests;
import ferry.error.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What changed in a source that cannot be asked for that: everything is listed, and what is as the feed's
/// cursor has it is left out, with its files. The cursor is a short digest of every record, by its id: some 60
/// bytes each, half of that packed. One thread but for files.
public final class Differences implements Feed {
    private final Feed feed;
    private final boolean nested;
    private final UnaryOperator<ObjectNode> essence;
    private final boolean isFurther;
    /// By id.
    private final Map<String, Told> before;
    private final Map<String, Told> now = new HashMap<>();
    /// Named by the next record.
    private final List<FileRef> filesOfNext = new ArrayList<>();
    /// Those of records that did not change.
    private final Set<FileRef> delivered = ConcurrentHashMap.newKeySet();
    private boolean deletionsKnown = true;

    private record Told(String dataType, long digest) {}

    private Differences(Feed feed, boolean nested, UnaryOperator<ObjectNode> essence) {
        this.feed = feed;
        this.nested = nested;
        this.essence = essence;
        var earlier = feed.from().flatMap(Differences::earlier);
        this.isFurther = earlier.isPresent();
        this.before = earlier.orElse(Map.of());
    }

    /// Lists everything into a feed.
    @FunctionalInterface
    public interface Lister {
        void list(Feed feed) throws ConnectorException, InterruptedException;
    }

    /// Gives the feed what changed, or everything where it has no cursor.
    ///
    /// @param window only a listing of everything knows what is gone: with any other the feed is given what is
    /// listed
    /// @param nested whether an item that is refused may have hidden others
    /// @param essence takes from a copy of a record what is no change of it, such as sums over others
    public static void list(Window window, Feed feed, boolean nested, UnaryOperator<ObjectNode> essence, Lister lister)
            throws ConnectorException, InterruptedException {
        if (!window.equals(Window.ALL)) {
            lister.list(feed);
            return;
        }
        var differences = new Differences(feed, nested, essence);
        lister.list(differences);
        differences.finish();
    }

    @Override
    public void item(ObjectNode node) throws InterruptedException {
        if (isChange(node)) {
            feed.item(node);
        }
    }

    @Override
    public void item(ObjectNode node, Supplier<JsonNode> raw) throws InterruptedException {
        if (isChange(node)) {
            feed.item(node, raw);
        }
    }

    private boolean isChange(ObjectNode node) {
        var id = node.path("id").asString("");
        var told = new Told(
                node.path("data_type").asString(""),
                Digests.first(essence.apply(node.deepCopy()).toString()));
        now.put(id, told);
        boolean known = told.equals(before.get(id));
        if (known) {
            delivered.addAll(filesOfNext);
            feed.unchanged(node);
        }
        filesOfNext.clear();
        return !known;
    }

    /// What is not among what was listed is gone, where nothing was kept back that could have held it.
    private void finish() throws InterruptedException {
        if (!isFurther && feed.from().isPresent()) {
            feed.startOver();
        }
        for (var record : before.entrySet()) {
            if (now.containsKey(record.getKey())) {
                continue;
            }
            if (deletionsKnown) {
                feed.item(Deletion.of(record.getKey(), record.getValue().dataType));
            } else {
                now.put(record.getKey(), record.getValue());
            }
        }
        feed.reached(state());
    }

    private static Optional<Map<String, Told>> earlier(String state) {
        var types = Json.of(state).path("records");
        if (!types.isObject()) {
            return Optional.empty();
        }
        var told = new HashMap<String, Told>();
        for (var type : types.properties()) {
            for (var record : type.getValue().properties()) {
                told.put(
                        record.getKey(),
                        new Told(type.getKey(), record.getValue().asLong(0)));
            }
        }
        return Optional.of(told);
    }

    /// The same records always as the same text.
    private String state() {
        var json = Json.object();
        var types = json.putObject("records");
        new TreeMap<>(now)
                .forEach((id, told) -> types.withObject("/" + told.dataType).put(id, told.digest));
        return json.toString();
    }

    @Override
    public String fileId(FileRef ref) {
        if (feed.wants(ref.fileType())) {
            filesOfNext.add(ref);
        }
        return feed.fileId(ref);
    }

    @Override
    public boolean wants(String fileType) {
        return feed.wants(fileType);
    }

    @Override
    public Files files() {
        var files = feed.files();
        return new Files() {
            @Override
            public boolean isPublished(FileRef ref) {
                return delivered.contains(ref) || files.isPublished(ref);
            }

            @Override
            public Target open(FileRef ref, FileMeta meta) throws InterruptedException {
                return files.open(ref, meta);
            }

            @Override
            public void refused(FileRef ref, ErrorCode why, String detail) {
                files.refused(ref, why, detail);
            }
        };
    }

    @Override
    public void expect(long total) {
        feed.expect(total);
    }

    /// One that was told before is still there as far as anybody knows.
    @Override
    public void refused(String item, ErrorCode why, String detail) {
        var told = before.get(item);
        if (told != null) {
            now.putIfAbsent(item, told);
        }
        deletionsKnown &= !nested;
        feed.refused(item, why, detail);
    }

    @Override
    public void warn(String code, String detail) {
        feed.warn(code, detail);
    }

    @Override
    public void incomplete() {
        deletionsKnown = false;
        feed.incomplete();
    }
}
