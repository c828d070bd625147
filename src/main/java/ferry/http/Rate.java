package ferry.http;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/// So many requests in so much time, such as `10000/h`.
///
/// @param requests how many, from 1; also how many may come at once
public record Rate(int requests, Duration per) {
    private static final Pattern TEXT = Pattern.compile("([1-9]\\d{0,8})/([smh])");
    private static final Map<String, Duration> UNITS =
            Map.of("s", Duration.ofSeconds(1), "m", Duration.ofMinutes(1), "h", Duration.ofHours(1));

    /// Reads `10000/h`, `600/m` or `50/s`.
    ///
    /// @throws IllegalArgumentException where it is none of these
    public static Rate of(String text) {
        var parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not a rate such as 10000/h, 600/m or 50/s: " + text);
        }
        return new Rate(Integer.parseInt(parts.group(1)), UNITS.getOrDefault(parts.group(2), Duration.ofHours(1)));
    }
}
