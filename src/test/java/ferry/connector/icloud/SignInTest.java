package ferry.connector.icloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.Challenge;
import ferry.connector.ConnectorException;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.SignIn;
import ferry.connector.icloud.FakeApple.Told;
import ferry.connector.icloud.web.Json;
import ferry.crypto.Secret;
import ferry.error.ErrorCode;
import java.net.BindException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignInTest {
    private static final String OPTIONS = """
            {"authenticationType":"hsa2","noTrustedDevices":%s,"securityCode":{"length":6},
             "trustedPhoneNumbers":[{"id":1,"obfuscatedNumber":"•••• 81","nonFTEU":true},
                                    {"id":2,"obfuscatedNumber":"•••• 42"}]}
            """;
    private static final String CODE = "POST /auth/verify/trusteddevice/securitycode";
    private static final String PUSH = "PUT /auth/verify/trusteddevice/securitycode";

    private final FakeApple apple = new FakeApple("s2k_fo");

    SignInTest() throws BindException {}

    @AfterEach
    void stop() {
        apple.close();
    }

    @Test
    void aPasswordAloneOpensAnAccountThatAsksForNoCode() throws Exception {
        var opened = (Login.Opened) signIn();
        assertThat(opened.expires()).contains(Instant.parse("2034-01-16T02:07:19Z"));
        assertThat(apple.calls())
                .containsExactly("POST /auth/signin/init", "POST /auth/signin/complete", "POST /setup/accountLogin");
        assertThat(opened.access().reveal()).doesNotContain("\"password\"");
    }

    @Test
    void theAccountNameIsSentInLowerCaseWithoutBlanks() throws Exception {
        assertThat(signIn(" Jane@Example.COM ", "password")).isInstanceOf(Login.Opened.class);
    }

    @Test
    void r1ARefusedPasswordIsNotTriedAgain() throws Exception {
        assertThat(signIn(FakeApple.ACCOUNT, "wrong")).isEqualTo(refused(ErrorCode.CREDENTIALS_INVALID));
        assertThat(apple.count("POST /auth/signin/complete")).isEqualTo(1);
        assertThat(apple.count("POST /setup/accountLogin")).isZero();
    }

    @Test
    void r1AThrottledSignInSaysWhenToTryAgainAndDoesNotTryItself() throws Exception {
        apple.on("POST /auth/signin/init", Told.of(503, "Service Temporary Unavailable"));
        assertThat(signIn())
                .isEqualTo(
                        new Login.Refused(ErrorCode.THROTTLED, Optional.of(FakeApple.NOW.plus(Duration.ofHours(1)))));
        assertThat(apple.asked).hasSize(1);
        assertThat(apple.throttled).hasSize(1);
    }

    @Test
    void aRefusalThatOnlyTheSecondStatusTellsIsARefusal() throws Exception {
        apple.on("POST /auth/signin/complete", Told.of(200, "{}").with("X-Apple-I-Rscd", "401"));
        assertThat(signIn()).isEqualTo(refused(ErrorCode.CREDENTIALS_INVALID));
    }

    @Test
    void staleHeadersAtTheStartAreDroppedOnce() throws Exception {
        var init = apple.init();
        apple.on("POST /auth/signin/init", Told.of(401, "{}"), init);
        assertThat(signIn()).isInstanceOf(Login.Opened.class);
        assertThat(apple.last("POST /auth/signin/init").header("scnt")).isEmpty();
        assertThat(apple.count("POST /auth/signin/complete")).isEqualTo(1);
    }

    @Test
    void anExchangeWithAZeroFirstByteIsStartedOverBeforeAnythingIsProved() throws Exception {
        var init = apple.init();
        var zero = Json.object()
                .put("iteration", 1000)
                .put("salt", "AAAAAAAAAAAAAAAAAAAAAA==")
                .put("protocol", "s2k")
                .put("b", "Bw==")
                .put("c", "c");
        apple.on("POST /auth/signin/init", Told.of(200, zero.toString()), init);
        assertThat(signIn()).isInstanceOf(Login.Opened.class);
        assertThat(apple.count("POST /auth/signin/init")).isEqualTo(2);
        assertThat(apple.count("POST /auth/signin/complete")).isEqualTo(1);
    }

    @Test
    void headersAreBuiltFromTheNewestAnswer() throws Exception {
        var open = codeRequired();
        assertThat(apple.last("POST /auth/signin/complete").header("scnt")).isEqualTo("scnt-1");
        assertThat(apple.last("GET /auth").header("scnt")).isEqualTo("scnt-2");
        assertThat(apple.last(PUSH).header("scnt")).isEqualTo("scnt-3");
        assertThat(apple.last(PUSH).header("X-Apple-I-FD-Client-Info")).isEmpty();
        assertThat(apple.last(PUSH).header("Origin")).isEqualTo(apple.url() + "/home");
        apple.on(CODE, Told.of(204, ""));
        code(open.open(), "123456");
        assertThat(apple.last(CODE).header("scnt")).isEqualTo("scnt-4");
        assertThat(apple.last("GET /auth/2sv/trust").header("scnt")).isEqualTo("scnt-5");
    }

    @Test
    void r2ACodeIsAskedForExplicitly() throws Exception {
        var required = codeRequired();
        assertThat(apple.count(PUSH)).isEqualTo(1);
        assertThat(required.wrongCode()).isFalse();
        assertThat(required.challenge().method()).isEqualTo("device");
        assertThat(required.challenge().codeLength()).isEqualTo(6);
        assertThat(required.open().reveal()).doesNotContain("\"password\"");
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204})
    void aCodeOpensTheSessionAndLeavesTrust(int status) throws Exception {
        var required = codeRequired();
        apple.on(CODE, Told.of(status, ""));
        var opened = (Login.Opened) code(required.open(), "123 456");
        assertThat(apple.last(CODE).body()).contains("\"123456\"");
        assertThat(apple.last("POST /setup/accountLogin").body())
                .contains("trust-1")
                .contains("token-1");
        assertThat(opened.trust()).isPresent();
    }

    @Test
    void r3AcceptsACorrectCodeAnswered409() throws Exception {
        var required = codeRequired();
        apple.on(
                CODE,
                Told.of(409, "{\"authType\":\"hsa2\",\"securityCode\":{\"valid\":true}}")
                        .with("X-Apple-Edp", "true"));
        assertThat(code(required.open(), "123456")).isInstanceOf(Login.Opened.class);
    }

    @Test
    void r3AcceptsACorrectCodeAnswered412AfterARepair() throws Exception {
        var required = codeRequired();
        apple.on(CODE, Told.of(412, "{\"securityCode\":{\"valid\":true}}"));
        apple.on("POST /auth/repair/complete", Told.of(200, ""));
        assertThat(code(required.open(), "123456")).isInstanceOf(Login.Opened.class);
        assertThat(apple.count("POST /auth/repair/complete")).isEqualTo(1);
    }

    @Test
    void r3TakesTheSessionTokenFromWhereverItArrives() throws Exception {
        apple.on("GET /auth/2sv/trust", Told.of(204, "").with("X-Apple-TwoSV-Trust-Token", "trust-1"));
        var required = codeRequired();
        apple.on(CODE, Told.of(204, "").with("X-Apple-Session-Token", "token-of-the-code"));
        assertThat(code(required.open(), "123456")).isInstanceOf(Login.Opened.class);
        assertThat(apple.last("POST /setup/accountLogin").body()).contains("token-of-the-code");
    }

    @Test
    void r4AWrongCodeIsAskedForAgainWithoutANewPush() throws Exception {
        var required = codeRequired();
        apple.on(
                CODE, Told.of(400, "{\"service_errors\":[{\"code\":\"-21669\"}],\"hasError\":true}"), Told.of(204, ""));
        var again = (Login.CodeRequired) code(required.open(), "000000");
        assertThat(again.wrongCode()).isTrue();
        assertThat(apple.count(PUSH)).isEqualTo(1);
        assertThat(code(again.open(), "123456")).isInstanceOf(Login.Opened.class);
    }

    @Test
    void whatIsNoCodeIsNotSent() throws Exception {
        var required = codeRequired();
        assertThat(((Login.CodeRequired) code(required.open(), "abc")).wrongCode())
                .isTrue();
        assertThat(apple.count(CODE)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"securityCodeLocked", "tooManyCodesValidated", "tooManyCodesSent"})
    void r4StopsWhenNoMoreCodesAreTaken(String flag) throws Exception {
        var required = codeRequired();
        apple.on(CODE, Told.of(400, "{\"securityCode\":{\"" + flag + "\":true},\"hasError\":true}"));
        assertThat(code(required.open(), "123456"))
                .isEqualTo(new Login.Refused(
                        ErrorCode.CODES_LOCKED, Optional.of(FakeApple.NOW.plus(Duration.ofMinutes(15)))));
        assertThat(apple.throttled).containsExactly(Duration.ofMinutes(15));
    }

    @Test
    void r5OffersEachNumberObscuredBySmsAndVoice() throws Exception {
        assertThat(codeRequired().challenge().methods())
                .containsExactly(
                        new Challenge.Method("device", null, null),
                        new Challenge.Method("sms", "1", "•••• 81"),
                        new Challenge.Method("voice", "1", "•••• 81"),
                        new Challenge.Method("sms", "2", "•••• 42"),
                        new Challenge.Method("voice", "2", "•••• 42"));
    }

    @ParameterizedTest
    @CsvSource({"sms, 2", "voice, 1"})
    void r5ACodeGoesToTheNumberThatWasChosen(String mode, int phone) throws Exception {
        var required = codeRequired();
        apple.on("PUT /auth/verify/phone", Told.of(200, "{}"));
        apple.on("POST /auth/verify/phone/securitycode", Told.of(200, "{}"));
        var sent = (Login.CodeRequired)
                proceed(required.open(), new NextStep.Send(mode, Optional.of(String.valueOf(phone))));
        assertThat(sent.challenge().method()).isEqualTo(mode);
        assertThat(sent.challenge().hint()).isEqualTo(phone == 2 ? "•••• 42" : "•••• 81");
        var body = Json.MAPPER.readTree(apple.last("PUT /auth/verify/phone").body());
        assertThat(body.path("mode").asString()).isEqualTo(mode);
        assertThat(body.path("phoneNumber").path("id").asInt()).isEqualTo(phone);
        assertThat(body.path("phoneNumber").path("nonFTEU").asBoolean()).isEqualTo(phone == 1);
        assertThat(code(sent.open(), "123456")).isInstanceOf(Login.Opened.class);
        var code = Json.MAPPER.readTree(
                apple.last("POST /auth/verify/phone/securitycode").body());
        assertThat(code.path("phoneNumber").path("id").asInt()).isEqualTo(phone);
        assertThat(code.path("mode").asString()).isEqualTo(mode);
    }

    @Test
    void r5WithoutATrustedDeviceTheFirstNumberGetsTheCode() throws Exception {
        apple.on("PUT /auth/verify/phone", Told.of(200, "{}"));
        var required = codeRequired(OPTIONS.formatted(true));
        assertThat(required.challenge().method()).isEqualTo("sms");
        assertThat(required.challenge().hint()).isEqualTo("•••• 81");
        assertThat(apple.count(PUSH)).isZero();
    }

    @Test
    void thePhonesAreTakenFromThePageWhereThereIsNoJson() throws Exception {
        var page = """
                <html><script type="application/json" class="boot_args">{"direct":{"hasTrustedDevices":false,"twoSV":{
                "phoneNumberVerification":{"trustedPhoneNumbers":[{"id":7,"obfuscatedNumber":"•••• 07"}],
                "securityCode":{"length":6}}}}}</script>
                <script type="application/json" class="post">{}</script></html>
                """;
        apple.on("PUT /auth/verify/phone", Told.of(200, "{}"));
        assertThat(codeRequired(page).challenge().hint()).isEqualTo("•••• 07");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"fsaChallenge\":{\"challenge\":\"x\"},\"noTrustedDevices\":true}",
                "{\"keyNames\":[\"blue key\"],\"trustedPhoneNumbers\":[{\"id\":1}]}"
            })
    void r6SecurityKeysAreSeenBeforeACodeIsAskedFor(String options) throws Exception {
        apple.on("POST /auth/signin/complete", FakeApple.token(Told.of(409, "{\"authType\":\"hsa2\"}")));
        apple.on("GET /auth", Told.of(200, options));
        assertThat(signIn()).isEqualTo(refused(ErrorCode.SECOND_FACTOR_UNSUPPORTED));
        assertThat(apple.calls()).noneMatch(call -> call.contains("/verify/"));
    }

    @ParameterizedTest
    @CsvSource({"403, -20283", "401, -20209", "403, ''"})
    void r7ALockedAccountStopsEverything(int status, String code) throws Exception {
        var body = code.isEmpty() ? "{}" : "{\"serviceErrors\":[{\"code\":\"" + code + "\"}]}";
        apple.on("POST /auth/signin/complete", Told.of(status, body));
        assertThat(signIn()).isEqualTo(refused(ErrorCode.SOURCE_LOCKED));
        assertThat(apple.asked).hasSize(2);
    }

    @Test
    void r8TrustSparesTheNextSignInItsCodeButNotItsPassword() throws Exception {
        var required = codeRequired();
        apple.on(CODE, Told.of(204, ""));
        var trust = ((Login.Opened) code(required.open(), "123456")).trust();
        apple.on("POST /auth/signin/complete", FakeApple.token(Told.of(200, "{}")));
        var again = flow().signIn(
                        new SignIn(FakeApple.ACCOUNT, Map.of("password", FakeApple.PASSWORD), trust), apple.limits());
        assertThat(again).isInstanceOf(Login.Opened.class);
        assertThat(apple.last("POST /auth/signin/complete").body()).contains("\"trustTokens\":[\"trust-1\"]");
        var wrong = flow().signIn(
                        new SignIn(FakeApple.ACCOUNT, Map.of("password", new Secret("no")), trust), apple.limits());
        assertThat(wrong).isEqualTo(refused(ErrorCode.CREDENTIALS_INVALID));
        assertThat(apple.asked.stream()
                        .map(asked -> asked.header("X-Apple-OAuth-State"))
                        .filter(state -> !state.isEmpty())
                        .distinct())
                .hasSize(1);
    }

    @Test
    void r11PendingTermsAreReportedAndNeverAccepted() throws Exception {
        apple.on("POST /setup/accountLogin", apple.opened(apple.account(true).put("termsUpdateNeeded", 1)));
        assertThat(signIn()).isEqualTo(refused(ErrorCode.TERMS_PENDING));
        assertThat(apple.calls()).noneMatch(call -> call.contains("Terms") || call.contains("repairDone"));
    }

    @Test
    void r12ARepairIsTriedOnce() throws Exception {
        apple.on("POST /auth/signin/complete", FakeApple.token(Told.of(412, "{\"auth_type\":\"sa\"}")));
        apple.on("POST /auth/repair/complete", Told.of(200, ""));
        assertThat(signIn()).isInstanceOf(Login.Opened.class);
        assertThat(apple.last("POST /auth/repair/complete").body()).isEqualTo("{}");
    }

    @Test
    void r12AFailedRepairIsTheOwners() throws Exception {
        apple.on("POST /auth/signin/complete", FakeApple.token(Told.of(412, "{\"auth_type\":\"sa\"}")));
        apple.on("POST /auth/repair/complete", Told.of(412, "{}"));
        assertThat(signIn()).isEqualTo(refused(ErrorCode.OWNER_ACTION_REQUIRED));
        assertThat(apple.count("POST /auth/repair/complete")).isEqualTo(1);
    }

    @Test
    void webAccessThatIsSwitchedOffIsReported() throws Exception {
        var account = apple.account(true);
        account.withObject("/dsInfo").put("isWebAccessAllowed", false);
        apple.on("POST /setup/accountLogin", apple.opened(account));
        assertThat(signIn()).isEqualTo(refused(ErrorCode.WEB_ACCESS_DISABLED));
    }

    @Test
    void theOldTwoStepVerificationIsNotSupported() throws Exception {
        var account = apple.account(false);
        account.withObject("/dsInfo").put("hsaVersion", 1);
        apple.on("POST /setup/accountLogin", apple.opened(account));
        assertThat(signIn()).isEqualTo(refused(ErrorCode.SECOND_FACTOR_UNSUPPORTED));
    }

    @Test
    void aSecondFactorThatOnlyAccountLoginTellsIsAskedFor() throws Exception {
        apple.on("POST /setup/accountLogin", apple.opened(apple.account(false)));
        apple.on("GET /auth", Told.of(200, OPTIONS.formatted(false)));
        apple.on(PUSH, Told.of(202, ""));
        assertThat(signIn()).isInstanceOf(Login.CodeRequired.class);
    }

    @Test
    void r25AnAccountOfTheOtherRegionIsOpenedThere() throws Exception {
        apple.on("POST /setup/accountLogin", Told.of(302, "{\"domainToUse\":\"iCloud.com.cn\"}"));
        apple.on("POST /cn/setup/accountLogin", apple.opened(apple.account(true)));
        var flow = new SignInFlow(apple.outbound, apple.twoRegions(), apple.clock, FakeApple.random());
        var login = flow.signIn(
                new SignIn(FakeApple.ACCOUNT, Map.of("password", FakeApple.PASSWORD), Optional.empty()),
                apple.limits());
        assertThat(login).isInstanceOf(Login.Opened.class);
        assertThat(apple.last("POST /cn/setup/accountLogin").header("Origin")).isEqualTo(apple.url() + "/cn/home");
        assertThat(apple.count("POST /auth/signin/complete")).isEqualTo(1);
    }

    @Test
    void r25AThrottledStartIsTriedInTheOtherRegionBeforeItIsReported() throws Exception {
        apple.on("POST /auth/signin/init", Told.of(503, ""));
        apple.on("POST /cn/auth/signin/init", apple.init());
        apple.on("POST /cn/auth/signin/complete", FakeApple.token(Told.of(200, "{}")));
        apple.on("POST /cn/setup/accountLogin", apple.opened(apple.account(true)));
        var flow = new SignInFlow(apple.outbound, apple.twoRegions(), apple.clock, FakeApple.random());
        var signIn = new SignIn(FakeApple.ACCOUNT, Map.of("password", FakeApple.PASSWORD), Optional.empty());
        assertThat(flow.signIn(signIn, apple.limits())).isInstanceOf(Login.Opened.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 421, 500, 503})
    void r1ThrottlingStaysThrottlingWhateverTheOtherRegionSays(int status) throws Exception {
        apple.on("POST /auth/signin/init", Told.of(503, ""));
        var no = Told.of(status, status == 401 ? "{\"serviceErrors\":[{\"code\":\"-20101\"}]}" : "{}");
        var flow = new SignInFlow(apple.outbound, apple.twoRegions(), apple.clock, FakeApple.random());
        var signIn = new SignIn(FakeApple.ACCOUNT, Map.of("password", FakeApple.PASSWORD), Optional.empty());
        apple.on("POST /cn/auth/signin/init", no);
        assertThat(((Login.Refused) flow.signIn(signIn, apple.limits())).why()).isEqualTo(ErrorCode.THROTTLED);
        apple.on("POST /cn/auth/signin/init", apple.init());
        apple.on("POST /cn/auth/signin/complete", no);
        assertThat(((Login.Refused) flow.signIn(signIn, apple.limits())).why()).isEqualTo(ErrorCode.THROTTLED);
        assertThat(apple.count("POST /cn/auth/signin/complete")).isEqualTo(1);
    }

    @Test
    void aWayThatTheAccountDoesNotListSendsNothing() throws Exception {
        var required = codeRequired();
        var before = apple.asked.size();
        var same = (Login.CodeRequired) proceed(required.open(), new NextStep.Send("sms", Optional.of("99")));
        assertThat(same.challenge()).isEqualTo(required.challenge());
        assertThat(apple.asked).hasSize(before);
    }

    @Test
    void aSourceThatCannotBeReachedIsUnavailable() {
        apple.hangUp();
        assertThatThrownBy(this::signIn).isInstanceOf(ConnectorException.Unavailable.class);
    }

    @Test
    void onlyApplesOwnBasesHaveASecondRegion() {
        assertThat(ICloudSettings.apple().china()).isPresent();
        assertThat(apple.settings().china()).isEmpty();
    }

    @Test
    void aPuzzleIsSolvedOnce() throws Exception {
        var init = apple.init();
        apple.on(
                "POST /auth/signin/init",
                Told.of(409, "{}").with("X-Apple-HC-Bits", "11").with("X-Apple-HC-Challenge", "4d74fb15eb23f465"),
                init);
        assertThat(signIn()).isInstanceOf(Login.Opened.class);
        var solution = apple.last("POST /auth/signin/init").header("X-Apple-HC");
        assertThat(solution).startsWith("1:11:20261122120000:4d74fb15eb23f465::");
        assertThat(Hashcash.leadingZeros(Hashcash.sha1(solution))).isGreaterThanOrEqualTo(11);
    }

    @Test
    void aSignInThatTheSourceHasClosedIsLost() throws Exception {
        var required = codeRequired();
        apple.on(CODE, Told.of(421, ""));
        assertThatThrownBy(() -> code(required.open(), "123456")).isInstanceOf(ConnectorException.SessionLost.class);
    }

    private Login.CodeRequired codeRequired() throws Exception {
        return codeRequired(OPTIONS.formatted(false));
    }

    private Login.CodeRequired codeRequired(String options) throws Exception {
        apple.on("POST /auth/signin/complete", FakeApple.token(Told.of(409, "{\"authType\":\"hsa2\"}")));
        apple.on("GET /auth", Told.of(200, options));
        apple.on(PUSH, Told.of(202, ""));
        return (Login.CodeRequired) signIn();
    }

    private Login signIn() throws Exception {
        return signIn(FakeApple.ACCOUNT, FakeApple.PASSWORD.reveal());
    }

    private Login signIn(String account, String password) throws Exception {
        return flow().signIn(
                        new SignIn(account, Map.of("password", new Secret(password)), Optional.empty()),
                        apple.limits());
    }

    private Login code(Secret open, String digits) throws Exception {
        return proceed(open, new NextStep.Code(new Secret(digits)));
    }

    private Login proceed(Secret open, NextStep step) throws Exception {
        return flow().proceed(open, step, apple.limits());
    }

    private SignInFlow flow() {
        return new SignInFlow(apple.outbound, apple.settings(), apple.clock, FakeApple.random());
    }

    private static Login refused(ErrorCode why) {
        return new Login.Refused(why, Optional.empty());
    }
}
