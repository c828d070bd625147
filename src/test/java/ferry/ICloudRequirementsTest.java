package ferry;

import static ferry.ICloudAtSandbox.ORIGINALS;
import static ferry.ICloudAtSandbox.PHOTOS;
import static ferry.ICloudAtSandbox.errors;
import static ferry.ICloudAtSandbox.files;
import static ferry.ICloudAtSandbox.name;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Account;
import ferry.sandbox.Journal;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.SecondFactor;
import ferry.sandbox.Trait;
import ferry.testing.Eventually;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// What users of iCloud clients have met, as a backend sees it: over the API, at the simulated iCloud
/// (`icloud-protocol` 3). R1, R4, R5, R7 and R8 are in the session room's `SignInTest`, over the API too. R23 is
/// here at a small size; with 100,000 photos and a file of 5 GB in a small heap it is measured by `bench/icloud`. The
/// refusals by name are in `ICloudRefusalsTest`.
class ICloudRequirementsTest {
    @RegisterExtension
    private static final ICloudAtSandbox icloud = new ICloudAtSandbox();

    @Test
    void everyRequirementHasATestNamedAfterIt() throws Exception {
        var tests = Stream.of(ICloudRequirementsTest.class, Class.forName("ferry.session.SignInTest"))
                .flatMap(room -> Stream.of(room.getDeclaredMethods()))
                .map(Method::getName)
                .toList();
        assertThat(IntStream.rangeClosed(1, 25))
                .allSatisfy(number -> assertThat(tests).anyMatch(name -> name.matches("r" + number + "[A-Z]\\w+")));
    }

    @Test
    void r2ACodeIsAskedForExplicitlyAndCanBeSentAgain() {
        var user = icloud.client.user("somebody with several ways");
        var account = name("device-or-phones");
        var first = icloud.client.session(user, "icloud.account", account, "'password': 'password'");
        assertThat(first.at("/error").asString()).isEqualTo("code-required");
        assertThat(first.at("/error_message").asString()).contains("make one", "Settings, Sign-In & Security");
        assertThat(first.at("/challenge/method").asString()).isEqualTo("device");
        assertThat(icloud.asked("device-or-phones", "/verify/trusteddevice/securitycode"))
                .isEqualTo(1);

        icloud.client.session(user, "icloud.account", account, "'method': 'device'");
        assertThat(icloud.asked("device-or-phones", "/verify/trusteddevice/securitycode"))
                .isEqualTo(2);
        assertThat(icloud.client
                        .session(user, "icloud.account", account, "'code': '123456'")
                        .at("/state")
                        .asString())
                .isEqualTo("active");
    }

    @ParameterizedTest
    @ValueSource(strings = {"code-200", "code-409", "code-409-without-token", "code-412"})
    void r3ARightCodeIsRightHoweverItIsAnswered(String account) {
        assertThat(icloud.active(account)).isNotEmpty();
    }

    @Test
    void r6ASecurityKeyIsToldBeforeACodeIsAskedFor() {
        assertThat(icloud.refusedSession("security-key").at("/error").asString())
                .isEqualTo("second-factor-unsupported");
        assertThat(icloud.asked("security-key", "/securitycode")).isZero();
        assertThat(icloud.refusedSession("passkey").at("/error").asString()).isEqualTo("second-factor-unsupported");
        assertThat(icloud.asked("passkey", "/securitycode")).isZero();
    }

    @Test
    void r7AnAccountThatIsLockedMeanwhileIsReadNoMoreUntilItsOwnerSignsInAgain() {
        var account = new Account(
                name("locked-later"),
                50_000_000_002L,
                "L",
                "R",
                new SecondFactor.None(),
                Set.of(Trait.SHORT_SESSION),
                new LibrarySpec(78, 12));
        icloud.app.sandbox().accounts().add(account);
        var session = icloud.active("locked-later");
        icloud.app
                .sandbox()
                .accounts()
                .add(new Account(
                        account.identifier(),
                        account.dsid(),
                        "L",
                        "R",
                        account.secondFactor(),
                        Set.of(Trait.SHORT_SESSION, Trait.LOCKED),
                        account.library()));
        icloud.app.clock().advance(Duration.ofMinutes(6));

        var poll = icloud.completed(icloud.begun(session, "'info_types': ['icloud.devices']"));

        assertThat(errors(poll)).containsExactly("source-locked");
        var shown = icloud.client.get("/sessions/" + session).expect(200);
        assertThat(shown.at("/state").asString()).isEqualTo("expired");
        assertThat(icloud.client
                        .get("/sources/" + shown.at("/source").asString())
                        .text("/state"))
                .isEqualTo("locked");
        long asked = icloud.asked("locked-later").count();
        icloud.client
                .post("/polls", "{'session': '" + session + "', 'payload': {'info_types': ['icloud.devices']}}")
                .expect(400);
        assertThat(icloud.refusedSession("locked-later").at("/error").asString())
                .isEqualTo("source-locked");
        assertThat(icloud.asked("locked-later").count()).isEqualTo(asked);

        icloud.app.sandbox().accounts().add(account);
        icloud.app.clock().advance(Duration.ofMinutes(16));
        assertThat(errors(icloud.polled("locked-later", "'info_types': ['icloud.devices']")))
                .isEmpty();
    }

