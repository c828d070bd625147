package ferry.connector.icloud.web;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/// Unpacks documents that come in gzip, zlib or bare deflate, and no more of them than a document can hold: what grows
/// without measure is refused whole, never cut (`icloud-protocol` 7).
public final class Packed {
    /// More than a CloudKit record holds, in base64.
    private static final int MAX_ENCODED = 4 * 1024 * 1024;

    static final int MAX_BYTES = 16 * 1024 * 1024;
    /// A little that packs well is fine; much that does is a bomb.
    static final int FREE_BYTES = 1024 * 1024;

    static final int MAX_RATIO = 100;

    private Packed() {}

    /// The bytes of a field of base64; empty where it is none, or too long for a record.
    public static Optional<byte[]> decoded(String base64) {
        if (base64.length() > MAX_ENCODED) {
            return Optional.empty();
        }
        try {
            return Optional.of(Base64.getMimeDecoder().decode(base64));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// Whether this begins as gzip or zlib does. What does not is ciphertext or bare deflate.
    public static boolean hasHeader(byte[] packed) {
        return isGzip(packed) || isZlib(packed);
    }

    /// The whole of what is packed; empty where it is damaged, cut short or grows without measure.
    public static Optional<byte[]> inflate(byte[] packed) {
        var bare = new Inflater(true);
        try (var in = isGzip(packed)
                ? new GZIPInputStream(new ByteArrayInputStream(packed))
                : isZlib(packed)
                        ? new InflaterInputStream(new ByteArrayInputStream(packed))
                        : new InflaterInputStream(new ByteArrayInputStream(packed), bare)) {
            var whole = atMost(in, Math.min(MAX_BYTES, Math.max(FREE_BYTES, (long) MAX_RATIO * packed.length)));
            // Bare deflate has no checksum: ciphertext that happens to begin like it seldom ends with it too.
            return hasHeader(packed) || bare.getBytesRead() == packed.length ? whole : Optional.empty();
        } catch (IOException _) {
            return Optional.empty();
        } finally {
            bare.end();
        }
    }

    private static Optional<byte[]> atMost(InputStream in, long most) throws IOException {
        var out = new ByteArrayOutputStream();
        var piece = new byte[8192];
        for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
            if (out.size() + read > most) {
                return Optional.empty();
            }
            out.write(piece, 0, read);
        }
        return Optional.of(out.toByteArray());
    }

    private static boolean isGzip(byte[] packed) {
        return packed.length > 2 && (packed[0] & 0xff) == 0x1f && (packed[1] & 0xff) == 0x8b;
    }

    private static boolean isZlib(byte[] packed) {
        return packed.length > 2
                && (packed[0] & 0x0f) == 8
                && (packed[0] & 0xf0) <= 0x70
                && (((packed[0] & 0xff) << 8) | (packed[1] & 0xff)) % 31 == 0;
    }
}
