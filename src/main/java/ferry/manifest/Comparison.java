package ferry.manifest;

import ferry.crypto.AgeIdentities;
import ferry.crypto.CryptoException;
import ferry.storage.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Compares the files of objects with what a manifest says of them, each read once.
final class Comparison {
    private final Optional<AgeIdentities> identities;
    private final Findings findings;
    private final long total;
    private long bytes;
    private long unread;

    /// @param identities open what is encrypted; empty to compare only its length
    /// @param total bytes that the manifest says there are; 0 while that is not known
    Comparison(Optional<AgeIdentities> identities, Findings findings, long total) {
        this.identities = identities;
        this.findings = findings;
        this.total = total;
    }

    /// Content that was compared.
    long bytes() {
        return bytes;
    }

    /// Encrypted objects that were compared by their length alone.
    long unread() {
        return unread;
    }

    /// Compares one, and tells what is not as it should be.
    ///
    /// @param object its line in the manifest
    void compare(String key, Path path, JsonNode object) {
        try {
            file(key, path, object);
        } catch (NoSuchFileException _) {
            findings.problem("Missing: " + key);
        } catch (IOException e) {
            findings.problem("Cannot be read: " + key + " (" + e.getClass().getSimpleName() + ")");
        }
    }

    private void file(String key, Path path, JsonNode object) throws IOException {
        var attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isRegularFile() || isBehindLink(path)) {
            findings.problem("Not a file: " + key);
            return;
        }
        boolean encrypted = object.hasNonNull("encryption");
        long expected = object.path(encrypted ? "stored_size" : "size").asLong(-1);
        if (attributes.size() != expected) {
            findings.problem("Wrong size: " + key + " has " + attributes.size() + " bytes, not " + expected + ".");
            return;
        }
        if (encrypted && identities.isEmpty()) {
            unread++;
            return;
        }
        try (var in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
            content(key, encrypted ? opened(in) : in, object);
        } catch (CryptoException e) {
            findings.problem("Cannot be decrypted: " + key + ": " + e.getMessage() + ".");
        }
    }

    /// Whether one of its folders is a link: the path begins with a real one.
    private static boolean isBehindLink(Path path) throws IOException {
        return !path.toRealPath().equals(path.toRealPath(LinkOption.NOFOLLOW_LINKS));
    }

    private InputStream opened(InputStream in) throws IOException {
        return Channels.newInputStream(identities.orElseThrow().decrypting(Channels.newChannel(in)));
    }

    private void content(String key, InputStream in, JsonNode object) throws IOException {
        var md5 = Verification.digest("MD5");
        var sha256 = Verification.digest("SHA-256");
        var buffer = new byte[Upload.PIECE];
        long length = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            md5.update(buffer, 0, read);
            sha256.update(buffer, 0, read);
            length += read;
            bytes += read;
            findings.progress(bytes, total);
        }
        if (length != object.path("size").asLong(-1)) {
            findings.problem("Wrong size: " + key + " holds " + length + " bytes, not "
                    + object.path("size").asLong(-1) + ".");
        } else if (!fits(object, "sha256", sha256) || !fits(object, "md5", md5)) {
            findings.problem("Changed: " + key);
        }
    }

    /// Whether the hash is the manifest's; what was published before there were manifests has no SHA-256.
    private static boolean fits(JsonNode object, String name, MessageDigest digest) {
        var found = HexFormat.of().formatHex(digest.digest());
        return object.hasNonNull(name)
                ? found.equals(object.path(name).asString("").toLowerCase(Locale.ROOT))
                : name.equals("sha256");
    }
}
