package ferry.compat;

import static ferry.compat.Shapes.dates;
import static ferry.compat.Shapes.id;
import static ferry.compat.Shapes.nulls;
import static ferry.compat.Shapes.numbersInStrings;
import static ferry.compat.Shapes.refused;
import static ferry.compat.Shapes.state;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Eventually;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/// Storage configs (ricloud-api 15.1).
@ExtendWith(FerryServer.class)
class StorageConfigsTest {
    private static final String CONFIGS = "/configs/storage";

    private final RicloudPy client;

    StorageConfigsTest(FerryServer.Running server) {
        this.client = server.client();
    }

    @Test
    void aConfigHasTheContractsAttributes() {
        var config = created("attributes");
        numbersInStrings(config, "id", "organisation");
        assertThat(config.at("/resource").asString()).isEqualTo("storage_config");
        assertThat(config.at("/type").asString()).isEqualTo("local");
        assertThat(config.at("/url").asString()).isEqualTo("local://compatibility/attributes");
        assertThat(config.at("/signed_urls_enabled").asBoolean()).isFalse();
        Shapes.hasKeys(config, "signed_urls_expiry");
        dates(config, "date_created");
    }

    @Test
    void aNewConfigIsTestedByItself() {
        var config = created("by itself");
        assertThat(state(config)).isEqualTo("new");
        tested(config);
    }

    @Test
    void credentialsAreNeverReadBack() {
        nulls(created("credentials"), "credentials");
    }

    @Test
    void aTestIsATask() {
        var task = client.action(CONFIGS + "/" + id(created("a test")) + "/test");
        assertThat(task.at("/resource").asString()).isEqualTo("task");
        assertThat(task.at("/type").asString()).isEqualTo("storage_config.test");
        nulls(task, "user", "source", "session", "poll");
        assertThat(state(client.finished(task, "/tasks"))).isEqualTo("succeeded");
    }

    @Test
    void anUpdatedConfigIsNewAgain() {
        var config = tested(created("updated"));
        var updated = client.post(CONFIGS + "/" + id(config), "{'url': 'local://compatibility/again'}");
        assertThat(state(updated)).isEqualTo("new");
        tested(updated);
    }

    @Test
    void aDeletedConfigIsDeactivated() {
        var config = tested(created("deleted"));
        assertThat(state(client.delete(CONFIGS + "/" + id(config)))).isEqualTo("deactivated");
    }

    @Test
    void configsAreListed() {
        var config = created("listed");
        assertThat(id(client.latest(CONFIGS, "limit", "1"))).isEqualTo(id(config));
    }

    @Test
    void aConfigIsRetrieved() {
        var config = created("retrieved");
        assertThat(id(client.retrieve(CONFIGS + "/" + id(config)))).isEqualTo(id(config));
    }

    @Test
    void signedUrlsCanBeSwitchedOn() {
        var config = client.post(
                CONFIGS,
                "{'url': 'local://compatibility/signed', 'credentials': {}, 'signed_urls_enabled': true,"
                        + " 'signed_urls_expiry': 600}");
        assertThat(config.at("/signed_urls_enabled").asBoolean()).isTrue();
        assertThat(config.at("/signed_urls_expiry").asInt()).isEqualTo(600);
    }

    @Test
    void anUnknownSchemeIsRefused() {
        refused(400, "invalid-parameter", () -> client.post(CONFIGS, "{'url': 'ftp://host/path', 'credentials': {}}"));
    }

    @Test
    void aMissingUrlIsRefused() {
        refused(400, "invalid-parameter", () -> client.post(CONFIGS, "{'credentials': {}}"));
    }

    @Test
    void anUnknownConfigIsNotFound() {
        refused(404, "not-found", () -> client.retrieve(CONFIGS + "/999999"));
    }

    private JsonNode created(String path) {
        return client.post(
                CONFIGS, "{'url': 'local://compatibility/" + path.replace(' ', '-') + "', 'credentials': {}}");
    }

    private JsonNode tested(JsonNode config) {
        return Eventually.get(
                () -> client.retrieve(CONFIGS + "/" + id(config)),
                seen -> state(seen).equals("valid"));
    }
}