    @Test
    void r9ASessionThatNoLongerValidatesIsOpenedAnewWithWhatIsStored() {
        var session = icloud.active("short-session");
        long passwords = icloud.asked("short-session", "/signin/complete");
        icloud.app.clock().advance(Duration.ofMinutes(6));

        var poll = icloud.completed(icloud.begun(session, "'info_types': ['icloud.devices']"));

        assertThat(errors(poll)).isEmpty();
        assertThat(icloud.asked("short-session", "/accountLogin")).isGreaterThan(1);
        assertThat(icloud.asked("short-session", "/signin/complete")).isEqualTo(passwords);
    }

    @Test
    void r10ASessionThatEndsInMidRunIsRenewedAndNothingIsMissing() throws IOException {
        icloud.app
                .sandbox()
                .accounts()
                .add(new Account(
                        name("long-run"),
                        50_000_000_001L,
                        "L",
                        "R",
                        new SecondFactor.None(),
                        Set.of(Trait.SHORT_SESSION),
                        new LibrarySpec(77, 6_000)));
        var session = icloud.active("long-run");
        var poll = icloud.begun(session, PHOTOS);
        Eventually.eventually("it is reading", () -> icloud.asked("long-run", "/private/records/query") > 3);
        icloud.app.clock().advance(Duration.ofMinutes(6));

        var feed = icloud.feed(icloud.completed(poll), "data:icpl.photos");

        assertThat(icloud.asked("long-run", "/accountLogin")).isGreaterThan(1);
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(feed.at("/data").size()).isEqualTo(6_000);
    }

    @Test
    void r11PendingTermsAreToldAndNeverAccepted() {
        assertThat(icloud.refusedSession("terms").at("/error").asString()).isEqualTo("terms-pending");
        assertThat(icloud.asked("terms", "/repairDone") + icloud.asked("terms", "/getTerms"))
                .isZero();
    }

    @Test
    void r12ARepairIsTriedOnceAndThenTheOwners() {
        assertThat(icloud.active("repair")).isNotEmpty();
        assertThat(icloud.asked("repair", "/repair/complete")).isEqualTo(1);
        assertThat(icloud.refusedSession("repair-stuck").at("/error").asString())
                .isEqualTo("owner-action-required");
        assertThat(icloud.asked("repair-stuck", "/repair/complete")).isEqualTo(1);
    }

    @Test
    void r13ProtectedDataWaitForTheOwnersConsentAndNoLongerThanThat() {
        assertThat(errors(icloud.polled("adp", PHOTOS))).isEmpty();
        assertThat(icloud.asked("adp", "/enableDeviceConsentForPCS")).isEqualTo(1);
        assertThat(errors(icloud.polled("adp-no-consent", PHOTOS))).containsExactly("consent-required");
        assertThat(icloud.asked("adp-no-consent", "/enableDeviceConsentForPCS")).isEqualTo(1);
        var looks = icloud.asked("adp-no-consent")
                .filter(entry -> entry.path().endsWith("/requestWebAccessState"))
                .map(Journal.Entry::at)
                .toList();
        assertThat(Duration.between(looks.getFirst(), looks.getLast()))
                .isBetween(Duration.ofMinutes(5), Duration.ofMinutes(6));
    }

