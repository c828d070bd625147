package ferry.storage.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/// The two things a disk can fail us in: taking bytes, and having room.
interface Drive {
    /// The real one.
    Drive REAL = new Drive() {
        @Override
        public void write(FileChannel file, ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
        }

        @Override
        public long free(Path folder) throws IOException {
            return Files.getFileStore(folder).getUsableSpace();
        }
    };

    /// Writes all of `bytes` at the file's end.
    void write(FileChannel file, ByteBuffer bytes) throws IOException;

    /// Bytes that could still be written there.
    long free(Path folder) throws IOException;
}
