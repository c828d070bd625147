package ferry.compat;

import static ferry.compat.Shapes.dates;
import static ferry.compat.Shapes.id;
import static ferry.compat.Shapes.nulls;
import static ferry.compat.Shapes.numbersInStrings;
import static ferry.compat.Shapes.refused;
import static ferry.compat.Shapes.state;
import static ferry.compat.Shapes.uuids;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Sources and sessions (ricloud-api 9, 10, 18.1, 18.3).
@ExtendWith(FerryServer.class)
class SessionsTest {
    private final RicloudPy client;

    SessionsTest(FerryServer.Running server) {
        this.client = server.client();
    }

    @Test
    void aSessionHasTheContractsAttributes() {
        var session = mock("attributes");
        uuids(session, "id");
        numbersInStrings(session, "organisation", "key", "user", "source");
        assertThat(session.at("/resource").asString()).isEqualTo("session");
        dates(session, "date_created");
        nulls(session, "error", "date_expired");
    }

    @Test
    void aMockSessionBecomesActive() {
        assertThat(state(mock("john.appleseed@reincubate.com"))).isEqualTo("active");
    }

    @Test
    void aSecondFactorIsAskedForAndAccepted() {
        var user = client.user("second factor");
        var session = client.iCloudSession(user, "john.appleseed@sandbox.example", List.of("123456"));
        assertThat(state(session)).isEqualTo("active");
    }

    @Test
    void aWrongCodeIsAskedForAgain() {
        var user = client.user("wrong code");
        var session = client.iCloudSession(user, "code-200@sandbox.example", List.of("000000"));
        assertThat(session.at("/error").asString()).isEqualTo("code-required");
        assertThat(state(client.iCloudSession(user, "code-200@sandbox.example", List.of("123456"))))
                .isEqualTo("active");
    }

    @Test
    void aSignInThatFailsIsAnAnswerNotAnError() {
        var session = client.session(
                client.user("refused"), "icloud.account", "plain@sandbox.example", Map.of("password", "wrong"));
        assertThat(state(session)).isEqualTo("failed");
        assertThat(session.at("/error").asString()).isEqualTo("credentials-invalid");
    }

    @ParameterizedTest
    @CsvSource({
        "locked, source-locked",
        "throttled, throttled",
        "terms, terms-pending",
        "repair-stuck, owner-action-required",
        "security-key, second-factor-unsupported",
        "web-access-disabled, web-access-disabled"
    })
    void eachRefusalHasItsCode(String account, String error) {
        var session = client.iCloudSession(client.user("refusals"), account + "@sandbox.example", List.of("123456"));
        assertThat(session.at("/error").asString()).isEqualTo(error);
        assertThat(state(session)).isEqualTo("failed");
    }

    @Test
    void theSourceIsMadeByTheSession() {
        var user = client.user("source by session");
        var session = client.session(user, "mocks.mock", "made by a session", Map.of("password", "x"));
        var source = client.latest("/sources", "user", user, "identifier", "made by a session");
        assertThat(session.at("/source").asString()).isEqualTo(id(source));
    }

    @Test
    void theSameAccountIsTheSameSource() {
        assertThat(mock("same source").at("/source"))
                .isEqualTo(mock("same source").at("/source"));
    }

    @Test
    void aSourceHasTheContractsAttributes() {
        var source = client.retrieve(
                "/sources/" + mock("source attributes").at("/source").asString());
        numbersInStrings(source, "id", "user");
        Shapes.hasKeys(source, "type", "identifier", "info", "parent", "children", "state", "date_created");
        Shapes.nestedList(source.at("/children"), "/sources/" + id(source) + "/children");
        assertThat(state(source)).isEqualTo("active");
    }

    @Test
    void aSourceIsUnvalidatedUntilASessionSucceeds() {
        var session =
                client.session(client.user("unvalidated"), "mocks.mock", "never opened", Map.of("password", "wrong"));
        assertThat(state(client.retrieve("/sources/" + session.at("/source").asString())))
                .isEqualTo("unvalidated");
    }

    @Test
    void aSourcesChildrenAreAList() {
        var source = mock("children").at("/source").asString();
        assertThat(client.list("/sources/" + source + "/children").at("/data")).isEmpty();
    }

    @Test
    void aSourceCanBeDeactivated() {
        var source = mock("deactivated source").at("/source").asString();
        assertThat(state(client.post("/sources/" + source, "{'state': 'deactivated'}")))
                .isEqualTo("deactivated");
    }

    @Test
    void aSourceCanBeMadeByItself() {
        var user = client.user("source by itself");
        var source =
                client.post("/sources", "{'user': '" + user + "', 'type': 'mocks.mock', 'identifier': 'by itself'}");
        assertThat(state(source)).isEqualTo("unvalidated");
    }

    @Test
    void anUnknownSourceTypeIsRefused() {
        var user = client.user("unknown type");
        refused(400, "invalid-parameter", () -> client.session(user, "no.such", "x", Map.of("password", "x")));
    }

    @Test
    void aMissingSourceIsRefused() {
        refused(400, "invalid-parameter", () -> client.post("/sessions", "{'payload': {'password': 'x'}}"));
    }

    @Test
    void aMissingPayloadIsRefused() {
        var user = client.user("no payload");
        refused(
                400,
                "invalid-parameter",
                () -> client.post(
                        "/sessions", "{'source': {'user': '" + user + "', 'type': 'mocks.mock', 'identifier': 'x'}}"));
    }

    @Test
    void anotherUsersNumberIsRefused() {
        refused(400, "invalid-parameter", () -> client.session("999999", "mocks.mock", "x", Map.of("password", "x")));
    }

    @Test
    void sessionsAreListedBySourceAndState() {
        var session = mock("listed");
        var source = session.at("/source").asString();
        assertThat(id(client.latest("/sessions", "source", source, "state", "active", "limit", "1")))
                .isEqualTo(id(session));
    }

    @Test
    void aDeletedSessionIsExpired() {
        var session = mock("deleted");
        var deleted = client.delete("/sessions/" + id(session));
        assertThat(state(deleted)).isEqualTo("expired");
        assertThat(deleted.at("/error").asString()).isEqualTo("organisation");
        dates(deleted, "date_expired");
    }

    @Test
    void aSessionMayBeDeletedTwice() {
        var session = mock("deleted twice");
        assertThat(client.delete("/sessions/" + id(session))).isEqualTo(client.delete("/sessions/" + id(session)));
    }

    @Test
    void anExpiredSessionReadsNothing() {
        var session = mock("expired");
        client.delete("/sessions/" + id(session));
        refused(400, "session-expired", () -> client.poll(id(session), "'info_types': ['*']"));
    }

    @Test
    void aConsentMayBeGivenAlong() {
        var user = client.user("consenting");
        var session = client.post("/sessions", """
                {'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': 'c'}, 'payload': {'password': 'x'},
                 'consent': {'text_version': '2026-11', 'date': '2026-11-01T10:00:00Z'}}""".formatted(user));
        assertThat(state(client.finished(session, "/sessions"))).isEqualTo("active");
    }

    @Test
    void anUnknownSessionIsNotFound() {
        refused(404, "not-found", () -> client.retrieve("/sessions/00000000-0000-0000-0000-000000000000"));
    }

    private JsonNode mock(String identifier) {
        return client.session(
                client.user("of mock sessions"), "mocks.mock", identifier, Map.of("password", "abcd1234"));
    }
}
