package ferry.session;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Account;
import ferry.sandbox.Journal;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.Phone;
import ferry.sandbox.SecondFactor;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Signing in as a backend sees it, over the real API, at the simulated iCloud (design 4).
class SignInTest {
    private static final String RIGHT = "'password': 'password'";
    private static final String WRONG = "'password': 'not the password'";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static TestApp app;

    @BeforeAll
    static void start() {
        app = TestApp.start();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    /// Somebody of the organisation with an account nobody else uses.
    private record Person(Client client, String user, String account) {
        JsonNode signIn(String payload) {
            return client.session(user, "icloud.account", account, payload);
        }

        String active() {
            signIn(RIGHT);
            var session = signIn("'code': '123456'");
            assertThat(state(session)).isEqualTo("active");
            return id(session);
        }

        long asked(String pathEnd) {
            return asked("", pathEnd);
        }

        long asked(String method, String pathEnd) {
            return journal(app, account).stream()
                    .filter(entry ->
                            entry.method().startsWith(method) && entry.path().endsWith(pathEnd))
                    .count();
        }
    }

    private static List<Journal.Entry> journal(TestApp of, String account) {
        return of.sandbox().journal().entries().stream()
                .filter(entry -> entry.account().equals(account))
                .toList();
    }

    private static Person person() {
        return person(
                app,
                new SecondFactor.Codes(
                        SecondFactor.Push.ON_REQUEST,
                        SecondFactor.Accepted.NO_CONTENT_204,
                        true,
                        List.of(new Phone(1, "81", "sms", false), new Phone(2, "17", "voice", false))));
    }

    private static Person person(TestApp of, SecondFactor factor) {
        var number = NUMBER.incrementAndGet();
        var name = "person-" + number + "@sandbox.example";
        of.sandbox()
                .accounts()
                .add(new Account(name, 30_000_000_000L + number, "P", "N", factor, Set.of(), new LibrarySpec(9, 4)));
        return new Person(of.client(), of.client().user(name), name);
    }

    private static String state(JsonNode session) {
        return session.at("/state").asString();
    }

    private static String error(JsonNode session) {
        return session.at("/error").asString("");
    }

    private static String id(JsonNode session) {
        return session.at("/id").asString();
    }

    private static Client.Answer ask(Client client, Person person, String payload) {
        return client.postAndAwait("/sessions", """
                {'source': {'user': '%s', 'type': 'icloud.account', 'identifier': '%s'}, 'payload': {%s}}
                """.formatted(person.user(), person.account(), payload));
    }

    private static List<String> events(TestApp of, String subject) {
        return of.db()
                .system(tx -> tx.createQuery("select type || '.' || action from event where subject = :id order by id")
                        .bind("id", subject)
                        .mapTo(String.class)
                        .list());
    }

    @Test
    void oneCodeIsEnough() {
        var person = person();

        var asked = person.signIn(RIGHT);
        assertThat(state(asked)).isEqualTo("failed");
        assertThat(error(asked)).isEqualTo("code-required");
        assertThat(asked.at("/challenge/method").asString()).isEqualTo("device");
        assertThat(asked.at("/challenge/code_length").asInt()).isEqualTo(6);
        assertThat(asked.at("/challenge/methods").size()).isGreaterThan(1);

        var opened = person.signIn("'password': 'password', 'code': '123456'");
        assertThat(state(opened)).isEqualTo("active");
        assertThat(opened.at("/error").isNull()).isTrue();
        assertThat(opened.has("challenge")).isFalse();
        // The code went to the sign-in of the first call: the password was proved once, and one code was shown.
        assertThat(person.asked("/signin/complete")).isEqualTo(1);
        assertThat(person.asked("PUT", "/securitycode")).isEqualTo(1);
        assertThat(person.asked("POST", "/securitycode")).isEqualTo(1);
        assertThat(events(app, id(asked))).containsExactly("session.failed");
        assertThat(events(app, id(opened))).containsExactly("session.active");
        assertThat(app.client()
                        .get("/sources/" + opened.at("/source").asString())
                        .text("/state"))
                .isEqualTo("active");
    }

    @Test
    void r8TheNextSessionOfTheSourceNeedsNoCode() {
        var person = person();
        person.active();

        assertThat(state(person.signIn(RIGHT))).isEqualTo("active");
        assertThat(person.asked("PUT", "/securitycode")).isEqualTo(1);
        assertThat(person.asked("/signin/complete")).isEqualTo(2);
    }

    @Test
    void aWrongPasswordIsRefusedThoughTheTrustTokenIsStored() {
        var person = person();
        person.active();
        app.sandbox().journal().clear();

        var refused = person.signIn(WRONG);
        assertThat(state(refused)).isEqualTo("failed");
        assertThat(error(refused)).isEqualTo("credentials-invalid");
        assertThat(person.asked("/signin/complete")).isEqualTo(1);
        assertThat(person.asked("accountLogin")).isZero();
    }

    @Test
    void r1AWrongPasswordIsTriedOnce() {
        var person = person();

        var refused = person.signIn(WRONG);
        assertThat(error(refused)).isEqualTo("credentials-invalid");
        assertThat(person.asked("/signin/complete")).isEqualTo(1);
        // Nothing stays open that a code alone could finish.
        assertThat(ask(app.client(), person, "'code': '123456'").status()).isEqualTo(400);
        assertThat(person.asked("/signin/complete")).isEqualTo(1);
    }

    @Test
    void aCallWithoutACodeShowsTheSameChallengeAndSendsNone() {
        var person = person();
        var first = person.signIn(RIGHT);

        var again = person.signIn(WRONG);
        assertThat(error(again)).isEqualTo("code-required");
        assertThat(again.at("/challenge")).isEqualTo(first.at("/challenge"));
        assertThat(person.asked("PUT", "/securitycode")).isEqualTo(1);
        assertThat(person.asked("/signin/complete")).isEqualTo(1);
    }

    @Test
    void r4AWrongCodeIsAskedForAgainAndTheThirdClosesTheSignIn() {
        var person = person();
        person.signIn(RIGHT);

        for (int wrong = 1; wrong <= 2; wrong++) {
            var again = person.signIn("'code': '000000'");
            assertThat(error(again)).isEqualTo("code-required");
            assertThat(again.at("/challenge/method").asString()).isEqualTo("device");
        }
        var third = person.signIn("'code': '000000'");
        assertThat(error(third)).isEqualTo("code-required");
        assertThat(third.has("challenge")).isFalse();
        assertThat(person.asked("PUT", "/securitycode")).isEqualTo(1);

        var alone = ask(app.client(), person, "'code': '123456'");
        assertThat(alone.status()).isEqualTo(400);
        assertThat(alone.text("/error")).isEqualTo("invalid-parameter");
        assertThat(alone.body().at("/params/payload.password/0").asString()).contains("no longer open");
    }

    @Test
    void aRightCodeAfterAWrongOneOpensTheSession() {
        var person = person();
        person.signIn(RIGHT);
        person.signIn("'code': '000000'");

        assertThat(state(person.signIn("'code': '123456'"))).isEqualTo("active");
    }

    @Test
    void anOpenSignInIsOverAfterTenMinutes() {
        var person = person();
        var first = person.signIn(RIGHT);
        assertThat(Instant.parse(first.at("/challenge/date_expires").asString()))
                .isBefore(app.clock().instant().plus(Duration.ofMinutes(10)));

        app.clock().advance(Duration.ofMinutes(10));
        assertThat(ask(app.client(), person, "'code': '123456'").status()).isEqualTo(400);
        assertThat(error(person.signIn(RIGHT))).isEqualTo("code-required");
        assertThat(person.asked("/signin/complete")).isEqualTo(2);
    }

    @Test
    void anOpenSignInBelongsToItsKeyItsUserAndItsOrganisation() {
        var person = person();
        person.signIn(RIGHT);

        var otherKey = app.key(app.first());
        assertThat(ask(otherKey, person, "'code': '123456'").status()).isEqualTo(400);

        var otherUser = new Person(app.client(), app.client().user("another user"), person.account());
        assertThat(ask(app.client(), otherUser, "'code': '123456'").status()).isEqualTo(400);

        var other = app.organisation("Other " + person.account().replaceAll("\\W", ""), ferry.access.Scopes.ALL);
        var theirs = new Person(other.client(), other.client().user("their user"), person.account());
        assertThat(ask(other.client(), theirs, "'code': '123456'").status()).isEqualTo(400);
        // Theirs is a sign-in of its own, which does not disturb ours, nor does a trust token serve both.
        assertThat(error(theirs.signIn(RIGHT))).isEqualTo("code-required");
        assertThat(state(person.signIn("'code': '123456'"))).isEqualTo("active");
        assertThat(state(theirs.signIn("'code': '123456'"))).isEqualTo("active");
    }

    @Test
    void r5ACodeIsSentAnotherWayWhenAskedFor() {
        var person = person();
        person.signIn(RIGHT);

        var sent = person.signIn("'method': 'sms', 'phone': '1'");
        assertThat(error(sent)).isEqualTo("code-required");
        assertThat(sent.at("/challenge/method").asString()).isEqualTo("sms");
        assertThat(sent.at("/challenge/hint").asString()).contains("81");
        assertThat(person.asked("PUT", "/verify/phone")).isEqualTo(1);
        assertThat(state(person.signIn("'code': '123456'"))).isEqualTo("active");
        assertThat(person.asked("/signin/complete")).isEqualTo(1);
    }

    @Test
    void aSignInThatTheSourceHasForgottenIsClosedSoThatTheNextCallStartsAfresh() {
        var person = person();
        person.signIn(RIGHT);
        // The source keeps a sign-in for less long than we do.
        app.db().systemDo(tx -> tx.execute("update open_sign_in set date_expires = date_expires + interval '1 day'"));
        app.clock().advance(Duration.ofHours(2));

        var late = person.signIn("'code': '123456'");
        assertThat(state(late)).isEqualTo("failed");
        assertThat(error(person.signIn(RIGHT))).isEqualTo("code-required");
        assertThat(person.asked("/signin/complete")).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "security-key, second-factor-unsupported",
        "terms, terms-pending",
        "repair-stuck, owner-action-required",
        "web-access-disabled, web-access-disabled",
        "throttled, throttled",
        "locked, source-locked",
        "nobody, credentials-invalid",
    })
    void anAccountThatCannotBeReadSaysWhy(String name, String code) {
        var account = name + "@sandbox.example";
        var session = app.client().session(app.client().user(name), "icloud.account", account, RIGHT);
        assertThat(state(session)).isEqualTo("failed");
        assertThat(error(session)).isEqualTo(code);
        assertThat(app.sandbox().journal().violations()).isEmpty();
    }

