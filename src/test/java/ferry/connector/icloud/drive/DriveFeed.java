package ferry.connector.icloud.drive;

import ferry.connector.Feed;
import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Target;
import ferry.error.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.node.ObjectNode;

/// A feed and its files in memory. A target that is closed before its commit leaves nothing.
public class DriveFeed implements Feed, Files {
    public final List<ObjectNode> items = new ArrayList<>();
    public final Set<String> wanted = new HashSet<>();
    public final List<String> refusals = new CopyOnWriteArrayList<>();
    public final Map<String, String> warnings = new HashMap<>();
    public final Map<FileRef, byte[]> published = new ConcurrentHashMap<>();
    public final Map<FileRef, Target.Integrity> integrity = new ConcurrentHashMap<>();
    public final Map<FileRef, FileMeta> metas = new ConcurrentHashMap<>();
    public boolean complete = true;
    public long expected;

    /// The record at that path.
    public ObjectNode at(String path) {
        return items.stream()
                .filter(i -> i.path("path").asString("").equals(path))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing at " + path + " but " + paths()));
    }

    public List<String> paths() {
        return items.stream().map(i -> i.path("path").asString("")).toList();
    }

    /// The reference of the file at that path.
    public FileRef ref(String path) {
        var id = at(path).path("files").path(0).path("id").asString("");
        return new FileRef(Drive.FILE, id);
    }

    public String text(String path) {
        return new String(Objects.requireNonNull(published.get(ref(path))), StandardCharsets.UTF_8);
    }

    @Override
    public void item(ObjectNode node) {
        items.add(node.deepCopy());
    }

    @Override
    public String fileId(FileRef ref) {
        if (ref.locator().getBytes(StandardCharsets.UTF_8).length > 90) {
            throw new AssertionError("too long: " + ref);
        }
        return ref.locator();
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
        warnings.put(code, detail);
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
        metas.put(ref, meta);
        return new MemoryTarget(ref);
    }

    private final class MemoryTarget implements Target {
        private final FileRef ref;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        MemoryTarget(FileRef ref) {
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
