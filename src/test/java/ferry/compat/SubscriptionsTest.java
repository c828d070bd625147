package ferry.compat;

import static ferry.compat.Shapes.dates;
import static ferry.compat.Shapes.hasKeys;
import static ferry.compat.Shapes.id;
import static ferry.compat.Shapes.refused;
import static ferry.compat.Shapes.state;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Eventually;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/// Subscriptions (ricloud-api 14).
@ExtendWith(FerryServer.class)
class SubscriptionsTest {
    private final RicloudPy client;

    SubscriptionsTest(FerryServer.Running server) {
        this.client = server.client();
    }

    @Test
    void aSubscriptionHasTheContractsAttributes() {
        var subscription = created("attributes", "");
        hasKeys(
                subscription,
                "id",
                "org",
                "organisation",
                "source",
                "session",
                "poll_payload",
                "interval",
                "date_start",
                "date_end",
                "state");
        assertThat(subscription.at("/resource").asString()).isEqualTo("subscription");
        assertThat(subscription.at("/poll_payload/info_types/0").asString()).isEqualTo("*");
        assertThat(state(subscription)).isEqualTo("active");
        dates(subscription, "date_created");
    }

    @Test
    void anIntervalMayBeABrokenNumber() {
        assertThat(created("interval", ", 'interval': 86400.0").at("/interval").asDouble())
                .isEqualTo(86400);
    }

    @Test
    void subscriptionsAreListedAndRetrieved() {
        var subscription = created("listed", "");
        assertThat(id(client.latest("/subscriptions", "limit", "1"))).isEqualTo(id(subscription));
        assertThat(id(client.retrieve("/subscriptions/" + id(subscription)))).isEqualTo(id(subscription));
    }

    @Test
    void aSubscriptionPollsByItself() {
        var subscription = created("by itself", "");
        var poll = Eventually.get(
                () -> client.list(
                        "/polls", "subscription", id(subscription), "requestor", "subscription", "limit", "1"),
                polls -> !polls.at("/data").isEmpty());
        assertThat(poll.at("/data/0/subscription").asString()).isEqualTo(id(subscription));
    }

    @Test
    void aPollMayBeAskedForBesides() {
        var subscription = created("besides", ", 'date_start': '2030-01-01T00:00:00Z'");
        var poll = client.finished(
                client.post("/polls", "{'payload': {'info_types': ['*']}, 'subscription': '" + id(subscription) + "'}"),
                "/polls");
        assertThat(poll.at("/subscription").asString()).isEqualTo(id(subscription));
        assertThat(client.list("/polls", "subscription", id(subscription), "requestor", "subscription")
                        .at("/data"))
                .isEmpty();
    }

    @Test
    void aDeletedSubscriptionIsDeleted() {
        var subscription = created("deleted", "");
        assertThat(state(client.delete("/subscriptions/" + id(subscription)))).isEqualTo("deleted");
    }

    @Test
    void aMissingSessionIsRefused() {
        refused(
                400,
                "invalid-parameter",
                () -> client.post("/subscriptions", "{'poll_payload': {'info_types': ['*']}}"));
    }

    @Test
    void aMissingPayloadIsRefused() {
        var session = session("no payload");
        refused(400, "invalid-parameter", () -> client.post("/subscriptions", "{'session': '" + session + "'}"));
    }

    @Test
    void anUnknownSubscriptionIsNotFound() {
        refused(404, "not-found", () -> client.retrieve("/subscriptions/00000000-0000-0000-0000-000000000000"));
    }

    private JsonNode created(String identifier, String more) {
        return client.post(
                "/subscriptions",
                "{'session': '" + session(identifier) + "', 'poll_payload': {'info_types': ['*']}" + more + "}");
    }

    private String session(String identifier) {
        return id(client.session(client.user("subscribed"), "mocks.mock", identifier, Map.of("password", "x")));
    }
}