    @Test
    void r13AConsentCallThatFailsIsNoAnswer() {
        icloud.app
                .sandbox()
                .accounts()
                .add(new Account(
                        name("adp-shaky"),
                        50_000_000_003L,
                        "L",
                        "R",
                        new SecondFactor.None(),
                        Set.of(Trait.ADP),
                        new LibrarySpec(79, 12)));
        var session = icloud.active("adp-shaky");
        icloud.fault("", "/requestWebAccessState", 503, "{}");
        icloud.fault("", "/enableDeviceConsentForPCS", 503, "{}");
        icloud.fault("", "/requestPCS", 421, "{}");
        icloud.fault("", "/requestPCS", 503, "{}");

        assertThat(errors(icloud.completed(icloud.begun(session, PHOTOS)))).isEmpty();
        assertThat(icloud.asked("adp-shaky", "/enableDeviceConsentForPCS")).isEqualTo(1);
        // What the source has no name for is not the owner's to allow.
        icloud.fault("", "/requestPCS", 400, "{'success': false, 'error': 'Unknown app requested'}");
        assertThat(errors(icloud.completed(icloud.begun(session, "'data_types': ['icloud_notes.notes']"))))
                .containsExactly("not-available");
    }

    @Test
    void r14AccessThatIsDeniedThoughItIsAllowedIsLeftAloneForHours() {
        var session = icloud.active("over-used");
        var poll = icloud.begun(session, PHOTOS);
        var waiting = icloud.suspended(poll);

        assertThat(Instant.parse(waiting.at("/date_due").asString()))
                .isAfter(icloud.app.clock().instant().plus(Duration.ofMinutes(230)));
        assertThat(waiting.at("/error_message").asString()).contains("read too often");
        assertThat(icloud.asked("over-used", "/requestWebAccessState")).isEqualTo(1);
        assertThat(denied()).isEqualTo(1);

        // Nobody else tries it meanwhile; what other hosts hold is read.
        icloud.suspended(icloud.begun(session, PHOTOS));
        var contacts = icloud.client.completedPoll(session, "'data_types': ['icloud_contacts.contacts']");
        assertThat(errors(contacts)).isEmpty();
        assertThat(denied()).isEqualTo(1);

        icloud.app.clock().advance(Duration.ofHours(4));
        assertThat(errors(icloud.completed(poll))).isEmpty();
        assertThat(denied()).isEqualTo(1);
    }

    private static long denied() {
        return icloud.asked("over-used").filter(entry -> entry.status() == 403).count();
    }

    @Test
    void r15AServiceThatWasNeverOpenedDoesNotHoldUpTheOthers() {
        var poll = icloud.polled("not-activated", PHOTOS + ", 'info_types': ['icloud.devices', 'icloud.storage']");
        assertThat(errors(poll)).containsExactly("not-activated");
        assertThat(poll.at("/errors/total_count").asInt()).isEqualTo(1);
        assertThat(poll.at("/results/total_count").asInt()).isEqualTo(2);
    }

    @Test
    void r15AServiceThatGoesOnRefusingEndsNothingElse() {
        var session = icloud.active("find-my-closed");
        var poll = icloud.completed(
                icloud.begun(session, "'data_types': ['icloud_find_my.devices', 'icloud_contacts.contacts']"));
        assertThat(errors(poll)).containsExactly("service-unavailable");
        assertThat(poll.at("/errors/total_count").asInt()).isEqualTo(1);
        assertThat(poll.at("/results/total_count").asInt()).isEqualTo(1);
        assertThat(icloud.client.get("/sessions/" + session).text("/state")).isEqualTo("active");
    }

    @Test
    void r16ALibraryThatIsStillIndexedIsReadLaterAndWhole() throws IOException {
        var feed = icloud.feed(icloud.polled("indexing", PHOTOS), "data:icpl.photos");
        assertThat(icloud.asked("indexing", "/private/records/query")).isGreaterThan(3);
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(feed.at("/data").size()).isEqualTo(240);
    }

    @ParameterizedTest
    @ValueSource(strings = {"empty-pages", "moving"})
    void r16AListingThatBreaksOffOrMovesIsReadToItsEnd(String account) throws IOException {
        var feed = icloud.feed(icloud.polled(account, PHOTOS), "data:icpl.photos");
        var ids = feed.at("/data")
                .valueStream()
                .map(photo -> photo.at("/id").asString())
                .toList();

        // What is added while the library is read comes in the delta after the last page.
        int added = account.equals("moving") ? 1 : 0;
        assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(240 + added);
        assertThat(icloud.asked(account, "/changes/zone")).isPositive();
        assertThat(icloud.asked(account, "/internal/records/query/batch")).isPositive();
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
    }

