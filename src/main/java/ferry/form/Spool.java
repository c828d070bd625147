package ferry.form;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/// Holds pieces of a form until their place in it has come: in memory while they are few, then in a file of its
/// own, which is encrypted under a key that exists nowhere else and gone when this is closed, or with the
/// process. Thread-safe.
final class Spool implements AutoCloseable {
    private static final int TAG_BITS = 128;

    private final int inMemory;
    private final List<byte[]> held = new ArrayList<>();
    private long heldBytes;
    private @Nullable FileChannel file;
    private @Nullable SecretKey key;
    private long end;
    private long sealed;

    /// @param inMemory bytes that are kept without a file
    Spool(int inMemory) {
        this.inMemory = inMemory;
    }

    /// Where a piece is.
    ///
    /// @param number which it is among its kind
    /// @param at where in the file it begins; -1 for one in memory
    record Place(long number, long at, int length) {}

    /// Takes a piece, which is the spool's from then on.
    synchronized Place put(byte[] piece) {
        if (heldBytes + piece.length <= inMemory) {
            held.add(piece);
            heldBytes += piece.length;
            return new Place(held.size() - 1L, -1, piece.length);
        }
        try {
            var number = sealed++;
            var bytes = ByteBuffer.wrap(cipher(Cipher.ENCRYPT_MODE, number).doFinal(piece));
            var place = new Place(number, end, bytes.remaining());
            while (bytes.hasRemaining()) {
                end += file().write(bytes, end);
            }
            return place;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A piece again.
    synchronized byte[] get(Place place) {
        if (place.at() < 0) {
            return held.get((int) place.number());
        }
        try {
            var bytes = ByteBuffer.allocate(place.length());
            while (bytes.hasRemaining()) {
                if (file().read(bytes, place.at() + bytes.position()) < 0) {
                    throw new IOException("a piece is cut short");
                }
            }
            return cipher(Cipher.DECRYPT_MODE, place.number()).doFinal(bytes.array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Every piece has a number of its own, and the key is used for these pieces alone.
    private Cipher cipher(int mode, long number) throws GeneralSecurityException {
        var secret = key;
        if (secret == null) {
            var generator = KeyGenerator.getInstance("AES");
            generator.init(256);
            secret = generator.generateKey();
            key = secret;
        }
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        var nonce = ByteBuffer.allocate(12).putLong(4, number).array();
        cipher.init(mode, secret, new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }

    private FileChannel file() throws IOException {
        var open = file;
        if (open == null) {
            open = FileChannel.open(
                    Files.createTempFile("ferry-form", ".spool"),
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.DELETE_ON_CLOSE);
            file = open;
        }
        return open;
    }

    @Override
    public synchronized void close() {
        held.clear();
        key = null;
        var open = file;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Gathers bytes until a piece of them is worth spooling. Not thread-safe.
    static final class Chunks {
        private static final int PIECE = 16 * 1024;

        private final Spool spool;
        private final List<Place> places = new ArrayList<>();
        private final ByteArrayOutputStream last = new ByteArrayOutputStream();

        Chunks(Spool spool) {
            this.spool = spool;
        }

        void add(byte[] bytes) {
            last.writeBytes(bytes);
            if (last.size() >= PIECE) {
                places.add(spool.put(last.toByteArray()));
                last.reset();
            }
        }

        void into(Outlet.Page page) throws InterruptedException {
            for (var place : places) {
                page.write(spool.get(place));
            }
            page.write(last.toByteArray());
        }
    }
}
