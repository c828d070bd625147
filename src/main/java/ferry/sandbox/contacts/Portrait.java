package ferry.sandbox.contacts;

import ferry.sandbox.photos.Checksum;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import javax.imageio.ImageIO;

/// A contact's photo: a small picture in a colour of its own.
///
/// @param seed what decides the colours
record Portrait(long seed, Oddity oddity) {
    private static final int SIDE = 48;

    /// What may be wrong with a photo.
    enum Oddity {
        NONE,
        /// The address that the list gives out leads nowhere.
        GONE,
        /// The first address that is given out has expired; the next one works.
        EXPIRED_ONCE,
        /// A page comes instead, with status 200.
        PAGE_INSTEAD,
        /// It ends early.
        CUT_SHORT,
        /// A byte in its middle is another one.
        FLIPPED_BYTE,
        /// Its signature is of no known kind.
        UNSIGNED
    }

    /// The picture as its owner chose it.
    byte[] jpeg() {
        var image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        var graphics = image.createGraphics();
        graphics.setColor(new Color((int) seed & 0xffffff));
        graphics.fillRect(0, 0, SIDE, SIDE);
        graphics.setColor(new Color((int) (seed >> 24) & 0xffffff));
        graphics.fillOval(SIDE / 4, SIDE / 8, SIDE / 2, SIDE / 2);
        graphics.fillOval(SIDE / 8, SIDE * 5 / 8, SIDE * 3 / 4, SIDE);
        graphics.dispose();
        var bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "jpg", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /// What the service hands out.
    byte[] sent(byte[] page) {
        var bytes = jpeg();
        switch (oddity) {
            case PAGE_INSTEAD -> bytes = page;
            case CUT_SHORT -> bytes = Arrays.copyOf(bytes, bytes.length / 10 * 9);
            case FLIPPED_BYTE -> bytes[bytes.length / 2] ^= 1;
            default -> {}
        }
        return bytes;
    }

    String signature() {
        return oddity == Oddity.UNSIGNED ? Long.toHexString(seed) : Checksum.text(Checksum.of(jpeg()));
    }
}
