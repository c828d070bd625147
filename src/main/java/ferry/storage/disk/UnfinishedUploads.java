package ferry.storage.disk;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// What killed processes left half-written in the buckets. Every node may sweep at once.
public final class UnfinishedUploads {
    private static final System.Logger log = System.getLogger(UnfinishedUploads.class.getName());

    private final Path root;
    private final InstantSource clock;

    /// @param root the folder of all buckets
    public UnfinishedUploads(Path root, InstantSource clock) {
        this.root = root;
        this.clock = clock;
    }

    /// Removes every upload that has not been written to for `age`. An upload that lives but stood still as long
    /// fails when it commits, and its task comes again; so `age` should exceed any pause of a source: a day is
    /// meant.
    ///
    /// @return how many were removed
    public int sweep(Duration age) throws IOException {
        var before = clock.instant().minus(age);
        int removed = 0;
        try (var all = Folder.open(root)) {
            for (var bucket : all.names()) {
                removed += sweep(all, bucket, before);
            }
        }
        return removed;
    }

    private static int sweep(Folder root, String bucket, Instant before) throws IOException {
        int removed = 0;
        try (var folder = root.child(bucket);
                var uploads = folder.child(DiskPublisher.UPLOADS)) {
            for (var name : uploads.names()) {
                if (uploads.attributes(name).lastModifiedTime().toInstant().isBefore(before)) {
                    uploads.delete(name);
                    removed++;
                    log.log(Level.INFO, "bucket {0}: removed an upload left unfinished", bucket);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException _) {
            // no bucket, none under way, or another node was faster: the next sweep sees what is left
        }
        return removed;
    }
}
