package ferry.compat;

import static ferry.compat.Shapes.dates;
import static ferry.compat.Shapes.hasKeys;
import static ferry.compat.Shapes.nestedList;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The organisation (ricloud-api 5).
@ExtendWith(FerryServer.class)
class OrganisationTest {
    private final RicloudPy client;

    OrganisationTest(FerryServer.Running server) {
        this.client = server.client();
    }

    @Test
    void itHasTheContractsAttributes() {
        var organisation = client.retrieve("/organisation");
        hasKeys(
                organisation,
                "id",
                "resource",
                "name",
                "slug",
                "api_version",
                "config",
                "permissions",
                "storage_configs",
                "storage_config_default",
                "webhook_configs",
                "webhook_config_default",
                "state",
                "date_created");
        dates(organisation, "date_created");
    }

    @Test
    void itsIdIsANumber() {
        assertThat(client.retrieve("/organisation").at("/id").isNumber()).isTrue();
        assertThat(client.retrieve("/organisation").at("/permissions/id").isNumber())
                .isTrue();
    }

    @Test
    void itsPermissionsAreCalledSoThatTheClientCanReadThem() {
        assertThat(client.retrieve("/organisation").at("/permissions/resource").asString())
                .isEqualTo("permissions");
    }

    @Test
    void itsConfigsAreNestedLists() {
        var organisation = client.retrieve("/organisation");
        nestedList(organisation.at("/storage_configs"), "/configs/storage");
        nestedList(organisation.at("/webhook_configs"), "/configs/webhook");
    }

    @Test
    void itIsActiveOnceAStorageConfigIsValid() {
        assertThat(client.retrieve("/organisation").at("/state").asString()).isEqualTo("active");
    }

    @Test
    void theFirstValidStorageConfigIsTheDefault() {
        assertThat(client.retrieve("/organisation")
                        .at("/storage_config_default")
                        .asString())
                .isEqualTo("1");
    }

    @Test
    void itsTypeIsForSuperOrganisationsOnly() {
        assertThat(client.retrieve("/organisation").has("type")).isFalse();
    }

    @Test
    void itsNameCanBeChanged() {
        var changed = client.post("/organisation", "{'name': 'Another name'}");
        assertThat(changed.at("/name").asString()).isEqualTo("Another name");
        assertThat(client.retrieve("/organisation").at("/name").asString()).isEqualTo("Another name");
    }

    @Test
    void sourceFilesCanBeAskedFor() {
        assertThat(client.post("/organisation", "{'config': {'publish_source_files': true}}")
                        .at("/config/publish_source_files")
                        .asBoolean())
                .isTrue();
        client.post("/organisation", "{'config': {'publish_source_files': false}}");
    }

    @Test
    void anotherConfigKeyIsRefused() {
        Shapes.refused(400, "invalid-parameter", () -> client.post("/organisation", "{'config': {'something': true}}"));
    }
}
