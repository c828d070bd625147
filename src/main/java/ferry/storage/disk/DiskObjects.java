package ferry.storage.disk;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/// Reads what was published to folders, for signed downloads. Thread-safe.
public final class DiskObjects {
    private final Path root;

    /// @param root the folder of all buckets
    public DiskObjects(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    /// An object as it is being read. Closed by whoever opened it.
    ///
    /// @param bytes from the first one
    /// @param length how many
    public record Opened(InputStream bytes, long length) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            bytes.close();
        }
    }

    /// Opens the object of a result's `url`, as [DiskPublisher#url] made it; empty where it is not below the
    /// buckets, is gone, or is reached through a symbolic link. Whose it is has been asked before.
    public Optional<Opened> open(URI url) throws IOException {
        if (!"local".equals(url.getScheme()) || url.getPath() == null) {
            return Optional.empty();
        }
        var path = Path.of(url.getPath()).normalize();
        if (!path.startsWith(root) || path.equals(root)) {
            return Optional.empty();
        }
        var below = root.relativize(path);
        try (var folder = walk(below)) {
            var file = folder.object(String.valueOf(below.getFileName()));
            return Optional.of(new Opened(Channels.newInputStream(file), file.size()));
        } catch (NoSuchFileException | NotDirectoryException _) {
            return Optional.empty();
        }
    }

    private Folder walk(Path below) throws IOException {
        var here = Folder.open(root);
        for (int i = 0; i < below.getNameCount() - 1; i++) {
            try (var parent = here) {
                here = parent.child(below.getName(i).toString());
            }
        }
        return here;
    }
}
