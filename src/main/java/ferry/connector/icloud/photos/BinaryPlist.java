package ferry.connector.icloud.photos;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads small binary property lists, as `locationEnc` and `keywordsEnc` hold them. Hostile ones end in an
/// empty answer: size, depth and the number of objects visited are limited, so cycles and fan-out end too.
///
/// Strings, numbers ([Long], [Double]), dates ([Instant]), booleans, byte arrays, lists and maps come out;
/// anything else is left out of its container.
final class BinaryPlist {
    private static final int MAX_BYTES = 256 * 1024;
    private static final int MAX_VISITS = 20_000;
    private static final int MAX_DEPTH = 16;
    private static final int TRAILER = 32;
    private static final byte[] MAGIC = "bplist0".getBytes(StandardCharsets.US_ASCII);
    /// Seconds from 1970 to 2001, where Apple's dates start.
    private static final double COCOA_EPOCH = 978_307_200;

    private final ByteBuffer bytes;
    private final int offsetSize;
    private final int refSize;
    private final int objects;
    private final int table;
    private int visits;

    private BinaryPlist(ByteBuffer bytes, int offsetSize, int refSize, int objects, int table) {
        this.bytes = bytes;
        this.offsetSize = offsetSize;
        this.refSize = refSize;
        this.objects = objects;
        this.table = table;
    }

    /// The root object, or empty where the bytes are not a binary property list.
    static Optional<Object> read(byte[] bytes) {
        if (bytes.length < MAGIC.length + 1 + TRAILER || bytes.length > MAX_BYTES || !startsWithMagic(bytes)) {
            return Optional.empty();
        }
        try {
            var buffer = ByteBuffer.wrap(bytes);
            int trailer = bytes.length - TRAILER;
            var list = new BinaryPlist(
                    buffer,
                    width(buffer.get(trailer + 6)),
                    width(buffer.get(trailer + 7)),
                    Math.toIntExact(buffer.getLong(trailer + 8)),
                    Math.toIntExact(buffer.getLong(trailer + 24)));
            return list.object(Math.toIntExact(buffer.getLong(trailer + 16)), 0);
        } catch (IndexOutOfBoundsException | ArithmeticException | Malformed _) {
            return Optional.empty();
        }
    }

    private static boolean startsWithMagic(byte[] bytes) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (bytes[i] != MAGIC[i]) {
                return false;
            }
        }
        return true;
    }

    private static int width(byte size) {
        if (size < 1 || size > 8) {
            throw new Malformed();
        }
        return size;
    }

    private Optional<Object> object(int index, int depth) {
        if (index < 0 || index >= objects || depth > MAX_DEPTH || ++visits > MAX_VISITS) {
            throw new Malformed();
        }
        int at = Math.toIntExact(unsigned(table + index * offsetSize, offsetSize));
        int marker = bytes.get(at) & 0xff;
        int low = marker & 0x0f;
        return switch (marker >> 4) {
            case 0x0 -> low == 8 || low == 9 ? Optional.of(low == 9) : Optional.empty();
            case 0x1 -> Optional.of(integer(at + 1, 1 << low));
            case 0x2 -> Optional.of(real(at + 1, 1 << low));
            case 0x3 -> date(bytes.getDouble(at + 1));
            case 0x4 -> Optional.of(slice(counted(at, low), 1));
            case 0x5, 0x7 -> Optional.of(new String(slice(counted(at, low), 1), StandardCharsets.UTF_8));
            case 0x6 -> Optional.of(new String(slice(counted(at, low), 2), StandardCharsets.UTF_16BE));
            case 0xa, 0xc -> Optional.of(list(counted(at, low), depth));
            case 0xd -> Optional.of(map(counted(at, low), depth));
            default -> Optional.empty();
        };
    }

    /// Where the content of a counted object starts, and how many elements it has.
    private record Counted(int start, int count) {}

    private Counted counted(int at, int low) {
        if (low < 0x0f) {
            return new Counted(at + 1, low);
        }
        int size = 1 << (bytes.get(at + 1) & 0x0f);
        int count = Math.toIntExact(integer(at + 2, size));
        if (count < 0 || count > MAX_BYTES) {
            throw new Malformed();
        }
        return new Counted(at + 2 + size, count);
    }

    private byte[] slice(Counted counted, int unit) {
        int length = Math.multiplyExact(counted.count, unit);
        if (length > bytes.limit() - counted.start) {
            throw new Malformed();
        }
        var slice = new byte[length];
        bytes.get(counted.start, slice);
        return slice;
    }

    private List<Object> list(Counted counted, int depth) {
        var list = new ArrayList<>();
        for (int i = 0; i < counted.count; i++) {
            object(reference(counted.start, i), depth + 1).ifPresent(list::add);
        }
        return list;
    }

    private Map<String, Object> map(Counted counted, int depth) {
        var map = new LinkedHashMap<String, Object>();
        for (int i = 0; i < counted.count; i++) {
            var key = object(reference(counted.start, i), depth + 1);
            var value = object(reference(counted.start, counted.count + i), depth + 1);
            if (key.isPresent() && key.get() instanceof String name && value.isPresent()) {
                map.put(name, value.get());
            }
        }
        return map;
    }

    private int reference(int start, int i) {
        return Math.toIntExact(unsigned(start + i * refSize, refSize));
    }

    private long integer(int at, int size) {
        if (size > 8) {
            // 16 bytes hold an unsigned 64-bit number; what does not fit a long is nothing we know.
            var wide = new byte[Math.min(size, 16)];
            bytes.get(at, wide);
            return new BigInteger(wide).longValueExact();
        }
        return size == 8 ? bytes.getLong(at) : unsigned(at, size);
    }

    private double real(int at, int size) {
        return switch (size) {
            case 4 -> bytes.getFloat(at);
            case 8 -> bytes.getDouble(at);
            default -> throw new Malformed();
        };
    }

    private static Optional<Object> date(double seconds) {
        double unix = seconds + COCOA_EPOCH;
        // Far beyond any date a calendar knows; the narrower rule for dates is the entry's.
        return Math.abs(unix) < 1e12 ? Optional.of(Instant.ofEpochMilli(Math.round(unix * 1000))) : Optional.empty();
    }

    private long unsigned(int at, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value = (value << 8) | (bytes.get(at + i) & 0xff);
        }
        if (value < 0) {
            throw new Malformed();
        }
        return value;
    }

    private static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Malformed() {
            super("malformed binary property list", null, false, false);
        }
    }
}
