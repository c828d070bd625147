package ferry.connector.icloud.web;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the commonest extensions of files mean; of others nothing is said.
public final class MediaTypes {
    private static final String OFFICE = "application/vnd.openxmlformats-officedocument.";
    private static final Map<String, String> BY_EXTENSION = Map.ofEntries(
            Map.entry("txt", "text/plain"),
            Map.entry("md", "text/markdown"),
            Map.entry("csv", "text/csv"),
            Map.entry("html", "text/html"),
            Map.entry("json", "application/json"),
            Map.entry("xml", "application/xml"),
            Map.entry("pdf", "application/pdf"),
            Map.entry("rtf", "application/rtf"),
            Map.entry("zip", "application/zip"),
            Map.entry("gz", "application/gzip"),
            Map.entry("doc", "application/msword"),
            Map.entry("docx", OFFICE + "wordprocessingml.document"),
            Map.entry("xls", "application/vnd.ms-excel"),
            Map.entry("xlsx", OFFICE + "spreadsheetml.sheet"),
            Map.entry("ppt", "application/vnd.ms-powerpoint"),
            Map.entry("pptx", OFFICE + "presentationml.presentation"),
            Map.entry("pages", "application/vnd.apple.pages"),
            Map.entry("numbers", "application/vnd.apple.numbers"),
            Map.entry("key", "application/vnd.apple.keynote"),
            Map.entry("epub", "application/epub+zip"),
            Map.entry("ics", "text/calendar"),
            Map.entry("vcf", "text/vcard"),
            Map.entry("jpg", "image/jpeg"),
            Map.entry("jpeg", "image/jpeg"),
            Map.entry("png", "image/png"),
            Map.entry("gif", "image/gif"),
            Map.entry("heic", "image/heic"),
            Map.entry("tif", "image/tiff"),
            Map.entry("tiff", "image/tiff"),
            Map.entry("webp", "image/webp"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("mov", "video/quicktime"),
            Map.entry("mp4", "video/mp4"),
            Map.entry("m4v", "video/x-m4v"),
            Map.entry("mp3", "audio/mpeg"),
            Map.entry("m4a", "audio/mp4"),
            Map.entry("wav", "audio/wav"));

    private MediaTypes() {}

    /// What a file's name ends with: lower case, without dot. Empty where that is too long or too odd for one.
    public static Optional<String> extension(String filename) {
        int dot = filename.lastIndexOf('.');
        var extension = filename.substring(dot + 1).toLowerCase(Locale.ROOT);
        return dot > 0 && extension.matches("[a-z0-9]{1,8}") ? Optional.of(extension) : Optional.empty();
    }

    /// In either case of letters.
    public static Optional<String> of(String extension) {
        return Optional.ofNullable(BY_EXTENSION.get(extension.toLowerCase(Locale.ROOT)));
    }

    /// `image`, `video` or `file`.
    public static String kind(@Nullable String mimeType) {
        if (mimeType != null && mimeType.startsWith("image/")) {
            return "image";
        }
        return mimeType != null && mimeType.startsWith("video/") ? "video" : "file";
    }
}
