package ferry.sandbox.contacts;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/// A contact's photo: a small picture in a colour of its own.
///
/// @param seed what decides the colours
record Portrait(long seed) {
    private static final int SIDE = 48;

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
}
