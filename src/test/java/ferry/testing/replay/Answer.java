package ferry.testing.replay;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// What the server sends.
@SuppressWarnings("ArrayRecordComponent") // never compared
record Answer(int status, Map<String, List<String>> headers, byte[] body) {
    /// What belongs to the connection or the moment of the recording, or does not tell the truth in it.
    private static final Set<String> DROPPED = Set.of(
            "content-length",
            "content-type",
            "content-encoding",
            "transfer-encoding",
            "connection",
            "keep-alive",
            "date",
            "set-cookie",
            "strict-transport-security",
            "via",
            "server");

    static Answer of(Recorded recorded, Rewriting rewriting) {
        var headers = new LinkedHashMap<String, List<String>>();
        recorded.headers().forEach((name, values) -> {
            if (!DROPPED.contains(name.toLowerCase(Locale.ROOT))) {
                headers.put(name, values);
            }
        });
        headers.put("Set-Cookie", rewriting.cookies(recorded));
        // A recorded 204 carries text, which no server can send.
        var bare = recorded.status() == 204;
        return new Answer(recorded.status(), headers, bare ? new byte[0] : body(recorded, rewriting));
    }

    static Answer json(JsonNode body, Rewriting rewriting) {
        return new Answer(200, Map.of(), rewriting.text(body.toString()).getBytes(StandardCharsets.UTF_8));
    }

    static Answer empty(int status) {
        return new Answer(status, Map.of(), new byte[0]);
    }

    private static byte[] body(Recorded recorded, Rewriting rewriting) {
        return recorded.text()
                ? rewriting
                        .text(new String(recorded.body(), StandardCharsets.UTF_8))
                        .getBytes(StandardCharsets.UTF_8)
                : recorded.body();
    }
}
