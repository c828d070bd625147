package ferry.permission;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Client;
import ferry.testing.Client.Answer;
import ferry.testing.TestApp;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Permissions over the API, and what they leave a key (ricloud-api 7).
class PermissionsTest {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final String LIMIT = "{'level': 'user', 'type': 'count', 'value': 3}";

    private static TestApp app;

    private final TestApp.Organisation organisation = organisation(Scopes.ALL);
    private final Client client = organisation.client();

    @BeforeAll
    static void start() {
        app = TestApp.start();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static TestApp.Organisation organisation(Scopes scopes) {
        return app.organisation("Permissions " + NUMBER.incrementAndGet(), scopes);
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    private JsonNode made(String identifier, String scopes) {
        return client.post("/permissions", "{'identifier': '" + identifier + "', 'scopes': {" + scopes + "}}")
                .expect(201);
    }

    /// A client with a key that is narrowed.
    private static Client narrowed(Client of, String permissions) {
        var key = of.post("/keys", "{'permissions': " + permissions + "}").expect(201);
        return new Client(app.url(), key.at("/token").asString());
    }

    private static void assertError(Answer answer, int status, String code, String named) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text("/error")).isEqualTo(code);
        assertThat(answer.text("/message")).contains(named);
    }

    private static void assertRefused(Answer answer, String field) {
        assertError(answer, 400, "invalid-parameter", "");
        assertThat(answer.body().at("/params").has(field)).as(answer.text()).isTrue();
    }

    /// Whether a source of that type may be asked for.
    private static Answer source(Client of, String type) {
        var user = of.user("u");
        return of.post("/sources", "{'user': '%s', 'type': '%s', 'identifier': 'i'}".formatted(user, type));
    }

    @Test
    void aPermissionIsMadeReadAndChanged() {
        var made = made("photos", "'data_type:icpl.*': [], 'source_type:icloud.account': [" + LIMIT + "]");
        assertThat(made.propertyNames())
                .containsExactly("id", "resource", "organisation", "identifier", "scopes", "date_created");
        assertThat(made.at("/resource").asString()).isEqualTo("permissions");
        assertThat(made.at("/organisation").asString())
                .isEqualTo(organisation.id().toString());
        assertThat(made.at("/identifier").asString()).isEqualTo("photos");
        assertThat(made.at("/scopes").toString())
                .isEqualTo("{\"data_type:icpl.*\":[],\"source_type:icloud.account\":"
                        + "[{\"level\":\"user\",\"type\":\"count\",\"value\":3}]}");
        assertThat(client.get("/permissions/" + id(made)).expect(200)).isEqualTo(made);

        var renamed = client.post("/permissions/" + id(made), "{'identifier': 'pictures'}")
                .expect(200);
        assertThat(renamed.at("/identifier").asString()).isEqualTo("pictures");
        assertThat(renamed.at("/scopes")).isEqualTo(made.at("/scopes"));
        var emptied = client.post("/permissions/" + id(made), "{'scopes': {}}").expect(200);
        assertThat(emptied.at("/identifier").asString()).isEqualTo("pictures");
        assertThat(emptied.at("/scopes").size()).isZero();
        assertThat(emptied.at("/date_created")).isEqualTo(made.at("/date_created"));
    }

