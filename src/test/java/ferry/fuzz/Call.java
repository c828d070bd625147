package ferry.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One request, as it is sent.
///
/// @param target the path and the query, percent-encoded
/// @param headers name and value, the token's excepted
/// @param token null for none
/// @param body null for none
/// @param own whether the lane's own token was to be sent
/// @param pointer where the document has this operation; empty where the request goes to none
@SuppressWarnings("ArrayRecordComponent") // calls are never compared
record Call(
        String method,
        String target,
        List<Header> headers,
        @Nullable String token,
        byte @Nullable [] body,
        boolean own,
        Optional<String> pointer) {
    private static final int SHOWN = 300;

    record Header(String name, String value) {}

    String path() {
        return path(target);
    }

    static String path(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /// The body as text, empty where there is none.
    String text() {
        return body == null ? "" : new String(body, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "%s %s%s%s%s"
                .formatted(
                        method,
                        shortened(target),
                        headers.isEmpty() ? "" : " " + headers,
                        token == null ? " (no token)" : "",
                        body == null ? "" : " " + shortened(text()));
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "… (" + text.length() + " characters)";
    }
}
