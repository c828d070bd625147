package ferry.compat;

import static ferry.compat.Shapes.dates;
import static ferry.compat.Shapes.hasKeys;
import static ferry.compat.Shapes.id;
import static ferry.compat.Shapes.numbersInStrings;
import static ferry.compat.Shapes.refused;
import static ferry.compat.Shapes.state;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/// Keys and permissions (ricloud-api 6, 7).
@ExtendWith(FerryServer.class)
class KeysTest {
    private final FerryServer.Running server;
    private final RicloudPy client;

    KeysTest(FerryServer.Running server) {
        this.server = server;
        this.client = server.client();
    }

    @Test
    void theCurrentKeyHasTheContractsAttributes() {
        var key = client.retrieve("/key");
        numbersInStrings(key, "id", "organisation");
        hasKeys(key, "type", "config", "storage_config", "webhook_config", "token", "state", "date_expires");
        assertThat(key.at("/resource").asString()).isEqualTo("key");
        assertThat(key.at("/type").asString()).isEqualTo("standard");
        assertThat(state(key)).isEqualTo("active");
        dates(key, "date_created");
    }

    @Test
    void aNewKeysTokenOpensTheApi() {
        var key = newKey();
        var other = new RicloudPy(server.url(), key.at("/token").asString());
        assertThat(id(other.retrieve("/key"))).isEqualTo(id(key));
    }

    @Test
    void aTokenIsShownOnce() {
        var key = newKey();
        assertThat(client.retrieve("/keys/" + id(key)).at("/token").isNull()).isTrue();
    }

    @Test
    void keysAreListed() {
        var key = newKey();
        assertThat(id(client.latest("/keys", "limit", "1"))).isEqualTo(id(key));
    }

    @Test
    void aKeyMayHaveItsOwnStorage() {
        var key = client.post("/keys", "{'storage_config': 1}");
        assertThat(key.at("/storage_config").asString()).isEqualTo("1");
    }

    @Test
    void anUnknownConfigIsRefused() {
        refused(400, "invalid-parameter", () -> client.post("/keys", "{'storage_config': 999999}"));
        refused(400, "invalid-parameter", () -> client.post("/keys", "{'webhook_config': 999999}"));
    }

    @Test
    void aKeysWebhookConfigCanBeChanged() {
        var webhook = id(client.post("/configs/webhook", "{'url': 'http://127.0.0.1:9/webhooks'}"));
        var key = id(newKey());
        assertThat(client.post("/keys/" + key, "{'webhook_config': " + webhook + "}")
                        .at("/webhook_config")
                        .asString())
                .isEqualTo(webhook);
    }

    @Test
    void aRotatedTokenIsAnother() {
        var key = newKey();
        var old = new RicloudPy(server.url(), key.at("/token").asString());
        var rotated = client.post("/keys/" + id(key) + "/rotate", "{}");
        assertThat(rotated.at("/token").asString())
                .isNotEmpty()
                .isNotEqualTo(key.at("/token").asString());
        refused(401, "unauthorized", () -> old.retrieve("/key"));
        assertThat(id(new RicloudPy(server.url(), rotated.at("/token").asString()).retrieve("/key")))
                .isEqualTo(id(key));
    }

    @Test
    void aRotatedTokenMayGoOnForAWhile() {
        var key = newKey();
        var old = new RicloudPy(server.url(), key.at("/token").asString());
        client.post("/keys/" + id(key) + "/rotate", "{'overlap': 600}");
        assertThat(id(old.retrieve("/key"))).isEqualTo(id(key));
    }

    @Test
    void aDeactivatedKeyOpensNothing() {
        var key = newKey();
        assertThat(state(client.post("/keys/" + id(key), "{'state': 'deactivated'}")))
                .isEqualTo("deactivated");
        var shut = new RicloudPy(server.url(), key.at("/token").asString());
        refused(401, "unauthorized", () -> shut.retrieve("/key"));
    }

    @Test
    void anUnknownKeyIsNotFound() {
        refused(404, "not-found", () -> client.retrieve("/keys/999999"));
    }

    @Test
    void aPermissionHasTheContractsAttributes() {
        var permission = client.post("/permissions", "{'identifier': 'photos', 'scopes': {'data_type:icpl.*': []}}");
        hasKeys(permission, "id", "organisation", "identifier", "scopes", "date_created");
        assertThat(permission.at("/resource").asString()).isEqualTo("permissions");
        assertThat(permission.at("/scopes/data_type:icpl.*").isArray()).isTrue();
    }

    @Test
    void permissionsAreRetrievedListedAndUpdated() {
        var permission = id(client.post("/permissions", "{'identifier': 'changing', 'scopes': {}}"));
        assertThat(id(client.latest("/permissions", "limit", "1"))).isEqualTo(permission);
        client.post("/permissions/" + permission, "{'scopes': {'info_type:*': []}}");
        assertThat(client.retrieve("/permissions/" + permission).at("/scopes").propertyNames())
                .containsExactly("info_type:*");
    }

    @Test
    void aScopeOfNoFamilyIsRefused() {
        refused(
                400,
                "invalid-parameter",
                () -> client.post("/permissions", "{'identifier': 'odd', 'scopes': {'no_family:*': []}}"));
    }

    @Test
    void whatAKeyMayNotItIsToldSo() {
        var narrow = keyWith("narrow", "'source_type:icloud.*': []");
        var user = narrow.user("of a narrow key");
        refused(403, "missing-scope", () -> narrow.session(user, "mocks.mock", "narrow", Map.of("password", "x")));
    }

    @Test
    void aLimitIsCounted() {
        var limited = keyWith(
                "limited", "'source_type:*': [{'level': 'user', 'type': 'count', 'value': 1}], 'task_type:*': []");
        var user = limited.user("of a limited key");
        limited.session(user, "mocks.mock", "the first", Map.of("password", "x"));
        limited.session(user, "mocks.mock", "the first", Map.of("password", "x"));
        refused(
                403,
                "limit-exceeded",
                () -> limited.session(user, "mocks.mock", "the second", Map.of("password", "x")));
    }

    /// Bodies differ, so that none is taken for a re-send of the one before.
    private JsonNode newKey() {
        return client.post("/keys", "{'note': '" + UUID.randomUUID() + "'}");
    }

    private RicloudPy keyWith(String identifier, String scopes) {
        var permission =
                id(client.post("/permissions", "{'identifier': '" + identifier + "', 'scopes': {" + scopes + "}}"));
        var key = client.post("/keys", "{'permissions': " + permission + "}");
        return new RicloudPy(server.url(), key.at("/token").asString());
    }
}
