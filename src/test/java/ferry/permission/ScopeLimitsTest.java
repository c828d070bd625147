package ferry.permission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.access.Caller;
import ferry.access.Family;
import ferry.access.Limit;
import ferry.access.Permissions;
import ferry.access.Scopes;
import ferry.http.ApiException;
import ferry.testing.Client;
import ferry.testing.Client.Answer;
import ferry.testing.TestApp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/// Limits of scopes, counted exactly (ricloud-api 7.2).
class ScopeLimitsTest {
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

    private static String limit(String level, int value) {
        return "[{'level': '" + level + "', 'type': 'count', 'value': " + value + "}]";
    }

    private static String limit(String level, int value, String window) {
        return "[{'level': '" + level + "', 'type': 'count', 'value': " + value + ", 'window': '" + window + "'}]";
    }

    private static TestApp.Organisation organisation() {
        return app.organisation("Limits " + NUMBER.incrementAndGet(), Scopes.ALL);
    }

    /// A client with another key of the organisation, narrowed by these scopes and else by nothing.
    private static Client key(TestApp.Organisation of, String scopes) {
        var key = of.client()
                .post(
                        "/keys",
                        "{'permissions': {'source_type:*': [], 'task_type:*': [], 'data_type:*': [], 'file_type:*': [],"
                                + "'info_type:*': [], " + scopes + "}}")
                .expect(201);
        return new Client(app.url(), key.at("/token").asString());
    }

    private static Answer source(Client of, String user, String identifier) {
        return of.post(
                "/sources",
                "{'user': '%s', 'type': 'mocks.mock', 'identifier': '%s'}".formatted(of.user(user), identifier));
    }

