package ferry.connector.icloud.notes;

import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Packed;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What lies in a note's text, by the ids of the attachments.
///
/// @param names what files are called
/// @param tables those that could be read
record Inserts(Map<String, String> names, Map<String, NoteTable> tables) {
    static final Inserts NONE = new Inserts(Map.of(), Map.of());
    private static final String TABLE = "com.apple.notes.table";

    Inserts {
        names = Map.copyOf(names);
        tables = Map.copyOf(tables);
    }

    /// What these records say of what lies in that body.
    ///
    /// @param attachments by name
    static Inserts of(NoteBody body, Map<String, CloudRecord> attachments) {
        var names = new HashMap<String, String>();
        var tables = new HashMap<String, NoteTable>();
        for (var run : body.runs()) {
            var id = run.attached().map(NoteBody.Attached::id).orElse("");
            var record = attachments.getOrDefault(id, CloudRecord.NONE);
            record.text("Filename").ifPresent(name -> names.put(id, name));
            table(record).ifPresent(table -> tables.put(id, table));
        }
        return new Inserts(names, tables);
    }

    private static Optional<NoteTable> table(CloudRecord record) {
        return record.text("AttachmentUTI")
                .or(() -> record.text("UTI"))
                .filter(TABLE::equals)
                .flatMap(_ -> record.string("MergeableDataEncrypted"))
                .flatMap(Packed::decoded)
                .flatMap(Packed::inflate)
                .flatMap(NoteTable::of);
    }
}
