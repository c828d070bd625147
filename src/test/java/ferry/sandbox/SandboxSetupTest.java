package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.BindException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxSetupTest {
    private static final String PHOTOS = "/database/1/com.apple.photos.cloud/production/private/zones/list";

    private final SandboxClock clock = SandboxClock.standing(Instant.parse("2026-11-22T12:00:00Z"));
    private Sandbox sandbox;
    private ScriptedClient client;

    @BeforeEach
    void start() throws BindException {
        sandbox = Sandbox.start("127.0.0.1", 0, clock, SandboxOptions.DEFAULT);
        sandbox.mount(
                "ckdatabasews",
                (exchange, account, path) -> Replies.json(
                        exchange,
                        200,
                        Replies.object().put("account", account.identifier()).put("path", path)));
        client = new ScriptedClient(sandbox);
    }

    @AfterEach
    void stop() {
        sandbox.close();
    }

    private ScriptedClient.Answer open(String name) {
        var status = client.signIn(name + "@sandbox.example", "password").status();
        if (status == 409) {
            client.showCode();
            client.code("123456");
            client.trust();
        }
        return client.accountLogin();
    }

    private static String url(ScriptedClient.Answer login, String service) {
        return login.json().at("/webservices/" + service + "/url").asString();
    }

    @Test
    void theMapLeadsBackHereAndTheServiceKnowsWhoAsks() {
        var login = open("plain");
        assertThat(login.json().at("/webservices/ckdatabasews/pcsRequired").asBoolean())
                .isTrue();
        assertThat(url(login, "ckdatabasews")).startsWith(sandbox.url());

        var answer = client.service(url(login, "ckdatabasews") + "/database/1?dsid=20000000001");

        assertThat(answer.json().get("account").asString()).isEqualTo("plain@sandbox.example");
        assertThat(answer.json().get("path").asString()).isEqualTo("/database/1");
    }

    @Test
    void withoutItsCookieNothingIsOpen() {
        var login = open("plain");
        client.cookies.computeIfPresent(WebSessions.COOKIE, (_, value) -> value.replace("\"", ""));

        assertThat(client.service(url(login, "account") + "/setup/web/device/getDevices")
                        .status())
                .isEqualTo(421);
        var validate = client.setup("/validate", "null");
        assertThat(validate.status()).isEqualTo(421);
        assertThat(validate.json().get("error").asString()).isEqualTo("Missing X-APPLE-WEBAUTH-TOKEN cookie");
        assertThat(validate.json().has("dsInfo")).isFalse();
    }

    @Test
    void anotherAccountsNumberIsRefused() {
        var login = open("plain");
        assertThat(client.service(url(login, "ckdatabasews") + "/database?dsid=7")
                        .status())
                .isEqualTo(421);
    }

    @Test
    void cookiesCarryTheOddDates() {
        open("plain");
        assertThat(client.setCookies)
                .anySatisfy(cookie -> assertThat(cookie)
                        .startsWith("X-APPLE-WEBAUTH-TOKEN=\"")
                        .contains(";Expires=Thu,21-Jan-2027 12:00:00 GMT;"));
    }

    @Test
    void aSessionEndsAndCanBeRenewed() {
        open("short-session");
        clock.advance(Duration.ofMinutes(5));
        assertThat(client.setup("/validate", "null").status()).isEqualTo(421);
        assertThat(client.accountLogin().status()).isEqualTo(200);
        assertThat(client.setup("/validate", "null").status()).isEqualTo(200);
    }

    @Test
    void aSessionEndsForGood() {
        open("signed-out");
        clock.advance(Duration.ofMinutes(5));
        assertThat(client.setup("/validate", "null").status()).isEqualTo(421);
        var again = client.accountLogin();
        assertThat(again.status()).isEqualTo(421);
        assertThat(again.json().get("error").asString()).isEqualTo("Missing apple_id field");
    }

    @Test
    void loggingOutEndsTheSessionAndWhatRenewsIt() {
        open("john.appleseed");
        assertThat(client.setup("/logout", "{\"trustBrowser\":false,\"allBrowsers\":false}")
                        .status())
                .isEqualTo(200);
        assertThat(client.setup("/logout", "{\"trustBrowser\":false,\"allBrowsers\":false}")
                        .status())
                .isEqualTo(421);
        assertThat(client.accountLogin().status()).isEqualTo(421);
        assertThat(client.signIn("john.appleseed@sandbox.example", "password").status())
                .isIn(401, 409);
    }

    @Test
    void anAccountThatMovesIsFoundAgain() {
        var login = open("moving-partition");
        var devices = "/setup/web/device/getDevices";
        for (var i = 0; i < 5; i++) {
            assertThat(client.service(url(login, "account") + devices).status()).isEqualTo(200);
        }
        assertThat(client.service(url(login, "account") + devices).status()).isEqualTo(421);
        assertThat(client.service(url(client.accountLogin(), "account") + devices)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void termsLeaveOnlyTheRepairCookie() {
        var login = open("terms");
        assertThat(login.json().get("termsUpdateNeeded").asBoolean()).isTrue();
        assertThat(client.cookies).containsKey("X-APPLE-WEBAUTH-REPAIR").doesNotContainKey(WebSessions.COOKIE);
    }

    @Test
    void theOtherRegionIsNamed() {
        assertThat(open("china").json().get("domainToUse").asString()).isEqualTo("iCloud.com.cn");
    }

    @Test
    void aServiceNeverUsedIsNotInTheMap() {
        assertThat(open("not-activated").json().get("webservices").has("ckdatabasews"))
                .isFalse();
    }

    @Test
    void withoutAdvancedDataProtectionThereIsNothingToAskFor() {
        var login = open("plain");
        var state = client.setup("/requestWebAccessState", "{}").json();
        assertThat(state.get("isICDRSDisabled").asBoolean()).isFalse();
        assertThat(client.service(url(login, "ckdatabasews") + PHOTOS).status()).isEqualTo(200);
    }

    @Test
    void protectedPhotosOpenAfterConsentAndWithTheKeys() {
        var photos = url(open("adp"), "ckdatabasews") + PHOTOS;
        var denied = client.service(photos);
        assertThat(denied.json().get("serverErrorCode").asString()).isEqualTo("ACCESS_DENIED");
        assertThat(consented()).isFalse();
        assertThat(askForKeys("photos")).isEqualTo("failure: The device has not consented.");

        assertThat(client.setup("/enableDeviceConsentForPCS", "{}")
                        .json()
                        .get("isDeviceConsentNotificationSent")
                        .asBoolean())
                .isTrue();
        assertThat(consented()).isFalse();
        assertThat(consented()).isFalse();
        assertThat(consented()).isTrue();
        assertThat(askForKeys("photos")).isEqualTo("failure: Requested the device to upload cookies.");
        assertThat(askForKeys("photos")).isEqualTo("failure: Cookies not available yet on server.");
        assertThat(client.service(photos).status()).isEqualTo(403);
        assertThat(askForKeys("photos")).startsWith("success");
        assertThat(client.cookies).containsKeys("X-APPLE-WEBAUTH-PCS-Photos", "X-APPLE-WEBAUTH-PCS-Sharing");
        assertThat(client.service(photos).status()).isEqualTo(200);

        clock.advance(Duration.ofHours(1));
        assertThat(client.service(photos).status()).isEqualTo(403);
        assertThat(consented()).isFalse();
    }

    private boolean consented() {
        var state = client.setup("/requestWebAccessState", "{}").json();
        assertThat(state.get("isICDRSDisabled").asBoolean()).isTrue();
        return state.get("isDeviceConsentedForPCS").asBoolean();
    }

    private String askForKeys(String app) {
        var answer = client.setup("/requestPCS", "{\"appName\":\"" + app + "\",\"derivedFromUserAction\":true}")
                .json();
        return answer.get("status").asString() + ": " + answer.get("message").asString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"notes", "notes2", "reminders3"})
    void unknownAppsAreRefused(String app) {
        open("adp");
        assertThat(client.setup("/requestPCS", "{\"appName\":\"" + app + "\"}").status())
                .isEqualTo(400);
    }

    @Test
    void anOwnerWhoNeverAnswersNeverConsents() {
        open("adp-no-consent");
        client.setup("/enableDeviceConsentForPCS", "{}");
        for (var i = 0; i < 20; i++) {
            assertThat(consented()).isFalse();
        }
    }

    @Test
    void switchedOffWebAccessClosesThePhotos() {
        var login = open("web-access-disabled");
        assertThat(client.setup("/requestWebAccessState", "{}")
                        .json()
                        .get("isWebAccessAllowed")
                        .asBoolean())
                .isFalse();
        assertThat(client.service(url(login, "ckdatabasews") + PHOTOS).status()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(strings = {"getTerms", "repairDone"})
    void acceptingTermsIsAViolation(String call) {
        open("terms");
        assertThat(client.service(sandbox.setupUrl() + "/" + call).status()).isEqualTo(403);
        assertThat(sandbox.journal().violations()).hasSize(1);
    }

    @Test
    void writingRecordsIsAViolation() {
        var login = open("plain");
        client.service(
                url(login, "ckdatabasews") + "/database/1/com.apple.photos.cloud/production/private/records/modify");
        assertThat(sandbox.journal().violations()).hasSize(1);
    }

    @Test
    void theJournalTellsWhoAskedWhatAndNoSecret() {
        open("john.appleseed");
        assertThat(sandbox.journal().entries())
                .extracting(Journal.Entry::method, Journal.Entry::path, Journal.Entry::account, Journal.Entry::status)
                .contains(org.assertj.core.groups.Tuple.tuple(
                        "POST", "/appleauth/auth/signin/complete", "john.appleseed@sandbox.example", 409));
        assertThat(sandbox.journal().entries().toString())
                .doesNotContain("123456", client.trustToken, client.sessionToken, "password");
    }
}
