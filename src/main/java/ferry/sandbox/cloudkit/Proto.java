package ferry.sandbox.cloudkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/// Writes one protobuf message, and packs it as Apple's apps do. One thread.
public final class Proto {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    public Proto number(int field, long value) {
        varint((long) field << 3);
        varint(value);
        return this;
    }

    public Proto bytes(int field, byte[] value) {
        varint((long) field << 3 | 2);
        varint(value.length);
        bytes.writeBytes(value);
        return this;
    }

    public Proto text(int field, String value) {
        return bytes(field, value.getBytes(UTF_8));
    }

    public Proto message(int field, Proto value) {
        return bytes(field, value.toBytes());
    }

    /// Adds another's fields to these.
    public Proto append(Proto other) {
        bytes.writeBytes(other.toBytes());
        return this;
    }

    public byte[] toBytes() {
        return bytes.toByteArray();
    }

    public byte[] gzip() {
        var packed = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(packed)) {
            bytes.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    public byte[] zlib() {
        return deflated(false);
    }

    /// Deflate without a header.
    public byte[] bare() {
        return deflated(true);
    }

    private byte[] deflated(boolean bare) {
        var packed = new ByteArrayOutputStream();
        var deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, bare);
        try (var out = new DeflaterOutputStream(packed, deflater)) {
            bytes.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            deflater.end();
        }
        return packed.toByteArray();
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
    }
}
