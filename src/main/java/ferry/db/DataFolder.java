package ferry.db;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// The folder in which one server keeps everything: its database, its secrets, its buckets.
///
/// Open means locked: a second server on the same folder, in this process or another, is refused. The system frees the
/// lock when the process dies, however it dies. Only its owner may enter the folder (mode 0700 where modes exist).
public final class DataFolder implements AutoCloseable {
    private static final String LOCK = "lock";
    /// More than any secret is long; a file that is longer is not one of ours.
    private static final int MAX_SECRET_BYTES = 64 * 1024;

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    /// The folders this process has open. Looked at before the lock file is touched, since closing a second channel on
    /// that file would free the lock of the first (POSIX locks belong to the process).
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lock;

    private DataFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /// Makes the folder where it is missing, and locks it.
    public static DataFolder open(Path folder) {
        var path = made(folder);
        if (!OPEN.add(path)) {
            throw inUse(path);
        }
        try {
            return new DataFolder(path, locked(path));
        } catch (IOException e) {
            OPEN.remove(path);
            throw notUsable(path, e);
        } catch (RuntimeException e) {
            OPEN.remove(path);
            throw e;
        }
    }

    /// The folder itself, absolute and with symbolic links resolved.
    public Path path() {
        return path;
    }

    /// Creates a secret file that only this user can read. Fails where one of that name is there, even a dangling link.
    /// The file appears whole or not at all.
    public void writeOnce(String name, String content) {
        writeOnce(path, name, content);
    }

    /// As [#writeOnce(String, String)], in a folder that another process may hold open.
    public static void writeOnce(Path folder, String name, String content) {
        var target = folder.resolve(name);
        try {
            // A link fails where the name is taken; a rename would replace what is there.
            drafted(target, content, draft -> place(draft, target));
        } catch (FileAlreadyExistsException e) {
            throw new DatabaseException(target + " exists already and is never overwritten.", e);
        } catch (IOException e) {
            throw notUsable(folder, e);
        }
    }

    /// Puts a secret file in the place of another, in one step: whoever reads sees the old or the new, whole.
    /// The folder may be held open by another process.
    public static void replace(Path folder, String name, String content) {
        var target = folder.resolve(name);
        try {
            drafted(target, content, draft -> Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE));
            syncFolder(folder);
        } catch (IOException e) {
            throw notUsable(folder, e);
        }
    }

    private interface Placing {
        void place(Path draft) throws IOException;
    }

    private static void drafted(Path target, String content, Placing placing) throws IOException {
        var draft = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".draft");
        try {
            try (var file = FileChannel.open(
                    draft,
                    Set.<OpenOption>of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    ownerOnly("rw-------"))) {
                write(file, content);
                file.force(true);
            }
            placing.place(draft);
        } finally {
            deleteQuietly(draft);
        }
    }

    /// So that a rename outlives a power cut. Where folders cannot be opened (Windows) the system sees to that.
    private static void syncFolder(Path folder) {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException _) {
            // Nothing more can be done, and nothing is torn: the old file or the new one is there.
        }
    }

    /// What [#writeOnce] wrote, or nothing where there is no such file. A symbolic link is refused.
    public Optional<String> read(String name) {
        return read(path, name);
    }

    /// Reads a secret of a folder that another process may hold open.
    public static Optional<String> read(Path folder, String name) {
        var file = folder.resolve(name);
        try (var channel = FileChannel.open(file, Set.<OpenOption>of(StandardOpenOption.READ, NOFOLLOW_LINKS))) {
            if (!Files.isRegularFile(file, NOFOLLOW_LINKS) || channel.size() > MAX_SECRET_BYTES) {
                throw new DatabaseException(file + " is not a file that Ferry wrote.");
            }
            var bytes = ByteBuffer.allocate((int) channel.size());
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
            return Optional.of(new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw new DatabaseException(file + " cannot be read, or is a symbolic link: " + reason(e), e);
        }
    }

    /// Frees the folder. What works in it must have stopped before.
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            OPEN.remove(path);
        }
    }

    private static Path made(Path folder) {
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder.toAbsolutePath().normalize(), ownerOnly("rwx------"));
            }
            var path = folder.toRealPath();
            if (!Files.isWritable(path)) {
                throw new DatabaseException("The data folder " + path + " is not writable by this user; "
                        + "give it to this user or name another with --data.");
            }
            tighten(path);
            return path;
        } catch (IOException e) {
            throw notUsable(folder.toAbsolutePath(), e);
        }
    }

    /// Shuts others out of a folder that is ours, or empty and about to be. Any other is left as it is: `--data /tmp`
    /// must not close the system's folder to everyone.
    private static void tighten(Path path) throws IOException {
        if (!posix() || Files.getPosixFilePermissions(path).equals(OWNER_ONLY)) {
            return;
        }
        if (!Files.exists(path.resolve(LOCK), NOFOLLOW_LINKS) && !isEmpty(path)) {
            throw new DatabaseException("The data folder " + path + " holds files that are not Ferry's and is open to "
                    + "other users; name an empty or a new folder with --data.");
        }
        Files.setPosixFilePermissions(path, OWNER_ONLY);
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (var entries = Files.newDirectoryStream(folder)) {
            return !entries.iterator().hasNext();
        }
    }

    private static FileChannel locked(Path path) throws IOException {
        var channel = FileChannel.open(
                path.resolve(LOCK),
                Set.<OpenOption>of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, NOFOLLOW_LINKS),
                ownerOnly("rw-------"));
        try {
            if (channel.tryLock() == null) {
                throw inUse(path);
            }
            return channel;
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw inUse(path);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static void place(Path draft, Path target) throws IOException {
        try {
            Files.createLink(target, draft);
        } catch (UnsupportedOperationException | AtomicMoveNotSupportedException _) {
            // A file system without hard links: the check and the move are two steps, under our folder lock.
            Files.move(draft, target);
        }
    }

    private static void write(FileChannel file, String content) throws IOException {
        var bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    private static void deleteQuietly(Path draft) {
        try {
            Files.deleteIfExists(draft);
        } catch (IOException _) {
            // A draft that stays is of no use to anyone but this user, who alone can read it.
        }
    }

    private static FileAttribute<?>[] ownerOnly(String mode) {
        return posix()
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))}
                : new FileAttribute<?>[0];
    }

    private static boolean posix() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    }

    private static DatabaseException inUse(Path path) {
        return new DatabaseException("The data folder " + path + " is in use by another Ferry; "
                + "stop that one first or name another folder with --data.");
    }

    private static DatabaseException notUsable(Path path, IOException e) {
        return new DatabaseException(
                "The data folder " + path + " cannot be used (" + reason(e)
                        + "); give it to this user or name another with --data.",
                e);
    }

    private static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "access to " + denied.getFile() + " is denied";
            case FileAlreadyExistsException taken -> taken.getFile() + " is not a folder";
            case FileSystemException other when other.getReason() != null -> other.getFile() + ": " + other.getReason();
            default -> e.getClass().getSimpleName() + ": " + e.getMessage();
        };
    }
}
