package ferry.user;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.TestApp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Users over HTTP: another identifier, switched off and on, found by filters.
class UsersTest {
    private static TestApp app;
    private static Client client;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
        client.storage("local://users/results");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static JsonNode session(String user, String name) {
        return client.session(user, "mocks.mock", name, "'password': 'x'");
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    @Test
    void anIdentifierIsChangedAndTheOldOneIsFree() {
        var user = client.user("before");

        var changed = client.post("/users/" + user, "{'identifier': 'after'}").expect(200);

        assertThat(changed.at("/identifier").asString()).isEqualTo("after");
        assertThat(id(client.post("/users", "{'identifier': 'after'}").expect(200)))
                .isEqualTo(user);
        assertThat(id(client.post("/users", "{'identifier': 'before'}").expect(201)))
                .isNotEqualTo(user);
    }

    @Test
    void anIdentifierThatAnotherUserHasIsAConflict() {
        client.user("taken");
        var user = client.user("wants it");

        assertThat(client.post("/users/" + user, "{'identifier': 'taken'}").text("/error"))
                .isEqualTo("conflict");
        assertThat(client.get("/users/" + user).text("/identifier")).isEqualTo("wants it");
    }

    @Test
    void anUpdateWithoutParametersChangesNothing() {
        var user = client.user("same");
        var before = client.get("/users/" + user).text();

        assertThat(client.post("/users/" + user, "null").expect(200).toString()).isEqualTo(before);
    }

    @Test
    void onlyTheTwoStatesCanBeSet() {
        var user = client.user("states");
        for (var state : new String[] {"blocked", "deleted", "off", ""}) {
            var answer = client.post("/users/" + user, "{'state': '" + state + "'}");
            assertThat(answer.status()).as(state).isEqualTo(400);
            assertThat(answer.body().at("/params").has("state")).as(state).isTrue();
        }
        assertThat(client.post("/users/" + user, "{'identifier': ' '}").text("/error"))
                .isEqualTo("invalid-parameter");
    }

    @Test
    void aDeactivatedUserGetsNeitherSessionsNorPollsAndItsSessionsAreExpired() {
        var user = client.user("off");
        var session = session(user, "off");
        client.post("/users/" + user, "{'state': 'deactivated'}").expect(200);

        var refused = client.post("/sessions", """
                {'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': 'off'}, 'payload': {'password': 'x'}}
                """.formatted(user));
        assertThat(refused.text("/error")).isEqualTo("conflict");
        assertThat(client.post("/sources", "{'user': '" + user + "', 'type': 'mocks.mock', 'identifier': 'new'}")
                        .text("/error"))
                .isEqualTo("conflict");
        var poll = client.post("/polls", "{'session': '" + id(session) + "', 'payload': {'info_types': ['*']}}");
        assertThat(poll.text("/error")).isEqualTo("session-expired");
        var shown = client.get("/sessions/" + id(session)).body();
        assertThat(shown.at("/state").asString()).isEqualTo("expired");
        assertThat(shown.at("/error").asString()).isEqualTo("organisation");
        assertThat(client.get("/sessions?state=active&user=" + user).text("/total_count"))
                .isEqualTo("0");
        assertThat(client.get("/sessions?state=expired&user=" + user).text("/total_count"))
                .isEqualTo("1");
    }

    @Test
    void aSessionThatTheSweeperHasSeenStaysExpiredWhenTheUserIsBack() {
        var user = client.user("on again");
        var session = session(user, "on again");
        client.post("/users/" + user, "{'state': 'deactivated'}").expect(200);
        app.app().sessionExpiry().runDue();
        client.post("/users/" + user, "{'state': 'active'}").expect(200);

        var shown = client.get("/sessions/" + id(session)).body();
        assertThat(shown.at("/error").asString()).isEqualTo("organisation");
        assertThat(shown.at("/date_expired").isNull()).isFalse();
        assertThat(session(user, "on again").at("/state").asString()).isEqualTo("active");
    }

    @Test
    void aBlockedUserCannotBeSwitchedOnByItsOrganisation() {
        var user = client.user("blocked");
        app.db().systemDo(tx -> tx.execute("update end_user set state = 'blocked' where id = " + user));

        assertThat(client.post("/users/" + user, "{'state': 'active'}").text("/error"))
                .isEqualTo("conflict");
        assertThat(client.get("/users?state=blocked").text("/data/0/id")).isEqualTo(user);
    }

    @Test
    void theListIsFilteredByIdentifierKeyAndState() {
        var other = app.key(app.first());
        var user = other.user("of another key");
        var key = other.get("/key").text("/id");
        client.post("/users/" + user, "{'state': 'deactivated'}").expect(200);

        assertThat(client.get("/users?key=" + key).text("/total_count")).isEqualTo("1");
        assertThat(client.get("/users?key=" + key + "&state=active").text("/total_count"))
                .isEqualTo("0");
        assertThat(client.get("/users?state=deactivated&identifier=of%20another%20key")
                        .text("/data/0/id"))
                .isEqualTo(user);
        assertThat(client.get("/users?state=unknown").status()).isEqualTo(400);
    }
}
