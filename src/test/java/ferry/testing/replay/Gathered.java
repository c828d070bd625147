package ferry.testing.replay;

import ferry.connector.Feed;
import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Target;
import ferry.error.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/// What a reading gave: records, committed files, refusals. What is not committed is not kept.
final class Gathered implements Feed, Files {
    final List<String> ids = new ArrayList<>();
    final List<String> refusedItems = new ArrayList<>();
    final Map<FileRef, byte[]> files = new ConcurrentHashMap<>();
    final Map<FileRef, Target.Integrity> integrity = new ConcurrentHashMap<>();
    final Map<FileRef, ErrorCode> refused = new ConcurrentHashMap<>();
    private final Set<String> wanted;

    Gathered(String... wanted) {
        this.wanted = Set.of(wanted);
    }

    @Override
    public void item(ObjectNode node) {
        ids.add(node.path("id").asString(""));
    }

    @Override
    public String fileId(FileRef ref) {
        return ref.fileType() + " " + ref.locator();
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
    public void expect(long total) {}

    @Override
    public void refused(String item, ErrorCode why, String detail) {
        refusedItems.add(item);
    }

    @Override
    public void warn(String code, String detail) {}

    @Override
    public void incomplete() {}

    @Override
    public boolean isPublished(FileRef ref) {
        return files.containsKey(ref);
    }

    @Override
    public Target open(FileRef ref, FileMeta meta) {
        return new Kept(ref);
    }

    @Override
    public void refused(FileRef ref, ErrorCode why, String detail) {
        refused.put(ref, why);
    }

    private final class Kept implements Target {
        private final FileRef ref;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Kept(FileRef ref) {
            this.ref = ref;
        }

        @Override
        public void write(byte[] more, int offset, int length) {
            bytes.write(more, offset, length);
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
            files.put(ref, bytes.toByteArray());
            integrity.put(ref, how);
        }

        @Override
        public void close() {}
    }
}
