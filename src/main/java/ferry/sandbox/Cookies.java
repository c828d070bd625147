package ferry.sandbox;

import ferry.http.Exchange;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/// Cookies as Apple writes them: no blank after the comma of the date, and quotes that belong to the value
/// (`icloud-protocol 1.7`). They name no domain: here everything is one host.
final class Cookies {
    private static final DateTimeFormatter EXPIRES = DateTimeFormatter.ofPattern(
                    "EEE,dd-MMM-yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private Cookies() {}

    /// Sets a cookie that ends with the browser.
    static void set(Exchange exchange, String name, String value) {
        exchange.add("Set-Cookie", name + "=" + value + ";Path=/;HttpOnly");
    }

    /// Sets a cookie that lasts.
    static void set(Exchange exchange, String name, String value, Instant expires) {
        exchange.add("Set-Cookie", name + "=" + value + ";Expires=" + EXPIRES.format(expires) + ";Path=/;HttpOnly");
    }

    /// Takes a cookie away: an empty value.
    static void delete(Exchange exchange, String name) {
        set(exchange, name, "\"\"", Instant.EPOCH);
    }

    /// The value as it was set, quotes included.
    static Optional<String> of(Exchange exchange, String name) {
        for (var header : exchange.headers("Cookie")) {
            for (var pair : header.split(";")) {
                var equals = pair.indexOf('=');
                if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
                    return Optional.of(pair.substring(equals + 1).strip());
                }
            }
        }
        return Optional.empty();
    }
}
