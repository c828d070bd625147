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
/// bytes each, half of that packed, and up to four times as many in memory. Of more than [#MOST] records none is
/// kept. One thread but for files.
///
/// A source that says of itself whether it has changed need not be listed to find that it has not ([Before]).
public final class Differences implements Feed {
    /// Records of one listing; with more there is no cursor.
    private static final int MOST = 250_000;

    private final Feed feed;
    private final int most;
    private final boolean nested;
    private final UnaryOperator<ObjectNode> essence;
    private final boolean isFurther;
    /// By id; what the listing has named is taken out.
    private final Map<String, Told> before;
    private final Map<String, Told> now = new HashMap<>();
    /// Named by the next record.
    private final List<FileRef> filesOfNext = new ArrayList<>();
    /// Those of records that did not change.
    private final Set<FileRef> delivered = ConcurrentHashMap.newKeySet();
    private boolean deletionsKnown = true;
    private final Optional<String> markBefore;
    private Optional<String> mark = Optional.empty();
    private boolean asBefore;
    private boolean lacking;
    private boolean tooMany;

    private record Told(String dataType, long digest) {}

    private Differences(Feed feed, boolean nested, UnaryOperator<ObjectNode> essence, int most) {
        this.feed = feed;
        this.most = most;
        this.nested = nested;
        this.essence = essence;
        var state = feed.from().map(Json::of);
        var earlier = state.flatMap(Differences::earlier);
        this.isFurther = earlier.isPresent();
        this.before = earlier.orElseGet(HashMap::new);
        this.markBefore = state.map(json -> Json.text(json, "mark")).filter(_ -> isFurther);
    }

    /// What a source said of itself when the cursor's listing began. A mark is a text that is another one
    /// whenever a listing would be; it is taken before anything is listed, so that what changes meanwhile
    /// changes the next one.
    public interface Before {
        /// Where there is no cursor.
        Before NOTHING = new Before() {
            @Override
            public boolean had(String mark) {
                return false;
            }

            @Override
            public void keep(String mark) {}

            @Override
            public void allStay() {}
        };

        /// Whether the mark is the same and that listing lacked nothing: then all is as it was, and nothing is
        /// given.
        boolean had(String mark);

        /// Keeps it for the next reading, unless this one lacks something.
        void keep(String mark);

        /// What is not listed need not be gone: no deletion is told.
        void allStay();
    }

    /// Lists everything into a feed.
    @FunctionalInterface
    public interface Lister {
        void list(Feed feed) throws ConnectorException, InterruptedException;
    }

    /// Lists everything, unless the source is as it was before.
    @FunctionalInterface
    public interface MarkedLister {
        void list(Feed feed, Before before) throws ConnectorException, InterruptedException;
    }

    /// Gives the feed what changed, or everything where it has no cursor.
    ///
    /// @param window only a listing of everything knows what is gone: with any other the feed is given what is
    /// listed
    /// @param nested whether an item that is refused may have hidden others
    /// @param essence takes from a copy of a record what is no change of it, such as sums over others
    public static void list(Window window, Feed feed, boolean nested, UnaryOperator<ObjectNode> essence, Lister lister)
            throws ConnectorException, InterruptedException {
        list(window, feed, nested, essence, (into, _) -> lister.list(into));
    }

    /// The same of a source that can say of itself that it has not changed.
    public static void list(
            Window window, Feed feed, boolean nested, UnaryOperator<ObjectNode> essence, MarkedLister lister)
            throws ConnectorException, InterruptedException {
        list(window, feed, nested, essence, lister, MOST);
    }

    /// @param most records that are kept in mind
    static void list(
            Window window, Feed feed, boolean nested, UnaryOperator<ObjectNode> essence, MarkedLister lister, int most)
            throws ConnectorException, InterruptedException {
        if (!window.equals(Window.ALL)) {
            lister.list(feed, Before.NOTHING);
            return;
        }
        var differences = new Differences(feed, nested, essence, most);
        lister.list(differences, differences.new Marks());
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
        var earlier = before.remove(id);
        boolean known = told.equals(earlier == null && isFurther ? now.get(id) : earlier);
        remember(id, told);
        if (known) {
            delivered.addAll(filesOfNext);
            feed.unchanged(node);
        }
        filesOfNext.clear();
        return !known;
    }

    private void remember(String id, Told told) {
        if (!tooMany) {
            now.put(id, told);
            tooMany = now.size() > most;
        }
        if (tooMany) {
            now.clear();
        }
    }

    private final class Marks implements Before {
        @Override
        public boolean had(String said) {
            asBefore = markBefore.filter(said::equals).isPresent();
            return asBefore;
        }

        @Override
        public void keep(String said) {
            mark = Optional.of(said);
        }

        @Override
        public void allStay() {
            deletionsKnown = false;
        }
    }

    /// What is not among what was listed is gone, where nothing was kept back that could have held it.
    private void finish() throws InterruptedException {
        if (asBefore) {
            feed.reached(feed.from().orElseThrow());
            return;
        }
        if (!isFurther && feed.from().isPresent()) {
            feed.startOver();
        }
        for (var record : before.entrySet()) {
            if (deletionsKnown) {
                feed.item(Deletion.of(record.getKey(), record.getValue().dataType));
            } else {
                remember(record.getKey(), record.getValue());
            }
        }
        if (tooMany) {
            feed.warn("cursor_too_large", "The source holds too much for a cursor: the next poll is a full one.");
        } else {
            feed.reached(state());
        }
    }

    private static Optional<Map<String, Told>> earlier(JsonNode state) {
        var types = state.path("records");
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
        mark.filter(_ -> !lacking).ifPresent(said -> json.put("mark", said));
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
        var told = before.remove(item);
        if (told != null) {
            remember(item, told);
        }
        deletionsKnown &= !nested;
        lacking = true;
        feed.refused(item, why, detail);
    }

    @Override
    public void warn(String code, String detail) {
        feed.warn(code, detail);
    }

    @Override
    public void incomplete() {
        deletionsKnown = false;
        lacking = true;
        feed.incomplete();
    }
}
