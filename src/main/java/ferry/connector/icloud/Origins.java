package ferry.connector.icloud;

import ferry.connector.ConnectorException.Refused;
import ferry.error.ErrorCode;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// Which of the URLs that Apple hands out are followed: those at the origin of a configured base, and https below
/// Apple's own domains. Anything else may be a trap.
final class Origins {
    private static final List<String> DOMAINS = List.of(
            "icloud.com", "icloud-content.com", "apple.com", "icloud.com.cn", "icloud-content.com.cn", "apple.com.cn");

    private final List<String> configured;

    Origins(ICloudSettings settings) {
        configured = Stream.concat(Stream.of(settings.world()), settings.china().stream())
                .flatMap(region -> Stream.of(region.auth(), region.setup(), region.home()))
                .map(Origins::origin)
                .distinct()
                .toList();
    }

    /// The URL as received, ready to be called.
    ///
    /// @throws Refused where it is not one that may be followed
    URI follow(String url) throws Refused {
        return parse(url).filter(this::isAllowed).orElseThrow(() -> refused());
    }

    /// The target of a redirect, which may be relative.
    URI follow(URI from, String location) throws Refused {
        return parse(location).map(from::resolve).filter(this::isAllowed).orElseThrow(() -> refused());
    }

    private boolean isAllowed(URI url) {
        if (url.getHost() == null || url.getScheme() == null || url.getRawUserInfo() != null) {
            return false;
        }
        if (configured.contains(origin(url))) {
            return true;
        }
        var host = url.getHost().toLowerCase(Locale.ROOT);
        return "https".equalsIgnoreCase(url.getScheme())
                && (url.getPort() == -1 || url.getPort() == 443)
                && DOMAINS.stream().anyMatch(domain -> host.equals(domain) || host.endsWith("." + domain));
    }

    /// Escapes what Apple leaves bare in its URLs, such as the braces of `${f}`; `%xx` stays as it is.
    static Optional<URI> parse(String url) {
        var escaped = new StringBuilder(url.length() + 8);
        for (var c : url.strip().toCharArray()) {
            if (c <= ' ' || "{}|\\^`\"<>".indexOf(c) >= 0) {
                escaped.append('%').append(String.format(Locale.ROOT, "%02X", (int) c));
            } else {
                escaped.append(c);
            }
        }
        try {
            return Optional.of(URI.create(URI.create(escaped.toString()).toASCIIString()));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static String origin(URI url) {
        var scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        var port = url.getPort() != -1 ? url.getPort() : scheme.equals("https") ? 443 : 80;
        return scheme + "://" + String.valueOf(url.getHost()).toLowerCase(Locale.ROOT) + ":" + port;
    }

    private static Refused refused() {
        return new Refused(
                ErrorCode.SERVICE_UNAVAILABLE, "The source named an address outside its own domains; not followed.");
    }
}
