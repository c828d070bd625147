package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/// How a file ends: the part that makes each photo's bytes its own. It stands last so that the digest of all before it
/// can be shared by every photo made from the same [Template].
enum Format {
    JPEG("public.jpeg", "JPG"),
    PNG("public.png", "PNG"),
    HEIC("public.heic", "HEIC"),
    MOV("com.apple.quicktime-movie", "MOV"),
    MP4("public.mpeg-4", "MP4"),
    DNG("com.adobe.raw-image", "DNG");

    /// Bytes of every mark.
    static final int MARK = 64;

    private static final byte[] PNG_END = {0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xae, 0x42, 0x60, (byte) 0x82};

    /// The uniform type identifier Apple uses for it.
    final String uti;

    final String extension;

    Format(String uti, String extension) {
        this.uti = uti;
        this.extension = extension;
    }

    boolean isVideo() {
        return this == MOV || this == MP4;
    }

    /// The last bytes of a file: a comment segment, chunk, box or string with `mark`, and the format's own end.
    byte[] tail(byte[] mark) {
        return switch (this) {
            case JPEG ->
                ByteBuffer.allocate(6 + MARK)
                        .putShort((short) 0xfffe)
                        .putShort((short) (2 + MARK))
                        .put(mark)
                        .putShort((short) 0xffd9)
                        .array();
            case PNG -> pngTail(mark);
            case HEIC, MOV, MP4 ->
                ByteBuffer.allocate(8 + MARK)
                        .putInt(8 + MARK)
                        .put("free".getBytes(US_ASCII))
                        .put(mark)
                        .array();
            case DNG -> mark;
        };
    }

    int tailLength() {
        return switch (this) {
            case JPEG -> 6 + MARK;
            case PNG -> 12 + 8 + MARK + PNG_END.length;
            case HEIC, MOV, MP4 -> 8 + MARK;
            case DNG -> MARK;
        };
    }

    private static byte[] pngTail(byte[] mark) {
        var chunk = ByteBuffer.allocate(12 + MARK)
                .put("tEXtComment".getBytes(US_ASCII))
                .put((byte) 0)
                .put(mark)
                .array();
        var crc = new CRC32();
        crc.update(chunk);
        return ByteBuffer.allocate(8 + chunk.length + PNG_END.length)
                .putInt(chunk.length - 4)
                .put(chunk)
                .putInt((int) crc.getValue())
                .put(PNG_END)
                .array();
    }
}
