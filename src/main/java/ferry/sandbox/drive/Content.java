package ferry.sandbox.drive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// What a file holds: bytes that depend on the seed alone, made anew whenever they are wanted.
///
/// @param size as the tree lists it; what a package's zip takes is another matter
/// @param isPackage a folder that is shown as a file
record Content(long seed, int size, boolean isPackage) {
    private static final LocalDateTime ZIPPED = LocalDateTime.of(2026, 1, 2, 3, 4);

    /// As it is downloaded: a package as a zip.
    byte[] bytes() {
        return isPackage ? zip() : random(seed, size);
    }

    private byte[] zip() {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            entry(
                    zip,
                    "Metadata/Properties.plist",
                    "<plist version=\"1.0\"><dict/></plist>\n".getBytes(StandardCharsets.UTF_8));
            entry(zip, "Index/Document.iwa", random(seed, size / 2));
            entry(zip, "Data/picture.jpg", random(seed + 1, size / 3));
        } catch (IOException e) {
            throw new AssertionError("memory takes bytes", e);
        }
        return bytes.toByteArray();
    }

    private static void entry(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        var entry = new ZipEntry(name);
        entry.setTimeLocal(ZIPPED);
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    private static byte[] random(long seed, int length) {
        var bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }
}
