package ferry.session;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.TestApp;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What a person agreed to comes with `POST /sessions` and is kept in the audit log alone; and what else narrows lists
/// of what hangs on a session.
class ConsentTest {
    private static TestApp app;
    private static Client client;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
        client.storage("local://consent/results");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    private static Client.Answer ask(String consent) {
        return client.postAndAwait("/sessions", """
                {'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': 'm'}, 'payload': {'password': 'x'},
                 'consent': %s}
                """.formatted(client.user("u"), consent));
    }

    private static List<String> audited(String session) {
        return app.db()
                .system(tx -> tx.createQuery("""
                                select detail ->> 'consent' from audit
                                 where action = 'session.create' and subject = :subject
                                """)
                        .bind("subject", "session/" + session)
                        .mapTo(String.class)
                        .list());
    }

    @Test
    void consentStandsInTheAuditLogWithTheSessionsId() {
        var session = ask("{'text_version': 'terms 7, English', 'date': '2026-01-02T03:04:05Z'}")
                .expect(201);

        assertThat(session.has("consent")).isFalse();
        assertThat(audited(session.at("/id").asString()))
                .singleElement()
                .asString()
                .contains("terms 7, English", "2026-01-02T03:04:05");
    }

    @Test
    void consentIsNotNeeded() {
        assertThat(audited(ask("null").expect(201).at("/id").asString())).containsExactly((String) null);
    }

    @Test
    void consentThatIsHalfGivenIsRefused() {
        var empty = ask("{}");
        assertThat(empty.status()).isEqualTo(400);
        assertThat(empty.body().at("/params").propertyNames())
                .containsExactlyInAnyOrder("consent.text_version", "consent.date");
        assertThat(ask("{'text_version': 'v', 'date': '2999-01-01T00:00:00Z'}")
                        .body()
                        .at("/params")
                        .has("consent.date"))
                .isTrue();
        assertThat(ask("{'text_version': 'v', 'date': 'yesterday'}").status()).isEqualTo(400);
        assertThat(ask("{'text_version': '" + "v".repeat(201) + "', 'date': '2026-01-01'}")
                        .status())
                .isEqualTo(400);
        assertThat(ask("'yes'").status()).isEqualTo(400);
    }

    @Test
    void listsAreNarrowedByWhatTheContractNames() {
        var other = app.key(app.first());
        var user = other.user("filters");
        var session = other.session(user, "mocks.mock", "f", "'password': 'x'");
        var id = session.at("/id").asString();
        var poll = other.completedPoll(id, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']")
                .at("/id")
                .asString();
        var source = session.at("/source").asString();
        var key = other.get("/key").text("/id");

        for (var one : List.of(
                "/sessions?key=" + key,
                "/sessions?user=" + user + "&source=" + source + "&state=active",
                "/polls?session=" + id,
                "/polls?source=" + source + "&user=" + user + "&state=completed",
                "/polls?session=" + id + "&requestor=api",
                "/tasks?poll=" + poll + "&state=succeeded",
                "/tasks?session=" + id + "&type=session.initialise",
                "/results?poll=" + poll + "&type=json",
                "/results?poll=" + poll + "&identifier=data:mocks.notes&state=available")) {
            assertThat(client.get(one).text("/total_count")).as(one).isEqualTo("1");
        }
        assertThat(client.get("/tasks?user=" + user + "&source=" + source).text("/total_count"))
                .isEqualTo("2");
        assertThat(client.get("/results?poll=" + poll + "&type=txt").text("/total_count"))
                .isEqualTo("3");
        for (var none : List.of(
                "/polls?session=" + id + "&requestor=subscription",
                "/polls?subscription=01a205bf-68c5-7000-9a9f-ec03e1e8e677&requestor=subscription&limit=1")) {
            assertThat(client.get(none).text("/total_count")).as(none).isEqualTo("0");
        }
        assertThat(client.get("/polls?requestor=nobody").status()).isEqualTo(400);
    }
}
