package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxSignInTest {
    private static final String JOHN = "john.appleseed@sandbox.example";
    private static final String PLAIN = "plain@sandbox.example";

    private final SandboxClock clock = SandboxClock.standing(Instant.parse("2026-11-22T12:00:00Z"));
    private Sandbox sandbox;
    private ScriptedClient client;

    @BeforeEach
    void start() throws BindException {
        start(SandboxOptions.DEFAULT);
    }

    private void start(SandboxOptions options) throws BindException {
        if (sandbox != null) {
            sandbox.close();
        }
        sandbox = Sandbox.start("127.0.0.1", 0, clock, options);
        client = new ScriptedClient(sandbox);
    }

    @AfterEach
    void stop() {
        assertThat(sandbox.journal().violations()).isEmpty();
        sandbox.close();
    }

    private static String at(String name) {
        return name + "@sandbox.example";
    }

    private ScriptedClient.Answer signIn(String name) {
        return client.signIn(at(name), "password");
    }

    @Test
    void thePasswordSufficesWhereThereIsNoSecondFactor() {
        assertThat(client.signIn(PLAIN, "password").status()).isEqualTo(200);

        var login = client.accountLogin();

        assertThat(login.status()).isEqualTo(200);
        assertThat(login.json().at("/dsInfo/appleId").asString()).isEqualTo(PLAIN);
        assertThat(client.cookies.get(WebSessions.COOKIE))
                .startsWith("\"v=2:t=")
                .endsWith("\"");
        assertThat(client.setup("/validate", "null").status()).isEqualTo(200);
    }

    @Test
    void bothProtocolsAreSpokenAndInitCallsItselfHtml() {
        var seen = sandbox.accounts().all().stream()
                .filter(account -> account.traits().isEmpty())
                .map(account -> new ScriptedClient(sandbox).init(account.identifier()))
                .peek(init -> assertThat(init.header("Content-Type")).startsWith("text/html"))
                .map(init -> init.json().get("protocol").asString())
                .distinct();
        assertThat(seen).containsExactlyInAnyOrder("s2k", "s2k_fo");
    }

    /// The account decides the protocol by its name, so several names walk both.
    @ParameterizedTest
    @ValueSource(strings = {"plain", "big", "moving", "corrupt", "slow", "busy", "managed", "leading-zero"})
    void theRightPasswordIsProvenInEitherProtocol(String name) {
        assertThat(signIn(name).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain@sandbox.example", "nobody@sandbox.example"})
    void aWrongPasswordAndAnUnknownAccountAreRefusedAlike(String name) {
        var answer = client.signIn(name, "Password");

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.error()).isEqualTo("-20101");
    }

    @Test
    void wrongPasswordsLockTheAccountEvenForTheRightOne() {
        for (var i = 0; i < 5; i++) {
            assertThat(new ScriptedClient(sandbox).signIn(PLAIN, "wrong").status())
                    .isEqualTo(401);
        }
        var answer = client.signIn(PLAIN, "password");

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.error()).isEqualTo("-20209");
        sandbox.accounts().reset(PLAIN);
        assertThat(new ScriptedClient(sandbox).signIn(PLAIN, "password").status())
                .isEqualTo(200);
    }

    @Test
    void aLockedAccountRefusesTheRightPassword() {
        assertThat(signIn("locked").error()).isEqualTo("-20209");
    }

    @Test
    void anAlteredOrUsedExchangeIsRefused() {
        var init = client.init(PLAIN).json();
        assertThat(client.complete(PLAIN, "password", init, "d-1-other:MSA").status())
                .isEqualTo(400);
        assertThat(client.complete(PLAIN, "password", init).status()).isEqualTo(200);
        assertThat(client.complete(PLAIN, "password", init).status()).isEqualTo(400);
    }

    @Test
    void signInsAreLimitedByTheHour() throws BindException {
        start(SandboxOptions.DEFAULT.withSignInsPerHour(10));
        for (var i = 0; i < 10; i++) {
            assertThat(new ScriptedClient(sandbox).init(PLAIN).status()).isEqualTo(200);
        }
        assertThat(client.init(PLAIN).status()).isEqualTo(503);
        clock.advance(Duration.ofHours(1));
        assertThat(client.init(PLAIN).status()).isEqualTo(200);
    }

    @Test
    void theThrottledAccountAndThePlainSignInAnswer503() {
        assertThat(client.init(at("throttled")).status()).isEqualTo(503);
        assertThat(client.auth("POST", "/signin?isRememberMeEnabled=true", "{}").status())
                .isEqualTo(503);
        assertThat(client.init(PLAIN).status()).isEqualTo(200);
    }

    @Test
    void aServiceAnswersAfterItsLatency() throws BindException {
        start(SandboxOptions.DEFAULT.withLatency("appleauth", Duration.ofMillis(20)));
        var before = System.nanoTime();
        client.init(PLAIN);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(20));
    }

    @Test
    void oldSessionHeadersAreRefused() {
        client.signIn(JOHN, "password");
        var old = Map.copyOf(client.session);
        assertThat(client.auth("GET", "", null).status()).isEqualTo(200);
        client.session.putAll(old);

        assertThat(client.auth("GET", "", null).status()).isEqualTo(401);
        var init = client.init(JOHN);
        assertThat(init.status()).isEqualTo(401);
        assertThat(init.error()).isEmpty();
    }

    @Test
    void noCodeIsGoodBeforeItWasAskedFor() {
        assertThat(client.signIn(JOHN, "password").status()).isEqualTo(409);
        assertThat(client.code("123456").error()).isEqualTo("-21669");

        assertThat(client.showCode().status()).isEqualTo(202);
        assertThat(sandbox.codeShown(JOHN)).contains("123456");
        assertThat(client.code("123456").status()).isEqualTo(204);
    }

    @Test
    void aTrustedBrowserNeedsNoCodeButStillThePassword() {
        signInWithCode(JOHN);
        assertThat(client.accountLogin().json().get("hsaTrustedBrowser").asBoolean())
                .isTrue();

        var again = new ScriptedClient(sandbox);
        again.trustToken = client.trustToken;
        assertThat(again.signIn(JOHN, "wrong").status()).isEqualTo(401);
        assertThat(again.signIn(JOHN, "password").status()).isEqualTo(200);
        assertThat(again.accountLogin().json().get("hsaTrustedBrowser").asBoolean())
                .isTrue();

        var other = new ScriptedClient(sandbox);
        other.trustToken = client.trustToken;
        assertThat(other.signIn(at("code-200"), "password").status()).isEqualTo(409);
    }

    private void signInWithCode(String name) {
        assertThat(client.signIn(name, "password").status()).isEqualTo(409);
        client.showCode();
        assertThat(client.code("123456").status()).isIn(200, 204, 409);
        assertThat(client.trust().status()).isEqualTo(204);
        assertThat(client.trustToken).isNotEmpty();
        assertThat(client.setCookies).anyMatch(cookie -> cookie.startsWith("DES"));
    }

    @Test
    void withoutTheCodeNoServiceOpens() {
        client.signIn(JOHN, "password");

        var login = client.accountLogin();

        assertThat(login.json().get("hsaChallengeRequired").asBoolean()).isTrue();
        assertThat(login.json().get("hsaTrustedBrowser").asBoolean()).isFalse();
        assertThat(client.cookies).doesNotContainKey(WebSessions.COOKIE).containsKey("X-APPLE-WEBAUTH-HSA-LOGIN");
        assertThat(client.trust().status()).isEqualTo(409);
    }

    @ParameterizedTest
    @CsvSource({
        "john.appleseed, 204, true",
        "code-200, 200, true",
        "code-409, 409, true",
        "code-409-without-token, 409, false"
    })
    void aRightCodeIsAnsweredInTheAccountsOwnWay(String name, int status, boolean token) {
        signIn(name);
        client.showCode();
        client.sessionToken = "";

        var answer = client.code("123456");

        assertThat(answer.status()).isEqualTo(status);
        assertThat(!client.sessionToken.isEmpty()).isEqualTo(token);
        if (status == 409) {
            assertThat(answer.json().at("/securityCode/valid").asBoolean()).isTrue();
            assertThat(answer.header("X-Apple-Edp")).isEqualTo("true");
        }
        assertThat(client.trust().status()).isEqualTo(204);
        assertThat(client.accountLogin().json().get("hsaTrustedBrowser").asBoolean())
                .isTrue();
    }

    @Test
    void anAcceptedCodeMayWantARepairFirst() {
        signIn("code-412");
        client.showCode();
        var answer = client.code("123456");
        assertThat(answer.status()).isEqualTo(412);
        assertThat(answer.json().at("/securityCode/valid").asBoolean()).isTrue();
        assertThat(client.trust().status()).isEqualTo(412);
        assertThat(client.auth("POST", "/repair/complete", "{}").status()).isEqualTo(200);
        assertThat(client.trust().status()).isEqualTo(204);
    }

    @Test
    void until2026TheCodeCameByItself() {
        assertThat(signIn("device-2024").json().get("auth_type").asString()).isEqualTo("hsa2");
        assertThat(client.code("123456").status()).isEqualTo(204);
    }

    @Test
    void aCodeLastsTenMinutes() {
        client.signIn(JOHN, "password");
        client.showCode();
        clock.advance(Duration.ofMinutes(10));
        assertThat(client.code("123456").error()).isEqualTo("-21669");
    }

    @Test
    void aNewCodeVoidsTheOneBefore() {
        signIn("changing-codes");
        client.showCode();
        client.showCode();
        assertThat(client.code("123456").error()).isEqualTo("-21669");
        assertThat(client.code("123457").status()).isEqualTo(204);
    }

    @Test
    void fiveWrongCodesLock() {
        client.signIn(JOHN, "password");
        client.showCode();
        for (var i = 0; i < 4; i++) {
            assertThat(client.code("000000")
                            .json()
                            .at("/securityCode/securityCodeLocked")
                            .asBoolean())
                    .isFalse();
        }
        assertThat(client.code("000000")
                        .json()
                        .at("/securityCode/securityCodeLocked")
                        .asBoolean())
                .isTrue();
        assertThat(client.code("123456").status()).isEqualTo(403);
        clock.advance(AccountMemory.CODE_LOCK);
        client.showCode();
        assertThat(client.code("123456").status()).isEqualTo(204);
    }

    @Test
    void tooManyCodesAreNotSent() {
        client.signIn(JOHN, "password");
        for (var i = 0; i < 5; i++) {
            assertThat(client.showCode().status()).isEqualTo(202);
        }
        var refused = client.showCode();
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.json().at("/securityCode/tooManyCodesSent").asBoolean())
                .isTrue();
    }

    @Test
    void aCodeCanBeSentToAnyOfThePhones() {
        signIn("phones");
        var state = client.auth("GET", "", null).json();
        assertThat(state.get("trustedPhoneNumbers")).hasSize(3);
        assertThat(state.get("noTrustedDevices").asBoolean()).isTrue();
        assertThat(client.showCode().status()).isEqualTo(403);
        assertThat(client.sendCode(9, "sms").status()).isEqualTo(400);
        assertThat(client.sendCode(2, "voice").status()).isEqualTo(200);
        assertThat(client.phoneCode(1, "123456").error()).isEqualTo("-21669");
        assertThat(client.phoneCode(2, "123456").status()).isEqualTo(200);
        assertThat(client.trust().status()).isEqualTo(204);
    }

    @Test
    void theStateIsAlsoAPageForWhoAsksForOne() {
        client.signIn(JOHN, "password");
        client.extra.put("Accept", "text/html");
        var page = client.auth("GET", "", null).text();
        assertThat(page).contains("class=\"boot_args\"").contains("\"lastTwoDigits\":\"81\"");
    }

    @Test
    void aSecurityKeyIsNamedAndTakesNoCode() {
        var answer = signIn("security-key");
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.json().get("keyNames")).hasSize(2);
        assertThat(answer.json().at("/fsaChallenge/rpId").asString()).isEqualTo("apple.com");
        assertThat(client.showCode().status()).isEqualTo(403);
        assertThat(client.code("123456").status()).isEqualTo(403);
    }

    @Test
    void oddHeadersAreRefusedWhereTheyMatter() {
        signIn("strict-headers");
        client.extra.put("X-Apple-I-FD-Client-Info", "{}");
        assertThat(client.showCode().status()).isEqualTo(412);
        client.extra.clear();
        assertThat(client.showCode().status()).isEqualTo(202);
    }

    @Test
    void aRepairSettlesOneAccountAndNotTheOther() {
        assertThat(signIn("repair").status()).isEqualTo(412);
        assertThat(client.auth("POST", "/repair/complete", "{}").status()).isEqualTo(200);
        assertThat(client.accountLogin().status()).isEqualTo(200);
        assertThat(new ScriptedClient(sandbox).signIn(at("repair"), "password").status())
                .isEqualTo(200);

        client = new ScriptedClient(sandbox);
        assertThat(signIn("repair-stuck").status()).isEqualTo(412);
        assertThat(client.auth("POST", "/repair/complete", "{}").status()).isEqualTo(412);
        assertThat(client.accountLogin().json().get("isRepairNeeded").asBoolean())
                .isTrue();
        assertThat(client.cookies).containsKey("X-APPLE-WEBAUTH-REPAIR").doesNotContainKey(WebSessions.COOKIE);
    }

    @Test
    void theLogicalStatusMayStandInAHeader() {
        var wrong = client.signIn(at("logical-status"), "wrong");
        assertThat(wrong.status()).isEqualTo(200);
        assertThat(wrong.header("X-Apple-I-Rscd")).isEqualTo("401");
        client = new ScriptedClient(sandbox);
        assertThat(signIn("logical-status").header("X-Apple-I-Rscd")).isEqualTo("409");
    }

    @Test
    void workDoneOpensTheAccountThatWantsIt() throws Exception {
        var refused = client.init(at("hashcash"));
        assertThat(refused.status()).isEqualTo(503);
        var bits = Integer.parseInt(refused.header("X-Apple-HC-Bits"));
        var challenge = refused.header("X-Apple-HC-Challenge");
        client.extra.put("X-Apple-HC", "1:" + bits + ":20261122120000:" + challenge + "::x");
        assertThat(client.init(at("hashcash")).status()).isEqualTo(503);

        client.extra.put("X-Apple-HC", stamp(bits, challenge));
        assertThat(client.init(at("hashcash")).status()).isEqualTo(200);
        client.session.clear();
        assertThat(client.init(at("hashcash")).status()).isEqualTo(503);
    }

    private static String stamp(int bits, String challenge) throws Exception {
        for (var counter = 0; ; counter++) {
            var stamp = "1:" + bits + ":20261122120000:" + challenge + "::" + counter;
            var digest = MessageDigest.getInstance("SHA-1").digest(stamp.getBytes(StandardCharsets.UTF_8));
            if (new BigInteger(1, digest).bitLength() <= 160 - bits) {
                return stamp;
            }
        }
    }

    @Test
    void everyAccountIsInTheTable() throws Exception {
        var table = Files.readString(Path.of("docs/sandbox.md"));
        assertThat(sandbox.accounts().all())
                .allSatisfy(account -> assertThat(table).contains("`" + account.identifier() + "`"));
    }

    @Test
    void theSameSeedGivesTheSameAnswers() throws BindException {
        var first = client.init(JOHN).text();
        start(SandboxOptions.DEFAULT);
        assertThat(client.init(JOHN).text()).isEqualTo(first);
    }
}
