package ferry.connector.icloud;

import ferry.connector.ConnectorException.Refused;
import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Target;
import ferry.error.ErrorCode;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Knows which files of one reader have come to an end, published or refused, so that the rest can be refused by name
/// where the reader itself is (R17). Thread-safe.
final class RoomFiles implements Files {
    private final Files files;
    private final Set<FileRef> ended = ConcurrentHashMap.newKeySet();

    RoomFiles(Files files) {
        this.files = files;
    }

    /// Refuses all that have come to no end yet, for one reason.
    void refuseRest(List<FileRef> refs, Refused why) {
        var detail = Objects.requireNonNullElse(why.getMessage(), "The source refused the file.");
        for (var ref : refs) {
            if (!ended.contains(ref) && !isPublished(ref)) {
                refused(ref, why.code(), detail);
            }
        }
    }

    @Override
    public boolean isPublished(FileRef ref) {
        boolean published = files.isPublished(ref);
        if (published) {
            ended.add(ref);
        }
        return published;
    }

    @Override
    public Target open(FileRef ref, FileMeta meta) throws InterruptedException {
        return new Ending(ref, files.open(ref, meta));
    }

    @Override
    public void refused(FileRef ref, ErrorCode why, String detail) {
        ended.add(ref);
        files.refused(ref, why, detail);
    }

    private final class Ending implements Target {
        private final FileRef ref;
        private final Target target;

        Ending(FileRef ref, Target target) {
            this.ref = ref;
            this.target = target;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws InterruptedException {
            target.write(bytes, offset, length);
        }

        @Override
        public long written() {
            return target.written();
        }

        @Override
        public void restart() throws InterruptedException {
            target.restart();
        }

        @Override
        public void commit(Integrity integrity) throws InterruptedException {
            target.commit(integrity);
            ended.add(ref);
        }

        @Override
        public void close() {
            target.close();
        }
    }
}
