package ferry.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.egress.AttackUrls;
import ferry.egress.EgressPolicy;
import ferry.egress.Sinks;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;

/// A client that may choose where webhooks go tries to reach what only the service can reach.
class WebhookAttacksTest {
    @Test
    void noUrlOfAWebhookReachesThisMachineOrItsNetworks() {
        var settings = WebhookSettings.of(EgressPolicy.of(List.of()), 8, 200, Duration.ofDays(5));
        try (var sinks = new Sinks();
                var app = TestApp.start(setup -> setup.webhooks(settings))) {
            // Https, since plain http is refused before any address is looked at.
            var urls = AttackUrls.literal("https", sinks.port());
            var answers = new TreeMap<Integer, Integer>();
            for (var url : urls) {
                answers.merge(create(app, url), 1, Integer::sum);
            }
            assertThat(answers).containsOnlyKeys(201, 400);
            int made = answers.getOrDefault(201, 0);
            assertThat(made).isGreaterThan(150);
            // each is tried several times over some seconds
            Eventually.get(
                    () -> count(
                            app, "select count(distinct config) from webhook_attempt where date_completed is not null"),
                    tested -> tested == made);

            assertThat(count(
                            app,
                            "select count(*) from webhook_attempt where error is distinct from 'refused-address'"
                                    + " and date_completed is not null"))
                    .isZero();
            assertThat(count(app, "select count(*) from webhook_config where state = 'valid'"))
                    .isZero();
            assertThat(sinks.arrivals()).isEmpty();
            for (var url : AttackUrls.literal("http", sinks.port())) {
                assertThat(create(app, url)).as(url).isEqualTo(400);
            }
            assertThat(sinks.arrivals()).isEmpty();
            System.out.printf(
                    "%d URLs as webhooks: %d refused when they were made, %d when they were tested, 0 connections%n",
                    2 * urls.size(), 2 * urls.size() - made, made);
        }
    }

    private static int create(TestApp app, String url) {
        var body = JsonNodeFactory.instance.objectNode().put("url", url).toString();
        return app.client().post("/configs/webhook", body).status();
    }

    private static long count(TestApp app, String query) {
        return app.db().system(tx -> tx.createQuery(query).mapTo(long.class).one());
    }
}
