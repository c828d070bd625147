package ferry.connector.icloud.web;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What Apple's uniform type identifiers of photos, videos and other files mean.
///
/// @param name such as `public.heic`
/// @param extension lower case, without dot
/// @param mimeType such as `image/heic`
public record Uti(String name, String extension, String mimeType) {
    private static final Map<String, Uti> BY_NAME = Stream.of(
                    new Uti("public.jpeg", "jpg", "image/jpeg"),
                    new Uti("public.heic", "heic", "image/heic"),
                    new Uti("public.heif", "heif", "image/heif"),
                    new Uti("public.heics", "heics", "image/heic-sequence"),
                    new Uti("public.png", "png", "image/png"),
                    new Uti("public.tiff", "tiff", "image/tiff"),
                    new Uti("public.avif", "avif", "image/avif"),
                    new Uti("public.jpeg-2000", "jp2", "image/jp2"),
                    new Uti("public.jpeg-xl", "jxl", "image/jxl"),
                    new Uti("com.compuserve.gif", "gif", "image/gif"),
                    new Uti("com.microsoft.bmp", "bmp", "image/bmp"),
                    new Uti("org.webmproject.webp", "webp", "image/webp"),
                    new Uti("public.webp", "webp", "image/webp"),
                    new Uti("com.adobe.photoshop-image", "psd", "image/vnd.adobe.photoshop"),
                    new Uti("com.adobe.raw-image", "dng", "image/x-adobe-dng"),
                    new Uti("com.canon.cr2-raw-image", "cr2", "image/x-canon-cr2"),
                    new Uti("com.canon.cr3-raw-image", "cr3", "image/x-canon-cr3"),
                    new Uti("com.canon.crw-raw-image", "crw", "image/x-canon-crw"),
                    new Uti("com.sony.arw-raw-image", "arw", "image/x-sony-arw"),
                    new Uti("com.nikon.raw-image", "nef", "image/x-nikon-nef"),
                    new Uti("com.nikon.nrw-raw-image", "nrw", "image/x-nikon-nrw"),
                    new Uti("com.fuji.raw-image", "raf", "image/x-fuji-raf"),
                    new Uti("com.panasonic.rw2-raw-image", "rw2", "image/x-panasonic-rw2"),
                    new Uti("com.panasonic.raw-image", "raw", "image/x-panasonic-raw"),
                    new Uti("com.olympus.raw-image", "orf", "image/x-olympus-orf"),
                    new Uti("com.olympus.or-raw-image", "orf", "image/x-olympus-orf"),
                    new Uti("com.pentax.raw-image", "pef", "image/x-pentax-pef"),
                    new Uti("com.samsung.raw-image", "srw", "image/x-samsung-srw"),
                    new Uti("com.leica.rwl-raw-image", "rwl", "image/x-leica-rwl"),
                    new Uti("com.apple.quicktime-movie", "mov", "video/quicktime"),
                    new Uti("public.mpeg-4", "mp4", "video/mp4"),
                    new Uti("com.apple.m4v-video", "m4v", "video/x-m4v"),
                    new Uti("public.avi", "avi", "video/x-msvideo"),
                    new Uti("public.3gpp", "3gp", "video/3gpp"),
                    new Uti("public.3gpp2", "3g2", "video/3gpp2"),
                    new Uti("public.mpeg", "mpg", "video/mpeg"),
                    new Uti("public.mpeg-2-video", "m2v", "video/mpeg"),
                    new Uti("org.webmproject.webm", "webm", "video/webm"),
                    new Uti("com.apple.photos.apple-adjustment-envelope", "aae", "application/xml"),
                    new Uti("com.apple.m4a-audio", "m4a", "audio/mp4"),
                    new Uti("com.adobe.pdf", "pdf", "application/pdf"),
                    new Uti("public.plain-text", "txt", "text/plain"),
                    new Uti("public.vcard", "vcf", "text/vcard"))
            .collect(Collectors.toUnmodifiableMap(Uti::name, Function.identity()));

    private static final Map<String, Uti> BY_EXTENSION = Stream.concat(
                    BY_NAME.values().stream()
                            .collect(Collectors.toMap(
                                    Uti::extension,
                                    Function.identity(),
                                    (a, b) -> a.name.compareTo(b.name) < 0 ? a : b))
                            .entrySet()
                            .stream(),
                    Stream.of(
                            Map.entry("jpeg", BY_NAME.get("public.jpeg")),
                            Map.entry("tif", BY_NAME.get("public.tiff")),
                            Map.entry("qt", BY_NAME.get("com.apple.quicktime-movie"))))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    /// Empty for a type that is not known; its words in the feed are then null.
    public static Optional<Uti> of(String name) {
        return Optional.ofNullable(BY_NAME.get(name.toLowerCase(Locale.ROOT)));
    }

    /// By the extension of a file name, in either case.
    public static Optional<Uti> ofExtension(String extension) {
        return Optional.ofNullable(BY_EXTENSION.get(extension.toLowerCase(Locale.ROOT)));
    }

    public boolean isVideo() {
        return mimeType.startsWith("video/");
    }

    public boolean isImage() {
        return mimeType.startsWith("image/");
    }

    /// The format of pictures that move.
    public boolean isGif() {
        return mimeType.equals("image/gif");
    }

    public boolean isHeif() {
        return mimeType.startsWith("image/hei");
    }
}
