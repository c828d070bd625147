package ferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.crypto.Secret;
import ferry.http.WebServer;
import ferry.webhook.Signatures;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What `./ferry listen` takes, and what it refuses.
class ReceiverTest {
    private static final Secret SECRET = new Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    private static final String ID = "019dc8a1-6c5e-7000-9d2f-6a1f0f2c7b11";
    private static final Instant NOW = Instant.ofEpochSecond(1_500_000_000);

    private final List<Receiver.Received> taken = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    @SuppressWarnings("NullAway.Init") // set before each test
    private WebServer server;

    @BeforeEach
    void listen() throws IOException {
        var kinds = new Receiver.Kinds(List.of("poll.*", "task.*"), List.of("*.created"));
        server = WebServer.start("127.0.0.1", 0, new Receiver(() -> Optional.of(SECRET), () -> NOW, kinds, got -> {
            taken.add(got);
            return 200;
        }));
    }

    @AfterEach
    void stop() {
        server.close();
        http.close();
    }

    private int post(String path, String body, Secret secret, Instant signed) throws Exception {
        var raw = body.getBytes(StandardCharsets.UTF_8);
        var request = HttpRequest.newBuilder(URI.create(server.url() + path))
                .header("Content-Type", "application/json")
                .header("Ricloud-Signature", Signatures.ricloud(secret, signed, raw))
                .header("webhook-id", ID)
                .header("webhook-timestamp", Long.toString(signed.getEpochSecond()))
                .header("webhook-signature", Signatures.standard(secret, ID, signed, raw));
        return http.send(request.POST(BodyPublishers.ofByteArray(raw)).build(), BodyHandlers.discarding())
                .statusCode();
    }

    private static String event(String type, String action) {
        return "{\"id\":\"" + ID + "\",\"type\":\"" + type + "\",\"action\":\"" + action + "\"}";
    }

    @Test
    void whatIsGenuineIsHandedOn() throws Exception {
        assertThat(post("/webhooks/" + ID, event("poll", "completed"), SECRET, NOW))
                .isEqualTo(200);
        assertThat(taken).hasSize(1).allMatch(Receiver.Received::verified);
        assertThat(taken.getFirst()).hasToString("poll.completed " + ID + ", both signatures verified");
    }

    @Test
    void whatIsForgedOrOldIsRefused() throws Exception {
        var body = event("poll", "completed");
        assertThat(post("/webhooks/" + ID, body, new Secret("whsec_AAAA"), NOW)).isEqualTo(400);
        assertThat(post("/webhooks/" + ID, body, SECRET, NOW.minusSeconds(601))).isEqualTo(400);
        assertThat(post("/webhooks/" + ID, "no JSON", SECRET, NOW)).isEqualTo(400);
        assertThat(post("/webhooks", body, SECRET, NOW)).isEqualTo(404);
        assertThat(post("/webhooks/" + ID + "/", body, SECRET, NOW)).isEqualTo(404);
        assertThat(taken).isEmpty();
    }

    @Test
    void whatIsLeftOutIsAnsweredAndForgotten() throws Exception {
        assertThat(post("/webhooks/" + ID, event("poll", "created"), SECRET, NOW))
                .isEqualTo(200);
        assertThat(post("/webhooks/" + ID, event("session", "expired"), SECRET, NOW))
                .isEqualTo(200);
        assertThat(taken).isEmpty();
    }
}