    private static void assertExceeded(Answer answer, String scope, String level, int value) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(403);
        assertThat(answer.text("/error")).isEqualTo("limit-exceeded");
        assertThat(answer.text("/message")).contains(scope, value + " per " + level);
        assertThat(answer.text("/params/scope/0")).isEqualTo(scope);
        assertThat(answer.text("/params/level/0")).isEqualTo(level);
        assertThat(answer.text("/params/value/0")).isEqualTo(Integer.toString(value));
    }

    @Test
    void newSourcesCountAndThoseThatAreThereDoNot() {
        var client = key(organisation(), "'source_type:mocks.*': " + limit("organisation", 2));
        assertThat(source(client, "a", "1").status()).isEqualTo(201);
        assertThat(source(client, "a", "1").status()).isEqualTo(200);
        assertThat(source(client, "b", "1").status()).isEqualTo(201);
        assertThat(source(client, "b", "1").status()).isEqualTo(200);
        var refused = source(client, "b", "2");
        assertExceeded(refused, "source_type:mocks.*", "organisation", 2);
        assertThat(refused.body().at("/params").has("date_ends")).isFalse();
        assertThat(client.get("/sources").text("/total_count")).isEqualTo("2");
    }

    @Test
    void aSessionThatMakesASourceCountsItAndOneOfASourceThatIsThereDoesNot() {
        var client = key(organisation(), "'source_type:mocks.mock': " + limit("user", 1));
        var user = client.user("u");
        for (int i = 0; i < 2; i++) {
            assertThat(client.session(user, "mocks.mock", "one", "'password': 'x'")
                            .at("/state")
                            .asString())
                    .isEqualTo("active");
        }
        var second = client.post("/sessions", """
                {'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': 'two'}, 'payload': {'password': 'x'}}
                """.formatted(user));
        assertExceeded(second, "source_type:mocks.mock", "user", 1);
        assertThat(client.get("/sessions").text("/total_count")).isEqualTo("2");
        assertThat(client.get("/sources").text("/total_count")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource({
        "organisation, 403, 403, 403",
        "key, 403, 403, 201",
        "user, 403, 201, 403",
    })
    void aLimitIsCountedAtItsLevel(String level, int same, int otherUser, int otherKey) {
        var of = organisation();
        var permission = of.client()
                .post("/permissions", "{'identifier': 'x', 'scopes': {'source_type:*': " + limit(level, 1) + "}}")
                .expect(201)
                .at("/id")
                .asString();
        var keys = List.of(one(of, permission), one(of, permission));
        assertThat(source(keys.get(0), "a", "1").status()).isEqualTo(201);
        assertThat(source(keys.get(0), "a", "2").status()).isEqualTo(same);
        assertThat(source(keys.get(0), "b", "3").status()).isEqualTo(otherUser);
        assertThat(source(keys.get(1), "a", "4").status()).isEqualTo(otherKey);
    }

    private static Client one(TestApp.Organisation of, String permission) {
        var key =
                of.client().post("/keys", "{'permissions': " + permission + "}").expect(201);
        return new Client(app.url(), key.at("/token").asString());
    }

    @Test
    void theLimitsOfTheBaseAndOfTheKeyBothApply() {
        var base = app.organisation(
                "Limits " + NUMBER.incrementAndGet(),
                new Scopes(Map.of(
                        "source_type:*", List.of(Map.of("level", "organisation", "type", "count", "value", 3)))));
        var narrow = key(base, "'source_type:mocks.*': " + limit("key", 1));
        assertThat(source(narrow, "a", "1").status()).isEqualTo(201);
        assertExceeded(source(narrow, "a", "2"), "source_type:mocks.*", "key", 1);
        // The refused one has given back what it took of the base.
        assertThat(source(base.client(), "a", "3").status()).isEqualTo(201);
        assertThat(source(base.client(), "a", "4").status()).isEqualTo(201);
        assertExceeded(source(base.client(), "a", "5"), "source_type:*", "organisation", 3);

        // Of the same counter the smaller value holds, and each use counts once.
        var both = key(
                organisation(),
                "'source_type:mocks.mock': [" + inner(limit("user", 5)) + ", " + inner(limit("user", 2)) + "]");
        assertThat(source(both, "a", "1").status()).isEqualTo(201);
        assertThat(source(both, "a", "2").status()).isEqualTo(201);
        assertExceeded(source(both, "a", "3"), "source_type:mocks.mock", "user", 2);
    }

    private static String inner(String list) {
        return list.substring(1, list.length() - 1);
    }

    @Test
    void aLimitOfNoneForbids() {
        var client = key(organisation(), "'source_type:mocks.mock': " + limit("user", 0));
        assertExceeded(source(client, "a", "1"), "source_type:mocks.mock", "user", 0);
    }

    @Test
    void aPollCountsItsTasksAndTypesAndAllOrNothing() {
        var of = organisation();
        of.client().storage("local://limits" + NUMBER.get() + "/x");
        var client =
                key(of, "'task_type:mocks.*': " + limit("key", 3) + ", 'info_type:mocks.info': " + limit("user", 2));
        var session = client.session(client.user("u"), "mocks.mock", "m", "'password': 'x'");
        var poll = "{'session': '" + session.at("/id").asString() + "', 'payload': {%s}}";

        // A sign-in is not counted; this poll has two tasks.
        client.post("/polls", poll.formatted("'info_types': ['mocks.info'], 'data_types': ['mocks.notes']"))
                .expect(201);
        assertExceeded(
                client.post("/polls", poll.formatted("'info_types': ['*'], 'data_types': ['mocks.notes']")),
                "task_type:mocks.*",
                "key",
                3);
        client.post("/polls", poll.formatted("'info_types': ['mocks.info']")).expect(201);
        assertExceeded(
                client.post("/polls", poll.formatted("'info_types': ['mocks.info']")),
                "info_type:mocks.info",
                "user",
                2);
        client.post("/polls", poll.formatted("'files': []")).expect(201);
        assertThat(client.get("/polls").text("/total_count")).isEqualTo("3");
        assertThat(client.get("/tasks?type=data").text("/total_count")).isEqualTo("1");
    }

    @Test
    void eachFileThatIsNamedByItsIdCounts() throws Exception {
        var of = organisation();
        of.client().storage("local://limits" + NUMBER.get() + "/x");
        var session = of.client()
                .session(of.client().user("u"), "mocks.mock", "m", "'password': 'x'")
                .at("/id")
                .asString();
        var feed = Path.of(of.client()
                .completedPoll(session, "'data_types': ['mocks.notes']")
                .at("/results/data/0/url")
                .asString()
                .replace("local://", ""));
        var items =
                JsonMapper.builder().build().readTree(Files.readString(feed)).at("/data");
        var first = items.at("/0/files/0/id").asString();
        var client = key(of, "'file_type:mocks.*': " + limit("organisation", 1, "day"));
        var poll = "{'session': '" + session + "', 'payload': {'files': ['" + first + "']}}";
        client.post("/polls", poll).expect(201);
        assertExceeded(client.post("/polls", poll), "file_type:mocks.*", "organisation", 1);
    }

    @ParameterizedTest
    @EnumSource(Limit.Window.class)
    void aWindowThatIsOverIsCountedAnew(Limit.Window window) {
        var client = key(organisation(), "'source_type:mocks.mock': " + limit("user", 1, window.slug()));
        assertThat(source(client, "a", "1").status()).isEqualTo(201);
        var refused = source(client, "a", "2");
        assertExceeded(refused, "source_type:mocks.mock", "user", 1);
        assertThat(refused.text("/message")).contains("per user and " + window.slug());
        var ends = Instant.parse(refused.text("/params/date_ends/0"));
        assertThat(ends).isAfter(app.clock().instant());
        assertThat(refused.text("/message")).contains(refused.text("/params/date_ends/0"));

        app.clock().advance(Duration.between(app.clock().instant(), ends));
        assertThat(source(client, "a", "2").status()).isEqualTo(201);
        assertExceeded(source(client, "a", "3"), "source_type:mocks.mock", "user", 1);
    }

    @Test
    void windowsFollowTheCalendarInUtc() {
        var moment = Instant.parse("2028-02-29T23:59:59.999Z");
        assertThat(Limit.Window.HOUR.start(moment)).isEqualTo("2028-02-29T23:00:00Z");
        assertThat(Limit.Window.DAY.start(moment)).isEqualTo("2028-02-29T00:00:00Z");
        assertThat(Limit.Window.MONTH.start(moment)).isEqualTo("2028-02-01T00:00:00Z");
        for (var window : Limit.Window.values()) {
            assertThat(window.end(window.start(moment))).isEqualTo("2028-03-01T00:00:00Z");
        }
        assertThat(Limit.Window.MONTH
                        .end(Instant.parse("2028-12-01T00:00:00Z"))
                        .atZone(ZoneOffset.UTC)
                        .getYear())
                .isEqualTo(2029);
    }

    @Test
    void ofThirtyTwoAtOnceExactlyTheLimitIsMade() throws Exception {
        var client = key(
                organisation(),
                "'source_type:mocks.mock': " + limit("organisation", 20) + ", 'source_type:mocks.*': "
                        + limit("user", 25, "hour"));
        client.user("u");
        var made = new AtomicInteger();
        var refused = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 32; i++) {
                var identifier = Integer.toString(i);
                threads.execute(() -> {
                    var status = source(client, "u", identifier).status();
                    (status == 201 ? made : refused).addAndGet(status == 201 || status == 403 ? 1 : 1000);
                });
            }
        }
        assertThat(made).hasValue(20);
        assertThat(refused).hasValue(12);
        assertThat(client.get("/sources").text("/total_count")).isEqualTo("20");
        assertThat(client.post(
                                "/sources",
                                "{'user': '%s', 'type': 'mocks.mock', 'identifier': '0'}".formatted(client.user("u")))
                        .status())
                .isIn(200, 403);
    }

    @Test
    void countersAreTakenInOneOrderSoThatNobodyWaitsForEachOther() throws Exception {
        var of = organisation();
        var scopes = new Scopes(Map.of(
                "data_type:a", limits(1_000_000), "data_type:b", limits(1_000_000), "data_type:c", limits(1_000_000)));
        var caller = new Caller(of.id(), 1, new Permissions(scopes, Optional.empty()));
        var limits = new ScopeLimits(app.clock());
        var failures = new AtomicInteger();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 8; i++) {
                var names = i % 2 == 0 ? List.of("a", "b", "c") : List.of("c", "b", "a");
                threads.execute(() -> {
                    for (int round = 0; round < 25; round++) {
                        try {
                            app.db().tenantDo(of.id(), tx -> limits.use(tx, caller, 1, uses(names)));
                        } catch (RuntimeException e) {
                            failures.incrementAndGet();
                        }
                    }
                });
            }
        }
        assertThat(failures).hasValue(0);
        assertThat(used(of)).containsExactly(200L, 200L, 200L);
    }

    @Test
    void whatIsRolledBackIsGivenBackAndWindowsThatAreOverAreForgotten() {
        var of = organisation();
        var scopes = new Scopes(Map.of(
                "data_type:a",
                List.of(Map.of("level", "key", "type", "count", "value", 5L, "window", "hour")),
                "data_type:b",
                limits(5)));
        var caller = new Caller(of.id(), 1, new Permissions(scopes, Optional.empty()));
        var limits = new ScopeLimits(app.clock());
        assertThatThrownBy(() -> app.db().tenantDo(of.id(), tx -> {
                    limits.use(tx, caller, 1, uses(List.of("a", "a", "b")));
                    limits.use(tx, caller, 1, List.of(new ScopeLimits.Use(Family.DATA_TYPE, "a", 4)));
                }))
                .isInstanceOf(ApiException.class);
        assertThat(used(of)).isEmpty();

        app.db().tenantDo(of.id(), tx -> limits.use(tx, caller, 1, uses(List.of("a", "a", "b"))));
        assertThat(used(of)).containsExactly(2L, 1L);
        app.clock().advance(Duration.ofHours(1));
        app.db().systemDo(limits::sweep);
        assertThat(used(of)).containsExactly(1L);
    }

    private static List<Map<String, Object>> limits(long value) {
        return List.of(Map.of("level", "organisation", "type", "count", "value", value));
    }

    private static List<ScopeLimits.Use> uses(List<String> names) {
        return names.stream()
                .map(name -> new ScopeLimits.Use(Family.DATA_TYPE, name, 1))
                .toList();
    }

    private static List<Long> used(TestApp.Organisation of) {
        return app.db()
                .tenant(
                        of.id(),
                        tx -> tx.createQuery("select used from scope_use order by scope")
                                .mapTo(Long.class)
                                .list());
    }
}
