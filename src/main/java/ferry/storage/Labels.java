package ferry.storage;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/// The labels Ferry gives an object, so that a bucket explains itself without the API. Headers carry them, so
/// everything beyond printable ASCII is percent-encoded UTF-8, `%` itself too, and each is bounded: a store
/// takes about 2 KB of them.
public final class Labels {
    /// Most characters of a label's value.
    private static final int LONGEST = 512;

    private final Map<String, String> labels = new TreeMap<>();

    /// What every object of a poll carries.
    ///
    /// @param sourceType such as `icloud.account`
    /// @param identifier the result's
    public static Labels of(UUID poll, String sourceType, String identifier, Instant datePolled) {
        return new Labels()
                .with("ferry-poll", poll.toString())
                .with("ferry-source-type", sourceType)
                .with("ferry-identifier", identifier)
                .with("ferry-date-polled", datePolled.toString());
    }

    /// One more.
    public Labels with(String name, String value) {
        labels.put(name, encoded(value));
        return this;
    }

    /// One more, where it is known.
    public Labels with(String name, Optional<String> value) {
        value.ifPresent(known -> with(name, known));
        return this;
    }

    /// All of them.
    public Map<String, String> all() {
        return Map.copyOf(labels);
    }

    /// As many whole characters as fit.
    static String encoded(String text) {
        var encoded = new StringBuilder();
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            var one = encoded(c);
            if (encoded.length() + one.length() > LONGEST) {
                break;
            }
            encoded.append(one);
            i += Character.charCount(c);
        }
        return encoded.toString();
    }

    private static String encoded(int c) {
        if (c > ' ' && c < 0x7f && c != '%') {
            return Character.toString(c);
        }
        var percent = new StringBuilder();
        for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
            percent.append('%').append(String.format("%02X", b & 0xff));
        }
        return percent.toString();
    }
}
