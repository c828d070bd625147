package ferry.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.access.Permissions;
import ferry.access.Scopes;
import ferry.testing.Client;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Who asks too often is told when to ask again.
class RateLimitsTest {
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-23T00:00:00Z"));
    private final InstantSource clock = now::get;

    private void pass(Duration time) {
        now.updateAndGet(moment -> moment.plus(time));
    }

    private static Caller caller(long organisation, long key) {
        return new Caller(new OrgId(organisation), key, new Permissions(Scopes.ALL, Optional.empty()));
    }

    @Test
    void eachKeyHasItsOwnAndAllShareTheOrganisations() {
        var limits = new RateLimits(Optional.of(Rate.of("3/m")), Optional.of(Rate.of("2/m")), clock);
        assertThat(limits.count(caller(1, 1))).isEmpty();
        assertThat(limits.count(caller(1, 1))).isEmpty();
        assertThat(limits.count(caller(1, 1))).contains(Duration.ofSeconds(30));
        assertThat(limits.count(caller(1, 2))).isEmpty();
        assertThat(limits.count(caller(1, 2))).contains(Duration.ofSeconds(20));
        assertThat(limits.count(caller(2, 3))).isEmpty();
        pass(Duration.ofSeconds(20));
        assertThat(limits.count(caller(1, 2))).isEmpty();
    }

    @Test
    void bucketsThatAreFullAgainAreForgotten() {
        var limits = new RateLimits(Optional.of(Rate.of("10/s")), Optional.of(Rate.of("10/s")), clock);
        for (int i = 1; i <= 1000; i++) {
            limits.count(caller(i, i));
        }
        limits.sweep();
        assertThat(limits.buckets()).isEqualTo(2000);
        pass(Duration.ofSeconds(1));
        limits.sweep();
        assertThat(limits.buckets()).isZero();
    }

    @Test
    void theAnswerIs429AndSaysWhen() throws Exception {
        var api = new Api(
                _ -> caller(1, 1),
                new RateLimits(Optional.of(Rate.of("1/m")), Optional.empty(), clock),
                new io.micrometer.core.instrument.composite.CompositeMeterRegistry(),
                List.of(routes -> routes.get("/thing", _ -> Answer.ok(Map.of()))));
        try (var server = WebServer.start("127.0.0.1", 0, api)) {
            assertThat(thing(server).statusCode()).isEqualTo(200);
            var refused = thing(server);
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("\"error\":\"rate-limited\"");
            assertThat(refused.headers().firstValue("Retry-After")).contains("60");
            pass(Duration.ofMinutes(1));
            assertThat(thing(server).statusCode()).isEqualTo(200);
        }
    }

    /// No call of the contract, so not through the client that holds answers to it.
    private static HttpResponse<String> thing(WebServer server) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(server.url() + "/thing"))
                                .header("Authorization", "Token x")
                                .build(),
                        BodyHandlers.ofString());
    }

    @Test
    void whatIsNotThereCountsToo() throws Exception {
        var api = new Api(
                _ -> caller(1, 1),
                new RateLimits(Optional.of(Rate.of("2/m")), Optional.empty(), clock),
                new io.micrometer.core.instrument.composite.CompositeMeterRegistry(),
                List.of(routes -> routes.get("/users", _ -> Answer.ok(Map.of()))));
        try (var server = WebServer.start("127.0.0.1", 0, api)) {
            var client = new Client(server.url(), "x");
            client.get("/nothing").expect(404);
            client.delete("/users").expect(405);
            client.get("/nothing").expect(429);
            client.delete("/users").expect(429);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "0/h", "-1/h", "10/d", "10 / h", "1.5/s", "h"})
    void whatIsNoRateIsRefused(String text) {
        assertThatThrownBy(() -> Rate.of(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
