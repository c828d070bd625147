package ferry.storage;

import ferry.crypto.AgeRecipients;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/// Takes the bytes of one object and measures them once, in front of whatever [Publisher], and has them encrypted
/// where the config wants that. One thread at a time; closed by whoever opened it; closed before [#commit] it leaves
/// nothing behind.
public final class Intake implements AutoCloseable {
    private final Upload upload;
    private final Optional<EncryptedUpload> encrypted;
    private final MessageDigest md5 = digest("MD5");
    private final MessageDigest sha256 = digest("SHA-256");
    private long written;
    private Optional<Content> content = Optional.empty();
    private boolean closed;

    private Intake(Upload upload, Optional<EncryptedUpload> encrypted) {
        this.upload = upload;
        this.encrypted = encrypted;
    }

    /// Starts an object, see [Publisher#begin].
    public static Intake open(Publisher publisher, ObjectKey key, String mediaType)
            throws PublishException, InterruptedException {
        return open(publisher, key, About.of(mediaType));
    }

    /// Starts an object that says more of itself.
    public static Intake open(Publisher publisher, ObjectKey key, About about)
            throws PublishException, InterruptedException {
        return open(publisher, key, about, Optional.empty());
    }

    /// Starts an object that is encrypted to somebody, or to nobody.
    public static Intake open(Publisher publisher, ObjectKey key, About about, Optional<AgeRecipients> recipients)
            throws PublishException, InterruptedException {
        var upload = publisher.begin(key, about);
        var encrypted = recipients.map(to -> new EncryptedUpload(upload, to));
        return new Intake(encrypted.isPresent() ? encrypted.get() : upload, encrypted);
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
            sha256.update(bytes, offset + done, piece);
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
        sha256.reset();
        written = 0;
    }

    /// Makes the object visible. At most once; nothing is written after it.
    ///
    /// @return what lies in the bucket; where it is encrypted, that is not what was taken
    public Stored commit() throws PublishException, InterruptedException {
        var taken = new Content(
                written, HexFormat.of().formatHex(md5.digest()), HexFormat.of().formatHex(sha256.digest()));
        var plain = new Stored(taken.length(), taken.md5Hex());
        upload.commit(plain);
        content = Optional.of(taken);
        return encrypted.map(EncryptedUpload::stored).orElse(plain);
    }

    /// What was taken, before any cipher; once it was committed.
    public Content content() {
        return content.orElseThrow();
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
        var md5 = digest("MD5");
        var buffer = new byte[Upload.PIECE];
        for (int read = bytes.read(buffer); read >= 0; read = bytes.read(buffer)) {
            md5.update(buffer, 0, read);
        }
        return HexFormat.of().formatHex(md5.digest());
    }

    /// MD5 is what the API's `checksum` is made of; nothing is protected by it.
    static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + algorithm, e);
        }
    }
}
