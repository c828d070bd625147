package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Account;
import ferry.sandbox.Journal;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.SecondFactor;
import ferry.sandbox.Trait;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What users of iCloud clients have met, as a backend sees it: over the API, at the simulated iCloud
/// (`icloud-protocol` 3). R1, R4, R5, R7 and R8 are in `SignInTest`; R14 and R17, which wait long, in the connector's
/// own tests.
class ICloudRequirementsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String PHOTOS = "'data_types': ['icpl.photos']";
    private static final String ORIGINALS = PHOTOS + ", 'file_types': ['icpl.photos.original']";

    private static TestApp app;
    private static Client client;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
        client.storage("local://requirements/results");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @AfterEach
    void nothingForbiddenWasAsked() {
        assertThat(app.sandbox().journal().violations()).isEmpty();
    }

    private static String name(String account) {
        return account + "@sandbox.example";
    }

    private static Stream<Journal.Entry> asked(String account) {
        return app.sandbox().journal().entries().stream()
                .filter(entry -> entry.account().equals(name(account)));
    }

    private static long asked(String account, String pathEnd) {
        return asked(account).filter(entry -> entry.path().endsWith(pathEnd)).count();
    }

    private static JsonNode refusedSession(String account) {
        var session = client.session(
                client.user("user of " + account), "icloud.account", name(account), "'password': 'password'");
        assertThat(session.at("/state").asString()).isEqualTo("failed");
        return session;
    }

    /// A poll to its end, however often it is told to come back later.
    private static JsonNode polled(String account, String payload) {
        return completed(begun(client.activeSession(name(account)), payload));
    }

    private static String begun(String session, String payload) {
        return client.post("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}")
                .expect(201)
                .at("/id")
                .asString();
    }

    private static JsonNode completed(String poll) {
        return Eventually.get(
                () -> {
                    var shown = client.get("/polls/" + poll).expect(200);
                    if (!shown.at("/tasks_suspended").isEmpty()) {
                        app.clock().advance(Duration.ofSeconds(10));
                    }
                    return shown;
                },
                p -> p.at("/state").asString().equals("completed"));
    }

    private static Set<String> errors(JsonNode poll) {
        var codes = new HashSet<String>();
        poll.at("/errors/data").forEach(error -> codes.add(error.at("/error").asString()));
        return codes;
    }

    private static JsonNode feed(JsonNode poll, String identifier) throws IOException {
        var found = client.get("/results?poll=" + poll.at("/id").asString() + "&identifier=" + identifier);
        return JSON.readTree(Files.readString(path(found.text("/data/0/url"))));
    }

    private static Path path(String url) {
        return Path.of(URI.create(url.replace("local://", "file://")));
    }

    private static long files(JsonNode poll) {
        return poll.at("/results/total_count").asLong() - 1;
    }

    @Test
    void r2ACodeIsAskedForExplicitlyAndCanBeSentAgain() {
        var user = client.user("somebody with several ways");
        var account = name("device-or-phones");
        var first = client.session(user, "icloud.account", account, "'password': 'password'");
        assertThat(first.at("/error").asString()).isEqualTo("code-required");
        assertThat(first.at("/challenge/method").asString()).isEqualTo("device");
        assertThat(asked("device-or-phones", "/verify/trusteddevice/securitycode"))
                .isEqualTo(1);

        client.session(user, "icloud.account", account, "'method': 'device'");
        assertThat(asked("device-or-phones", "/verify/trusteddevice/securitycode"))
                .isEqualTo(2);
        assertThat(client.session(user, "icloud.account", account, "'code': '123456'")
                        .at("/state")
                        .asString())
                .isEqualTo("active");
    }

    @ParameterizedTest
    @ValueSource(strings = {"code-200", "code-409", "code-409-without-token", "code-412"})
    void r3ARightCodeIsRightHoweverItIsAnswered(String account) {
        assertThat(client.activeSession(name(account))).isNotEmpty();
    }

    @Test
    void r6ASecurityKeyIsToldBeforeACodeIsAskedFor() {
        assertThat(refusedSession("security-key").at("/error").asString()).isEqualTo("second-factor-unsupported");
        assertThat(asked("security-key", "/securitycode")).isZero();
    }

    @Test
    void r9ASessionThatNoLongerValidatesIsOpenedAnewWithWhatIsStored() {
        var session = client.activeSession(name("short-session"));
        long passwords = asked("short-session", "/signin/complete");
        app.clock().advance(Duration.ofMinutes(6));

        var poll = completed(begun(session, "'info_types': ['icloud.devices']"));

        assertThat(errors(poll)).isEmpty();
        assertThat(asked("short-session", "/accountLogin")).isGreaterThan(1);
        assertThat(asked("short-session", "/signin/complete")).isEqualTo(passwords);
    }

    @Test
    void r10ASessionThatEndsInMidRunIsRenewedAndNothingIsMissing() throws IOException {
        app.sandbox()
                .accounts()
                .add(new Account(
                        name("long-run"),
                        50_000_000_001L,
                        "L",
                        "R",
                        new SecondFactor.None(),
                        Set.of(Trait.SHORT_SESSION),
                        new LibrarySpec(77, 6_000)));
        var session = client.activeSession(name("long-run"));
        var poll = begun(session, PHOTOS);
        Eventually.eventually("it is reading", () -> asked("long-run", "/private/records/query") > 3);
        app.clock().advance(Duration.ofMinutes(6));

        var feed = feed(completed(poll), "data:icpl.photos");

        assertThat(asked("long-run", "/accountLogin")).isGreaterThan(1);
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(feed.at("/data").size()).isEqualTo(6_000);
    }

    @Test
    void r11PendingTermsAreToldAndNeverAccepted() {
        assertThat(refusedSession("terms").at("/error").asString()).isEqualTo("terms-pending");
        assertThat(asked("terms", "/repairDone") + asked("terms", "/getTerms")).isZero();
    }

    @Test
    void r12ARepairIsTriedOnceAndThenTheOwners() {
        assertThat(client.activeSession(name("repair"))).isNotEmpty();
        assertThat(asked("repair", "/repair/complete")).isEqualTo(1);
        assertThat(refusedSession("repair-stuck").at("/error").asString()).isEqualTo("owner-action-required");
        assertThat(asked("repair-stuck", "/repair/complete")).isEqualTo(1);
    }

    @Test
    void r13ProtectedDataWaitForTheOwnersConsentAndNoLongerThanThat() {
        assertThat(errors(polled("adp", PHOTOS))).isEmpty();
        assertThat(asked("adp", "/enableDeviceConsentForPCS")).isEqualTo(1);
        assertThat(errors(polled("adp-no-consent", PHOTOS))).containsExactly("consent-required");
        assertThat(asked("adp-no-consent", "/enableDeviceConsentForPCS")).isEqualTo(1);
    }

    @Test
    void r15AServiceThatWasNeverOpenedDoesNotHoldUpTheOthers() {
        var poll = polled("not-activated", PHOTOS + ", 'info_types': ['icloud.devices', 'icloud.storage']");
        assertThat(errors(poll)).hasSize(1).containsAnyOf("not-activated", "not-available");
        assertThat(poll.at("/results/total_count").asInt()).isEqualTo(2);
    }

    @Test
    void r16ALibraryThatIsStillIndexedIsReadLaterAndWhole() throws IOException {
        var feed = feed(polled("indexing", PHOTOS), "data:icpl.photos");
        assertThat(asked("indexing", "/private/records/query")).isGreaterThan(3);
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(feed.at("/data").size()).isPositive();
    }

    @Test
    void r18AnAddressThatHasExpiredIsLookedUpAgain() {
        var poll = polled("expiring-urls", ORIGINALS);
        assertThat(files(poll)).isPositive();
        assertThat(poll.at("/errors/total_count").asLong()).isLessThan(files(poll));
        assertThat(asked("expiring-urls", "/private/records/lookup")).isPositive();
    }

    @Test
    void r19ABusySourceIsReadAtItsPace() throws IOException {
        var feed = feed(polled("busy", PHOTOS), "data:icpl.photos");
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(feed.at("/data").size()).isPositive();
    }

    @Test
    void r20NothingThatWasSpoiltIsPublished() {
        var poll = polled("corrupt", ORIGINALS);
        assertThat(errors(poll)).contains("integrity-mismatch");
        assertThat(files(poll)).isPositive();
    }

    @Test
    void r21WhatTheSourceDoesNotHandOutIsListedAndTold() throws IOException {
        var poll = polled("missing-files", ORIGINALS);
        assertThat(errors(poll)).contains("not-retrievable");
        assertThat(feed(poll, "data:icpl.photos")
                        .at("/data")
                        .valueStream()
                        .map(photo -> photo.at("/filename").asString("")))
                .noneMatch(String::isEmpty);
    }

    @Test
    void r22EveryFileHasAPlaceOfItsOwn() {
        var poll = polled("john.appleseed", PHOTOS + ", 'file_types': ['icpl.photos.*']");
        var urls = client.get("/results?limit=1000&poll=" + poll.at("/id").asString())
                .expect(200)
                .at("/data")
                .valueStream()
                .map(result -> result.at("/url").asString())
                .toList();
        assertThat(urls).hasSizeGreaterThan(40).doesNotHaveDuplicates();
    }

    @Test
    void r24TheSharedLibraryIsReadBesideTheOwn() throws IOException {
        var feed = feed(polled("john.appleseed", PHOTOS), "data:icpl.photos");
        var libraries = feed.at("/data")
                .valueStream()
                .map(photo -> photo.at("/library").asString())
                .toList();
        assertThat(libraries).contains("personal", "shared");
        assertThat(libraries.stream().filter("shared"::equals)).hasSize(6);
        assertThat(List.copyOf(new HashSet<>(libraries))).hasSize(2);
    }

    @Test
    void r25AnAccountOfTheOtherRegionIsToldApart() {
        var session = refusedSession("china");
        assertThat(session.at("/error").asString()).isNotIn("credentials-invalid", "");
    }
}