    @Test
    void r1AThrottledSignInSaysWhenToTryAgainAndIsNotTriedBefore() {
        var client = app.client();
        app.sandbox()
                .accounts()
                .add(new Account(
                        "throttled-too@sandbox.example",
                        40_000_000_002L,
                        "T",
                        "T",
                        new SecondFactor.None(),
                        Set.of(ferry.sandbox.Trait.THROTTLED),
                        new LibrarySpec(9, 4)));
        var person = new Person(client, client.user("throttled"), "throttled-too@sandbox.example");
        for (int i = 0; i < 2; i++) {
            var session = person.signIn(RIGHT);
            assertThat(error(session)).isEqualTo("throttled");
            assertThat(Instant.parse(session.at("/date_retry").asString()))
                    .isAfter(app.clock().instant().plus(Duration.ofMinutes(30)));
        }
        assertThat(person.asked("/signin/init")).isLessThanOrEqualTo(2);
        assertThat(person.asked("/signin/complete")).isZero();
    }

    @Test
    void r1ABudgetKeepsAnAccountFromBeingAskedTooOften() {
        try (var strict = TestApp.start(setup -> setup.signIns(3, 8))) {
            var person = person(strict, new SecondFactor.None());
            for (int i = 0; i < 3; i++) {
                assertThat(state(person.signIn(RIGHT))).isEqualTo("active");
            }
            strict.sandbox().journal().clear();
            var fourth = person.signIn(RIGHT);
            assertThat(error(fourth)).isEqualTo("throttled");
            assertThat(Instant.parse(fourth.at("/date_retry").asString()))
                    .isBetween(
                            strict.clock().instant().plusSeconds(14 * 60),
                            strict.clock().instant().plusSeconds(15 * 60));
            // Whoever asks, and however the name is spelled.
            var other = strict.organisation("Other", ferry.access.Scopes.ALL).client();
            var theirs =
                    new Person(other, other.user("theirs"), person.account().toUpperCase(java.util.Locale.ROOT));
            assertThat(error(theirs.signIn(RIGHT))).isEqualTo("throttled");
            assertThat(journal(strict, person.account())).isEmpty();

            strict.clock().advance(Duration.ofMinutes(15));
            assertThat(state(person.signIn(RIGHT))).isEqualTo("active");
        }
    }

