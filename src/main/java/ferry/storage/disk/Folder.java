package ferry.storage.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A folder that is held open, so that what happens in it happens there whatever becomes of the path to it.
/// Nothing below the first one is ever reached through a symbolic link. One thread at a time; closed by whoever
/// opened it.
///
/// Names are single segments, checked by `ObjectKey` and `Destination`.
sealed interface Folder extends AutoCloseable {
    /// Opens a folder that the operator named; the only step that may go through a link, since links above the
    /// buckets are the operator's own.
    @SuppressWarnings("StreamResourceLeak") // the folder keeps it and closes it
    static Folder open(Path path) throws IOException {
        var stream = Files.newDirectoryStream(path);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return new Held(path, secure);
        }
        stream.close();
        return new Checked(path);
    }

    /// Opens the folder inside this one.
    ///
    /// @throws NoSuchFileException where there is none
    /// @throws NotDirectoryException where it is something else, such as a symbolic link
    Folder child(String name) throws IOException;

    /// Opens a file, never through a link.
    FileChannel file(String name, Set<StandardOpenOption> options) throws IOException;

    /// Moves a file in one step over whatever file or link has the name `target` there.
    void move(String name, Folder to, String target) throws IOException;

    /// Removes a file or link.
    ///
    /// @throws NoSuchFileException where there is none
    void delete(String name) throws IOException;

    /// What lies under the name; of the link itself where it is one.
    BasicFileAttributes attributes(String name) throws IOException;

    /// Makes the names in this folder survive a power cut.
    void force() throws IOException;

    /// The path it was opened by.
    Path path();

    @Override
    void close() throws IOException;

    /// Opens the folder inside this one and makes it first where there is none. Two may do so at once.
    default Folder made(String name) throws IOException {
        try {
            return child(name);
        } catch (NoSuchFileException _) {
            try {
                Files.createDirectory(path().resolve(name));
                force();
            } catch (FileAlreadyExistsException _) {
                // another upload was faster
            }
            return child(name);
        }
    }

    /// Opens an object to read it.
    ///
    /// @throws NotDirectoryException where it is something else, such as a symbolic link
    default FileChannel object(String name) throws IOException {
        if (!attributes(name).isRegularFile()) {
            throw new NotDirectoryException(name);
        }
        return file(name, Set.of(StandardOpenOption.READ));
    }

    /// The names in this folder, all of them: for folders that hold few.
    List<String> names() throws IOException;

    /// Held by a file descriptor (Linux): nobody can slip a link in between a check and its use.
    record Held(Path path, SecureDirectoryStream<Path> stream) implements Folder {
        @Override
        public Folder child(String name) throws IOException {
            if (!attributes(name).isDirectory()) {
                throw new NotDirectoryException(name);
            }
            // fails on a link that took the folder's place meanwhile
            return new Held(path.resolve(name), stream.newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS));
        }

        @Override
        public FileChannel file(String name, Set<StandardOpenOption> options) throws IOException {
            return channel(stream.newByteChannel(Path.of(name), withoutLinks(options)));
        }

        @Override
        public void move(String name, Folder to, String target) throws IOException {
            if (!(to instanceof Held held)) {
                throw new IllegalArgumentException("folders of two kinds");
            }
            stream.move(Path.of(name), held.stream, Path.of(target));
        }

        @Override
        public void delete(String name) throws IOException {
            stream.deleteFile(Path.of(name));
        }

        @Override
        public BasicFileAttributes attributes(String name) throws IOException {
            return stream.getFileAttributeView(Path.of(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes();
        }

        @Override
        public List<String> names() throws IOException {
            try (var entries = stream.newDirectoryStream(Path.of("."), LinkOption.NOFOLLOW_LINKS)) {
                return listed(entries);
            }
        }

        @Override
        public void force() throws IOException {
            try (var self = channel(stream.newByteChannel(Path.of("."), Set.of(StandardOpenOption.READ)))) {
                self.force(true);
            }
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }

        private static FileChannel channel(SeekableByteChannel channel) throws IOException {
            if (channel instanceof FileChannel file) {
                return file;
            }
            channel.close();
            throw new IOException("this file system gives no file channels");
        }
    }

    /// Checked step by step, where the system cannot hold a folder open. Who may write in the bucket could slip a
    /// link in between a check and its use.
    record Checked(Path path) implements Folder {
        @Override
        public Folder child(String name) throws IOException {
            if (!attributes(name).isDirectory()) {
                throw new NotDirectoryException(name);
            }
            return new Checked(path.resolve(name));
        }

        @Override
        public FileChannel file(String name, Set<StandardOpenOption> options) throws IOException {
            return FileChannel.open(path.resolve(name), withoutLinks(options));
        }

        @Override
        public void move(String name, Folder to, String target) throws IOException {
            Files.move(
                    path.resolve(name),
                    to.path().resolve(target),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }

        @Override
        public void delete(String name) throws IOException {
            Files.delete(path.resolve(name));
        }

        @Override
        public BasicFileAttributes attributes(String name) throws IOException {
            return Files.readAttributes(path.resolve(name), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        }

        @Override
        public List<String> names() throws IOException {
            try (var entries = Files.newDirectoryStream(path)) {
                return listed(entries);
            }
        }

        @Override
        public void force() {
            // Windows cannot; macOS keeps the order of names itself
        }

        @Override
        public void close() {
            // nothing is held
        }
    }

    private static List<String> listed(DirectoryStream<Path> entries) {
        var names = new ArrayList<String>();
        entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
        return names;
    }

    private static Set<OpenOption> withoutLinks(Set<StandardOpenOption> options) {
        var all = new HashSet<OpenOption>(options);
        all.add(LinkOption.NOFOLLOW_LINKS);
        return all;
    }
}
