package ferry.storage;

import ferry.crypto.AgeRecipients;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/// Encrypts an object on its way into a bucket and measures what comes out, since that is what the storage checks.
/// Holds two chunks of 64 KiB. A repeated object has other bytes each time, and always the same length.
final class EncryptedUpload implements Upload {
    private final Upload to;
    private final AgeRecipients recipients;
    private final MessageDigest md5 = Intake.digest("MD5");
    private long length;
    private Optional<WritableByteChannel> cipher = Optional.empty();
    private Optional<Stored> stored = Optional.empty();

    EncryptedUpload(Upload to, AgeRecipients recipients) {
        this.to = to;
        this.recipients = recipients;
    }

    /// What lies in the bucket; once it was committed.
    Stored stored() {
        return stored.orElseThrow();
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws PublishException, InterruptedException {
        var piece = ByteBuffer.wrap(bytes, offset, length);
        passing(() -> {
            var channel = cipher();
            while (piece.hasRemaining()) {
                channel.write(piece);
            }
        });
    }

    @Override
    public void restart() throws PublishException, InterruptedException {
        // The old channel is dropped, not closed: closing would write its last chunk.
        cipher = Optional.empty();
        to.restart();
        md5.reset();
        length = 0;
    }

    @Override
    public void commit(Stored measured) throws PublishException, InterruptedException {
        passing(() -> cipher().close());
        var all = new Stored(length, HexFormat.of().formatHex(md5.digest()));
        to.commit(all);
        stored = Optional.of(all);
    }

    @Override
    public void close() {
        to.close();
    }

    private WritableByteChannel cipher() throws IOException {
        if (cipher.isEmpty()) {
            cipher = Optional.of(recipients.encrypting(new Sink()));
        }
        return cipher.get();
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    /// Lets what the storage throws through the cipher, which knows only its own exceptions.
    private static void passing(Step step) throws PublishException, InterruptedException {
        try {
            step.run();
        } catch (Stopped e) {
            switch (e.why) {
                case PublishException refused -> throw refused;
                case InterruptedException stopped -> throw stopped;
                default -> throw new IllegalStateException(e.why);
            }
        } catch (IOException e) {
            throw new IllegalStateException("an object could not be encrypted", e);
        }
    }

    /// What stopped the storage.
    private static final class Stopped extends IOException {
        private static final long serialVersionUID = 1L;

        private final Exception why;

        Stopped(Exception why) {
            super(why);
            this.why = why;
        }
    }

    private final class Sink implements WritableByteChannel {
        private final byte[] piece = new byte[PIECE];

        @Override
        public int write(ByteBuffer from) throws IOException {
            int all = from.remaining();
            while (from.hasRemaining()) {
                int some = Math.min(from.remaining(), PIECE);
                from.get(piece, 0, some);
                try {
                    to.write(piece, 0, some);
                } catch (PublishException | InterruptedException e) {
                    throw new Stopped(e);
                }
                md5.update(piece, 0, some);
                length += some;
            }
            return all;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // the upload is committed or closed by its own
        }
    }
}
