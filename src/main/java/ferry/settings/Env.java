package ferry.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;

/// Reads `FERRY_…` variables. Each is asked for once at start, by the name that stands in `docs/settings.md`; a blank
/// value counts as unset. After the last one [#requireAllKnown] finds the misspelt. Not thread-safe.
public final class Env {
    private static final String PREFIX = "FERRY_";
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

    private final Map<String, String> variables;
    private final Set<String> known = new TreeSet<>();

    public Env(Map<String, String> variables) {
        this.variables = Map.copyOf(variables);
    }

    public Optional<String> string(String name) {
        known.add(name);
        return Optional.ofNullable(variables.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    /// A value that no message may show.
    ///
    /// @param read makes the setting of it; an [IllegalArgumentException] refuses it, unseen
    /// @param allowed what is said to whoever set it wrongly
    public <T> Optional<T> secret(String name, Function<String, T> read, String allowed) {
        return string(name).map(value -> {
            try {
                return read.apply(value);
            } catch (IllegalArgumentException _) {
                throw new SettingException(name + " must be " + allowed + "; its value is secret and not shown.");
            }
        });
    }

    /// A whole number.
    ///
    /// @param least the smallest that is allowed
    /// @param most the largest that is allowed
    public int integer(String name, int otherwise, int least, int most) {
        var allowed = "a whole number from " + least + " to " + most;
        return string(name)
                .map(value -> {
                    try {
                        var number = Integer.parseInt(value);
                        if (number >= least && number <= most) {
                            return number;
                        }
                    } catch (NumberFormatException _) {
                        // Refused below, in one voice.
                    }
                    throw refused(name, value, allowed);
                })
                .orElse(otherwise);
    }

    /// Written as a number and a unit: `500ms`, `30s`, `10m`, `24h`, `7d`.
    public Duration duration(String name, Duration otherwise, Duration least, Duration most) {
        return optionalDuration(name, least, most).orElse(otherwise);
    }

    /// As [#duration]; empty where it is not set.
    public Optional<Duration> optionalDuration(String name, Duration least, Duration most) {
        var allowed = "a duration like 500ms, 30s, 10m, 24h or 7d, from " + text(least) + " to " + text(most);
        return string(name)
                .map(value -> parsed(value)
                        .filter(duration -> duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0)
                        .orElseThrow(() -> refused(name, value, allowed)));
    }

    public boolean bool(String name, boolean otherwise) {
        return string(name)
                .map(value -> switch (value) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw refused(name, value, "true or false");
                })
                .orElse(otherwise);
    }

    /// One of a few words, in any case; given back as it stands in `allowed`.
    public String oneOf(String name, String otherwise, List<String> allowed) {
        return string(name)
                .map(value -> allowed.stream()
                        .filter(value::equalsIgnoreCase)
                        .findFirst()
                        .orElseThrow(() -> refused(name, value, "one of " + String.join(", ", allowed))))
                .orElse(otherwise);
    }

    public Optional<Path> path(String name) {
        return string(name).map(value -> {
            try {
                return Path.of(value);
            } catch (InvalidPathException _) {
                throw refused(name, value, "a path");
            }
        });
    }

    /// An absolute http or https URI with a host. One with user or password in it is refused without being shown.
    public Optional<URI> uri(String name) {
        return string(name).map(value -> {
            var allowed = "an http or https URL like https://host:port/path, without user and password";
            if (value.contains("@")) {
                throw new SettingException(name + " must be " + allowed + ".");
            }
            try {
                var uri = new URI(value);
                if (List.of("http", "https").contains(String.valueOf(uri.getScheme())) && uri.getHost() != null) {
                    return uri;
                }
            } catch (URISyntaxException _) {
                // Refused below, in one voice.
            }
            throw refused(name, value, allowed);
        });
    }

    /// Separated by commas; blanks around an entry and empty entries do not count.
    public List<String> list(String name) {
        return string(name).stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    /// Stops the start where a `FERRY_…` variable is set that nobody has asked for. Its value is not shown: it may be a
    /// secret under a misspelt name.
    public void requireAllKnown() {
        for (var name : new TreeSet<>(variables.keySet())) {
            if (name.startsWith(PREFIX) && !known.contains(name)) {
                throw new SettingException(name + " is not a setting. Known are: " + String.join(", ", known) + ".");
            }
        }
    }

    private static Optional<Duration> parsed(String value) {
        var match = DURATION.matcher(value);
        if (!match.matches()) {
            return Optional.empty();
        }
        var number = Long.parseLong(match.group(1));
        return Optional.of(
                switch (match.group(2)) {
                    case "ms" -> Duration.ofMillis(number);
                    case "s" -> Duration.ofSeconds(number);
                    case "m" -> Duration.ofMinutes(number);
                    case "h" -> Duration.ofHours(number);
                    default -> Duration.ofDays(number);
                });
    }

    private static String text(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }

    private static SettingException refused(String name, String value, String allowed) {
        return new SettingException(name + " must be " + allowed + ", not '" + value + "'.");
    }
}
