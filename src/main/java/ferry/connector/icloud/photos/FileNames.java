package ferry.connector.icloud.photos;

import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.MediaTypes;
import ferry.connector.icloud.web.Uti;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/// What the files of a photo are called (R21, R22).
final class FileNames {
    private static final int MAX_LENGTH = 255;

    private FileNames() {}

    /// The name of the original; where the source has none, one made of its record's.
    static String original(Photo photo) {
        return decoded(photo.master()).orElseGet(() -> fallback(photo));
    }

    /// The name of a variant of the photo, such as `IMG_0001-edited.JPG` or `IMG_0001_HEVC.MOV`.
    static String of(Photo photo, Variant variant, Resource resource) {
        var original = original(photo);
        if (variant == Variant.ORIGINAL) {
            return original;
        }
        var stem = stem(original);
        var ending = resource.uti()
                .flatMap(Uti::of)
                .map(uti -> "." + uti.extension().toUpperCase(Locale.ROOT))
                .orElse("");
        return switch (variant) {
            case LIVE_VIDEO -> stem + (photo.uti().map(Uti::isHeif).orElse(false) ? "_HEVC" : "") + ending;
            case EDITED, EDITED_LIVE_VIDEO -> stem + "-edited" + ending;
            case ALTERNATIVE -> alternative(original, stem, ending);
            case SIDECAR -> stem + ending;
            case ORIGINAL, MEDIUM, THUMBNAIL -> stem + "-" + variant.slug() + ending;
        };
    }

    /// The two of a pair usually differ in their type; where they don't, the name must.
    private static String alternative(String original, String stem, String ending) {
        var name = stem + ending;
        return name.equalsIgnoreCase(original) ? stem + "-alternative" + ending : name;
    }

    /// The file name as the source has it, in NFC; empty where it has none that could be one.
    static Optional<String> decoded(CloudRecord master) {
        var text = master.text("filenameEnc");
        if (master.isPlain("filenameEnc")
                && text.filter(FileNames::isPlausible)
                        .flatMap(MediaTypes::extension)
                        .isEmpty()) {
            // A plain string without an extension may be base64 all the same; one client documents it.
            text = text.flatMap(CloudRecord::decoded)
                    .flatMap(CloudRecord::utf8)
                    .filter(FileNames::isPlausible)
                    .filter(name -> MediaTypes.extension(name).isPresent())
                    .or(() -> master.text("filenameEnc"));
        }
        return text.map(name -> Normalizer.normalize(name, Normalizer.Form.NFC)).filter(FileNames::isPlausible);
    }

    static String stem(String filename) {
        return MediaTypes.extension(filename).isPresent() ? filename.substring(0, filename.lastIndexOf('.')) : filename;
    }

    private static boolean isPlausible(String name) {
        return !name.isBlank()
                && name.length() <= MAX_LENGTH
                && name.codePoints().noneMatch(c -> Character.isISOControl(c) || isLoneSurrogate(c) || c == 0xfffd);
    }

    private static boolean isLoneSurrogate(int codePoint) {
        return Character.getType(codePoint) == Character.SURROGATE;
    }

    private static String fallback(Photo photo) {
        var ending = photo.uti()
                .map(uti -> "." + uti.extension().toUpperCase(Locale.ROOT))
                .orElse("");
        return hash(photo.master().name()) + ending;
    }

    private static String hash(String name) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(Arrays.copyOf(digest, 8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
