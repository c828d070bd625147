package ferry.source;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.TestApp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Sources over HTTP: made, switched off and on, and in every state there is.
class SourcesTest {
    private static TestApp app;
    private static Client client;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static JsonNode source(String name) {
        return client.post(
                        "/sources",
                        "{'user': '%s', 'type': 'mocks.mock', 'identifier': '%s'}".formatted(client.user(name), name))
                .expect(201);
    }

    private static JsonNode session(String name, String password) {
        return client.session(client.user(name), "mocks.mock", name, "'password': '" + password + "'");
    }

    private static JsonNode set(String source, String state) {
        return client.post("/sources/" + source, "{'state': '" + state + "'}").body();
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    private static String state(JsonNode resource) {
        return resource.at("/state").asString();
    }

    @Test
    void aSourceIsUnvalidatedUntilASessionOpens() {
        var made = source("fresh");
        assertThat(state(made)).isEqualTo("unvalidated");
        assertThat(client.get("/sources?state=unvalidated&identifier=fresh").text("/data/0/id"))
                .isEqualTo(id(made));

        assertThat(session("fresh", "x").at("/source").asString()).isEqualTo(id(made));

        assertThat(client.get("/sources/" + id(made)).text("/state")).isEqualTo("active");
    }

    @Test
    void aLockedAccountLocksItsSourceAndOnlyASessionUnlocksIt() {
        var source = session("locked", "locked").at("/source").asString();

        assertThat(client.get("/sources?state=locked").text("/data/0/id")).isEqualTo(source);
        assertThat(set(source, "active").at("/error").asString()).isEqualTo("conflict");
    }

    @Test
    void aLockedSourceStaysLockedWhenItIsSwitchedOffAndOn() {
        var source = session("locked and off", "locked").at("/source").asString();

        assertThat(state(set(source, "deactivated"))).isEqualTo("deactivated");
        assertThat(state(set(source, "active"))).isEqualTo("locked");
        assertThat(set(source, "active").at("/error").asString()).isEqualTo("conflict");
    }

    @Test
    void aSessionWhoseAccessDoesNotOpenHoldsUpNoOther() {
        var poisoned = session("poisoned", "x");
        var other = session("beside it", "x");
        app.db().systemDo(tx -> tx.execute("update session set access = '\\x00' where id = '" + id(poisoned) + "'"));
        set(poisoned.at("/source").asString(), "deactivated");
        set(other.at("/source").asString(), "deactivated");

        app.app().sessionExpiry().runDue();

        assertThat(stored(poisoned)).isEqualTo("active");
        assertThat(stored(other)).isEqualTo("expired");
    }

    private static String stored(JsonNode session) {
        return app.db()
                .system(tx -> tx.createQuery("select state from session where id = cast(:id as uuid)")
                        .bind("id", id(session))
                        .mapTo(String.class)
                        .one());
    }

    @Test
    void aDeactivatedSourceGetsNoSessionsAndItsSessionsAreExpired() {
        var session = session("off", "x");
        var source = session.at("/source").asString();

        assertThat(state(set(source, "deactivated"))).isEqualTo("deactivated");

        var shown = client.get("/sessions/" + id(session)).body();
        assertThat(state(shown)).isEqualTo("expired");
        assertThat(shown.at("/error").asString()).isEqualTo("organisation");
        assertThat(client.post("/sessions", """
                {'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': 'off'}, 'payload': {'password': 'x'}}
                """.formatted(client.user("off"))).text("/error"))
                .isEqualTo("conflict");
    }

    @Test
    void theSweeperEndsTheSessionsOfADeactivatedSourceForGood() {
        var session = session("swept", "x");
        var source = session.at("/source").asString();
        set(source, "deactivated");
        app.app().sessionExpiry().runDue();

        assertThat(state(set(source, "active"))).isEqualTo("active");

        assertThat(client.get("/sessions/" + id(session)).text("/error")).isEqualTo("organisation");
        var access = app.db()
                .system(tx -> tx.createQuery("select access is null from session where id = cast(:id as uuid)")
                        .bind("id", id(session))
                        .mapTo(Boolean.class)
                        .one());
        assertThat(access).isTrue();
    }

    @Test
    void settingTheStateItHasChangesNothing() {
        var source = id(source("twice"));

        assertThat(state(set(source, "active"))).isEqualTo("unvalidated");
        set(source, "deactivated");
        assertThat(state(set(source, "deactivated"))).isEqualTo("deactivated");
        assertThat(state(set(source, "active"))).isEqualTo("unvalidated");
    }

    @Test
    void aBlockedSourceIsTheOperatorsAlone() {
        var source = id(source("blocked"));
        app.db().systemDo(tx -> tx.execute("update source set refused = 'blocked' where id = " + source));

        assertThat(set(source, "active").at("/error").asString()).isEqualTo("conflict");
        assertThat(set(source, "deactivated").at("/error").asString()).isEqualTo("conflict");
        assertThat(client.get("/sources?state=blocked").text("/data/0/id")).isEqualTo(source);
    }

    @Test
    void whatASourceIsCannotBeChanged() {
        var source = id(source("fixed"));

        var answer =
                client.post("/sources/" + source, "{'identifier': 'other', 'type': 'icloud.account', 'state': 'x'}");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().at("/params").propertyNames()).contains("identifier", "type", "state");
    }

    @Test
    void childrenAreAListOfTheirOwn() {
        var parent = id(source("parent"));
        var child = id(source("child"));
        app.db().systemDo(tx -> tx.execute("update source set parent = " + parent + " where id = " + child));

        var children = client.get("/sources/" + parent + "/children").expect(200);
        assertThat(children.at("/url").asString()).isEqualTo("/sources/" + parent + "/children");
        assertThat(children.at("/data/0/id").asString()).isEqualTo(child);
        assertThat(client.get("/sources?parent=" + parent).text("/total_count")).isEqualTo("1");
    }
}