    @Test
    void r17ARecordThatIsAnErrorIsLookedUpOnceMoreAndThenItemised() throws IOException {
        var poll = icloud.polled("record-errors", PHOTOS);
        var feed = icloud.feed(poll, "data:icpl.photos");

        // Of 240 photos 30 come only when they are looked up. Of 30 others neither the photo nor its file can be
        // read, and 3 share such a file, which the errors name by its photo.
        assertThat(feed.at("/data").size()).isEqualTo(240 - 30 - 3);
        assertThat(feed.at("/metadata/complete").asBoolean()).isFalse();
        assertThat(errors(poll)).containsExactly("not-retrievable");
        assertThat(poll.at("/errors/data").valueStream().map(error -> error.at("/item")))
                .hasSize(30 + (30 - 3) + 3)
                .doesNotHaveDuplicates();
        assertThat(icloud.asked("record-errors", "/private/records/lookup")).isPositive();
    }

    @Test
    void r18AnAddressThatHasExpiredIsLookedUpAgain() throws IOException {
        var poll = icloud.polled("expiring-urls", ORIGINALS);
        long originals = originals(poll);

        // Every address that a listing gave to each fifth photo had expired. What does not come are six that the source
        // never had an address for.
        assertThat(errors(poll)).containsExactly("not-retrievable");
        assertThat(poll.at("/errors/total_count").asLong()).isEqualTo(6);
        assertThat(files(poll)).isEqualTo(originals - 6);
        assertThat(icloud.asked("expiring-urls", "/private/records/lookup")).isGreaterThanOrEqualTo(40);
    }

    /// How many original files the feed lists.
    private static long originals(JsonNode poll) throws IOException {
        return icloud.feed(poll, "data:icpl.photos")
                .at("/data")
                .valueStream()
                .flatMap(photo -> photo.at("/files").valueStream())
                .filter(file -> file.at("/variant").asString().equals("original"))
                .map(file -> file.at("/id").asString())
                .distinct()
                .count();
    }

    @Test
    void r19ABusySourceIsReadAtItsPace() throws IOException {
        var feed = icloud.feed(icloud.polled("busy", PHOTOS), "data:icpl.photos");
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(feed.at("/data").size()).isEqualTo(240);
    }

    @Test
    void r19NobodyAsksBeforeTheSourceAllowsIt() throws IOException {
        var session = withManyPhotos("told-to-wait", 50_000_000_004L);
        icloud.fault("told-to-wait", "/private/records/query", 503, "{}", 100);
        var first = icloud.begun(session, PHOTOS);
        icloud.suspended(first);
        var complaint = complaint("told-to-wait");

        // Another poll of the account waits as well.
        var second = icloud.begun(session, PHOTOS);
        icloud.suspended(second);
        for (var poll : List.of(first, second)) {
            var feed = icloud.feed(icloud.completed(poll, Duration.ofMinutes(1)), "data:icpl.photos");
            assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
            assertThat(feed.at("/data").size()).isGreaterThanOrEqualTo(300);
        }

        // A second for what was under way already.
        assertThat(listings("told-to-wait"))
                .noneMatch(entry -> entry.at().isAfter(complaint.plus(Duration.ofSeconds(1)))
                        && entry.at().isBefore(complaint.plus(Duration.ofSeconds(100))));
    }

    /// What an account was asked of its photos, in order.
    private static List<Journal.Entry> listings(String account) {
        return icloud.asked(account)
                .filter(entry -> entry.path().contains("/ckdatabasews/"))
                .sorted(Comparator.comparing(Journal.Entry::at))
                .toList();
    }

    /// When the account was told to come back later, for the first time.
    private static Instant complaint(String account) {
        return listings(account).stream()
                .filter(entry -> entry.status() == 503)
                .findFirst()
                .orElseThrow()
                .at();
    }

    /// The session of a new account with 300 photos.
    private static String withManyPhotos(String account, long dsid) {
        icloud.app
                .sandbox()
                .accounts()
                .add(new Account(
                        name(account), dsid, "L", "R", new SecondFactor.None(), Set.of(), new LibrarySpec(80, 300)));
        return icloud.active(account);
    }

    @Test
    void r20NothingThatWasSpoiltIsPublished() throws IOException {
        var poll = icloud.polled("corrupt", ORIGINALS);
        assertThat(errors(poll)).containsExactlyInAnyOrder("integrity-mismatch", "not-retrievable");
        assertThat(files(poll)).isPositive();
        var refused = icloud.client
                .get("/polls/" + poll.at("/id").asString() + "/errors?limit=1000")
                .expect(200)
                .at("/data")
                .valueStream()
                .map(error -> error.at("/item").asString())
                .toList();
        // A file that two photos share is refused once.
        assertThat(refused).doesNotHaveDuplicates();
        assertThat(files(poll) + refused.size()).isEqualTo(originals(poll));
    }