    @Test
    void r7ALockedAccountIsLeftAlone() {
        var client = app.organisation("Locked", ferry.access.Scopes.ALL).client();
        app.sandbox()
                .accounts()
                .add(new Account(
                        "locked-too@sandbox.example",
                        40_000_000_001L,
                        "L",
                        "T",
                        new SecondFactor.None(),
                        Set.of(ferry.sandbox.Trait.LOCKED),
                        new LibrarySpec(9, 4)));
        var person = new Person(client, client.user("locked"), "locked-too@sandbox.example");

        var first = person.signIn(RIGHT);
        assertThat(error(first)).isEqualTo("source-locked");
        assertThat(client.get("/sources/" + first.at("/source").asString()).text("/state"))
                .isEqualTo("locked");
        long asked = journal(app, person.account()).size();

        var second = person.signIn(RIGHT);
        assertThat(error(second)).isEqualTo("source-locked");
        assertThat(second.has("date_retry")).isTrue();
        assertThat(journal(app, person.account())).hasSize((int) asked);
    }

    @Test
    void deletingASessionSignsOutAtTheSourceAndMayBeRepeated() {
        var person = person();
        var id = person.active();

        var deleted = app.client().delete("/sessions/" + id).expect(200);
        assertThat(state(deleted)).isEqualTo("expired");
        assertThat(error(deleted)).isEqualTo("organisation");
        assertThat(deleted.at("/date_expired").asString()).isNotEmpty();
        Eventually.eventually("the sign-out", () -> person.asked("/logout") == 1);

        assertThat(app.client().delete("/sessions/" + id).expect(200)).isEqualTo(deleted);
        assertThat(events(app, id)).containsExactly("session.active", "session.expired");
        var poll = app.client().post("/polls", "{'session': '" + id + "', 'payload': {'info_types': ['*']}}");
        assertThat(poll.status()).isEqualTo(400);
        assertThat(poll.text("/error")).isEqualTo("session-expired");
        assertThat(person.asked("/logout")).isEqualTo(1);
    }