    @Test
    void theBasePermissionIsTheOldestOfTheListAndTheOperatorsToChange() {
        var made = made("one", "");
        var list = client.get("/permissions").expect(200);
        assertThat(list.at("/url").asString()).isEqualTo("/permissions");
        assertThat(list.at("/total_count").asInt()).isEqualTo(2);
        assertThat(list.at("/data/0")).isEqualTo(made);
        var base = list.at("/data/1");
        assertThat(base.at("/identifier").asString()).isEqualTo("default");
        assertThat(base.at("/resource").asString()).isEqualTo("permissions");
        var nested = client.get("/organisation").body().at("/permissions");
        assertThat(nested.at("/id").isIntegralNumber()).isTrue();
        assertThat(id(nested)).isEqualTo(id(base));
        assertThat(nested.at("/scopes")).isEqualTo(base.at("/scopes"));
        assertThat(client.get("/permissions/" + id(base)).expect(200)).isEqualTo(base);
        assertError(client.post("/permissions/" + id(base), "{'scopes': {}}"), 403, "missing-scope", "operator");

        assertThat(client.get("/permissions?identifier=one").text("/total_count"))
                .isEqualTo("1");
        assertThat(client.get("/permissions?limit=1&after_id=" + id(made)).text("/data/0/identifier"))
                .isEqualTo("default");
        assertRefused(client.get("/permissions?after_id=4711"), "after_id");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'scopes': {}}|identifier",
                "{'identifier': ' ', 'scopes': {}}|identifier",
                "{'identifier': 'default', 'scopes': {}}|identifier",
                "{'identifier': {}, 'scopes': {}}|identifier",
                "{'identifier': 'x'}|scopes",
                "{'identifier': 'x', 'scopes': []}|scopes",
                "{'identifier': 'x', 'scopes': 'all'}|scopes",
            })
    void whatAPermissionNeedsIsNamed(String body, String field) {
        assertRefused(client.post("/permissions", body), field);
        assertThat(client.get("/permissions").text("/total_count")).isEqualTo("1");
    }

    @Test
    void anIdentifierIsNotTooLongAndUnique() {
        assertRefused(
                client.post("/permissions", "{'identifier': '" + "x".repeat(101) + "', 'scopes': {}}"), "identifier");
        made("one", "");
        var two = made("two", "");
        assertError(client.post("/permissions", "{'identifier': 'one', 'scopes': {}}"), 409, "conflict", "one");
        assertError(client.post("/permissions/" + id(two), "{'identifier': 'one'}"), 409, "conflict", "one");
        assertThat(client.post("/permissions/" + id(two), "{'identifier': 'two'}")
                        .status())
                .isEqualTo(200);
        assertRefused(client.post("/permissions/" + id(two), "{'identifier': null}"), "identifier");
        assertRefused(client.post("/permissions/" + id(two), "{'scopes': null}"), "scopes");
        // Another organisation's names are its own.
        var other = organisation(Scopes.ALL).client();
        assertThat(other.post("/permissions", "{'identifier': 'one', 'scopes': {}}")
                        .status())
                .isEqualTo(201);
    }

    @Test
    void oneIdentifierAskedForAtOnceIsGivenOnce() throws Exception {
        var two = made("two", "");
        var made = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                var path = i % 2 == 0 ? "/permissions" : "/permissions/" + id(two);
                // Bodies differ, so that none is a repeat of another.
                var body = "{'identifier': 'same', 'scopes': {'data_type:number." + i + "': []}}";
                threads.execute(() -> {
                    var answer = client.post(path, body);
                    made.addAndGet(answer.status() == 201 ? 1 : answer.status() >= 500 ? 100 : 0);
                });
            }
        }
        assertThat(client.get("/permissions?identifier=same").text("/total_count"))
                .isEqualTo("1");
        assertThat(made.get()).isLessThanOrEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "source_type:*",
                "task_type:icloud.*",
                "data_type:icloud.account.info",
                "file_type:icpl.*.original",
                "info_type:a-b_c.D9",
            })
    void aScopeIsAFamilyAndAPattern(String scope) {
        made("x", "'" + scope + "': []");
    }

    @ParameterizedTest
    @ValueSource(strings = {"photos", "photos:*", "data_type", "data_type:", "data_type:a b", "data_type:é", ":*", "*"})
    void whatIsNoScopeIsNamed(String scope) {
        assertRefused(
                client.post("/permissions", "{'identifier': 'x', 'scopes': {'" + scope + "': []}}"), "scopes." + scope);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{}",
                "[1]",
                "[{}]",
                "[{'level': 'planet', 'type': 'count', 'value': 1}]",
                "[{'level': 'user', 'type': 'sum', 'value': 1}]",
                "[{'level': 'user', 'value': 1}]",
                "[{'level': 'user', 'type': 'count'}]",
                "[{'level': 'user', 'type': 'count', 'value': -1}]",
                "[{'level': 'user', 'type': 'count', 'value': 1.5}]",
                "[{'level': 'user', 'type': 'count', 'value': '1'}]",
                "[{'level': 'user', 'type': 'count', 'value': 10000000000000}]",
                "[{'level': 'user', 'type': 'count', 'value': 99999999999999999999}]",
                "[{'level': 'user', 'type': 'count', 'value': 1, 'window': 'week'}]",
                "[{'level': 'user', 'type': 'count', 'value': 1, 'window': 1}]",
                "[{'level': 'user', 'type': 'count', 'value': 1, 'per': 'day'}]",
            })
    void whatIsNoLimitIsNamedByItsScope(String limits) {
        assertRefused(
                client.post("/permissions", "{'identifier': 'x', 'scopes': {'data_type:*': " + limits + "}}"),
                "scopes.data_type:*");
    }

    @Test
    void thereAreNotTooManyScopesAndLimits() {
        var scopes = new StringBuilder("'data_type:x': []");
        for (int i = 0; i < 200; i++) {
            scopes.append(", 'data_type:x").append(i).append("': []");
        }
        assertRefused(client.post("/permissions", "{'identifier': 'x', 'scopes': {" + scopes + "}}"), "scopes");
        var limits = String.join(",", Collections.nCopies(11, LIMIT));
        assertRefused(
                client.post("/permissions", "{'identifier': 'x', 'scopes': {'data_type:*': [" + limits + "]}}"),
                "scopes.data_type:*");
    }

    @Test
    void aKeyMayWhatItsPermissionAndItsOrganisationBothCover() {
        var base = new LinkedHashMap<String, List<Map<String, Object>>>();
        base.put("source_type:icloud.*", List.of());
        var narrow = organisation(new Scopes(base)).client();

        // Wider than the base is accepted and gives nothing beyond it.
        var wider = narrowed(narrow, "{'source_type:*': []}");
        assertThat(wider.get("/key").body().at("/scopes").propertyNames()).containsExactly("source_type:*");
        assertThat(source(wider, "icloud.account").status()).isEqualTo(201);
        assertError(source(wider, "mocks.mock"), 403, "missing-scope", "source_type:mocks.mock");
        var other = narrowed(narrow, "{'source_type:mocks.*': []}");
        assertError(source(other, "icloud.account"), 403, "missing-scope", "source_type:icloud.account");
        assertError(source(other, "mocks.mock"), 403, "missing-scope", "source_type:mocks.mock");
        var nothing = narrowed(narrow, "{}");
        assertError(source(nothing, "icloud.account"), 403, "missing-scope", "source_type:icloud.account");
    }

    @Test
    void aChangedPermissionBindsItsKeysAtOnce() {
        var permission = made("one", "'source_type:icloud.*': []");
        var key =
                client.post("/keys", "{'permissions': " + id(permission) + "}").expect(201);
        assertThat(key.at("/permissions").asString()).isEqualTo(id(permission));
        assertThat(key.at("/scopes")).isEqualTo(permission.at("/scopes"));
        var narrow = new Client(app.url(), key.at("/token").asString());
        assertError(source(narrow, "mocks.mock"), 403, "missing-scope", "mocks.mock");

        client.post("/permissions/" + id(permission), "{'scopes': {'source_type:mocks.*': []}}")
                .expect(200);
        assertThat(source(narrow, "mocks.mock").status()).isEqualTo(201);
        assertError(source(narrow, "icloud.account"), 403, "missing-scope", "icloud.account");
    }

    @Test
    void aKeysPermissionIsExchangedForScopesOfItsOwnAndTakenBack() {
        var permission = made("one", "'source_type:icloud.*': []");
        var key = client.post("/keys", "{'permissions': '" + id(permission) + "'}")
                .expect(201);
        var path = "/keys/" + id(key);
        var own = client.post(path, "{'permissions': {'info_type:*': []}}").expect(200);
        assertThat(own.at("/permissions").isNull()).isTrue();
        assertThat(own.at("/scopes").toString()).isEqualTo("{\"info_type:*\":[]}");
        assertThat(client.post(path, "{'permissions': " + id(permission) + "}").text("/permissions"))
                .isEqualTo(id(permission));
        // The base narrows nothing.
        var base = client.get("/organisation").text("/permissions/id");
        for (var none : List.of("null", base)) {
            client.post(path, "{'permissions': " + id(permission) + "}").expect(200);
            var free = client.post(path, "{'permissions': " + none + "}").expect(200);
            assertThat(free.at("/permissions").isNull()).isTrue();
            assertThat(free.at("/scopes").isNull()).isTrue();
        }
    }

    @Test
    void anotherOrganisationsPermissionIsNotFound() {
        var made = made("ours", "");
        var stranger = organisation(Scopes.ALL).client();
        var base = client.get("/organisation").text("/permissions/id");
        for (var id : List.of(id(made), base, "4711", "x")) {
            assertError(stranger.get("/permissions/" + id), 404, "not-found", "permission");
            assertError(stranger.post("/permissions/" + id, "{'scopes': {}}"), 404, "not-found", "permission");
            assertRefused(stranger.post("/keys", "{'permissions': '" + id + "'}"), "permissions");
        }
        assertThat(stranger.get("/permissions").text("/total_count")).isEqualTo("1");
    }

    @Test
    void eachChangeIsInTheAuditLog() {
        var made = made("one", "'info_type:*': []");
        client.post("/permissions/" + id(made), "{'scopes': {}}").expect(200);
        List<String> acts = app.db()
                .tenant(
                        organisation.id(),
                        tx -> tx.createQuery(
                                        "select action || ' ' || (detail->'scopes') from audit where subject = :subject order by id")
                                .bind("subject", "permission/" + id(made))
                                .mapTo(String.class)
                                .list());
        assertThat(acts).containsExactly("permission.create {\"info_type:*\": []}", "permission.update {}");
    }
}
