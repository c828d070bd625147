package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.defects.DefectSpec;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The sandbox as a test in another process sets and sees it.
class ControlDeskTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private final HttpClient http = HttpClient.newHttpClient();
    private Sandbox sandbox;
    private ScriptedClient client;

    @BeforeEach
    void start() throws BindException {
        sandbox = Sandbox.start("127.0.0.1", 0, InstantSource.fixed(NOW), SandboxOptions.DEFAULT);
        client = new ScriptedClient(sandbox);
    }

    @AfterEach
    void stop() {
        sandbox.close();
    }

    private record Told(int status, String text) {
        JsonNode json() {
            return JSON.readTree(text);
        }
    }

    private Told ask(String method, String path, String body) throws IOException, InterruptedException {
        var answer = http.send(
                HttpRequest.newBuilder(URI.create(sandbox.controlUrl() + path))
                        .method(method, BodyPublishers.ofString(body.replace('\'', '"')))
                        .build(),
                BodyHandlers.ofString());
        return new Told(answer.statusCode(), answer.body());
    }

    @Test
    void anAccountThatATestMakesSignsInWithItsOwnSecrets() throws Exception {
        var made = ask("POST", "/accounts", """
                {'identifier': 'Jane@Test.example', 'password': 'secret', 'code': '654321', 'second_factor': 'device',
                 'photos': 3000, 'seed': 7, 'quirks': ['corrupt'], 'traits': ['short-session'], 'defects': 0.02}
                """);
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.json().at("/identifier").asString()).isEqualTo("jane@test.example");
        assertThat(made.json().at("/traits/0").asString()).isEqualTo("short-session");
        assertThat(made.json().at("/defects").asDouble()).isEqualTo(0.02);
        assertThat(sandbox.accounts()
                        .find("jane@test.example")
                        .orElseThrow()
                        .library()
                        .defects())
                .isEqualTo(DefectSpec.all(7, 0.02));
        assertThat(made.text()).doesNotContain("secret");

        assertThat(client.signIn("jane@test.example", "password").status()).isEqualTo(401);
        assertThat(client.signIn("jane@test.example", "secret").status()).isEqualTo(409);
        assertThat(ask("GET", "/accounts/jane@test.example", "")
                        .json()
                        .at("/code")
                        .isNull())
                .isTrue();
        client.showCode();
        assertThat(ask("GET", "/accounts/jane%40test.example", "")
                        .json()
                        .at("/code")
                        .asString())
                .isEqualTo("654321");
        assertThat(client.code("654321").status()).isEqualTo(204);
    }

    @Test
    void whatAnAccountHoldsGrowsAnewWhereItIsReplaced() throws Exception {
        ask("POST", "/accounts", "{'identifier': 'a@b', 'photos': 6, 'seed': 7}");
        var small = sandbox.accounts().find("a@b").orElseThrow();
        assertThat(sandbox.photos().of(small).total()).isEqualTo(6);
        sandbox.photos().of(small).addPhoto();
        int notes = sandbox.notes().of(small).notes().size();
        var drive = sandbox.drives().of(small);

        ask("POST", "/accounts", "{'identifier': 'a@b', 'photos': 60, 'seed': 7}");
        var large = sandbox.accounts().find("a@b").orElseThrow();
        assertThat(large.dsid()).isEqualTo(small.dsid());
        assertThat(sandbox.photos().of(large).total()).isEqualTo(60);
        assertThat(sandbox.notes().of(large).notes()).hasSizeGreaterThan(notes);
        assertThat(sandbox.drives().of(large)).isNotSameAs(drive);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'identifier': 'no address'}",
                "{'identifier': 'a@b', 'traits': ['flying']}",
                "{'identifier': 'a@b', 'quirks': ['flying']}",
                "{'identifier': 'a@b', 'second_factor': 'flying'}",
                "{'identifier': 'a@b', 'code': '000001'}",
                "{'identifier': 'a@b', 'photos': -1}",
                "{'identifier': 'a@b', 'defects': 1.5}",
                "no JSON"
            })
    void aMistakeIsToldAndMakesNoAccount(String body) throws Exception {
        var refused = ask("POST", "/accounts", body);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error").asString()).isNotEmpty();
        assertThat(ask("GET", "/accounts/a@b", "").status()).isEqualTo(404);
    }

    @Test
    void everyNamedAccountIsListed() throws Exception {
        var listed = ask("GET", "/accounts", "").json().at("/accounts");
        assertThat(listed.valueStream().map(account -> account.at("/identifier").asString()))
                .containsExactlyInAnyOrderElementsOf(sandbox.accounts().all().stream()
                        .map(Account::identifier)
                        .toList());
    }

    @Test
    void theJournalTellsWhatWasAskedAndWhatNeverMayBe() throws Exception {
        client.signIn("plain@sandbox.example", "password");
        client.accountLogin();
        client.setup("/getTerms", "{}");

        var all = ask("GET", "/journal", "").json();
        assertThat(all.at("/entries")
                        .valueStream()
                        .map(entry -> entry.at("/path").asString()))
                .contains("/appleauth/auth/signin/complete", "/setup/ws/1/getTerms")
                .noneMatch(path -> path.startsWith("/_sandbox"));
        assertThat(ask("GET", "/journal?account=plain@sandbox.example", "")
                        .json()
                        .at("/total_count")
                        .asInt())
                .isBetween(1, all.at("/total_count").asInt() - 1);
        var violations = ask("GET", "/violations", "").json();
        assertThat(violations.at("/total_count").asInt()).isEqualTo(1);
        assertThat(violations.at("/entries/0/forbidden").asBoolean()).isTrue();

        assertThat(ask("DELETE", "/journal", "").status()).isEqualTo(204);
        assertThat(ask("GET", "/violations", "").json().at("/total_count").asInt())
                .isZero();
    }

    @Test
    void timeIsMoved() throws Exception {
        client.signIn("john.appleseed@sandbox.example", "password");
        client.showCode();
        var moved = ask("POST", "/clock", "{'seconds': 600}");
        assertThat(moved.json().at("/now").asString()).isEqualTo("2026-11-22T12:10:00Z");
        assertThat(client.code("123456").error()).isEqualTo("-21669");
        assertThat(ask("POST", "/clock", "{'seconds': -1}").status()).isEqualTo(400);
    }

    @Test
    void aFaultMeetsAsManyRequestsAsWereOrdered() throws Exception {
        ask("POST", "/faults", """
                {'path': 'signin/init$', 'times': 2, 'status': 503, 'retry_after': 5, 'body': 'busy'}
                """);
        assertThat(ask("GET", "/faults", "").json().at("/faults/0/times").asInt())
                .isEqualTo(2);
        for (int i = 0; i < 2; i++) {
            var refused = client.init("plain@sandbox.example");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).isEqualTo("5");
            assertThat(refused.text()).isEqualTo("busy");
        }
        assertThat(client.init("plain@sandbox.example").status()).isEqualTo(200);
        assertThat(ask("GET", "/faults", "").json().at("/faults").isEmpty()).isTrue();
    }

    @Test
    void aFaultOfAnAccountMeetsNobodyElse() throws Exception {
        ask("POST", "/faults", "{'account': 'john.appleseed@sandbox.example', 'times': 9, 'status': 500}");
        client.signIn("plain@sandbox.example", "password");
        var devices =
                client.accountLogin().json().at("/webservices/account/url").asString() + "/setup/web/device/getDevices";
        assertThat(client.service(devices).status()).isEqualTo(200);

        ask("POST", "/faults", "{'account': 'PLAIN@sandbox.example', 'path': 'getDevices', 'status': 500}");
        assertThat(client.service(devices).status()).isEqualTo(500);
        assertThat(client.service(devices).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'status': 99}",
                "{'status': 503, 'times': 0}",
                "{'status': 503, 'path': '('}",
                "{'status': 503, 'delay_ms': -1}"
            })
    void aFaultThatCannotBeIsToldSo(String body) throws Exception {
        assertThat(ask("POST", "/faults", body).status()).isEqualTo(400);
    }

    @Test
    void whatHappenedToAnAccountIsForgotten() throws Exception {
        for (int i = 0; i < 5; i++) {
            client.signIn("plain@sandbox.example", "wrong");
        }
        assertThat(client.signIn("plain@sandbox.example", "password").status()).isEqualTo(403);
        assertThat(ask("POST", "/accounts/plain@sandbox.example/reset", "").status())
                .isEqualTo(200);
        assertThat(client.signIn("plain@sandbox.example", "password").status()).isEqualTo(200);
    }

    @Test
    void everyKnobIsDocumented() throws Exception {
        var page = Files.readString(Path.of("docs/sandbox.md"));
        assertThat(Stream.of(Trait.values(), LibraryQuirk.values()).flatMap(Stream::of))
                .allSatisfy(knob -> assertThat(page)
                        .contains("`" + knob.name().toLowerCase(Locale.ROOT).replace('_', '-') + "`"));
    }
}
