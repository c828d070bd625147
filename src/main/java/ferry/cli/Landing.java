package ferry.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/// How a result comes to lie where this machine can read it.
public sealed interface Landing {
    /// The file of a result, which is there now.
    Path of(JsonNode result) throws InterruptedException;

    /// It was published to this machine: its `url` names the file.
    record InPlace() implements Landing {
        @Override
        public Path of(JsonNode result) {
            return Path.of(URI.create(result.at("/url").asString("")).getPath());
        }
    }

    /// It lies in a bucket elsewhere: it is downloaded by its `signed_url`, without a token, to
    /// `<folder>/<bucket>/<key>`.
    record Downloaded(Path folder) implements Landing {
        @Override
        public Path of(JsonNode result) throws InterruptedException {
            var object = URI.create(result.at("/url").asString(""));
            var file = folder.resolve(object.getAuthority() + object.getPath()).normalize();
            if (!file.startsWith(folder)) {
                throw new CommandFailed(object + " leads out of its bucket.");
            }
            if (!Files.exists(file)) {
                download(URI.create(result.at("/signed_url/url").asString("")), file);
            }
            return file;
        }

        private static void download(URI signed, Path file) throws InterruptedException {
            try (var http = HttpClient.newHttpClient()) {
                Files.createDirectories(file.getParent());
                var answer = http.send(HttpRequest.newBuilder(signed).build(), BodyHandlers.ofFile(file));
                if (answer.statusCode() != 200) {
                    throw new CommandFailed("The signed address of " + file.getFileName() + " was answered "
                            + answer.statusCode() + ".");
                }
            } catch (IOException | IllegalArgumentException e) {
                throw new CommandFailed("The signed address of " + file.getFileName() + " cannot be read: " + e, e);
            }
        }
    }
}
