package ferry.db;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.flywaydb.core.api.MigrationVersion;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/// Puts a backup into an empty database, all of it or nothing, and brings it to this program's schema.
public final class Restore {
    private static final int DIGEST = 32;

    private final Path file;
    private final BackupHeader header;
    private final Transfer transfer;
    private long done;

    private Restore(Path file, BackupHeader header, Transfer transfer) {
        this.file = file;
        this.header = header;
        this.transfer = transfer;
    }

    /// Reads the file once, to its end, before anything is touched.
    ///
    /// @throws DatabaseException where it is not a backup, of a format unknown here, cut off or damaged
    public static Restore of(Path file, Transfer transfer) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new DatabaseException(file + " is not a file.");
        }
        BackupHeader header;
        try (var in = new BufferedInputStream(Files.newInputStream(file))) {
            header = BackupHeader.read(in, file.toString());
        }
        requireWhole(file, transfer);
        return new Restore(file, header, transfer);
    }

    /// What is in it.
    public BackupHeader header() {
        return header;
    }

    /// Restores it.
    ///
    /// @param roles which the service works as; made where they are missing
    /// @param empty refuses, by throwing, a database that holds something; is asked as the owner
    /// @param fits refuses, by throwing, what was restored, before it is there for others to see
    /// @throws DatabaseException where the schema is newer than this program's or than the backup's
    public void into(Login owner, Roles roles, Consumer<Handle> empty, Consumer<Handle> fits) throws IOException {
        try (var tx = Stock.open(owner)) {
            requireSchema(tx, Migrations.newest(owner));
            empty.accept(tx);
            Migrations.runTo(owner, roles, header.schema());
            tx.begin();
            try {
                empty.accept(tx);
                load(tx);
                fits.accept(tx);
                tx.commit();
            } catch (IOException | RuntimeException e) {
                tx.rollback();
                throw e;
            }
            tx.execute("analyze");
        } catch (SQLException e) {
            throw refused(e);
        } catch (JdbiException e) {
            throw e.getCause() instanceof SQLException cause ? refused(cause) : e;
        }
        Migrations.run(owner, roles);
    }

    private void requireSchema(Handle tx, MigrationVersion known) {
        var wanted = MigrationVersion.fromVersion(header.schema());
        if (wanted.compareTo(known) > 0) {
            throw new DatabaseException("The backup has schema " + wanted + ", made by Ferry " + header.ferry()
                    + ", and this Ferry knows schemas up to " + known + "; use that Ferry or a newer one.");
        }
        var present = Migrations.present(tx);
        if (present.isPresent() && present.get().compareTo(wanted) > 0) {
            throw new DatabaseException("The database has schema " + present.get() + " and the backup schema " + wanted
                    + ", and a schema does not go back; restore into a database without tables,"
                    + " which is brought to this Ferry's schema afterwards.");
        }
    }

    private void load(Handle tx) throws IOException, SQLException {
        requireSameTables(tx);
        var keys = Stock.foreignKeys(tx);
        var triggers = Stock.triggers(tx);
        keys.before().forEach(tx::execute);
        triggers.before().forEach(tx::execute);
        // What migrations wrote is in the backup too.
        tx.execute("truncate "
                + String.join(
                        ", ",
                        header.tables().stream()
                                .map(table -> Stock.quoted(table.name()))
                                .toList()));
        rows(tx);
        for (var sequence : header.sequences()) {
            tx.createQuery("select setval(cast(:name as regclass), :value, :called)")
                    .bind("name", Stock.quoted(sequence.name()))
                    .bind("value", sequence.value())
                    .bind("called", sequence.called())
                    .mapTo(long.class)
                    .one();
        }
        transfer.at("checking", done, header.rows());
        triggers.after().forEach(tx::execute);
        keys.after().forEach(tx::execute);
    }

    /// Names out of a file go into statements only where the catalogue has them.
    private void requireSameTables(Handle tx) {
        var here = new HashSet<>(Stock.tables(tx).stream()
                .map(table -> List.of(table.name(), new HashSet<>(table.columns())))
                .toList());
        var there = new HashSet<>(header.tables().stream()
                .map(table -> List.of(table.name(), new HashSet<>(table.columns())))
                .toList());
        var sequences = new HashSet<>(
                header.sequences().stream().map(BackupHeader.Sequence::name).toList());
        if (!here.equals(there) || !sequences.equals(new HashSet<>(Stock.sequences(tx)))) {
            throw new DatabaseException("The tables in " + file + " are not those that schema " + header.schema()
                    + " has here; restore with the Ferry that made it (" + header.ferry() + ").");
        }
    }

    private void rows(Handle tx) throws IOException, SQLException {
        try (var whole = new BufferedInputStream(Files.newInputStream(file), Backup.PIECE)) {
            var _ = BackupHeader.read(whole, file.toString());
            var pieces = new DataInputStream(new InflaterInputStream(whole));
            for (var table : header.tables()) {
                copy(tx, table, pieces);
            }
        } catch (EOFException | ZipException e) {
            throw cutOff(file, e);
        }
    }

    private void copy(Handle tx, BackupHeader.Table table, DataInputStream pieces) throws IOException, SQLException {
        var rows = Stock.copy(tx).copyIn("copy " + Stock.columns(table.name(), table.columns()) + " from stdin");
        try {
            var buffer = new byte[Backup.PIECE];
            for (int left = pieces.readInt(); left != 0; left = pieces.readInt()) {
                while (left > 0) {
                    int taken = pieces.read(buffer, 0, Math.min(left, buffer.length));
                    if (taken < 0) {
                        throw new EOFException();
                    }
                    rows.writeToCopy(buffer, 0, taken);
                    done += lines(buffer, taken);
                    left -= taken;
                }
                transfer.at(table.name(), done, header.rows());
            }
            long copied = rows.endCopy();
            if (copied != table.rows()) {
                throw new DatabaseException(file + " holds " + copied + " rows of " + table.name() + " and promises "
                        + table.rows() + "; nothing was restored.");
            }
        } finally {
            if (rows.isActive()) {
                rows.cancelCopy();
            }
        }
    }

    /// A row of COPY's text format ends with the only line feeds there are.
    private static int lines(byte[] bytes, int length) {
        int lines = 0;
        for (int i = 0; i < length; i++) {
            lines += bytes[i] == '\n' ? 1 : 0;
        }
        return lines;
    }

    private static void requireWhole(Path file, Transfer transfer) throws IOException {
        long total = Files.size(file) - DIGEST;
        try (var in = Files.newInputStream(file)) {
            var digest = Backup.sha256();
            var buffer = new byte[Backup.PIECE];
            for (long left = total; left > 0; ) {
                int taken = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (taken < 0) {
                    throw cutOff(file, new EOFException());
                }
                digest.update(buffer, 0, taken);
                left -= taken;
                transfer.at("reading", total - left, total);
            }
            if (total <= 0 || !MessageDigest.isEqual(digest.digest(), end(in))) {
                throw cutOff(file, new EOFException());
            }
        }
    }

    private static byte[] end(InputStream in) throws IOException {
        return in.readNBytes(DIGEST);
    }

    private static DatabaseException cutOff(Path file, IOException e) {
        return new DatabaseException(
                file + " was cut off or changed: its checksum is not that of its content. Nothing was restored.", e);
    }

    private static DatabaseException refused(SQLException e) {
        return new DatabaseException(
                "The database refused the backup, and nothing was restored: "
                        + String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given"),
                e);
    }
}
