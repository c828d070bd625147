package ferry.key;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Client;
import ferry.testing.Client.Answer;
import ferry.testing.TestApp;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Keys over the API (ricloud-api 6).
class KeysTest {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static TestApp app;

    private final TestApp.Organisation organisation = organisation();
    private final Client client = organisation.client();

    @BeforeAll
    static void start() {
        app = TestApp.start();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static TestApp.Organisation organisation() {
        return app.organisation("Keys " + NUMBER.incrementAndGet(), Scopes.ALL);
    }

    private static Client with(JsonNode key) {
        return new Client(app.url(), key.at("/token").asString());
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    private JsonNode made(String body) {
        return client.post("/keys", body).expect(201);
    }

    private JsonNode updated(JsonNode key, String body) {
        return client.post("/keys/" + id(key), body).expect(200);
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

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "{}", "{'type': 'standard', 'storage_config': null, 'webhook_config': null}"})
    void aKeyOfNoParametersDoesAllThatItsOrganisationDoes(String body) {
        var key = made(body);
        assertThat(key.propertyNames())
                .containsExactly(
                        "id",
                        "resource",
                        "organisation",
                        "type",
                        "config",
                        "permissions",
                        "scopes",
                        "storage_config",
                        "webhook_config",
                        "token",
                        "state",
                        "date_created",
                        "date_expires");
        assertThat(key.at("/resource").asString()).isEqualTo("key");
        assertThat(key.at("/organisation").asString())
                .isEqualTo(organisation.id().toString());
        assertThat(key.at("/type").asString()).isEqualTo("standard");
        assertThat(key.at("/config").size()).isZero();
        assertThat(key.at("/state").asString()).isEqualTo("active");
        for (var empty : List.of("permissions", "scopes", "storage_config", "webhook_config", "date_expires")) {
            assertThat(key.get(empty).isNull()).as(empty).isTrue();
        }
        assertThat(with(key).get("/key").text("/id")).isEqualTo(id(key));
    }

    @Test
    void aTokenIsShownInTheAnswerThatMadeItAlone() {
        var key = made("{}");
        var rotated = client.post("/keys/" + id(key) + "/rotate", "{}").expect(200);
        assertThat(rotated.at("/token").asString())
                .startsWith("ferry_")
                .isNotEqualTo(key.at("/token").asString());
        for (var answer : List.of(
                client.get("/keys/" + id(key)),
                client.get("/keys"),
                with(rotated).get("/key"),
                client.post("/keys/" + id(key), "{'config': {}}"),
                client.delete("/keys/" + id(key)))) {
            assertThat(answer.expect(200).toString()).doesNotContain("ferry_");
        }
    }

    @Test
    void aKeyNamesAStorageConfigAndPublishesToIt() {
        var number = NUMBER.get();
        client.storage("local://keys" + number + "/default");
        var own = client.storage("local://keys" + number + "/own");
        var key = made("{'storage_config': " + id(own) + ", 'config': {'publish_source_files': true}}");
        assertThat(key.at("/storage_config").asString()).isEqualTo(id(own));
        assertThat(key.at("/config").toString()).isEqualTo("{\"publish_source_files\":true}");

        var caller = with(key);
        var session = caller.session(caller.user("u"), "mocks.mock", "m", "'password': 'x'");
        var poll = caller.completedPoll(id(session), "'info_types': ['mocks.info']");
        assertThat(poll.at("/results/data/0/url").asString()).contains("/own/");

        var cleared = updated(key, "{'storage_config': null, 'config': null}");
        assertThat(cleared.at("/storage_config").isNull()).isTrue();
        assertThat(cleared.at("/config").size()).isZero();
        assertThat(updated(key, "{'storage_config': '" + id(own) + "'}")
                        .at("/storage_config")
                        .asString())
                .isEqualTo(id(own));
        // What a body does not name stays.
        assertThat(updated(key, "{'config': {'publish_source_files': false}}")
                        .at("/storage_config")
                        .asString())
                .isEqualTo(id(own));

        client.delete("/configs/storage/" + id(own)).expect(200);
        assertRefused(client.post("/keys", "{'storage_config': " + id(own) + "}"), "storage_config");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'storage_config': 4711}|storage_config",
                "{'storage_config': 'x'}|storage_config",
                "{'storage_config': {}}|storage_config",
                "{'webhook_config': 1}|webhook_config",
                "{'config': []}|config",
                "{'config': {'publish_source_files': 'yes'}}|config.publish_source_files",
                "{'config': {'colour': 'red'}}|config.colour",
                "{'permissions': 4711}|permissions",
                "{'permissions': 'all'}|permissions",
                "{'permissions': []}|permissions",
                "{'permissions': {'photos': []}}|permissions.photos",
                "{'permissions': {'data_type:*': 1}}|permissions.data_type:*",
            })
    void aParameterThatCannotBeIsNamedOnCreateAndUpdate(String body, String field) {
        assertRefused(client.post("/keys", body), field);
        assertRefused(client.post("/keys/" + client.get("/key").text("/id"), body), field);
        assertThat(client.get("/keys").text("/total_count")).isEqualTo("1");
    }

    @Test
    void onlyTheOperatorMakesTrialKeys() {
        assertRefused(client.post("/keys", "{'type': 'trial'}"), "type");
    }

    @Test
    void keysAreListedNewestFirstAndFiltered() {
        var second = made("{}");
        var third = made("{}");
        client.delete("/keys/" + id(second)).expect(200);
        var trial = app.db()
                .system(tx ->
                        app.app().keys().createTrial(tx, organisation.id(), KeySettings.DEFAULT, Duration.ofDays(1)))
                .key();

        assertThat(ids("/keys"))
                .startsWith(Long.toString(trial.id()), id(third), id(second))
                .hasSize(4);
        assertThat(ids("/keys?state=deactivated")).containsExactly(id(second));
        assertThat(ids("/keys?type=trial")).containsExactly(Long.toString(trial.id()));
        assertThat(ids("/keys?type=standard&state=active")).hasSize(2);
        assertThat(ids("/keys?state=expired")).isEmpty();
        assertThat(ids("/keys?limit=1&after_id=" + id(third))).containsExactly(id(second));
        assertThat(client.get("/keys?limit=1").text("/total_count")).isEqualTo("4");
        assertRefused(client.get("/keys?state=gone"), "state");
        assertRefused(client.get("/keys?type=gold"), "type");
        assertRefused(client.get("/keys?after_id=4711"), "after_id");

        app.clock().advance(Duration.ofDays(1));
        assertThat(ids("/keys?state=expired")).containsExactly(Long.toString(trial.id()));
        assertThat(ids("/keys?state=active&type=trial")).isEmpty();
    }

    private List<String> ids(String list) {
        return StreamSupport.stream(client.get(list).expect(200).at("/data").spliterator(), false)
                .map(KeysTest::id)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "{}", "{'overlap': null}", "{'overlap': 0}"})
    void withoutAnOverlapTheOldTokenEndsAtOnce(String body) {
        var key = made("{}");
        var rotated = client.post("/keys/" + id(key) + "/rotate", body).expect(200);
        assertThat(with(key).get("/key").status()).isEqualTo(401);
        assertThat(with(rotated).get("/key").text("/id")).isEqualTo(id(key));
    }

    @Test
    void withAnOverlapBothTokensAreGoodUntilItIsOver() {
        var first = made("{}");
        var second = client.post("/keys/" + id(first) + "/rotate", "{'overlap': 3600}")
                .expect(200);
        app.clock().advance(Duration.ofMinutes(30));
        var third = client.post("/keys/" + id(first) + "/rotate", "{'overlap': 3600.5}")
                .expect(200);
        for (var good : List.of(first, second, third)) {
            assertThat(with(good).get("/key").status()).isEqualTo(200);
        }
        app.clock().advance(Duration.ofMinutes(31));
        assertThat(with(first).get("/key").status()).isEqualTo(401);
        assertThat(with(second).get("/key").status()).isEqualTo(200);
        app.clock().advance(Duration.ofMinutes(30));
        assertThat(with(second).get("/key").status()).isEqualTo(401);
        assertThat(with(third).get("/key").status()).isEqualTo(200);
    }

    @Test
    void aRotationWithoutOverlapEndsTheOverlapOfAnEarlierOne() {
        var first = made("{}");
        var second = client.post("/keys/" + id(first) + "/rotate", "{'overlap': 3600}")
                .expect(200);
        var third = with(second).post("/keys/" + id(first) + "/rotate", "{}").expect(200);
        assertThat(with(first).get("/key").status()).isEqualTo(401);
        assertThat(with(third).get("/key").status()).isEqualTo(200);
        // The one that asked stays for as long as its request may be repeated.
        assertThat(with(second).get("/key").status()).isEqualTo(200);
        app.clock().advance(Duration.ofSeconds(30));
        assertThat(with(second).get("/key").status()).isEqualTo(401);
        assertThat(with(third).get("/key").status()).isEqualTo(200);
    }

    @Test
    void aRotationThatIsSentAgainWithTheTokenItEndsIsAnsweredTheSame() {
        var key = made("{}");
        var first = rotatedUnder("one", key, with(key)).expect(200);
        assertThat(rotatedUnder("one", key, with(key)).expect(200)).isEqualTo(first);
        // Another rotation does not put off the end of the old one.
        app.clock().advance(Duration.ofSeconds(20));
        var second = rotatedUnder("two", key, with(key)).expect(200);
        assertThat(with(first).get("/key").status()).isEqualTo(401);
        app.clock().advance(Duration.ofSeconds(10));
        assertThat(with(key).get("/key").status()).isEqualTo(401);
        assertThat(with(second).get("/key").status()).isEqualTo(200);
    }

    private static Answer rotatedUnder(String name, JsonNode key, Client by) {
        return Client.send(by.request("/keys/" + id(key) + "/rotate")
                .header("Idempotency-Key", name)
                .POST(BodyPublishers.ofString("{}")));
    }

    @Test
    void aKeyThatIsRotatedWithOverlapAgainAndAgainKeepsFewTokens() {
        var first = made("{}");
        for (int i = 0; i < 12; i++) {
            client.post("/keys/" + id(first) + "/rotate", "{'overlap': 3600}").expect(200);
        }
        assertThat(with(first).get("/key").status()).isEqualTo(401);
        assertThat(app.db()
                        .<Integer>system(tx -> tx.createQuery("select count(*) from key_token where key = :id")
                                .bind("id", Long.parseLong(id(first)))
                                .mapTo(Integer.class)
                                .one()))
                .isEqualTo(9);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'overlap': -1}", "{'overlap': '60'}", "{'overlap': 604801}", "{'overlap': 1e300}"})
    void anOverlapThatCannotBeIsNamedAndNothingIsRotated(String body) {
        var key = made("{}");
        assertRefused(client.post("/keys/" + id(key) + "/rotate", body), "overlap");
        assertThat(with(key).get("/key").status()).isEqualTo(200);
    }

    @Test
    void aKeyIsSwitchedOffAndOnAgain() {
        var key = made("{}");
        assertThat(client.delete("/keys/" + id(key)).expect(200).at("/state").asString())
                .isEqualTo("deactivated");
        assertError(with(key).get("/key"), 401, "unauthorized", "");
        assertThat(client.delete("/keys/" + id(key)).expect(200).at("/state").asString())
                .isEqualTo("deactivated");
        assertError(client.post("/keys/" + id(key) + "/rotate", "{}"), 409, "conflict", "deactivated");

        assertThat(updated(key, "{'state': 'active'}").at("/state").asString()).isEqualTo("active");
        assertThat(with(key).get("/key").status()).isEqualTo(200);
        assertThat(updated(key, "{'state': 'deactivated'}").at("/state").asString())
                .isEqualTo("deactivated");
        for (var wrong : List.of("'blocked'", "'expired'", "'gone'", "{}")) {
            assertRefused(client.post("/keys/" + id(key), "{'state': " + wrong + "}"), "state");
        }
    }

    @Test
    void theLastActiveKeyStays() {
        var own = client.get("/key").text("/id");
        var other = made("{}");
        client.delete("/keys/" + id(other)).expect(200);
        assertError(client.delete("/keys/" + own), 409, "conflict", "last active key");
        assertError(client.post("/keys/" + own, "{'state': 'deactivated'}"), 409, "conflict", "last active key");
        updated(other, "{'state': 'active'}");
        client.delete("/keys/" + own).expect(200);
        assertThat(client.get("/key").status()).isEqualTo(401);
        assertThat(with(other).get("/keys/" + own).text("/state")).isEqualTo("deactivated");
    }

    @Test
    void ofKeysThatSwitchThemselvesOffAtOnceOneStays() throws Exception {
        var all = new ArrayList<Client>(List.of(client));
        for (int i = 0; i < 7; i++) {
            all.add(with(made("{}")));
        }
        var ids = all.stream().map(one -> one.get("/key").text("/id")).toList();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < all.size(); i++) {
                var one = all.get(i);
                var id = ids.get(i);
                threads.execute(() -> one.delete("/keys/" + id));
            }
        }
        assertThat(all.stream().filter(one -> one.get("/key").status() == 200)).hasSize(1);
    }

    @Test
    void aBlockedKeyAndOneWhoseTrialIsOverAreTheOperatorsToChange() {
        var key = made("{}");
        app.db().systemDo(tx -> app.app().keys().block(tx, organisation.id(), Long.parseLong(id(key))));
        assertError(with(key).get("/key"), 401, "unauthorized", "");
        assertThat(client.get("/keys/" + id(key)).text("/state")).isEqualTo("blocked");
        assertError(client.post("/keys/" + id(key), "{'state': 'active'}"), 409, "conflict", "blocked");
        assertThat(client.delete("/keys/" + id(key)).expect(200).at("/state").asString())
                .isEqualTo("blocked");

        var trial = app.db()
                .system(tx ->
                        app.app().keys().createTrial(tx, organisation.id(), KeySettings.DEFAULT, Duration.ofHours(1)));
        var id = Long.toString(trial.key().id());
        var caller = new Client(app.url(), trial.token().reveal());
        assertThat(caller.get("/key").text("/type")).isEqualTo("trial");
        assertError(caller.post("/keys", "{}"), 403, "missing-scope", "trial");
        app.clock().advance(Duration.ofHours(1));
        assertThat(caller.get("/key").status()).isEqualTo(401);
        assertThat(client.get("/keys/" + id).text("/state")).isEqualTo("expired");
        assertError(client.post("/keys/" + id, "{'state': 'active'}"), 409, "conflict", "expired");
        assertError(client.post("/keys/" + id + "/rotate", "{}"), 409, "conflict", "expired");
        assertThat(client.delete("/keys/" + id).expect(200).at("/state").asString())
                .isEqualTo("deactivated");
    }

    @Test
    void keysOfAnOrganisationThatIsSwitchedOffLetNobodyIn() {
        var id = organisation.id().value();
        app.db()
                .systemDo(
                        tx -> tx.execute("update organisation set blocked = 'deactivated' where organisation = ?", id));
        assertError(client.get("/key"), 401, "unauthorized", "deactivated");
    }

    @Test
    void aNarrowedKeyCannotGiveItselfMore() {
        var other = made("{}");
        var key = made("{'permissions': {'info_type:*': []}}");
        var narrow = with(key);
        var own = "/keys/" + id(key);
        for (var answer : List.of(
                narrow.post("/keys", "{}"),
                narrow.post(own, "{'permissions': null}"),
                narrow.post("/keys/" + id(other), "{'config': {}}"),
                narrow.post("/keys/" + id(other) + "/rotate", "{}"),
                narrow.delete("/keys/" + id(other)),
                narrow.post("/permissions", "{'identifier': 'x', 'scopes': {}}"))) {
            assertError(answer, 403, "missing-scope", "narrowed");
        }
        // What is its own it may do.
        narrow.post(own, "{'webhook_config': null, 'config': {'publish_source_files': true}}")
                .expect(200);
        var rotated = with(narrow.post(own + "/rotate", "null").expect(200));
        rotated.get("/keys").expect(200);
        rotated.delete(own).expect(200);
        assertThat(rotated.get("/key").status()).isEqualTo(401);
        assertThat(with(other).get("/key").status()).isEqualTo(200);
    }

    @Test
    void aNarrowedKeyDoesNotSteerTheOrganisation() {
        var storage = "/configs/storage/" + id(client.storage("local://keys" + NUMBER.get() + "/steered"));
        var made = client.post("/configs/webhook", "{'url': 'http://127.0.0.1:1/'}")
                .expect(201);
        var webhook = "/configs/webhook/" + id(made);
        var user = "/users/" + client.user("somebody");
        var narrow = with(made("{'permissions': {'info_type:*': []}}"));
        for (var answer : List.of(
                narrow.post("/organisation", "{'name': 'Mine'}"),
                narrow.post("/configs/storage", "{'url': 'local://mine/x'}"),
                narrow.post(storage, "{'url': 'local://mine/x'}"),
                narrow.delete(storage),
                narrow.post("/configs/webhook", "{'url': 'http://127.0.0.1:1/'}"),
                narrow.post(webhook, "{'url': 'http://127.0.0.1:1/mine'}"),
                narrow.post(webhook + "/rotate", "{}"),
                narrow.post(webhook + "/resume", "{}"),
                // one that fails stops it
                narrow.post(webhook + "/test", "{}"),
                narrow.delete(webhook),
                narrow.delete(user))) {
            assertError(answer, 403, "missing-scope", "narrowed");
        }
        assertThat(narrow.get(webhook).expect(200).at("/secret").isNull()).isTrue();
        assertThat(client.get(webhook).expect(200).at("/secret")).isEqualTo(made.at("/secret"));
        narrow.post(storage + "/test", "{}").expect(201);
        narrow.get(user).expect(200);
    }

    @Test
    void anotherOrganisationsKeyIsNotFound() {
        var stranger = app.organisation("Stranger " + NUMBER.incrementAndGet(), Scopes.ALL)
                .client();
        var own = "/keys/" + client.get("/key").text("/id");
        for (var answer : List.of(
                stranger.get(own),
                stranger.post(own, "{'state': 'deactivated'}"),
                stranger.post(own + "/rotate", "{}"),
                stranger.delete(own),
                stranger.get("/keys/4711"),
                stranger.get("/keys/x"))) {
            assertError(answer, 404, "not-found", "key");
        }
    }

    @Test
    void eachChangeIsInTheAuditLog() {
        var key = made("{}");
        updated(key, "{'config': {}, 'state': 'deactivated'}");
        updated(key, "{'state': 'active'}");
        client.post("/keys/" + id(key) + "/rotate", "{'overlap': 5}").expect(200);
        client.delete("/keys/" + id(key)).expect(200);
        List<String> acts = app.db()
                .tenant(
                        organisation.id(),
                        tx -> tx.createQuery("select action from audit where subject = :subject order by id")
                                .bind("subject", "key/" + id(key))
                                .mapTo(String.class)
                                .list());
        assertThat(acts)
                .containsExactly(
                        "key.create",
                        "key.update",
                        "key.deactivate",
                        "key.update",
                        "key.activate",
                        "key.rotate",
                        "key.deactivate");
    }
}
