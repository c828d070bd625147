package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/// The few files that all photos are made from, made when first needed: pictures with pixels of their own, and films
/// and raw files with a true structure around bytes without meaning.
final class Templates {
    /// Pictures to choose from, for each format and size.
    static final int VARIANTS = 6;

    private static final ConcurrentHashMap<Key, Template> KNOWN = new ConcurrentHashMap<>();
    private static final ConcurrentHashMap<Long, Template> SPARSE = new ConcurrentHashMap<>();

    private Templates() {}

    /// What a file is for: decides how large it is.
    enum Size {
        /// The longer side 60 pixels, about 2 KB.
        THUMB,
        /// An original of a huge library, 2 to 10 KB.
        SMALL,
        /// An original of an ordinary library, 5 to 60 KB.
        NORMAL,
        /// Twice as wide as high and more.
        PANORAMA
    }

    private record Key(Format format, Size size, int variant) {}

    /// @param variant any number
    static Template of(Format format, Size size, int variant) {
        var key = new Key(format, size, Math.floorMod(variant, VARIANTS));
        var known = KNOWN.get(key);
        return known != null ? known : KNOWN.computeIfAbsent(key, Templates::make);
    }

    /// A film of exactly `length` bytes, nearly all of them zeros that are never held in memory.
    static Template sparse(long length) {
        return SPARSE.computeIfAbsent(length, Templates::makeSparse);
    }

    private static Template make(Key key) {
        int width = width(key);
        int height = key.size == Size.PANORAMA ? width / 4 : width * 3 / 4;
        var head = switch (key.format) {
            case JPEG -> jpeg(picture(width, height, key.variant));
            case PNG -> png(picture(width, height, key.variant));
            case HEIC -> heic(noise(key, 1));
            case MOV -> film("qt  ", noise(key, 2), width, height);
            case MP4 -> film("mp42", noise(key, 2), width, height);
            case DNG -> dng(width, height, key.variant);
        };
        return new Template(key.format, width, height, head, 0);
    }

    private static int width(Key key) {
        return switch (key.size) {
            case THUMB -> 60;
            case SMALL -> 80 + 16 * key.variant;
            case NORMAL -> (key.format == Format.DNG ? 96 : 160) + 32 * key.variant;
            case PANORAMA -> 640;
        };
    }

    /// Bytes without meaning, for the inside of files that nothing here can encode.
    private static byte[] noise(Key key, int purpose) {
        int length = switch (key.size) {
            case THUMB -> 900;
            case SMALL -> 1800 + 1300 * key.variant;
            case NORMAL, PANORAMA -> 5500 + 9000 * key.variant;
        };
        return Dice.bytes(length, key.format.extension.hashCode(), key.variant, purpose);
    }

