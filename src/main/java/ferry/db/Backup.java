package ferry.db;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.jdbi.v3.core.Handle;

/// Writes a whole database into one file: all rows of one moment, while the service runs. What is sealed stays sealed.
///
/// Holds a piece of 64 KiB or one row in memory, whatever the size. [BackupHeader] has the format, [Restore] reads it.
public final class Backup {
    static final int PIECE = 64 * 1024;

    private final Handle tx;
    private final Transfer transfer;
    private long done;

    private Backup(Handle tx, Transfer transfer) {
        this.tx = tx;
        this.transfer = transfer;
    }

    /// Writes it, to a file that must not be there and that only this user can read. A file that could not be finished
    /// is removed; one that a kill left lacks its end, which [Restore] sees.
    ///
    /// @param ferry the version of this program
    /// @param now the time for the header
    public static BackupHeader write(Login owner, Path file, String ferry, Instant now, Transfer transfer)
            throws IOException {
        try (var tx = Stock.open(owner);
                var channel = created(file)) {
            try {
                var header = new Backup(tx, transfer).write(Channels.newOutputStream(channel), ferry, now);
                channel.force(true);
                return header;
            } catch (IOException | SQLException | RuntimeException e) {
                Files.deleteIfExists(file);
                throw e;
            }
        } catch (SQLException e) {
            throw new DatabaseException("The database could not be read.", e);
        }
    }

    private static FileChannel created(Path file) throws IOException {
        var mode = FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        try {
            return FileChannel.open(
                    file, Set.<OpenOption>of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode);
        } catch (FileAlreadyExistsException e) {
            throw new DatabaseException(file + " exists already and is not overwritten; name another file.", e);
        }
    }

    private BackupHeader write(OutputStream file, String ferry, Instant now) throws IOException, SQLException {
        tx.begin();
        tx.execute("set transaction isolation level repeatable read, read only");
        var header = header(ferry, now);
        var digest = sha256();
        var out = new DigestOutputStream(new BufferedOutputStream(file, PIECE), digest);
        header.write(out);
        var deflater = new Deflater(Deflater.BEST_SPEED);
        try {
            var deflated = new DeflaterOutputStream(out, deflater, PIECE);
            var pieces = new DataOutputStream(deflated);
            for (var table : header.tables()) {
                copy(table, header.rows(), pieces);
            }
            pieces.flush();
            deflated.finish();
        } finally {
            deflater.end();
        }
        out.on(false);
        out.write(digest.digest());
        out.flush();
        tx.rollback();
        return header;
    }

    private BackupHeader header(String ferry, Instant now) {
        var schema = Migrations.present(tx)
                .orElseThrow(() -> new DatabaseException("The database holds no data of Ferry's."));
        var tables = Stock.tables(tx).stream()
                .map(table -> new BackupHeader.Table(table.name(), table.columns(), count(table.name())))
                .toList();
        // No part of the snapshot: what is read after it is what its rows have taken, or more.
        var sequences = Stock.sequences(tx).stream()
                .map(name -> tx.createQuery("select last_value, is_called from " + Stock.quoted(name))
                        .map((row, _) ->
                                new BackupHeader.Sequence(name, row.getLong("last_value"), row.getBoolean("is_called")))
                        .one())
                .toList();
        return new BackupHeader(ferry, schema.getVersion(), now.toString(), tables, sequences);
    }

    private long count(String table) {
        transfer.at("counting", 0, 0);
        return tx.createQuery("select count(*) from " + Stock.quoted(table))
                .mapTo(long.class)
                .one();
    }

    private void copy(BackupHeader.Table table, long total, DataOutputStream out) throws IOException, SQLException {
        var rows = Stock.copy(tx).copyOut("copy " + Stock.columns(table.name(), table.columns()) + " to stdout");
        var piece = new ByteArrayOutputStream(2 * PIECE);
        for (byte[] row = rows.readFromCopy(); row != null; row = rows.readFromCopy()) {
            piece.write(row);
            done++;
            if (piece.size() >= PIECE) {
                flush(piece, out);
                transfer.at(table.name(), done, total);
            }
        }
        flush(piece, out);
        out.writeInt(0);
        transfer.at(table.name(), done, total);
    }

    private static void flush(ByteArrayOutputStream piece, DataOutputStream out) throws IOException {
        if (piece.size() > 0) {
            out.writeInt(piece.size());
            piece.writeTo(out);
            piece.reset();
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}
