package ferry.storage.disk;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/// What was published to folders, by a result's `url`: for signed downloads, and for cleaning up. Thread-safe.
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
        var below = below(url);
        if (below.isEmpty()) {
            return Optional.empty();
        }
        try (var folder = walk(below.get())) {
            var file = folder.object(name(below.get()));
            return Optional.of(new Opened(Channels.newInputStream(file), file.size()));
        } catch (NoSuchFileException | NotDirectoryException _) {
            return Optional.empty();
        }
    }

    /// Removes the object of a result's `url`; does nothing where [#open] would find nothing.
    public void delete(URI url) throws IOException {
        var below = below(url);
        if (below.isEmpty()) {
            return;
        }
        try (var folder = walk(below.get())) {
            folder.delete(name(below.get()));
            folder.force();
        } catch (NoSuchFileException | NotDirectoryException _) {
            // gone already
        }
    }

    private Optional<Path> below(URI url) {
        if (!"local".equals(url.getScheme()) || url.getPath() == null) {
            return Optional.empty();
        }
        var path = Path.of(url.getPath()).normalize();
        return path.startsWith(root) && !path.equals(root) ? Optional.of(root.relativize(path)) : Optional.empty();
    }

    private static String name(Path below) {
        return String.valueOf(below.getFileName());
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