    private static BufferedImage picture(int width, int height, int variant) {
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, pixel(x, y, height, variant));
            }
        }
        return image;
    }

    /// Sky above, hills below, and some grain so that the file is not suspiciously small.
    private static int pixel(int x, int y, int height, int variant) {
        double hill = height * (0.55 + 0.2 * Math.sin(x / (9.0 + 3 * variant) + variant));
        int grain = Dice.below(24, variant, (long) y << 20 | x, 3);
        return y < hill
                ? Color.HSBtoRGB(0.55f + 0.02f * variant, 0.3f + 0.4f * y / height, 0.75f + grain / 120f)
                : Color.HSBtoRGB(0.12f + 0.05f * variant, 0.6f, 0.35f + grain / 80f);
    }

    /// Without its end marker, which [Format#tail] brings.
    private static byte[] jpeg(BufferedImage image) {
        var whole = new ByteArrayOutputStream();
        var writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (var out = new MemoryCacheImageOutputStream(whole)) {
            var quality = writer.getDefaultWriteParam();
            quality.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            quality.setCompressionQuality(0.8f);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), quality);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return Arrays.copyOf(whole.toByteArray(), whole.size() - 2);
    }

    /// Without its last chunk, which [Format#tail] brings.
    private static byte[] png(BufferedImage image) {
        var whole = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", new MemoryCacheImageOutputStream(whole) {
                @Override
                public void close() throws IOException {
                    flush();
                    super.close();
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Arrays.copyOf(whole.toByteArray(), whole.size() - 12);
    }

    private static byte[] heic(byte[] content) {
        return boxes(box("ftyp", ascii("heic"), new byte[4], ascii("mif1heic")), box("mdat", content));
    }

    private static byte[] film(String brand, byte[] content, int width, int height) {
        return boxes(fileType(brand), movie(width, height), box("mdat", content));
    }

    private static byte[] fileType(String brand) {
        return box("ftyp", ascii(brand), new byte[4], ascii(brand));
    }

    /// A movie header of two seconds, without tracks: a player opens it and shows nothing.
    private static byte[] movie(int width, int height) {
        var header = ByteBuffer.allocate(100);
        header.putInt(12, 600).putInt(16, 1200); // time scale and duration
        header.putInt(20, 0x00010000).putShort(24, (short) 0x0100); // normal rate and volume
        header.putInt(36, 0x00010000).putInt(52, 0x00010000).putInt(68, 0x40000000); // the unit matrix
        header.putInt(72, width).putInt(76, height).putInt(96, 1); // preview fields hold the picture's size
        return box("moov", box("mvhd", header.array()));
    }

    /// A grey raw picture in a TIFF container whose description, the mark, stands at the very end.
    private static byte[] dng(int width, int height, int variant) {
        var model = "Sandbox Raw 1\0".getBytes(US_ASCII);
        int tags = 13;
        int ifd = 8;
        int modelAt = ifd + 2 + 12 * tags + 4;
        int pixelsAt = modelAt + model.length;
        int end = pixelsAt + width * height;
        var out = ByteBuffer.allocate(end).order(ByteOrder.LITTLE_ENDIAN);
        out.put("II".getBytes(US_ASCII)).putShort((short) 42).putInt(ifd);
        out.putShort((short) tags);
        tag(out, 254, 4, 1, 0);
        tag(out, 256, 4, 1, width);
        tag(out, 257, 4, 1, height);
        tag(out, 258, 3, 1, 8);
        tag(out, 259, 3, 1, 1); // not compressed
        tag(out, 262, 3, 1, 1); // 0 is black
        tag(out, 270, 2, Format.MARK, end);
        tag(out, 273, 4, 1, pixelsAt);
        tag(out, 277, 3, 1, 1);
        tag(out, 278, 4, 1, height);
        tag(out, 279, 4, 1, width * height);
        tag(out, 50706, 1, 4, 0x00000401); // DNG 1.4.0.0
        tag(out, 50708, 2, model.length, modelAt);
        out.putInt(0).put(model).put(Dice.bytes(width * height, variant, 0, 4));
        return out.array();
    }

    private static void tag(ByteBuffer out, int tag, int type, int count, int value) {
        out.putShort((short) tag).putShort((short) type).putInt(count).putInt(value);
    }

    /// The media data box carries a 64-bit length, as one over 4 GB must.
    private static Template makeSparse(long length) {
        var start = boxes(fileType("qt  "), movie(1920, 1080));
        long zeros = length - start.length - 16 - Format.MOV.tailLength();
        if (zeros < 0) {
            throw new IllegalArgumentException("a film has more than " + length + " bytes");
        }
        var media = ByteBuffer.allocate(16).putInt(1).put(ascii("mdat")).putLong(16 + zeros);
        return new Template(Format.MOV, 1920, 1080, boxes(start, media.array()), zeros);
    }

    private static byte[] box(String type, byte[]... parts) {
        var content = boxes(parts);
        return ByteBuffer.allocate(8 + content.length)
                .putInt(8 + content.length)
                .put(ascii(type))
                .put(content)
                .array();
    }

    private static byte[] boxes(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (var part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
