package ferry.storage;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Takes the bytes of one object and measures them once, in front of whatever [Publisher]. One thread at a time;
/// closed by whoever opened it; closed before [#commit] it leaves nothing behind.
public final class Intake implements AutoCloseable {
    private final Upload upload;
    private final MessageDigest md5 = md5();
    private long written;
    private boolean closed;

    private Intake(Upload upload) {
        this.upload = upload;
    }

    /// Starts an object, see [Publisher#begin].
    public static Intake open(Publisher publisher, ObjectKey key, String mediaType)
            throws PublishException, InterruptedException {
        return open(publisher, key, About.of(mediaType));
    }

    /// Starts an object that says more of itself.
    public static Intake open(Publisher publisher, ObjectKey key, About about)
            throws PublishException, InterruptedException {
        return new Intake(publisher.begin(key, about));
    }

    /// Takes the next bytes, any number of them. The array is the caller's again when this returns.
    public void write(byte[] bytes, int offset, int length) throws PublishException, InterruptedException {
        for (int done = 0; done < length; done += Upload.PIECE) {
            int piece = Math.min(Upload.PIECE, length - done);
            if (Thread.interrupted()) {
                throw new InterruptedException("stopped while writing");
            }
            upload.write(bytes, offset + done, piece);
            md5.update(bytes, offset + done, piece);
            written += piece;
        }
    }

    /// How many bytes it has taken since the start or the last [#restart].
    public long written() {
        return written;
    }

    /// Forgets all bytes taken so far: the source starts over.
    public void restart() throws PublishException, InterruptedException {
        upload.restart();
        md5.reset();
        written = 0;
    }

    /// Makes the object visible. At most once; nothing is written after it.
    public Stored commit() throws PublishException, InterruptedException {
        var stored = new Stored(written, HexFormat.of().formatHex(md5.digest()));
        upload.commit(stored);
        return stored;
    }

    /// Closing it again does nothing.
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            upload.close();
        }
    }

    /// The MD5 of what a storage gives back, in lower case. The caller closes `bytes`.
    public static String md5Hex(InputStream bytes) throws IOException {
        var md5 = md5();
        var buffer = new byte[Upload.PIECE];
        for (int read = bytes.read(buffer); read >= 0; read = bytes.read(buffer)) {
            md5.update(buffer, 0, read);
        }
        return HexFormat.of().formatHex(md5.digest());
    }

    /// MD5 is what the API's `checksum` is made of; nothing is protected by it.
    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has MD5", e);
        }
    }
}
