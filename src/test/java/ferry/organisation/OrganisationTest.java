package ferry.organisation;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.testing.Client;
import ferry.testing.Client.Answer;
import ferry.testing.TestApp;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What an organisation changes about itself, and what a super organisation does for others (ricloud-api 5 and 8).
class OrganisationTest {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static TestApp app;

    private final int number = NUMBER.incrementAndGet();
    private final TestApp.Organisation organisation = organisation(number);
    private final Client client = organisation.client();

    @BeforeAll
    static void start() {
        app = TestApp.start();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static TestApp.Organisation organisation(int number) {
        return app.organisation("Organisation " + number, Scopes.ALL);
    }

    /// A client of another organisation, which may act for others.
    private TestApp.Organisation superOrganisation() {
        return app.db().system(tx -> {
            var made = app.app().organisations().create(tx, "Head", "head-" + number, Scopes.ALL, true);
            var key = app.app().keys().create(tx, made.id());
            return new TestApp.Organisation(
                    made.id(), new Client(app.url(), key.token().reveal()));
        });
    }

    private static void assertError(Answer answer, int status, String code, String named) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text("/error")).isEqualTo(code);
        assertThat(answer.text("/message")).contains(named);
    }

    private List<String> audit(TestApp.Organisation of) {
        return app.db()
                .tenant(
                        of.id(),
                        tx -> tx.createQuery("select action || ' ' || subject || ' ' || detail from audit order by id")
                                .mapTo(String.class)
                                .list());
    }

    @Test
    void aNameChangesAndItsSlugStays() {
        var slug = client.get("/organisation").text("/slug");
        var changed = client.post("/organisation", "{'name': ' Café Ölmühle '}").expect(200);
        assertThat(changed.at("/name").asString()).isEqualTo("Café Ölmühle");
        assertThat(changed.at("/slug").asString()).isEqualTo(slug);
        assertThat(client.get("/organisation").expect(200)).isEqualTo(changed);
        for (var nothing : List.of("", "null", "{}")) {
            assertThat(client.post("/organisation", nothing).expect(200)).isEqualTo(changed);
        }
        assertThat(audit(organisation))
                .contains("organisation.update organisation/" + organisation.id() + " {\"named\": [\"name\"]}");
    }

    @Test
    void itsConfigTakesTheOneThingThereIs() {
        assertThat(client.get("/organisation").body().at("/config").toString()).isEqualTo("{}");
        assertThat(client.post("/organisation", "{'config': {'publish_source_files': true}}")
                        .expect(200)
                        .at("/config")
                        .toString())
                .isEqualTo("{\"publish_source_files\":true}");
        assertThat(client.post("/organisation", "{'name': 'x'}").text("/config/publish_source_files"))
                .isEqualTo("true");
        assertThat(client.post("/organisation", "{'config': {}}")
                        .body()
                        .at("/config")
                        .size())
                .isZero();
    }

    @Test
    void itChoosesItsDefaultStorage() {
        var first =
                client.storage("local://organisation" + number + "/1").at("/id").asString();
        var second =
                client.storage("local://organisation" + number + "/2").at("/id").asString();
        assertThat(client.get("/organisation").text("/storage_config_default")).isEqualTo(first);
        assertThat(client.post("/organisation", "{'storage_config_default': " + second + "}")
                        .text("/storage_config_default"))
                .isEqualTo(second);
        var session = client.session(client.user("u"), "mocks.mock", "m", "'password': 'x'")
                .at("/id")
                .asString();
        assertThat(client.completedPoll(session, "'info_types': ['mocks.info']")
                        .at("/results/data/0/url")
                        .asString())
                .contains("organisation" + number + "/2/");

        var none = client.post("/organisation", "{'storage_config_default': null, 'webhook_config_default': null}")
                .expect(200);
        assertThat(none.at("/storage_config_default").isNull()).isTrue();
        assertError(
                client.post("/polls", "{'session': '" + session + "', 'payload': {'info_types': ['*']}}"),
                400,
                "unconfigured",
                "");
        client.delete("/configs/storage/" + first).expect(200);
        assertError(
                client.post("/organisation", "{'storage_config_default': " + first + "}"),
                400,
                "invalid-parameter",
                "storage_config_default");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'name': ''}|name",
                "{'name': null}|name",
                "{'name': []}|name",
                "{'config': 1}|config",
                "{'config': {'publish_source_files': 1}}|config.publish_source_files",
                "{'config': {'x': 1}}|config.x",
                "{'storage_config_default': 4711}|storage_config_default",
                "{'storage_config_default': 'x'}|storage_config_default",
                "{'webhook_config_default': 1}|webhook_config_default",
                "{'event_retention': 86399}|event_retention",
                "{'event_retention': 1e12}|event_retention",
                "{'event_retention': 'a day'}|event_retention",
            })
    void aParameterThatCannotBeIsNamed(String body, String field) {
        var before = client.get("/organisation").expect(200);
        var answer = client.post("/organisation", body);
        assertError(answer, 400, "invalid-parameter", field);
        assertThat(answer.body().at("/params").has(field)).isTrue();
        assertThat(client.get("/organisation").expect(200)).isEqualTo(before);
    }

    @Test
    void aNameIsNotTooLong() {
        assertError(
                client.post("/organisation", "{'name': '" + "x".repeat(201) + "'}"), 400, "invalid-parameter", "name");
    }

    @Test
    void itsTypeIsShownToASuperOrganisationAlone() {
        assertThat(client.get("/organisation").body().has("type")).isFalse();
        assertThat(client.get("/organisation").text("/api_version")).isEqualTo("v3");
        var head = superOrganisation().client();
        assertThat(head.get("/organisation").text("/type")).isEqualTo("super");
    }

    @Test
    void aUserIsMadeUnderTheKeyThatIsNamed() {
        var other = app.key(organisation).get("/key").text("/id");
        var made = client.post("/users", "{'identifier': 'a', 'key': " + other + "}")
                .expect(201);
        assertThat(made.at("/key").asString()).isEqualTo(other);
        // Whoever is there keeps the key they have.
        assertThat(client.post("/users", "{'identifier': 'a'}").expect(200)).isEqualTo(made);
        assertThat(client.post("/users", "{'identifier': 'b'}").text("/key"))
                .isEqualTo(client.get("/key").text("/id"));

        client.delete("/keys/" + other).expect(200);
        for (var wrong : List.of(other, "4711", "'x'", "{}")) {
            var answer = client.post("/users", "{'identifier': 'c', 'key': " + wrong + "}");
            assertError(answer, 400, "invalid-parameter", "key");
        }
        assertThat(client.get("/users").text("/total_count")).isEqualTo("2");
    }

    @Test
    void aSuperOrganisationMakesUsersForAnotherAndBothAuditLogsTell() {
        var head = superOrganisation();
        var oldest = client.get("/key").text("/id");
        app.key(organisation);
        var body = "{'identifier': 'made by head', 'organisation': " + organisation.id() + "}";
        var made = head.client().post("/users", body).expect(201);
        assertThat(made.at("/organisation").asString())
                .isEqualTo(organisation.id().toString());
        assertThat(made.at("/key").asString()).isEqualTo(oldest);
        assertThat(head.client().post("/users", body).expect(200)).isEqualTo(made);

        var id = made.at("/id").asString();
        assertThat(client.get("/users/" + id).expect(200)).isEqualTo(made);
        assertThat(audit(organisation))
                .contains("user.create user/" + id + " {\"by\": \"organisation/" + head.id() + "\"}");
        assertThat(audit(head))
                .anySatisfy(act ->
                        assertThat(act).startsWith("user.create organisation/" + organisation.id() + "/user/" + id));

        // And reads nothing of it.
        assertThat(head.client().get("/users/" + id).status()).isEqualTo(404);
        assertThat(head.client().get("/users").text("/total_count")).isEqualTo("0");
        assertThat(head.client().get("/keys/" + oldest).status()).isEqualTo(404);
    }

    @Test
    void aSuperOrganisationNamesAKeyOfTheOtherAlone() {
        var head = superOrganisation().client();
        var second = app.key(organisation).get("/key").text("/id");
        var body = "{'identifier': 'x', 'organisation': '" + organisation.id() + "', 'key': %s}";
        assertThat(head.post("/users", body.formatted(second))
                        .expect(201)
                        .at("/key")
                        .asString())
                .isEqualTo(second);
        assertError(head.post("/users", body.formatted(head.get("/key").text("/id"))), 400, "invalid-parameter", "key");
        assertError(
                head.post("/users", "{'identifier': 'x', 'organisation': 4711}"),
                400,
                "invalid-parameter",
                "organisation");
        assertError(
                head.post("/users", "{'identifier': 'x', 'organisation': 'acme'}"),
                400,
                "invalid-parameter",
                "organisation");
        app.db()
                .systemDo(tx -> tx.execute(
                        "update api_key set state = 'blocked' where organisation = ?",
                        organisation.id().value()));
        assertError(
                head.post("/users", "{'identifier': 'y', 'organisation': " + organisation.id() + "}"),
                409,
                "conflict",
                "no active key");
    }

    @Test
    void forAnyOtherAnOrganisationIsAMissingScope() {
        for (var id : List.of(organisation.id().toString(), app.first().id().toString(), "4711")) {
            assertError(
                    client.post("/users", "{'identifier': 'x', 'organisation': " + id + "}"),
                    403,
                    "missing-scope",
                    "super");
        }
        assertThat(client.get("/users").text("/total_count")).isEqualTo("0");
    }
}
