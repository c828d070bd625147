package ferry.connector.icloud.web;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// One protobuf message, taken apart without its schema: fields by number, one level deep, so that nothing recurses.
/// What is inside a field is taken apart only when asked for. Immutable.
public final class Protobuf {
    /// More fields than any document has; each costs memory.
    private static final int MAX_FIELDS = 250_000;

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    private final byte[] bytes;
    private final List<Field> fields;

    private Protobuf(byte[] bytes, List<Field> fields) {
        this.bytes = bytes;
        this.fields = fields;
    }

    /// @param value of a number; where bytes begin
    /// @param length of bytes, -1 for a number
    private record Field(int number, long value, int length) {}

    /// Empty where the bytes are no such message.
    public static Optional<Protobuf> of(byte[] bytes) {
        return of(bytes, 0, bytes.length);
    }

    private static Optional<Protobuf> of(byte[] bytes, int from, int until) {
        var fields = new ArrayList<Field>();
        var in = new Cursor(bytes, from, until);
        while (!in.isAtEnd() && fields.size() < MAX_FIELDS) {
            long key = in.varint();
            long number = key >>> 3;
            if (in.failed || number < 1 || number > (1 << 29) - 1) {
                return Optional.empty();
            }
            switch ((int) (key & 7)) {
                case VARINT -> fields.add(new Field((int) number, in.varint(), -1));
                case FIXED_64 -> fields.add(new Field((int) number, in.fixed(8), -1));
                case FIXED_32 -> fields.add(new Field((int) number, in.fixed(4), -1));
                case BYTES -> {
                    long length = in.varint();
                    fields.add(new Field((int) number, in.at, in.skip(length)));
                }
                default -> in.failed = true;
            }
            if (in.failed) {
                return Optional.empty();
            }
        }
        return in.isAtEnd() ? Optional.of(new Protobuf(bytes, fields)) : Optional.empty();
    }

    /// The last value of a number field: a later one replaces an earlier one.
    public OptionalLong number(int field) {
        return fields.stream()
                .filter(f -> f.number == field && f.length < 0)
                .mapToLong(Field::value)
                .reduce((_, last) -> last);
    }

    /// The last value of a field of bytes.
    public Optional<byte[]> bytes(int field) {
        return last(field).map(f -> Arrays.copyOfRange(bytes, (int) f.value, (int) f.value + f.length));
    }

    /// All values of a repeated field of bytes.
    public List<byte[]> all(int field) {
        return fields.stream()
                .filter(f -> f.number == field && f.length >= 0)
                .map(f -> Arrays.copyOfRange(bytes, (int) f.value, (int) f.value + f.length))
                .toList();
    }

    /// The last value of a field of text; empty also where it is no UTF-8.
    public Optional<String> text(int field) {
        return bytes(field).flatMap(CloudRecord::utf8);
    }

    /// The last value of a field that holds a message.
    public Optional<Protobuf> message(int field) {
        return last(field).flatMap(this::inside);
    }

    /// All values of a repeated field that holds messages; what is no message is left out.
    public List<Protobuf> messages(int field) {
        return fields.stream()
                .filter(f -> f.number == field && f.length >= 0)
                .map(this::inside)
                .flatMap(Optional::stream)
                .toList();
    }

    /// Whether the field is there at all.
    public boolean has(int field) {
        return fields.stream().anyMatch(f -> f.number == field);
    }

    private Optional<Field> last(int field) {
        return fields.stream().filter(f -> f.number == field && f.length >= 0).reduce((_, last) -> last);
    }

    private Optional<Protobuf> inside(Field field) {
        return of(bytes, (int) field.value, (int) field.value + field.length);
    }

    private static final class Cursor {
        private final byte[] bytes;
        private final int until;
        private int at;
        private boolean failed;

        Cursor(byte[] bytes, int from, int until) {
            this.bytes = bytes;
            this.until = until;
            at = from;
        }

        boolean isAtEnd() {
            return at >= until;
        }

        long varint() {
            long value = 0;
            for (int shift = 0; shift < 64 && at < until; shift += 7) {
                byte next = bytes[at++];
                value |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    return value;
                }
            }
            failed = true;
            return 0;
        }

        long fixed(int length) {
            if (until - at < length) {
                failed = true;
                return 0;
            }
            long value = 0;
            for (int i = 0; i < length; i++) {
                value |= (bytes[at++] & 0xffL) << (8 * i);
            }
            return value;
        }

        int skip(long length) {
            if (length < 0 || length > until - at) {
                failed = true;
                return 0;
            }
            at += (int) length;
            return (int) length;
        }
    }
}
