package ferry.storage;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// What a bucket keeps beside an object's bytes.
///
/// @param mediaType such as `image/jpeg`; anything that is none is stored as `application/octet-stream`
/// @param labels by name, in lower case with hyphens; printable ASCII only, see [Labels]
/// @param staysOpen whether other objects are written while this one is, as a feed is around the files it lists. It
///     then has memory of its own
public record About(String mediaType, SortedMap<String, String> labels, boolean staysOpen) {
    private static final Pattern MEDIA_TYPE =
            Pattern.compile("[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}");

    public About {
        labels = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }

    /// Only what it is.
    public static About of(String mediaType) {
        return new About(mediaType, new TreeMap<>(), false);
    }

    /// With labels that [Labels] has made.
    public static About of(String mediaType, Map<String, String> labels) {
        return new About(mediaType, new TreeMap<>(labels), false);
    }

    /// The same of an object that others are written beside.
    public About stayingOpen() {
        return new About(mediaType, labels, true);
    }

    /// The media type as a header can carry it: what a source says may be anything.
    public String safeMediaType() {
        return MEDIA_TYPE.matcher(mediaType).matches() ? mediaType : "application/octet-stream";
    }
}
