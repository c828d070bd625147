package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16BE;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Writes Apple's binary property lists (`bplist00`), as positions and keywords are stored in (`icloud-protocol` 2.6).
/// Takes maps with text keys, lists, texts, [Double], [Long] and [Instant].
final class BinaryPlist {
    private static final Instant APPLE_EPOCH = Instant.parse("2001-01-01T00:00:00Z");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    private final List<Integer> offsets = new ArrayList<>();

    private BinaryPlist() {}

    /// One property list, whole. At most 255 objects and 64 KiB, which is far more than a photo's record holds.
    static byte[] of(Object root) {
        var plist = new BinaryPlist();
        plist.out.writeBytes("bplist00".getBytes(US_ASCII));
        int top = plist.write(root);
        return plist.finish(top);
    }

    private int write(Object value) {
        return switch (value) {
            case Map<?, ?> map -> map(map);
            case List<?> list -> list(list);
            case String text -> text(text);
            case Double number -> number(0x23, Double.doubleToRawLongBits(number));
            case Long number -> number(0x13, number);
            case Instant at -> number(0x33, Double.doubleToRawLongBits(appleSeconds(at)));
            default -> throw new IllegalArgumentException("no property list holds a " + value.getClass());
        };
    }

    private int map(Map<?, ?> map) {
        var members = new ArrayList<Integer>();
        map.keySet().forEach(key -> members.add(write(key.toString())));
        map.values().forEach(value -> members.add(write(value)));
        return container(0xd0, map.size(), members);
    }

    private int list(List<?> list) {
        var members = new ArrayList<Integer>();
        list.forEach(value -> members.add(write(value)));
        return container(0xa0, list.size(), members);
    }

    private int text(String text) {
        boolean ascii = text.chars().allMatch(c -> c < 128);
        int index = begin();
        marker(ascii ? 0x50 : 0x60, text.length());
        out.writeBytes(text.getBytes(ascii ? US_ASCII : UTF_16BE));
        return index;
    }

    private int number(int marker, long bits) {
        int index = begin();
        out.write(marker);
        out.writeBytes(ByteBuffer.allocate(8).putLong(bits).array());
        return index;
    }

    private int container(int marker, int size, List<Integer> members) {
        int index = begin();
        marker(marker, size);
        members.forEach(out::write);
        return index;
    }

    private int begin() {
        offsets.add(out.size());
        return offsets.size() - 1;
    }

    /// A length of 15 or more stands behind the marker as an integer of its own.
    private void marker(int kind, int length) {
        if (length < 15) {
            out.write(kind | length);
            return;
        }
        out.write(kind | 0x0f);
        out.write(0x11);
        out.write(length >> 8);
        out.write(length);
    }

    private byte[] finish(int top) {
        int table = out.size();
        offsets.forEach(offset -> {
            out.write(offset >> 8);
            out.write(offset);
        });
        out.writeBytes(new byte[6]);
        out.write(2); // bytes of an offset
        out.write(1); // bytes of a reference
        out.writeBytes(ByteBuffer.allocate(24)
                .putLong(offsets.size())
                .putLong(top)
                .putLong(table)
                .array());
        return out.toByteArray();
    }

    private static double appleSeconds(Instant at) {
        return at.getEpochSecond() - APPLE_EPOCH.getEpochSecond() + at.getNano() / 1e9;
    }
}
