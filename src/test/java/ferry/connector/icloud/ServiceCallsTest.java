package ferry.connector.icloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.SessionLost;
import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.icloud.FakeApple.MemoryAccess;
import ferry.connector.icloud.FakeApple.Told;
import ferry.connector.icloud.web.Json;
import ferry.error.ErrorCode;
import java.net.BindException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class ServiceCallsTest {
    private static final String QUERY =
            "POST /ckdatabasews/database/1/com.apple.photos.cloud/production/private/records/query";
    private static final Told GOOD = Told.of(200, "{\"records\":[]}").with("Content-Type", "text/html");

    private final FakeApple apple = new FakeApple();
    private final MemoryAccess access = new MemoryAccess(apple.access());
    private final ServiceCalls calls = apple.calls(access);

    ServiceCallsTest() throws BindException {}

    @AfterEach
    void stop() {
        apple.close();
    }

    @Test
    void aCallCarriesTheBaseParametersAndTheAccountsId() throws Exception {
        apple.on(QUERY, GOOD);
        query();
        var asked = apple.last(QUERY);
        assertThat(asked.query())
                .contains("clientBuildNumber=")
                .contains("clientMasteringNumber=")
                .contains("clientId=auth-")
                .contains("dsid=42")
                .contains("remapEnums=true");
        assertThat(asked.header("Content-Type")).startsWith("text/plain");
        assertThat(asked.header("Referer")).isEqualTo(apple.url() + "/home/");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 421, 450})
    void r10ASessionThatEndsUnderWayIsRenewedAndTheCallGoesOn(int status) throws Exception {
        apple.on(QUERY, Told.of(status, "{}"), GOOD);
        var before = access.current();
        query();
        assertThat(apple.count("POST /setup/validate")).isEqualTo(1);
        assertThat(apple.count(QUERY)).isEqualTo(2);
        assertThat(access.current()).isNotEqualTo(before);
        assertThat(apple.last(QUERY).header("Cookie")).contains("X-APPLE-WEBAUTH-TOKEN=\"v=2:t=EQ==BST~~\"");
        assertThat(apple.calls()).noneMatch(call -> call.contains("signin"));
    }

    @Test
    void r9AValidateWithoutAnAccountFallsBackToTheStoredToken() throws Exception {
        apple.on(QUERY, Told.of(401, "{\"serverErrorCode\":\"AUTHENTICATION_FAILED\"}"), GOOD);
        apple.on(
                "POST /setup/validate",
                Told.of(421, "{\"success\":false,\"error\":\"Missing X-APPLE-WEBAUTH-TOKEN cookie\"}"));
        query();
        assertThat(apple.last("POST /setup/validate").body()).isEqualTo("null");
        assertThat(apple.last("POST /setup/accountLogin").body())
                .contains("token-1")
                .contains("trust-1");
    }

    @Test
    void r9ASessionThatCannotBeRenewedIsLostWithoutALoop() {
        apple.on(QUERY, Told.of(421, "{}"));
        apple.on("POST /setup/validate", Told.of(421, "{}"));
        apple.on("POST /setup/accountLogin", Told.of(421, "{\"error\":\"Missing apple_id field\"}"));
        assertThatThrownBy(this::query).isInstanceOf(SessionLost.class);
        assertThat(apple.asked).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 421, 450})
    void r15AServiceThatRefusesARenewedSessionIsRefusedAlone(int status) throws Exception {
        apple.on(QUERY, Told.of(status, "{}"));
        assertThat(refused(this::query)).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE);
        assertThat(apple.count(QUERY)).isEqualTo(3);
        assertThat(apple.count("POST /setup/validate")).isEqualTo(1);
        assertThat(apple.count("POST /setup/accountLogin")).isEqualTo(1);

        // The session is not opened again and again for its sake.
        assertThat(refused(this::query)).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE);
        assertThat(apple.count(QUERY)).isEqualTo(4);
        assertThat(apple.count("POST /setup/accountLogin")).isEqualTo(1);
    }

    @Test
    void r15AServicesOwnSessionThatEndedEndsNoOtherThatStillValidates() {
        apple.on(QUERY, Told.of(450, "{}"));
        apple.on("POST /setup/accountLogin", Told.of(421, "{\"error\":\"Missing apple_id field\"}"));
        assertThat(refused(this::query)).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE);
        apple.on(QUERY, Told.of(401, "{}"));
        assertThatThrownBy(() -> query(apple.calls(access))).isInstanceOf(SessionLost.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":1}",
                "{\"success\":false}",
                "{\"errorReason\":\"x\",\"uuid\":\"y\",\"records\":[]}",
                "{\"error\":{\"code\":5},\"success\":0}",
                "{\"reason\":\"try again\"}"
            })
    void anErrorInAGoodAnswersClothesIsNoEmptyList(String body) {
        apple.on(QUERY, Told.of(200, body));
        assertThat(refused(this::query)).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE);
        assertThat(apple.count(QUERY)).isEqualTo(1);
    }

    @Test
    void r10AnErrorThatNamesTheSessionRenewsIt() throws Exception {
        apple.on(QUERY, Told.of(200, "{\"error\":2,\"reason\":\"Invalid global session\"}"), GOOD);
        query();
        assertThat(apple.count("POST /setup/validate")).isEqualTo(1);
    }

    @Test
    void errorsNameACallWithoutWhatItAskedFor() {
        var session = WebSession.open(access.current(), apple.clock);
        var account = apple.account(true);
        ((ObjectNode) account.path("webservices"))
                .putObject("calendar")
                .put("url", apple.url() + "/calendar")
                .put("status", "active");
        session.take(account, FakeApple.NOW);
        var there = apple.calls(new MemoryAccess(session.seal()));
        apple.on("GET /calendar/ca/eventdetail/home/GUID-1", Told.of(404, ""));
        assertThatThrownBy(() -> there.get("calendar", "/ca/eventdetail/home/GUID-1", Map.of()))
                .hasMessage("The source answered 404 to calendar/ca/eventdetail.");
    }

    @Test
    void theSessionOfATaskThatWasFasterIsUsed() throws Exception {
        var winner = apple.access();
        assertThat(access.replace(access.current(), winner)).isEqualTo(winner);
        apple.on(QUERY, Told.of(401, "{}"), GOOD);
        query();
        assertThat(apple.calls()).noneMatch(call -> call.contains("/setup/"));
        assertThat(access.current()).isEqualTo(winner);
        assertThat(apple.last(QUERY).query())
                .contains(WebSession.open(winner, apple.clock).get(WebSession.Held.CLIENT_ID, "?"));
    }

    @Test
    void threadsThatFindTheSessionEndedTogetherRenewItOnce() throws Exception {
        apple.on(QUERY, GOOD);
        apple.needs(QUERY, WebSession.TOKEN_COOKIE);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = IntStream.range(0, 12)
                    .mapToObj(_ -> threads.submit(() -> {
                        query();
                        return true;
                    }))
                    .toList();
            for (var each : running) {
                assertThat(each.get()).isTrue();
            }
        }
        assertThat(apple.count("POST /setup/validate")).isEqualTo(1);
        assertThat(apple.count("POST /setup/accountLogin")).isZero();
    }

    @Test
    void aConnectionThatBreaksIsTriedAFewTimes() {
        apple.hangUp();
        assertThat(unavailable(this::query).retryAfter()).isEqualTo(Duration.ofMinutes(1));
        assertThat(apple.pauses).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RETRY_LATER", "TRY_AGAIN_LATER", "THROTTLED", "CAS_OP_LOCK", "QUOTA_EXCEEDED"})
    void r19ABusyAnswerInsideA200IsTriedAgainAfterAWait(String code) throws Exception {
        apple.on(QUERY, Told.of(200, "{\"serverErrorCode\":\"" + code + "\",\"retryAfter\":2}"), GOOD);
        query();
        assertThat(apple.pauses).containsExactly(Duration.ofSeconds(2));
        assertThat(apple.throttled).containsExactly(Duration.ofSeconds(2));
    }

    @Test
    void r17ARecordThatNeverComesWellHoldsUpNoOthers() throws Exception {
        var bad = "{\"recordName\":\"A\",\"serverErrorCode\":\"TRY_AGAIN_LATER\"}";
        apple.on(QUERY, Told.of(200, "{\"records\":[" + bad + ",{\"recordName\":\"B\"}]}"));
        query();
        assertThat(apple.pauses).isEmpty();
        apple.on(QUERY, Told.of(200, "{\"records\":[" + bad + "]}"));
        query();
        assertThat(apple.pauses).hasSize(1);
        assertThat(apple.count(QUERY)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void r19ALongWaitIsLeftToTheTaskAndNeverLongerThanTwoMinutes(int status) {
        apple.on(QUERY, Told.of(status, "busy").with("Retry-After", "3600"));
        assertThat(unavailable(this::query).retryAfter()).isEqualTo(Duration.ofMinutes(2));
        assertThat(apple.count(QUERY)).isEqualTo(1);
        assertThat(apple.pauses).isEmpty();
    }

    @Test
    void r19TriesEndAndTheTaskComesBackLater() {
        apple.on(QUERY, Told.of(503, "").with("Retry-After", "1"));
        assertThat(unavailable(this::query).code()).isEqualTo(ErrorCode.THROTTLED);
        assertThat(apple.count(QUERY)).isEqualTo(4);
    }

    @Test
    void aQuotaThatIsUsedUpIsToldApartFromASourceThatIsBusy() {
        apple.on(QUERY, Told.of(413, "{\"serverErrorCode\":\"QUOTA_EXCEEDED\",\"retryAfter\":30}"));
        assertThat(unavailable(this::query).code()).isEqualTo(ErrorCode.QUOTA_EXCEEDED);
        assertThat(apple.count(QUERY)).isEqualTo(1);
    }

    @Test
    void r17ARecordThatIsBusyHoldsNoneOfTheOthersUp() throws Exception {
        apple.on(
                QUERY,
                Told.of(
                        200,
                        "{\"records\":[{\"recordName\":\"r\",\"serverErrorCode\":\"TRY_AGAIN_LATER\"},"
                                + "{\"recordName\":\"s\",\"recordType\":\"CPLAsset\"}]}"));
        query();
        assertThat(apple.count(QUERY)).isEqualTo(1);
        assertThat(apple.pauses).isEmpty();
    }

    @Test
    void r14AccessThatIsDeniedThoughAllowedIsALockoutOfHours() {
        apple.on(QUERY, Told.of(403, "{\"serverErrorCode\":\"ACCESS_DENIED\"}"));
        apple.on(
                "POST /setup/requestWebAccessState",
                Told.of(200, "{\"isWebAccessAllowed\":true,\"isICDRSDisabled\":false}"));
        assertThat(unavailable(this::query).retryAfter()).isEqualTo(Duration.ofHours(4));
        assertThat(apple.count(QUERY)).isEqualTo(1);
        assertThat(apple.throttled).containsExactly(Duration.ofHours(4));
    }

    @Test
    void r14AccessThatTheOwnerSwitchedOffIsSaidSo() {
        apple.on(QUERY, Told.of(403, "{\"serverErrorCode\":\"ACCESS_DENIED\"}"));
        apple.on("POST /setup/requestWebAccessState", Told.of(200, "{\"isWebAccessAllowed\":0}"));
        assertThat(refused(this::query)).isEqualTo(ErrorCode.WEB_ACCESS_DISABLED);
    }

    @Test
    void r13ProtectedDataWaitsForTheOwnersDeviceAndAsksItOnce() throws Exception {
        apple.on(
                QUERY,
                Told.of(423, "Missing PCS cookies from the request"),
                Told.of(423, "PCS"),
                Told.of(423, "PCS"),
                GOOD);
        apple.on(
                "POST /setup/requestWebAccessState",
                Told.of(200, consentState(false)),
                Told.of(200, consentState(false)),
                Told.of(200, consentState(true)));
        apple.on("POST /setup/enableDeviceConsentForPCS", Told.of(200, "{\"isDeviceConsentNotificationSent\":true}"));
        apple.on(
                "POST /setup/requestPCS",
                Told.of(200, "{\"status\":\"success\"}")
                        .with(
                                "Set-Cookie",
                                "X-APPLE-WEBAUTH-PCS-Photos=\"p\";Path=/",
                                "X-APPLE-WEBAUTH-PCS-Sharing=\"s\";Path=/"));
        assertThat(unavailable(this::query).code()).isEqualTo(ErrorCode.CONSENT_REQUIRED);
        var later = apple.calls(access);
        assertThat(unavailable(() -> query(later)).code()).isEqualTo(ErrorCode.CONSENT_REQUIRED);
        query(apple.calls(access));
        assertThat(apple.count("POST /setup/enableDeviceConsentForPCS")).isEqualTo(1);
        assertThat(apple.last("POST /setup/requestPCS").body()).contains("\"appName\":\"photos\"");
        assertThat(apple.last(QUERY).header("Cookie")).contains("PCS-Photos");
    }

    @ParameterizedTest
    @ValueSource(ints = {503, 429, 500, 404})
    void r14AnAnswerThatDoesNotComeLocksNobodyOut(int status) {
        apple.on(QUERY, Told.of(403, "{\"serverErrorCode\":\"ACCESS_DENIED\"}"));
        apple.on("POST /setup/requestWebAccessState", Told.of(status, "{}"));
        assertThat(unavailable(this::query).retryAfter()).isLessThanOrEqualTo(Duration.ofMinutes(1));
        apple.on("POST /setup/requestWebAccessState", Told.of(200, "{\"error\":1}"));
        assertThat(unavailable(() -> query(apple.calls(access))).code()).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE);
    }

    @Test
    void r13AQuestionThatWasNotShownIsShownAgain() {
        apple.on(QUERY, Told.of(423, "Missing PCS cookies from the request"));
        apple.on("POST /setup/requestWebAccessState", Told.of(421, "{}"), Told.of(200, consentState(false)));
        var shown = "POST /setup/enableDeviceConsentForPCS";
        apple.on(
                shown,
                Told.of(503, ""),
                Told.of(200, "{\"isDeviceConsentNotificationSent\":false}"),
                Told.of(200, "{\"isDeviceConsentNotificationSent\":true}"));
        assertThat(unavailable(this::query).code()).isEqualTo(ErrorCode.THROTTLED);
        for (int look = 2; look <= 5; look++) {
            assertThat(unavailable(() -> query(apple.calls(access))).code()).isEqualTo(ErrorCode.CONSENT_REQUIRED);
            assertThat(apple.count(shown)).isEqualTo(Math.min(look, 3));
        }
    }

    @Test
    void r15AMissingServiceOrZoneIsNotActivated() {
        assertThat(calls.has("contacts")).isFalse();
        assertThat(refused(() -> calls.get("contacts", "/co/startup", Map.of())))
                .isEqualTo(ErrorCode.NOT_ACTIVATED);
        apple.on(QUERY, Told.of(404, "{\"serverErrorCode\":\"ZONE_NOT_FOUND\"}"));
        assertThat(refused(this::query)).isEqualTo(ErrorCode.NOT_ACTIVATED);
    }

    @Test
    void r25ThreeHundredAndThirtyIsTriedAgain() throws Exception {
        apple.on(QUERY, Told.of(330, "").with("Retry-After", "1"), GOOD);
        query();
        assertThat(apple.count(QUERY)).isEqualTo(2);
        apple.on("GET /content/a", Told.of(330, "").with("Location", "/content/b"));
        apple.on("GET /content/b", Told.of(200, "hello"));
        try (var answer = calls.content(apple.url() + "/content/a", 0)) {
            assertThat(answer.bytes(10)).asString().isEqualTo("hello");
        }
    }

    @Test
    void aPageOfHtmlIsNoAnswer() throws Exception {
        apple.on(QUERY, Told.of(200, "<html>sorry</html>").with("Retry-After", "1"), GOOD);
        query();
        assertThat(apple.count(QUERY)).isEqualTo(2);
    }

    @Test
    void contentComesWithoutCookiesFromTheByteThatWasAskedFor() throws Exception {
        apple.on("GET /content/%7Bf%7D", Told.of(206, "lo"));
        try (var answer = calls.content(apple.url() + "/content/{f}", 3)) {
            assertThat(answer.status()).isEqualTo(206);
            assertThat(answer.bytes(10)).asString().isEqualTo("lo");
        }
        assertThat(apple.asked.getLast().header("Range")).isEqualTo("bytes=3-");
        assertThat(apple.asked.getLast().header("Cookie")).isEmpty();
    }

    @Test
    void redirectsAreFollowedWithinTheAllowedOriginsOnly() throws Exception {
        apple.on("GET /content/a", Told.of(302, "").with("Location", "/content/b"));
        apple.on("GET /content/b", Told.of(200, "hello"));
        try (var answer = calls.content(apple.url() + "/content/a", 0)) {
            assertThat(answer.status()).isEqualTo(200);
        }
        apple.on("GET /content/a", Told.of(302, "").with("Location", "http://169.254.169.254/latest"));
        assertThatThrownBy(() -> calls.content(apple.url() + "/content/a", 0)).isInstanceOf(Refused.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://setup.icloud.com/x",
                "https://icloud.com.evil.example/x",
                "https://eviicloud.com/x",
                "https://user@www.icloud.com/x",
                "https://www.icloud.com:8443/x",
                "http://127.0.0.1:1/x",
                "file:///etc/passwd",
                "//www.icloud.com/x",
                ""
            })
    void aUrlOutsideTheAllowedOriginsIsRefused(String url) {
        assertThatThrownBy(() -> new Origins(apple.settings()).follow(url)).isInstanceOf(Refused.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://p61-ckdatabasews.icloud.com:443/x",
                "https://cvws.icloud-content.com/B/${f}?o=A%2Bb",
                "https://setup.icloud.com.cn/x",
                "https://idmsa.apple.com/x"
            })
    void applesOwnUrlsAreFollowedAsReceived(String url) throws Exception {
        assertThat(new Origins(apple.settings()).follow(url))
                .hasToString(url.replace("{", "%7B").replace("}", "%7D"));
    }

    @Test
    void contentThatIsThrottledIsTriedAgain() throws Exception {
        apple.on("GET /content/a", Told.of(503, "").with("Retry-After", "1"), Told.of(410, ""));
        try (var answer = calls.content(apple.url() + "/content/a", 0)) {
            assertThat(answer.status()).isEqualTo(410);
        }
        // R18: the rate of addresses that have expired is a metric.
        assertThat(apple.fileAnswers.all()).isEqualTo(2);
        assertThat(apple.fileAnswers.expired()).isEqualTo(1);
        assertThat(apple.pauses).containsExactly(Duration.ofSeconds(1));
    }

    @Test
    void signingOutTwiceIsFine() throws Exception {
        apple.on("POST /setup/logout", Told.of(200, "{}"), Told.of(421, "{}"));
        calls.signOut();
        calls.signOut();
        assertThat(apple.last("POST /setup/logout").body()).isEqualTo("{\"trustBrowser\":false,\"allBrowsers\":false}");
    }

    private static String consentState(boolean consented) {
        return "{\"isWebAccessAllowed\":true,\"isICDRSDisabled\":true,\"isDeviceConsentedForPCS\":" + consented + "}";
    }

    private void query() throws Exception {
        query(calls);
    }

    private static void query(ServiceCalls calls) throws Exception {
        JsonNode answer = calls.post(
                "ckdatabasews",
                "/database/1/com.apple.photos.cloud/production/private/records/query",
                Map.of("remapEnums", "true"),
                Json.object());
        assertThat(answer.has("records")).isTrue();
    }

    private static Unavailable unavailable(ThrowingCallable call) {
        return assertThatThrownBy(call).asInstanceOf(type(Unavailable.class)).actual();
    }

    private static ErrorCode refused(ThrowingCallable call) {
        return assertThatThrownBy(call)
                .asInstanceOf(type(Refused.class))
                .actual()
                .code();
    }
}
