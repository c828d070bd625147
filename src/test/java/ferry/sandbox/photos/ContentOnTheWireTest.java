package ferry.sandbox.photos;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.http.WebServer;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ContentOnTheWireTest {
    @Test
    void aHugeFilmComesWholeAndInPart() throws Exception {
        var cloud = TestCloud.of(2, 60);
        long length = 100L * 1024 * 1024;
        cloud.library().addFilm(length);
        var film = newest(cloud);
        try (var server = WebServer.start(
                        "127.0.0.1",
                        0,
                        exchange ->
                                cloud.content.handle(exchange, exchange.path().substring("/content".length())));
                var client = HttpClient.newHttpClient()) {
            var url = URI.create(film.path("downloadURL")
                    .asString()
                    .replace("http://127.0.0.1:1", server.url())
                    .replace("${f}", "$%7Bf%7D"));

            var whole = client.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofInputStream());
            assertThat(whole.statusCode()).isEqualTo(200);
            assertThat(whole.headers().firstValueAsLong("Content-Length")).hasValue(length);
            assertThat(checksum(whole.body()))
                    .isEqualTo(film.path("fileChecksum").asString());

            var end = HttpRequest.newBuilder(url).header("Range", "bytes=" + (length - 1000) + "-");
            var part = client.send(end.build(), BodyHandlers.ofByteArray());
            assertThat(part.statusCode()).isEqualTo(206);
            assertThat(part.body()).hasSize(1000);
        }
    }

    private static JsonNode newest(TestCloud cloud) throws Exception {
        var page = cloud.page(TestCloud.LIBRARY, 0, "ASCENDING").path("records");
        return TestCloud.value(TestCloud.typed("CPLMaster", page).getFirst(), "resOriginalRes");
    }

    private static String checksum(InputStream content) throws Exception {
        var digest = Checksum.salted();
        var buffer = new byte[64 * 1024];
        for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
            digest.update(buffer, 0, read);
        }
        return Checksum.text(Checksum.of(digest));
    }
}
