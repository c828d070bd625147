package ferry.compat;

import static ferry.compat.Shapes.dates;
import static ferry.compat.Shapes.id;
import static ferry.compat.Shapes.numbersInStrings;
import static ferry.compat.Shapes.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Users (ricloud-api 8).
@ExtendWith(FerryServer.class)
class UsersTest {
    private final RicloudPy client;

    UsersTest(FerryServer.Running server) {
        this.client = server.client();
    }

    @Test
    void aUserHasTheContractsAttributes() {
        var user = client.post("/users", "{'identifier': 'attributes'}");
        numbersInStrings(user, "id", "organisation", "key");
        assertThat(user.at("/resource").asString()).isEqualTo("user");
        assertThat(user.at("/identifier").asString()).isEqualTo("attributes");
        assertThat(user.at("/state").asString()).isEqualTo("active");
        dates(user, "date_created");
    }

    @Test
    void createIsGetOrCreate() {
        assertThat(client.user("the same")).isEqualTo(client.user("the same"));
    }

    @Test
    void anIdentifierIsRequired() {
        refused(400, "invalid-parameter", () -> client.post("/users", "{}"));
    }

    @Test
    void aUserCanBeRetrieved() {
        var user = client.post("/users", "{'identifier': 'retrieved'}");
        assertThat(client.retrieve("/users/" + id(user))).isEqualTo(user);
    }

    @Test
    void anUnknownUserIsNotFound() {
        refused(404, "not-found", () -> client.retrieve("/users/999999"));
        refused(404, "not-found", () -> client.retrieve("/users/none"));
    }

    @Test
    void usersAreListedByIdentifier() {
        var user = client.user("listed by identifier");
        assertThat(id(client.latest("/users", "identifier", "listed by identifier")))
                .isEqualTo(user);
    }

    @Test
    void aUserCanBeUpdated() {
        var user = client.user("before the update");
        assertThat(client.post("/users/" + user, "{'identifier': 'after the update'}")
                        .at("/identifier")
                        .asString())
                .isEqualTo("after the update");
    }

    @Test
    void aDeactivatedUserGetsNoSession() {
        var user = client.user("to be deactivated");
        assertThat(client.post("/users/" + user, "{'state': 'deactivated'}")
                        .at("/state")
                        .asString())
                .isEqualTo("deactivated");
        assertThat(catchThrowable(() -> client.post("/sessions", """
                                {'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': 'x'},
                                 'payload': {'password': 'x'}}""".formatted(user))))
                .isInstanceOf(RicloudPy.RequestError.class);
    }

    @Test
    void aUserCanBeErased() {
        var user = client.user("to be erased");
        client.delete("/users/" + user);
        refused(404, "not-found", () -> client.retrieve("/users/" + user));
        assertThat(client.user("to be erased")).isNotEqualTo(user);
    }
}
