package ferry;

import static ferry.ICloudAtSandbox.PHOTOS;
import static ferry.ICloudAtSandbox.errors;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/// Every way in which an iCloud account refuses, as a backend sees it: the code that it decides by and the
/// sentence that says what can be done. Over the API, at the simulated iCloud; each on an account of
/// `docs/sandbox.md`.
class ICloudRefusalsTest {
    private static final String PASSWORD = "'password': 'password'";
    /// As long as a source that is busy, indexing or full is left alone.
    private static final Duration A_MINUTE = Duration.ofMinutes(1);

    @RegisterExtension
    private static final ICloudAtSandbox icloud = new ICloudAtSandbox();

    private static JsonNode refusesToSignIn(String account, String code, String sentence) {
        var session = icloud.refusedSession(account);
        assertThat(session.at("/error").asString()).isEqualTo(code);
        assertThat(session.at("/error_message").asString()).contains(sentence);
        return session;
    }

    private static void isRefused(JsonNode poll, String code, String sentence) {
        assertThat(errors(poll)).containsExactly(code);
        assertThat(poll.at("/errors/total_count").asInt()).isEqualTo(1);
        assertThat(poll.at("/errors/data/0/message").asString()).contains(sentence);
        var task = icloud.client
                .get("/tasks/" + poll.at("/errors/data/0/task").asString())
                .expect(200);
        assertThat(task.at("/state").asString()).isEqualTo("failed");
        assertThat(task.at("/error").asString()).isEqualTo(code);
    }

    /// The task waits, and says why as it would if it failed of it.
    private static void waits(String poll, String code, String sentence) {
        var task = icloud.suspended(poll);
        assertThat(task.at("/state").asString()).isEqualTo("suspended");
        assertThat(task.at("/error").asString()).isEqualTo(code);
        assertThat(task.at("/error_message").asString()).contains(sentence);
        assertThat(task.at("/date_completed").isNull()).isTrue();
    }

    private static Instant retry(JsonNode session) {
        return Instant.parse(session.at("/date_retry").asString());
    }

    private static Instant in(Duration wait) {
        return icloud.app.clock().instant().plus(wait);
    }

    // ---- at sign-in

    @Test
    void aWrongPasswordIsCredentialsInvalid() {
        var session = icloud.signIn("plain", "'password': 'not the password'");
        assertThat(session.at("/error").asString()).isEqualTo("credentials-invalid");
        assertThat(session.at("/error_message").asString()).contains("account name or the password");
    }

    @Test
    void webAccessThatIsSwitchedOffIsWebAccessDisabled() {
        refusesToSignIn("web-access-disabled", "web-access-disabled", "they can switch it on");
    }

    @Test
    void pendingTermsAreTermsPending() {
        refusesToSignIn("terms", "terms-pending", "The owner must accept the source's new terms");
    }

    @Test
    void aRepairIsOwnerActionRequired() {
        refusesToSignIn("repair-stuck", "owner-action-required", "The owner must sign in at the source itself once");
    }

    @Test
    void aManagedAccountWithoutWebAccessIsManagedAccount() {
        refusesToSignIn("managed-no-web", "managed-account", "its administrator can switch it on");
        assertThat(icloud.active("managed")).isNotEmpty();
    }

    @Test
    void anotherRegionIsRegionUnsupported() {
        refusesToSignIn(
                "elsewhere", "region-unsupported", "a region of the source that this service is not set up for");
    }

    @Test
    void aLockedAccountIsSourceLocked() {
        refusesToSignIn("locked", "source-locked", "its owner must unlock it");
    }

    @Test
    void throttlingAtSignInIsThrottledAndSaysUntilWhen() {
        var session = refusesToSignIn("throttled", "throttled", "leave it alone for a while");
        assertThat(retry(session)).isAfter(in(Duration.ofMinutes(30)));
        // In the other region, where it was looked for, nobody knows it.
        assertThat(icloud.app.sandbox().journal().entries())
                .anyMatch(entry -> entry.path().startsWith("/cn/appleauth") && entry.status() == 401);
    }

    @Test
    void aSecurityKeyIsSecondFactorUnsupported() {
        refusesToSignIn("security-key", "second-factor-unsupported", "only a security key or a passkey");
        assertThat(icloud.asked("security-key", "/securitycode")).isZero();
    }

    @Test
    void aPasskeyIsSecondFactorUnsupported() {
        refusesToSignIn("passkey", "second-factor-unsupported", "the owner can change that");
        assertThat(icloud.asked("passkey", "/securitycode")).isZero();
    }

    @Test
    void aWrongCodeIsCodeRequiredAgain() {
        icloud.signIn("sms-only", PASSWORD);
        var again = icloud.signIn("sms-only", "'code': '000000'");
        assertThat(again.at("/error").asString()).isEqualTo("code-required");
        assertThat(again.at("/error_message").asString()).contains("send its code");
        assertThat(again.at("/challenge/method").asString()).isEqualTo("sms");
        assertThat(icloud.signIn("sms-only", "'code': '123456'").at("/state").asString())
                .isEqualTo("active");
    }

    @Test
    void codesThatAreLockedAreCodesLocked() {
        var session = refusesToSignIn("codes-locked", "codes-locked", "Too many codes were wrong");
        assertThat(retry(session)).isAfter(in(Duration.ofMinutes(10)));
        assertThat(icloud.asked("codes-locked", "/securitycode")).isZero();
        // Nor is it asked again before that.
        long asked = icloud.asked("codes-locked").count();
        assertThat(icloud.refusedSession("codes-locked").at("/error").asString())
                .isEqualTo("throttled");
        assertThat(icloud.asked("codes-locked").count()).isEqualTo(asked);
    }

