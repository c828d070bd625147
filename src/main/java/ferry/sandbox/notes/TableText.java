package ferry.sandbox.notes;

import ferry.sandbox.cloudkit.Proto;
import java.nio.ByteBuffer;
import java.util.List;

/// Writes a table as the document that its attachment holds (`icloud-protocol` 2.9): objects that name each other by
/// number, and ids of rows and columns, each of which has another one for its cells.
final class TableText {
    private static final List<String> KEYS = List.of("identity", "crRows", "crColumns", "cellColumns", "UUIDIndex");
    private static final List<String> TYPES = List.of("com.apple.notes.ICTable", "com.apple.CRDT.NSUUID");

    private final Proto entries = new Proto();
    private final Proto uuids = new Proto();
    private int entryCount;
    private int uuidCount;

    private TableText() {}

    /// @param rows all of the same length
    static Proto of(List<List<String>> rows) {
        var table = new TableText();
        int columnCount = rows.getFirst().size();
        int rowAxis = table.axis(rows.size());
        int firstRow = table.entryCount - rows.size();
        int columnAxis = table.axis(columnCount);
        int firstColumn = table.entryCount - columnCount;
        var columns = new Proto();
        for (int column = 0; column < columnCount; column++) {
            var cells = new Proto();
            for (int row = 0; row < rows.size(); row++) {
                int cell =
                        table.entry(new Proto().message(10, note(rows.get(row).get(column))));
                cells.message(1, pair(firstRow + row, cell));
            }
            columns.message(1, pair(firstColumn + column, table.entry(new Proto().message(6, cells))));
        }
        int cellColumns = table.entry(new Proto().message(6, columns));
        table.entry(new Proto()
                .message(
                        13,
                        new Proto()
                                .number(1, 0)
                                .message(3, item(1, rowAxis))
                                .message(3, item(2, columnAxis))
                                .message(3, item(3, cellColumns))));
        var data = table.entries;
        KEYS.forEach(key -> data.text(4, key));
        TYPES.forEach(type -> data.text(5, type));
        return new Proto().message(2, new Proto().message(3, data.append(table.uuids)));
    }

    private static Proto note(String words) {
        return new Proto().text(2, words).message(5, new Proto().number(1, words.length()));
    }

    /// The last entries that it writes are the ids that cells go by.
    private int axis(int length) {
        var array = new Proto();
        int first = entryCount;
        for (int i = 0; i < length; i++) {
            var uuid = ByteBuffer.allocate(16)
                    .putLong(uuidCount)
                    .putLong(31L * uuidCount)
                    .array();
            array.message(2, new Proto().number(1, i).bytes(2, uuid));
            id(uuid);
        }
        var contents = new Proto();
        for (int i = 0; i < length; i++) {
            contents.message(1, pair(first + i, first + length + 1 + i));
        }
        int axis = entry(new Proto()
                .message(
                        16, new Proto().message(1, new Proto().message(1, array).message(2, contents))));
        for (int i = 0; i < length; i++) {
            id(ByteBuffer.allocate(16)
                    .putLong(uuidCount)
                    .putLong(7L * uuidCount)
                    .array());
        }
        return axis;
    }

    private void id(byte[] uuid) {
        uuids.bytes(6, uuid);
        entry(new Proto()
                .message(
                        13,
                        new Proto()
                                .number(1, 1)
                                .message(3, new Proto().number(1, 4).message(2, new Proto().number(2, uuidCount++)))));
    }

    private int entry(Proto entry) {
        entries.message(3, entry);
        return entryCount++;
    }

    private static Proto pair(int key, int value) {
        return new Proto().message(1, reference(key)).message(2, reference(value));
    }

    private static Proto item(int key, int value) {
        return new Proto().number(1, key).message(2, reference(value));
    }

    private static Proto reference(int entry) {
        return new Proto().number(6, entry);
    }
}
