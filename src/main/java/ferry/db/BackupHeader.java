package ferry.db;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The two lines in clear at the head of a backup: what it is, and what is in it.
///
/// ```text
/// ferry-backup 1                        the format
/// {"ferry":"0.1.0","schema":"009",…}    this record
/// deflated: for each table in its order pieces of COPY's text format, each after its length (4 bytes), then length 0
/// SHA-256 of all of that, 32 bytes
/// ```
///
/// @param ferry the program that wrote it
/// @param schema the version of the schema, as Flyway counts
/// @param dateCreated when its snapshot was taken, ISO 8601
public record BackupHeader(
        String ferry, String schema, String dateCreated, List<Table> tables, List<Sequence> sequences) {
    static final String START = "ferry-backup ";
    private static final String FORMAT = "1";
    private static final int LONGEST_LINE = 4 << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    public BackupHeader {
        tables = List.copyOf(tables);
        sequences = List.copyOf(sequences);
    }

    /// A table of the backup.
    ///
    /// @param columns those that are stored and not computed
    /// @param rows exactly so many
    public record Table(String name, List<String> columns, long rows) {
        public Table {
            columns = List.copyOf(columns);
        }
    }

    /// Where a sequence stands.
    ///
    /// @param called false where `value` is the next one, not the last
    public record Sequence(String name, long value, boolean called) {}

    /// All rows of all tables.
    public long rows() {
        return tables.stream().mapToLong(Table::rows).sum();
    }

    void write(OutputStream out) throws IOException {
        out.write((START + FORMAT + "\n" + JSON.writeValueAsString(this) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /// Reads both lines and not a byte more.
    static BackupHeader read(InputStream in, String name) throws IOException {
        var start = new String(in.readNBytes(START.length()), StandardCharsets.US_ASCII);
        if (!start.equals(START)) {
            throw new DatabaseException(name + " is not a backup that `./ferry backup` wrote.");
        }
        var format = line(in, name);
        if (!format.equals(FORMAT)) {
            throw new DatabaseException(
                    name + " is a backup of format " + format + ", and this Ferry reads format " + FORMAT + ".");
        }
        try {
            return JSON.readValue(line(in, name), BackupHeader.class);
        } catch (JacksonException | NullPointerException e) {
            throw new DatabaseException(name + " is a backup whose head is damaged.", e);
        }
    }

    private static String line(InputStream in, String name) throws IOException {
        var bytes = new byte[1024];
        int length = 0;
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0 || length == LONGEST_LINE) {
                throw new DatabaseException(name + " is a backup that was cut off or damaged.");
            }
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * length);
            }
            bytes[length++] = (byte) next;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
