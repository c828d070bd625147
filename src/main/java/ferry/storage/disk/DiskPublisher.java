package ferry.storage.disk;

import ferry.storage.About;
import ferry.storage.Intake;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.storage.PublishException.Refused;
import ferry.storage.PublishException.Unavailable;
import ferry.storage.Publisher;
import ferry.storage.Stored;
import ferry.storage.Upload;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/// A bucket that is a folder: `<root>/<bucket>`, and nothing is ever written elsewhere.
///
/// An object is written to a file of its own in `.uploads`, forced to the disk, and moved under its key in one
/// step: whoever looks sees the old object or the new one, after a power cut too. A process that is killed under
/// way leaves its file in `.uploads`; [UnfinishedUploads] removes it.
public final class DiskPublisher implements Publisher {
    static final String UPLOADS = ".uploads";
    /// With less room than this left, a write that failed is taken to have failed for want of it.
    private static final long FULL_BELOW_BYTES = 1024 * 1024;

    private final Path root;
    private final String bucket;
    private final Drive drive;

    /// @param root the folder of all buckets; must exist
    /// @param bucket its name, as `Destination` checked it
    public DiskPublisher(Path root, String bucket) {
        this(root, bucket, Drive.REAL);
    }

    DiskPublisher(Path root, String bucket, Drive drive) {
        this.root = root.toAbsolutePath().normalize();
        this.bucket = bucket;
        this.drive = drive;
    }

    @Override
    public Upload begin(ObjectKey key, About about) throws PublishException, InterruptedException {
        return attempt(() -> {
            var uploads = walk(List.of(UPLOADS), Folder::made);
            var name = UUID.randomUUID().toString();
            try {
                var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                return new DiskUpload(key, uploads, name, uploads.file(name, options));
            } catch (IOException e) {
                uploads.close();
                throw e;
            }
        });
    }

