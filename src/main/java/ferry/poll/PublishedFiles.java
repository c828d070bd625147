package ferry.poll;

import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Target;
import ferry.error.ErrorCode;
import ferry.result.Results;
import ferry.storage.Intake;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.storage.Stored;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Publishes files as the connector brings them, several at once.
final class PublishedFiles implements Files {
    private static final String UNKNOWN_TYPE = "application/octet-stream";
    /// Bytes of a file that goes into a form whole, such as a contact's photo into its card.
    private static final int LARGEST_COPY = 4 * 1024 * 1024;

    private final Publication publication;
    private final boolean countsItems;
    private final Optional<Delivered> delivered;
    private final Optional<PublishedForms> forms;
    /// The ids of files that were asked for and not opened yet, so that each is made once.
    private final Map<FileRef, String> asked = new ConcurrentHashMap<>();

    /// @param countsItems whether each file is an item of the task's progress, as in a poll for files
    /// @param delivered tells what earlier polls of a subscription have published; empty where that does not matter
    /// @param forms that may need a file's bytes too; empty where there are none
    PublishedFiles(
            Publication publication,
            boolean countsItems,
            Optional<Delivered> delivered,
            Optional<PublishedForms> forms) {
        this.publication = publication;
        this.countsItems = countsItems;
        this.delivered = delivered;
        this.forms = forms;
    }

    @Override
    public boolean isPublished(FileRef ref) {
        var id = publication.fileId(ref);
        boolean published = !isNeeded(id) && (wasDelivered(id) || counted(id, publication.mayHave(identifier(id))));
        if (!published) {
            asked.put(ref, id);
        }
        return published;
    }

    /// Whether its bytes belong into a form too, which has to have them although the file is a result already.
    private boolean isNeeded(String id) {
        return forms.map(all -> all.wants(id)).orElse(false);
    }

    /// The same as asked for by [#isPublished], where it was.
    private String id(FileRef ref) {
        var known = asked.remove(ref);
        return known == null ? publication.fileId(ref) : known;
    }

    private boolean wasDelivered(String id) {
        return delivered.isPresent() && delivered.get().hasFile(id);
    }

    private boolean counted(String id, boolean published) {
        if (published) {
            count(id);
        }
        return published;
    }

    /// It is a result.
    private void count(String id) {
        delivered.ifPresent(seen -> seen.delivered(id));
        if (countsItems) {
            publication.item();
        }
    }

    @Override
    public Target open(FileRef ref, FileMeta meta) throws InterruptedException {
        var name = Optional.ofNullable(meta.filename());
        var id = id(ref);
        var extension = Optional.ofNullable(meta.extension());
        var key = publication.config().fileKey(publication.poll(), id, name, extension);
        try {
            return new FileTarget(publication.open(key, identifier(id), mediaType(meta), name), id, meta, key);
        } catch (PublishException e) {
            throw new SinkFailed(e);
        }
    }

    @Override
    public void refused(FileRef ref, ErrorCode why, String detail) {
        publication.refused(Optional.of(id(ref)), why, detail);
        if (countsItems) {
            publication.item();
        }
    }

    private static String mediaType(FileMeta meta) {
        return Objects.requireNonNullElse(meta.mimeType(), UNKNOWN_TYPE);
    }

    private static String identifier(String id) {
        return "file:" + id;
    }

    /// One file on its way.
    private final class FileTarget implements Target {
        private final Intake intake;
        private final String id;
        private final FileMeta meta;
        private final ObjectKey key;
        /// What a form needs of it; empty where none does, or where it is too large for one.
        private Optional<ByteArrayOutputStream> copy;

        FileTarget(Intake intake, String id, FileMeta meta, ObjectKey key) {
            this.intake = intake;
            this.id = id;
            this.meta = meta;
            this.key = key;
            this.copy = isNeeded(id) ? Optional.of(new ByteArrayOutputStream()) : Optional.empty();
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws InterruptedException {
            copy = copy.filter(all -> all.size() + length <= LARGEST_COPY);
            copy.ifPresent(all -> all.write(bytes, offset, length));
            try {
                intake.write(bytes, offset, length);
            } catch (PublishException e) {
                throw new SinkFailed(e);
            }
        }

        @Override
        public long written() {
            return intake.written();
        }

        @Override
        public void restart() throws InterruptedException {
            copy = copy.map(_ -> new ByteArrayOutputStream());
            try {
                intake.restart();
            } catch (PublishException e) {
                throw new SinkFailed(e);
            }
        }

        /// Publishes; the result is recorded soon after: should the process die between the two, the next
        /// attempt writes the same key again and records it. Asks first whether the file is still ours to
        /// publish: all attempts share its key, and a worker that wakes up late must not overwrite what was
        /// recorded since. What stays open is a worker that stalls inside the storage's own commit, of a file
        /// whose bytes have changed. Those of an encrypted one are others each time, of the same length and
        /// content.
        @Override
        public void commit(Integrity integrity) throws InterruptedException {
            copy.ifPresent(all -> forms.orElseThrow().file(id, all.toByteArray()));
            var identifier = identifier(id);
            publication.claim(identifier);
            boolean recording = false;
            try {
                if (wasDelivered(id) || counted(id, publication.has(identifier))) {
                    return;
                }
                var stored = intake.commit();
                // its memory is free while it waits to be recorded
                intake.close();
                publication.record(published(identifier, stored), () -> count(id));
                recording = true;
            } catch (PublishException e) {
                throw new SinkFailed(e);
            } finally {
                if (!recording) {
                    publication.release(identifier);
                }
            }
        }

        private Results.Published published(String identifier, Stored stored) {
            return new Results.Published(
                    publication.poll(),
                    publication.attempt().task().id(),
                    publication.config().id(),
                    identifier,
                    Optional.ofNullable(meta.extension()),
                    key.toString(),
                    publication.publisher().url(key).toString(),
                    stored,
                    intake.content(),
                    Optional.empty());
        }

        @Override
        public void close() {
            intake.close();
        }
    }
}
