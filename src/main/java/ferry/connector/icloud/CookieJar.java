package ferry.connector.icloud;

import ferry.connector.icloud.web.Json;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/// The cookies of one account. Thread-safe.
///
/// Not the platform's: that one takes Apple's `Expires=Tue,16-Jan-2034 …` for a past date and drops the cookie that
/// matters, and it strips quotes that belong to the value (icloud-protocol 1.7, 7).
final class CookieJar {
    private static final Pattern DATE_PART = Pattern.compile("[^\\s,\\-;]+");
    private static final Pattern TIME = Pattern.compile("(\\d{1,2}):(\\d{1,2}):(\\d{1,2})");
    private static final List<String> MONTHS =
            List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");

    private final InstantSource clock;
    private final Map<Key, Cookie> cookies = new LinkedHashMap<>();

    CookieJar(InstantSource clock) {
        this.clock = clock;
    }

    private record Key(String name, String domain, String path) {}

    /// @param domain lower case, without a leading dot
    /// @param hostOnly whether the cookie is for this host alone and not for those below it
    /// @param expires null for a cookie that lasts as long as the session
    private record Cookie(
            String name,
            String value,
            String domain,
            boolean hostOnly,
            String path,
            boolean secure,
            @Nullable Instant expires) {
        Key key() {
            return new Key(name, domain, path);
        }

        boolean goesTo(URI url) {
            var host = host(url);
            if (!host.equals(domain) && (hostOnly || !isBelow(host, domain))) {
                return false;
            }
            if (secure && !"https".equals(url.getScheme()) && !isLoopback(host)) {
                return false;
            }
            var asked = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
            return asked.equals(path)
                    || (asked.startsWith(path) && (path.endsWith("/") || asked.charAt(path.length()) == '/'));
        }

        @Override
        public String toString() {
            return "cookie " + name;
        }
    }

    /// Takes the `Set-Cookie` headers of an answer from `url`. A cookie for a domain that `url` is not in is refused.
    synchronized void store(URI url, List<String> headers) {
        for (var header : headers) {
            read(url, header).ifPresent(this::put);
        }
    }

    /// The value of the `Cookie` header for a request to `url`; empty where no cookie goes there.
    synchronized Optional<String> header(URI url) {
        var now = clock.instant();
        var pairs = cookies.values().stream()
                .filter(cookie -> lives(cookie, now) && cookie.goesTo(url))
                .sorted(Comparator.comparingInt(
                        (Cookie cookie) -> -cookie.path().length()))
                .map(cookie -> cookie.name() + "=" + cookie.value())
                .toList();
        return pairs.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", pairs));
    }

    /// Whether a living cookie of that name is there, for whatever host.
    synchronized boolean has(String name) {
        var now = clock.instant();
        return cookies.values().stream().anyMatch(cookie -> cookie.name().equals(name) && lives(cookie, now));
    }

    /// When the living cookie of that name ends, where it says so.
    synchronized Optional<Instant> expires(String name) {
        var now = clock.instant();
        return cookies.values().stream()
                .filter(cookie -> cookie.name().equals(name) && lives(cookie, now))
                .flatMap(cookie -> Optional.ofNullable(cookie.expires()).stream())
                .max(Comparator.naturalOrder());
    }

    /// The living cookies whose name is wanted, as [#restore] takes them. Secret.
    synchronized ArrayNode toJson(Predicate<String> wanted) {
        var now = clock.instant();
        var array = Json.MAPPER.createArrayNode();
        for (var cookie : cookies.values()) {
            if (!lives(cookie, now) || !wanted.test(cookie.name())) {
                continue;
            }
            var node = array.addObject()
                    .put("name", cookie.name())
                    .put("value", cookie.value())
                    .put("domain", cookie.domain())
                    .put("host_only", cookie.hostOnly())
                    .put("path", cookie.path())
                    .put("secure", cookie.secure());
            if (cookie.expires() != null) {
                node.put("expires", cookie.expires().toString());
            }
        }
        return array;
    }

    /// Takes what [#toJson] gave.
    synchronized void restore(JsonNode array) {
        for (var node : array) {
            var expires = Json.text(node, "expires");
            put(new Cookie(
                    node.path("name").asString(""),
                    node.path("value").asString(""),
                    node.path("domain").asString(""),
                    node.path("host_only").asBoolean(true),
                    node.path("path").asString("/"),
                    node.path("secure").asBoolean(true),
                    expires == null ? null : Instant.parse(expires)));
        }
    }

