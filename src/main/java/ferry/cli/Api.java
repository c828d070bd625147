package ferry.cli;

import ferry.crypto.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Asks the API over HTTP as a backend would, and can say each request as a curl call. Whoever made it closes it.
final class Api implements AutoCloseable {
    /// Enough of a token to tell it from another, too little to use it.
    private static final int TOKEN_SHOWN = 10;

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String url;
    private final Secret token;

    /// @param url where the API answers, without a slash at the end
    /// @param token of a key
    Api(String url, Secret token) {
        this.url = url;
        this.token = token;
    }

    /// One request.
    ///
    /// @param body of a POST; none for a GET
    record Call(String path, Optional<String> body) {
        static Call get(String path) {
            return new Call(path, Optional.empty());
        }

        static Call post(String path, String body) {
            return new Call(path, Optional.of(body));
        }

        String method() {
            return body.isPresent() ? "POST" : "GET";
        }

        @Override
        public String toString() {
            return method() + " " + path;
        }
    }

    /// The body of an answer in the two hundreds; any other status is the end of the journey.
    JsonNode send(Call call) throws InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url + call.path()))
                .timeout(PATIENCE)
                .header("Authorization", "Token " + token.reveal());
        call.body()
                .ifPresentOrElse(
                        body -> request.header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(body)),
                        request::GET);
        try {
            var answer = http.send(request.build(), BodyHandlers.ofString());
            if (answer.statusCode() / 100 != 2) {
                throw new CommandFailed(call + " was answered " + answer.statusCode() + ": " + answer.body());
            }
            return JSON.readTree(answer.body());
        } catch (IOException | JacksonException e) {
            throw new CommandFailed(call + " got no answer that can be read: " + e, e);
        }
    }

    /// The request as it would be typed, with the token cut short.
    String curl(Call call) {
        var text = new StringBuilder("curl '").append(url).append(call.path()).append('\'');
        text.append(" -H 'Authorization: Token ")
                .append(token.reveal(), 0, Math.min(TOKEN_SHOWN, token.reveal().length()))
                .append("…'");
        call.body()
                .ifPresent(body -> text.append(" -H 'Content-Type: application/json' -X POST -d '")
                        .append(body)
                        .append('\''));
        return text.toString();
    }

    @Override
    public void close() {
        http.close();
    }
}