    @Override
    public URI url(ObjectKey key) {
        var path = root.resolve(bucket).toUri().getPath();
        try {
            return new URI("local", "", (path.endsWith("/") ? path : path + "/") + key, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("an absolute path is always a URI", e);
        }
    }

    @Override
    public void delete(ObjectKey key) throws PublishException, InterruptedException {
        attempt(() -> {
            try (var folder = walk(parent(key), Folder::child)) {
                folder.delete(last(key));
                folder.force();
            } catch (NoSuchFileException _) {
                // gone already
            }
            return bucket;
        });
    }

    /// Reads the whole object, for its MD5 is not written anywhere.
    @Override
    public Optional<Head> head(ObjectKey key) throws PublishException, InterruptedException {
        return attempt(() -> {
            try (var folder = walk(parent(key), Folder::child);
                    var file = folder.object(last(key));
                    var bytes = Channels.newInputStream(file)) {
                return Optional.of(new Head(file.size(), Optional.of(Intake.md5Hex(bytes))));
            } catch (NoSuchFileException _) {
                return Optional.<Head>empty();
            }
        });
    }

    @Override
    public Optional<byte[]> read(ObjectKey key, int atMost) throws PublishException, InterruptedException {
        return attempt(() -> {
            try (var folder = walk(parent(key), Folder::child);
                    var file = folder.object(last(key));
                    var bytes = Channels.newInputStream(file)) {
                return Optional.of(bytes.readNBytes(atMost));
            } catch (NoSuchFileException _) {
                return Optional.<byte[]>empty();
            }
        });
    }

    @Override
    public void list(String prefix, Listed each) throws PublishException, InterruptedException {
        int slash = prefix.lastIndexOf('/');
        var path = prefix.substring(0, slash + 1);
        var below = path.isEmpty() ? List.<String>of() : List.of(path.split("/"));
        attempt(() -> {
            try (var folder = walk(below, Folder::child)) {
                list(folder, path, prefix.substring(slash + 1), each);
            } catch (NoSuchFileException _) {
                // no such folder
            }
            return bucket;
        });
    }

    private static void list(Folder folder, String path, String prefix, Listed each)
            throws IOException, PublishException, InterruptedException {
        for (var name : folder.names()) {
            if (name.startsWith(prefix) && !name.equals(UPLOADS)) {
                try {
                    listOne(folder, path, name, each);
                } catch (NoSuchFileException _) {
                    // gone meanwhile
                }
            }
        }
    }

    private static void listOne(Folder folder, String path, String name, Listed each)
            throws IOException, PublishException, InterruptedException {
        var attributes = folder.attributes(name);
        if (attributes.isRegularFile()) {
            each.key(path + name);
        } else if (attributes.isDirectory()) {
            try (var child = folder.child(name)) {
                list(child, path + name + "/", "", each);
            }
        }
    }

    @Override
    public void close() {
        // nothing is held between calls
    }

    /// Goes down from the root, one folder at a time, each step from the folder before it.
    private Folder walk(List<String> below, Step step) throws IOException {
        var here = step.to(Folder.open(root), bucket);
        for (var name : below) {
            here = step.to(here, name);
        }
        return here;
    }

    private static List<String> parent(ObjectKey key) {
        return key.segments().subList(0, key.segments().size() - 1);
    }

    private static String last(ObjectKey key) {
        return key.segments().getLast();
    }

    private <T> T attempt(Attempt<T> attempt) throws PublishException, InterruptedException {
        try {
            return attempt.run();
        } catch (ClosedByInterruptException _) {
            Thread.interrupted();
            throw new InterruptedException("stopped while writing to bucket " + bucket);
        } catch (InvalidPathException e) {
            // the JVM names files in the locale's encoding: the launcher sets LC_ALL=C.UTF-8
            throw new Refused("The service's locale cannot name this object; it must run in a UTF-8 locale.", e);
        } catch (AccessDeniedException e) {
            throw new Refused("Ferry may not write to the folder of bucket " + bucket + ".", e);
        } catch (NotDirectoryException e) {
            throw new Refused(
                    "Something in the way to the object in bucket " + bucket
                            + " is not a folder, or is a symbolic link; links are not followed.",
                    e);
        } catch (IOException e) {
            throw new Unavailable(isFull() ? full() : "Bucket " + bucket + " could not be written to.", e);
        }
    }

    private String full() {
        return "The disk that holds bucket " + bucket + " is full.";
    }

    private boolean isFull() {
        try {
            return drive.free(root) < FULL_BELOW_BYTES;
        } catch (IOException _) {
            return false;
        }
    }

    @FunctionalInterface
    private interface Attempt<T> {
        T run() throws IOException, PublishException, InterruptedException;
    }

    @FunctionalInterface
    private interface Step {
        Folder into(Folder folder, String name) throws IOException;

        /// Takes the step and lets the folder before it go.
        default Folder to(Folder folder, String name) throws IOException {
            try (folder) {
                return into(folder, name);
            }
        }
    }

    private final class DiskUpload implements Upload {
        private final ObjectKey key;
        private final Folder uploads;
        private final String name;
        private final FileChannel file;
        private boolean moved;

        DiskUpload(ObjectKey key, Folder uploads, String name, FileChannel file) {
            this.key = key;
            this.uploads = uploads;
            this.name = name;
            this.file = file;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws PublishException, InterruptedException {
            attempt(() -> {
                drive.write(file, ByteBuffer.wrap(bytes, offset, length));
                return bucket;
            });
        }

        @Override
        public void restart() throws PublishException, InterruptedException {
            attempt(() -> file.truncate(0).position(0));
        }

        @Override
        public void commit(Stored measured) throws PublishException, InterruptedException {
            attempt(() -> {
                if (file.size() != measured.length()) {
                    throw new IOException("the file holds " + file.size() + " bytes of " + measured.length());
                }
                file.force(true);
                try (var folder = walk(parent(key), Folder::made)) {
                    uploads.move(name, folder, last(key));
                    moved = true;
                    folder.force();
                }
                return bucket;
            });
        }

        @Override
        public void close() {
            try (uploads;
                    file) {
                if (!moved) {
                    uploads.delete(name);
                }
            } catch (NoSuchFileException _) {
                // swept away meanwhile
            } catch (IOException e) {
                System.getLogger(DiskPublisher.class.getName())
                        .log(
                                System.Logger.Level.WARNING,
                                "an unfinished upload stays in bucket " + bucket + " until it is swept",
                                e);
            }
        }
    }
}
