package ferry.webhook;

import static ferry.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.TestApp;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// Real deliveries under the eyes of the libraries that receivers use. Run by `bench/webhook-libraries`, which installs
/// them.
@EnabledIfSystemProperty(named = "ferry.webhook.libraries", matches = ".+")
class WebhookLibrariesTest {
    @TempDir
    Path folder;

    @Test
    void standardWebhooksAndSvixAcceptADeliveryAlsoDuringARotation() throws Exception {
        var deliveries = new ArrayList<Map<String, Object>>();
        try (var app = TestApp.start();
                var receiver = Receiver.start()) {
            var client = app.client();
            var made = client.post("/configs/webhook", "{'url': '" + receiver.url() + "'}")
                    .expect(201);
            var path = "/configs/webhook/" + made.at("/id").asString();
            var old = made.at("/secret").asString();
            eventually("the test came", () -> receiver.all().size() == 1);
            deliveries.add(delivery(receiver.all().getFirst(), List.of(old)));

            var fresh = client.post(path + "/rotate", "{}").text("/secret");
            client.post(path + "/test", "null").expect(201);
            eventually("another came", () -> receiver.all().size() == 2);
            deliveries.add(delivery(receiver.all().getLast(), List.of(old, fresh)));
        }
        var file = folder.resolve("deliveries.json");
        Files.writeString(file, JsonMapper.builder().build().writeValueAsString(deliveries));
        var node = new ProcessBuilder(
                        "node",
                        "src/test/resources/webhooks/verify.cjs",
                        System.getProperty("ferry.webhook.libraries", ""),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        var said = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(node.waitFor()).as(said).isZero();
        assertThat(said).contains("6 verifications");
    }

    private static Map<String, Object> delivery(Receiver.Got got, List<String> secrets) {
        return Map.of(
                "secrets",
                secrets,
                "headers",
                Map.of(
                        "webhook-id", got.header("webhook-id"),
                        "webhook-timestamp", got.header("webhook-timestamp"),
                        "webhook-signature", got.header("webhook-signature")),
                "body",
                new String(got.raw(), StandardCharsets.UTF_8));
    }
}