    private void put(Cookie cookie) {
        cookies.remove(cookie.key());
        if (!isEmpty(cookie.value()) && lives(cookie, clock.instant())) {
            cookies.put(cookie.key(), cookie);
        }
    }

    private Optional<Cookie> read(URI url, String header) {
        var parts = header.split(";");
        var pair = parts[0];
        var equals = pair.indexOf('=');
        if (equals < 1) {
            return Optional.empty();
        }
        var attributes = attributes(parts);
        var host = host(url);
        var domain = stripDot(attributes.getOrDefault("domain", "")).toLowerCase(Locale.ROOT);
        if (!domain.isEmpty() && !domain.equals(host) && (isRegistry(domain) || !isBelow(host, domain))) {
            return Optional.empty();
        }
        var path = attributes.getOrDefault("path", "");
        return Optional.of(new Cookie(
                pair.substring(0, equals).strip(),
                pair.substring(equals + 1).strip(),
                domain.isEmpty() ? host : domain,
                domain.isEmpty(),
                path.startsWith("/") ? path : defaultPath(url),
                attributes.containsKey("secure"),
                expiry(attributes)));
    }

    private static Map<String, String> attributes(String[] parts) {
        var attributes = new LinkedHashMap<String, String>();
        for (var i = 1; i < parts.length; i++) {
            var equals = parts[i].indexOf('=');
            var name = equals < 0 ? parts[i] : parts[i].substring(0, equals);
            attributes.put(
                    name.strip().toLowerCase(Locale.ROOT),
                    equals < 0 ? "" : parts[i].substring(equals + 1).strip());
        }
        return attributes;
    }

    /// `Max-Age` wins over `Expires`; what can't be read counts as absent.
    private @Nullable Instant expiry(Map<String, String> attributes) {
        var maxAge = attributes.get("max-age");
        if (maxAge != null && maxAge.matches("-?\\d{1,10}")) {
            return clock.instant().plus(Duration.ofSeconds(Long.parseLong(maxAge)));
        }
        var expires = attributes.get("expires");
        return expires == null ? null : date(expires);
    }

    /// Reads a date as browsers do (RFC 6265, 5.1.1): parts in any order, between blanks, commas or hyphens.
    static @Nullable Instant date(String text) {
        int day = 0;
        int month = 0;
        int year = -1;
        String time = null;
        var parts = new ArrayList<String>();
        DATE_PART.matcher(text).results().forEach(part -> parts.add(part.group()));
        for (var part : parts) {
            if (TIME.matcher(part).matches()) {
                time = part;
            } else if (part.matches("\\d{1,2}") && day == 0) {
                day = Integer.parseInt(part);
            } else if (part.matches("\\d{2}|\\d{4}")) {
                year = Integer.parseInt(part);
            } else if (month == 0 && part.length() >= 3) {
                month = MONTHS.indexOf(part.substring(0, 3).toLowerCase(Locale.ROOT)) + 1;
            }
        }
        if (time == null || year < 0) {
            return null;
        }
        var clockTime = TIME.matcher(time).results().findFirst().orElseThrow();
        try {
            return LocalDateTime.of(
                            year < 70 ? year + 2000 : year < 100 ? year + 1900 : year,
                            month,
                            day,
                            Integer.parseInt(clockTime.group(1)),
                            Integer.parseInt(clockTime.group(2)),
                            Integer.parseInt(clockTime.group(3)))
                    .toInstant(ZoneOffset.UTC);
        } catch (DateTimeException _) {
            return null;
        }
    }

    private static boolean lives(Cookie cookie, Instant now) {
        return cookie.expires() == null || cookie.expires().isAfter(now);
    }

    /// An empty value means: delete.
    private static boolean isEmpty(String value) {
        return value.isEmpty() || value.equals("\"\"");
    }

    /// A domain under which everybody may register, so that a cookie for it would reach strangers.
    private static boolean isRegistry(String domain) {
        return !domain.contains(".") || domain.equals("com.cn");
    }

    private static boolean isBelow(String host, String domain) {
        return host.endsWith("." + domain) && !isAddress(host);
    }

    private static boolean isAddress(String host) {
        return host.startsWith("[") || host.matches("[0-9.]+");
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }

    private static String host(URI url) {
        return url.getHost() == null ? "" : url.getHost().toLowerCase(Locale.ROOT);
    }

    private static String stripDot(String domain) {
        return domain.startsWith(".") ? domain.substring(1) : domain;
    }

    private static String defaultPath(URI url) {
        var path = url.getRawPath();
        var slash = path == null ? -1 : path.lastIndexOf('/');
        return path == null || slash <= 0 ? "/" : path.substring(0, slash);
    }
}
