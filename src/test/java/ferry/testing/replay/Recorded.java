package ferry.testing.replay;

import java.net.URI;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// One recorded exchange.
///
/// @param asked the request's body; missing where it was empty
/// @param headers the answer's, as recorded
/// @param text whether the body is text, in which addresses may stand
@SuppressWarnings("ArrayRecordComponent") // never compared
record Recorded(
        String method,
        URI url,
        JsonNode asked,
        int status,
        Map<String, List<String>> headers,
        byte[] body,
        boolean text) {
    /// What it answers.
    Question question() {
        return Question.of(method, url.getHost(), url.getRawPath(), asked);
    }

    /// The answer's body as JSON; missing where it is none.
    JsonNode answered() {
        return text ? Question.parse(body) : Question.parse(new byte[0]);
    }

    List<String> header(String name) {
        return headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .flatMap(header -> header.getValue().stream())
                .toList();
    }
}
