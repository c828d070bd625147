package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.crypto.MasterKey;
import ferry.crypto.Secret;
import ferry.settings.Env;
import ferry.testing.Client;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The operator's commands beside a running service, and on its folder once it has stopped.
class OperatorCommandsTest {
    @TempDir
    static Path folder;

    private static Service service;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void start() throws Exception {
        var options = new ServiceSettings.Options(
                Optional.of(folder), Optional.empty(), Optional.of(0), Optional.of(0), true, false);
        service = Service.start(ServiceSettings.read(new Env(Map.of()), options), Clock.systemUTC());
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void anOrganisationIsMadeBesideTheRunningServiceAndItsTokenWorks() {
        assertThat(run("organisation", "create", "Café Ölmühle", "--scope", "data_type:icpl.*"))
                .isZero();

        var answer = new Client(service.url(), out.toString().strip()).get("/organisation");
        assertThat(answer.text("/name")).isEqualTo("Café Ölmühle");
        assertThat(answer.text("/slug")).isEqualTo("cafe-olmuhle");
        assertThat(answer.body().at("/permissions/scopes").propertyNames()).containsExactly("data_type:icpl.*");
        assertThat(err.toString()).doesNotContain("ferry_");
    }

    @Test
    void theCommandsWorkOnTheFolderItselfOnceTheServiceHasStopped() throws Exception {
        service.close();
        try {
            assertThat(run("migrate")).isZero();
            assertThat(run("organisation", "list")).isZero();
            assertThat(out.toString()).contains("getting-started", "standard");
        } finally {
            start();
        }
    }

    @Test
    void aSecondOrganisationOfTheSameShortNameIsRefusedInOneLine() {
        assertThat(run("organisation", "create", "Getting  started")).isEqualTo(1);

        assertThat(err.toString())
                .hasLineCount(1)
                .contains("getting-started already")
                .contains("--slug");
    }

    @Test
    void onlyTheOperatorMakesASuperOrganisation() {
        assertThat(run("organisation", "create", "Head office", "--super")).isZero();
        out.getBuffer().setLength(0);

        run("organisation", "list");

        assertThat(out.toString().lines().filter(line -> line.contains("head-office")))
                .first()
                .asString()
                .contains("super");
    }

    @Test
    void aKeyIsMadeRotatedAndDeactivated() {
        assertThat(run("key", "create", "getting-started")).isZero();
        var first = taken();
        var id = new Client(service.url(), first).get("/key").text("/id");

        assertThat(run("key", "rotate", "1", id)).isZero();
        var second = taken();
        assertThat(new Client(service.url(), first).get("/key").status()).isEqualTo(401);
        assertThat(new Client(service.url(), second).get("/key").status()).isEqualTo(200);

        assertThat(run("key", "deactivate", "getting-started", id)).isZero();
        assertThat(new Client(service.url(), second).get("/key").status()).isEqualTo(401);
        run("key", "list", "getting-started");
        assertThat(out.toString().lines().filter(line -> line.startsWith(id + " ")))
                .first()
                .asString()
                .contains("deactivated");
    }

    @Test
    void aRotatedTokenStaysGoodForTheOverlap() {
        run("key", "create", "getting-started");
        var first = taken();
        var id = new Client(service.url(), first).get("/key").text("/id");

        assertThat(run("key", "rotate", "getting-started", id, "--overlap", "600"))
                .isZero();
        assertThat(new Client(service.url(), first).get("/key").status()).isEqualTo(200);
        assertThat(new Client(service.url(), taken()).get("/key").status()).isEqualTo(200);
        assertThat(run("key", "rotate", "getting-started", id, "--overlap", "-1"))
                .isEqualTo(1);
    }

    @Test
    void aBlockedKeyIsTheOperatorsToUnblock() {
        run("key", "create", "getting-started");
        var token = taken();
        var id = new Client(service.url(), token).get("/key").text("/id");

        assertThat(run("key", "block", "getting-started", id)).isZero();
        assertThat(new Client(service.url(), token).get("/key").status()).isEqualTo(401);
        assertThat(run("key", "deactivate", "getting-started", id)).isZero();
        assertThat(err.toString()).contains("Key " + id + " is blocked.");
        assertThat(run("key", "unblock", "getting-started", id)).isZero();
        assertThat(new Client(service.url(), token).get("/key").status()).isEqualTo(200);
    }

    @Test
    void aTrialKeyHasAnEndAndMayBeNarrowed() {
        assertThat(run("key", "create", "getting-started", "--trial", "14", "--scope", "info_type:*"))
                .isZero();

        var key = new Client(service.url(), taken()).get("/key");
        assertThat(key.text("/type")).isEqualTo("trial");
        assertThat(key.body().at("/scopes").propertyNames()).containsExactly("info_type:*");
        assertThat(Duration.between(Instant.parse(key.text("/date_created")), Instant.parse(key.text("/date_expires"))))
                .isEqualTo(Duration.ofDays(14));
        assertThat(run("key", "create", "getting-started", "--trial", "0")).isEqualTo(1);
    }

    @Test
    void anOrganisationIsPermittedSomethingElseWithLimits() {
        run("organisation", "create", "Permitted");
        var client = new Client(service.url(), taken());

        assertThat(run(
                        "organisation",
                        "permit",
                        "permitted",
                        "{\"source_type:*\": [{\"level\": \"user\", \"type\": \"count\", \"value\": 2}]}"))
                .isZero();
        assertThat(out.toString()).startsWith("{\"source_type:*\":[],");
        assertThat(client.get("/organisation").body().at("/permissions/scopes").toString())
                .isEqualTo("{\"source_type:*\":[{\"level\":\"user\",\"type\":\"count\",\"value\":2}]}");
        for (var wrong : List.of("{", "[]", "{\"photos\": []}", "{\"data_type:*\": [{}]}")) {
            err.getBuffer().setLength(0);
            assertThat(run("organisation", "permit", "permitted", wrong)).isEqualTo(1);
            assertThat(err.toString()).as(wrong).hasLineCount(1);
        }
    }

    @Test
    void anUnknownOrganisationIsAnsweredWithThoseThereAre() {
        assertThat(run("key", "create", "nobody")).isEqualTo(1);

        assertThat(err.toString())
                .hasLineCount(1)
                .contains("no organisation nobody")
                .contains("getting-started (1)");
    }

    @Test
    void anUnknownKeyIsAnsweredWithThoseThereAre() {
        assertThat(run("key", "rotate", "getting-started", "4711")).isEqualTo(1);

        assertThat(err.toString()).hasLineCount(1).contains("no such key").contains("1");
    }

    @Test
    void aScopeOfNoFamilyIsRefusedBeforeAnythingIsMade() {
        assertThat(run("organisation", "create", "Acme", "--scope", "photos")).isEqualTo(1);

        assertThat(err.toString()).hasLineCount(1).contains("is not a scope").contains("data_type");
    }

    @Test
    void aFolderWithoutDataIsNotFilled() {
        assertThat(Main.commandLine()
                        .setErr(new PrintWriter(err, true))
                        .execute(
                                "organisation",
                                "list",
                                "--data",
                                folder.resolve("nowhere").toString()))
                .isEqualTo(1);

        assertThat(err.toString()).hasLineCount(1).contains("holds no data of Ferry's");
        assertThat(folder.resolve("nowhere")).doesNotExist();
    }

    @Test
    void aMasterKeyCanBeUsedAsItIsPrinted() {
        assertThat(Main.commandLine().setOut(new PrintWriter(out, true)).execute("master-key"))
                .isZero();

        assertThat(MasterKey.of(new Secret(out.toString().strip())).sealer()).isNotNull();
    }

    @Test
    void aSessionIsExpiredByTheOperator() {
        assertThat(run("key", "create", "getting-started")).isZero();
        var client = new Client(service.url(), taken());
        var session = client.post("/sessions", """
                {'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': 'm'}, 'payload': {'password': 'x'}}
                """.formatted(client.user("to be expired")))
                .expect(201)
                .at("/id")
                .asString();

        assertThat(run("session", "expire", session)).isZero();

        assertThat(client.get("/sessions/" + session).text("/state")).isEqualTo("expired");
        assertThat(client.get("/sessions/" + session).text("/error")).isEqualTo("admin");
        assertThat(run("session", "expire", session)).isZero();
        assertThat(err.toString()).contains("is expired.").contains("was over already");
        assertThat(run("session", "expire", "01a205bf-68c5-7000-9a9f-ec03e1e8e677"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("There is no session");
    }

    @Test
    void theAuditLogIsPrintedNewestLastAsLinesOrJson() {
        assertThat(run("organisation", "create", "Audited")).isZero();
        var client = new Client(service.url(), taken());
        var first = client.user("first");
        var second = client.user("second");
        client.post("/users/" + first, "{'state': 'deactivated'}").expect(200);
        client.delete("/users/" + second).expect(200);

        assertThat(run("audit", "audited")).isZero();
        var lines = taken().lines().toList();
        assertThat(lines.getLast()).contains("user.delete").contains("user/" + second);
        assertThat(lines).anyMatch(line -> line.contains("user.update"));

        assertThat(run("audit", "audited", "--user", first, "--json")).isZero();
        var json = taken();
        assertThat(json.lines()).hasSize(1);
        assertThat(json).startsWith("{").contains("\"action\":\"user.update\"").contains("\"request_id\"");

        assertThat(run("audit", "audited", "--action", "user.delete", "--since", "2020-01-01"))
                .isZero();
        assertThat(taken().lines()).hasSize(1);
        assertThat(run("audit", "audited", "--since", "2999-01-01T00:00:00Z")).isZero();
        assertThat(taken()).isEmpty();
        assertThat(run("audit", "audited", "--since", "yesterday")).isEqualTo(2);
    }

    private String taken() {
        var text = out.toString().strip();
        out.getBuffer().setLength(0);
        return text;
    }

    private int run(String... args) {
        var all = new String[args.length + 2];
        System.arraycopy(args, 0, all, 0, args.length);
        all[args.length] = "--data";
        all[args.length + 1] = folder.toString();
        return Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all);
    }
}
