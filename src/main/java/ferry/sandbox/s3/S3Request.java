package ferry.sandbox.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.http.Exchange;
import java.io.InputStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A request in the store's terms, addressed by path.
///
/// @param path decoded, with its first slash
/// @param query decoded; a parameter without a value has an empty one
/// @param body read at most once; the server reads what is left of it
record S3Request(Exchange exchange, String path, Map<String, String> query, InputStream body) {
    /// @throws S3Refusal where the address is not percent-encoded UTF-8
    static S3Request of(Exchange exchange, InputStream body) throws S3Refusal {
        try {
            var query = new LinkedHashMap<String, String>();
            for (var parameter : exchange.query().split("&", -1)) {
                if (!parameter.isEmpty()) {
                    int equals = parameter.indexOf('=');
                    var name = equals < 0 ? parameter : parameter.substring(0, equals);
                    query.put(
                            URLDecoder.decode(name, UTF_8),
                            equals < 0 ? "" : URLDecoder.decode(parameter.substring(equals + 1), UTF_8));
                }
            }
            // in a path a plus is a plus
            var path = URLDecoder.decode(exchange.path().replace("+", "%2B"), UTF_8);
            return new S3Request(exchange, path, query, body);
        } catch (IllegalArgumentException _) {
            throw new S3Refusal(S3Error.INVALID_REQUEST);
        }
    }

    /// The first segment of the path; empty at the root.
    String bucket() {
        int slash = path.indexOf('/', 1);
        return slash < 0 ? path.substring(1) : path.substring(1, slash);
    }

    /// What follows the bucket; empty for the bucket itself.
    String key() {
        int slash = path.indexOf('/', 1);
        return slash < 0 ? "" : path.substring(slash + 1);
    }

    boolean has(String parameter) {
        return query.containsKey(parameter);
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(query.get(name));
    }

    Optional<String> header(String name) {
        return exchange.header(name);
    }

    /// As signatures want it (RFC 3986): everything but letters, digits and `-._~` is percent-encoded.
    static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    /// The path as it is signed: encoded once, its slashes left.
    String encodedPath() {
        return encoded(path).replace("%2F", "/");
    }
}
