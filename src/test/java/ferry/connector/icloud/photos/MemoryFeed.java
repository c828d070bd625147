package ferry.connector.icloud.photos;

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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// A feed and its files in memory. A target that is closed before its commit leaves nothing.
class MemoryFeed implements Feed, Files {
    final List<ObjectNode> items = new ArrayList<>();
    final Set<String> wanted = new HashSet<>();
    final List<String> refusals = new CopyOnWriteArrayList<>();
    final List<String> warnings = new ArrayList<>();
    final Map<FileRef, byte[]> published = new ConcurrentHashMap<>();
    final Map<FileRef, Target.Integrity> integrity = new ConcurrentHashMap<>();
    final Map<FileRef, FileMeta> metas = new ConcurrentHashMap<>();
    boolean complete = true;
    long expected;

    List<String> ids() {
        return items.stream().map(i -> i.path("id").asString("")).toList();
    }

    @Nullable
    String filename(FileRef ref) {
        return Objects.requireNonNull(metas.get(ref)).filename();
    }

    @Override
    public void item(ObjectNode node) {
        items.add(node.deepCopy());
    }

    @Override
    public String fileId(FileRef ref) {
        return ref.fileType() + "/" + ref.locator();
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
        if (ref.locator().getBytes(StandardCharsets.UTF_8).length > 90) {
            throw new AssertionError("too long: " + ref);
        }
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
