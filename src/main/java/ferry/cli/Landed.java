package ferry.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/// A result whose bytes lie on this machine.
///
/// @param name for people: the data type, or the file's own name
/// @param bytes as the API says
/// @param checksum as the API says: MD5 in hexadecimal
/// @param path where it lies
record Landed(String name, long bytes, String checksum, Path path) {
    static Landed of(String name, JsonNode result, Path path) {
        return new Landed(
                name, result.at("/size").asLong(-1), result.at("/checksum").asString(""), path);
    }

    /// Reads the file: it must be as long as the API says, and have that checksum.
    void verify() {
        try {
            var digest = MessageDigest.getInstance("MD5");
            try (var sink = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
                Files.copy(path, sink);
            }
            var found = HexFormat.of().formatHex(digest.digest());
            if (Files.size(path) != bytes || !found.equals(checksum)) {
                throw new CommandFailed(path + " has " + Files.size(path) + " bytes and checksum " + found
                        + ", and the API says " + bytes + " and " + checksum + ".");
            }
        } catch (IOException e) {
            throw new CommandFailed("The result " + name + " is not where the API says: " + e, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has MD5", e);
        }
    }

    /// One line each: result, bytes, checksum, path.
    static void table(List<Landed> all, PrintWriter out) {
        var widest = all.stream().mapToInt(row -> row.name.length()).max().orElse(0);
        var format = "%-" + Math.max(widest, "result".length()) + "s  %12s  %-32s  %s%n";
        out.printf(Locale.ROOT, format, "result", "bytes", "checksum", "path");
        for (var row : all) {
            out.printf(
                    Locale.ROOT,
                    format,
                    row.name,
                    String.format(Locale.ROOT, "%,d", row.bytes),
                    row.checksum,
                    row.path);
        }
    }
}