    @Test
    void fiveWrongCodesAreCodesLockedAndNoLockedAccount() {
        var account = "phones";
        JsonNode last = icloud.signIn(account, PASSWORD);
        for (int wrong = 1; wrong <= 5; wrong++) {
            if (last.at("/challenge").isMissingNode()) {
                icloud.signIn(account, PASSWORD); // after three wrong ones a sign-in is closed
            }
            last = icloud.signIn(account, "'code': '000000'");
        }
        assertThat(last.at("/error").asString()).isEqualTo("codes-locked");
        var source = icloud.client.get("/sources/" + last.at("/source").asString());
        assertThat(source.text("/state")).isNotEqualTo("locked");

        icloud.app.clock().advance(Duration.ofMinutes(16));
        icloud.signIn(account, PASSWORD);
        assertThat(icloud.signIn(account, "'code': '123456'").at("/state").asString())
                .isEqualTo("active");
    }

    // ---- in a poll

    @Test
    void protectedDataWaitForTheOwnersConsentAndSaySo() {
        var poll = icloud.begun(icloud.active("adp"), PHOTOS);
        waits(poll, "consent-required", "Waiting for the owner to allow access on one of their devices");
        var task = icloud.suspended(poll).at("/id").asString();
        assertThat(errors(icloud.completed(poll))).isEmpty();
        var done = icloud.client.get("/tasks/" + task).expect(200);
        assertThat(done.at("/error").isNull()).isTrue();
        assertThat(done.has("error_message")).isFalse();
    }

    @Test
    void protectedDataWithoutConsentAreConsentRequired() {
        isRefused(
                icloud.polled("adp-no-consent", PHOTOS),
                "consent-required",
                "The owner must allow access to protected data on one of their devices");
    }

    @Test
    void aServiceThatWasNeverActivatedIsNotActivated() {
        isRefused(icloud.polled("not-activated", PHOTOS), "not-activated", "has never opened iCloud Photos");
    }

    @Test
    void anErrorThatComesAsAGoodAnswerIsServiceUnavailableAndDeletesNothing() throws IOException {
        var contacts = "'data_types': ['icloud_contacts.contacts']";
        var session = icloud.active("plain");
        var first = icloud.feed(icloud.completed(icloud.begun(session, contacts)), "data:icloud_contacts.contacts");
        assertThat(first.at("/data")).isNotEmpty();
        var later = contacts + ", 'cursors': {'icloud_contacts.contacts': '"
                + first.at("/metadata/window/cursor").asString() + "'}";

        icloud.fault("plain", "/co/startup", 200, "{'error': 1, 'reason': 'Something', 'success': false}");
        isRefused(icloud.completed(icloud.begun(session, later)), "service-unavailable", "an error to contacts");
        icloud.fault("plain", "/co/startup", 200, "{'prefToken': 'p'}");
        icloud.fault("plain", "/co/contacts", 200, "{'prefToken': 'p'}");
        isRefused(icloud.completed(icloud.begun(session, later)), "service-unavailable", "holds no contacts");

        var nothing = icloud.feed(icloud.completed(icloud.begun(session, later)), "data:icloud_contacts.contacts");
        assertThat(nothing.at("/data")).isEmpty();
    }

    @Test
    void throttlingInMidRunIsWaitedOutAndInTheEndThrottled() {
        var poll = icloud.begun(icloud.active("always-busy"), PHOTOS);
        waits(poll, "throttled", "The source is busy");
        isRefused(icloud.completed(poll, A_MINUTE), "throttled", "The source is busy");
        // Twenty times at most, a minute apart.
        assertThat(icloud.asked("always-busy").filter(entry -> entry.status() == 503))
                .hasSizeBetween(2, 20);
    }

    @Test
    void aSessionLostInMidRunIsSessionExpired() {
        var session = icloud.active("signed-out");
        var poll = icloud.begun(session, PHOTOS);
        Eventually.eventually("it is reading", () -> icloud.asked("signed-out", "/private/records/query") > 3);
        icloud.app.clock().advance(Duration.ofMinutes(6));

        isRefused(icloud.completed(poll), "session-expired", "create a new one");
        var shown = icloud.client.get("/sessions/" + session).expect(200);
        assertThat(shown.at("/state").asString()).isEqualTo("expired");
        assertThat(shown.at("/error").asString()).isEqualTo("service");
        assertThat(icloud.asked("signed-out", "/signin/complete")).isEqualTo(1);
    }

    @Test
    void aLibraryThatIsStillIndexedIsWaitedForAndInTheEndStillIndexing() {
        var poll = icloud.begun(icloud.active("never-indexed"), PHOTOS);
        waits(poll, "still-indexing", "still being indexed");
        isRefused(icloud.completed(poll, A_MINUTE), "still-indexing", "still being indexed");
    }

    @Test
    void aFullStorageIsQuotaExceeded() {
        var poll = icloud.begun(icloud.active("over-quota"), PHOTOS);
        waits(poll, "quota-exceeded", "its owner can free or buy some");
        isRefused(icloud.completed(poll, A_MINUTE), "quota-exceeded", "storage at the source is full");
    }
}
