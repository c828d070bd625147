package ferry.connector.icloud.drive;

import ferry.connector.FileRef;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/// The references of files: zone and document, which stay the same wherever the file is moved within its zone and
/// whoever shares it. Those that are too long for a reference are named by a hash, and found by looking through the
/// drive.
final class Locators {
    private static final int MOST_BYTES = 90;
    private static final String CLOUD_DOCS = "com.apple.CloudDocs";
    private static final Pattern PLAIN = Pattern.compile("([A-Za-z0-9._~-]+)/([A-Za-z0-9._~-]+)");
    private static final Pattern HASH = Pattern.compile("#[0-9a-f]{40}");

    private Locators() {}

    static FileRef of(Item item) {
        var zone = item.zone().equals(CLOUD_DOCS) ? "-" : item.zone();
        var plain = zone + "/" + item.docwsid();
        boolean fits = !item.zone().equals("-")
                && plain.length() <= MOST_BYTES
                && PLAIN.matcher(plain).matches();
        return new FileRef(Drive.FILE, fits ? plain : "#" + hash(item.key()));
    }

    /// Whether the drive may have such a file at all.
    static boolean isOurs(FileRef ref) {
        return ref.fileType().equals(Drive.FILE)
                && (PLAIN.matcher(ref.locator()).matches()
                        || HASH.matcher(ref.locator()).matches());
    }

    /// How the service names the file; empty for a hash.
    static Optional<String> drivewsid(FileRef ref) {
        var plain = PLAIN.matcher(ref.locator());
        return plain.matches()
                ? Optional.of(Item.drivewsid(
                        Item.Kind.FILE, plain.group(1).equals("-") ? CLOUD_DOCS : plain.group(1), plain.group(2)))
                : Optional.empty();
    }

    private static String hash(String key) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(Arrays.copyOf(digest, 20));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