    @Test
    void r21WhatTheSourceDoesNotHandOutIsListedAndTold() throws IOException {
        var poll = icloud.polled("missing-files", ORIGINALS);
        assertThat(errors(poll)).contains("not-retrievable");
        assertThat(icloud.feed(poll, "data:icpl.photos")
                        .at("/data")
                        .valueStream()
                        .map(photo -> photo.at("/filename").asString("")))
                .noneMatch(String::isEmpty);
    }

    @Test
    void r22EveryFileHasAPlaceOfItsOwn() {
        var poll = icloud.polled("john.appleseed", PHOTOS + ", 'file_types': ['icpl.photos.*']");
        var urls = icloud.client
                .get("/results?limit=1000&poll=" + poll.at("/id").asString())
                .expect(200)
                .at("/data")
                .valueStream()
                .map(result -> result.at("/url").asString())
                .toList();
        assertThat(urls).hasSizeGreaterThan(40).doesNotHaveDuplicates();
    }

    @Test
    void r23ALargeLibraryIsReadInSmallPagesFewAtATime() throws IOException {
        icloud.app
                .sandbox()
                .accounts()
                .add(new Account(
                        name("many-pages"),
                        50_000_000_005L,
                        "L",
                        "R",
                        new SecondFactor.None(),
                        Set.of(),
                        new LibrarySpec(81, 3_000)));
        icloud.app.sandbox().countUnderWayAnew();

        var feed = icloud.feed(icloud.polled("many-pages", PHOTOS), "data:icpl.photos");

        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(feed.at("/data").size()).isEqualTo(3_000);
        // A page holds a hundred photos at most, and no more than four are held at once.
        assertThat(icloud.asked("many-pages", "/private/records/query")).isBetween(30L, 60L);
        assertThat(icloud.app.sandbox().mostUnderWay("ckdatabasews")).isBetween(2, 4);
    }

    @Test
    void r24TheSharedLibraryIsReadBesideTheOwn() throws IOException {
        var feed = icloud.feed(icloud.polled("john.appleseed", PHOTOS), "data:icpl.photos");
        var libraries = feed.at("/data")
                .valueStream()
                .map(photo -> photo.at("/library").asString())
                .toList();
        assertThat(libraries).contains("personal", "shared");
        assertThat(libraries.stream().filter("shared"::equals)).hasSize(6);
        assertThat(List.copyOf(new HashSet<>(libraries))).hasSize(2);
        var ids = feed.at("/data")
                .valueStream()
                .map(photo -> photo.at("/library").asString() + " is "
                        + photo.at("/library_id").asString())
                .distinct();
        assertThat(ids)
                .hasSize(2)
                .contains("personal is library:PrimarySync")
                .anyMatch(id -> id.startsWith("shared is library:SharedSync-"));
    }

    @Test
    void r25AnAccountOfTheOtherRegionIsOpenedThere() {
        assertThat(errors(icloud.polled("china", "'info_types': ['icloud.account', 'icloud.devices']")))
                .isEmpty();
        assertThat(icloud.asked("china").map(Journal.Entry::path))
                .contains("/setup/ws/1/accountLogin", "/cn/setup/ws/1/accountLogin");
        assertThat(icloud.asked("china", "/signin/complete")).isEqualTo(1);
    }

    @Test
    void r25AnAccountOfNoKnownRegionIsToldApart() {
        var session = icloud.refusedSession("elsewhere");
        assertThat(session.at("/error").asString()).isEqualTo("region-unsupported");
        assertThat(icloud.asked("elsewhere", "/accountLogin")).isEqualTo(2);
    }

    @Test
    void r25AnOddDriveIsReadToItsEnd() {
        var poll =
                icloud.polled("drive-odd", "'data_types': ['icloud_drive.files'], 'file_types': ['icloud_drive.file']");

        // A file that was moved away between listing and download.
        assertThat(errors(poll)).containsExactly("not-retrievable");
        assertThat(poll.at("/errors/total_count").asLong()).isEqualTo(1);
        assertThat(files(poll)).isGreaterThan(10);
    }

    @Test
    void r25AnAppleIdIsTheSameInCapitals() {
        var session = icloud.client.session(
                icloud.client.user("loud"), "icloud.account", "PLAIN@SANDBOX.EXAMPLE", "'password': 'password'");
        assertThat(session.at("/state").asString()).isEqualTo("active");
    }
}