    @Test
    void aSessionThatIsDeletedWhileItSignsInIsNeverActive() {
        var source = new HeldSource();
        try (var slow = TestApp.start(setup -> setup.connector(source))) {
            var client = slow.client();
            var id = pending(client);
            source.awaitSignIn();
            assertThat(state(client.delete("/sessions/" + id).expect(200))).isEqualTo("expired");
            source.letGo();

            Eventually.eventually("signing out what nobody wants", () -> source.signOuts() == 1);
            assertThat(state(client.get("/sessions/" + id).body())).isEqualTo("expired");
            assertThat(events(slow, id)).containsExactly("session.expired");
        }
    }

    @Test
    void aSignInWhoseWorkerDiedIsNeverRevived() {
        var source = new HeldSource();
        try (var slow = TestApp.start(setup -> setup.connector(source))) {
            var id = pending(slow.client());
            source.awaitSignIn();
            int payloads = slow.db()
                    .system(tx -> tx.createQuery("select count(*) from task where payload is not null")
                            .mapTo(int.class)
                            .one());
            assertThat(payloads).isZero();
            // As the reconciler does for a task whose node is gone.
            slow.db().systemDo(tx -> tx.execute("update task set state = 'pending' where state = 'processing'"));

            var session = slow.client().settled("/sessions/" + id, s -> !state(s).equals("pending"));
            assertThat(error(session)).isEqualTo("service-unavailable");
            source.letGo();
            assertThat(source.signIns()).isEqualTo(1);
            assertThat(state(slow.client().get("/sessions/" + id).body())).isEqualTo("failed");
        }
    }

    private static String pending(Client client) {
        return client.post("/sessions", """
                {'source': {'user': '%s', 'type': 'held.account', 'identifier': 'h'}, 'payload': {'password': 'x'}}
                """.formatted(client.user("h")))
                .expect(201)
                .at("/id")
                .asString();
    }

    @Test
    void anIdleSessionExpiresAfterADay() {
        var person = person();
        var id = person.active();
        var expiry = app.app().sessionExpiry();
        app.clock().advance(Duration.ofHours(23));
        expiry.runDue();
        assertThat(state(app.client().get("/sessions/" + id).body())).isEqualTo("active");

        app.clock().advance(Duration.ofHours(1).plusMinutes(1));
        expiry.runDue();
        var session = app.client().get("/sessions/" + id).body();
        assertThat(state(session)).isEqualTo("expired");
        assertThat(error(session)).isEqualTo("api");
        assertThat(events(app, id)).containsExactly("session.active", "session.expired");
    }

    @Test
    void aSessionOfASourceThatWasSwitchedOffReadsExpired() {
        var person = person();
        var id = person.active();
        var source = app.client().get("/sessions/" + id).text("/source");
        app.db().systemDo(tx -> tx.execute("update source set refused = 'deactivated' where id = " + source));

        var session = app.client().get("/sessions/" + id).body();
        assertThat(state(session)).isEqualTo("expired");
        assertThat(error(session)).isEqualTo("organisation");
        assertThat(app.client().get("/sessions?state=active&source=" + source).text("/total_count"))
                .isEqualTo("0");
        var poll = app.client().post("/polls", "{'session': '" + id + "', 'payload': {'info_types': ['*']}}");
        assertThat(poll.text("/error")).isEqualTo("session-expired");
        assertThat(ask(app.client(), person, RIGHT).text("/error")).isEqualTo("conflict");
    }

    @Test
    void whatIsStoredOpensNothingWithoutThePassword() {
        var person = person();
        person.active();
        var source = app.client().get("/sources?identifier=" + person.account()).text("/data/0/id");

        for (var payload : List.of("", "'code': '123456'", "'method': 'sms'", "'trust': 'true'", "'password': ''")) {
            var answer = ask(app.client(), person, payload);
            if (answer.status() == 201) {
                assertThat(state(answer.body())).isNotEqualTo("active");
            } else {
                assertThat(answer.status()).isEqualTo(400);
            }
        }
        assertThat(app.client().get("/sessions?state=active&source=" + source).text("/total_count"))
                .isEqualTo("1");
    }
}
