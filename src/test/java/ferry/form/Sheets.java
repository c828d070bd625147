package ferry.form;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A form's objects in memory.
final class Sheets implements Outlet {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Those that are whole, by what is in them.
    final Map<String, Sheet> sheets = new LinkedHashMap<>();

    final Map<String, byte[]> contents = new LinkedHashMap<>();
    /// Bytes that pages have taken, be they committed or not.
    long written;

    /// A record; single quotes stand for double ones.
    static ObjectNode record(String json) {
        return (ObjectNode) JSON.readTree(json.replace('\'', '"'));
    }

    /// The whole form of these records.
    static Sheets of(Form form, ObjectNode... records) throws InterruptedException {
        var sheets = new Sheets();
        try (var writer = FormWriter.of(form, "some.type", false, sheets)) {
            for (var record : records) {
                writer.item(record);
            }
            writer.finish();
            if (writer.unfit() > 0) {
                throw new AssertionError(writer.unfit() + " records do not fit");
            }
        }
        return sheets;
    }

    Sheet sheet(String of) {
        var sheet = sheets.get(of);
        if (sheet == null) {
            throw new AssertionError("no object of " + of);
        }
        return sheet;
    }

    /// The only object.
    String only() {
        if (contents.size() != 1) {
            throw new AssertionError(contents.size() + " objects");
        }
        return new String(contents.values().iterator().next(), StandardCharsets.UTF_8);
    }

    String text(String of) {
        var content = contents.get(of);
        if (content == null) {
            throw new AssertionError("no object of " + of);
        }
        return new String(content, StandardCharsets.UTF_8);
    }

    @Override
    public void put(Sheet sheet, byte[] content) {
        keep(sheet, content);
    }

    private void keep(Sheet sheet, byte[] content) {
        if (sheets.put(sheet.of(), sheet) != null) {
            throw new AssertionError("two objects of " + sheet.of());
        }
        contents.put(sheet.of(), content);
    }

    @Override
    public Page open(Sheet sheet) {
        var bytes = new ByteArrayOutputStream();
        return new Page() {
            @Override
            public void write(byte[] some) {
                bytes.writeBytes(some);
                written += some.length;
            }

            @Override
            public void commit() {
                keep(sheet, bytes.toByteArray());
            }

            @Override
            public void close() {}
        };
    }
}
