package ferry.connector;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What the source says of a file before its bytes come.
///
/// @param filename with extension, as the source names it, NFC; null where it has none
/// @param extension lower case, without dot; null where unknown
/// @param mimeType null where unknown
/// @param size bytes, where the source says so
public record FileMeta(
        @Nullable String filename,
        @Nullable String extension,
        @Nullable String mimeType,
        OptionalLong size) {}
