package ferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// Run by `bench/api`; prints its figures. Server, database and client share the machine's cores.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class ApiBench {
    private static final int ROWS = 1_000_000;
    /// Connections of each of the server's pools, unless `FERRY_DATABASE_POOL` says otherwise.
    private static final int POOL = 24;
    /// A server that has run for a while: its code is compiled for most of a minute.
    private static final Duration WARM_UP = Duration.ofSeconds(30);
    private static final Duration MEASURED = Duration.ofSeconds(15);
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern P99 = Pattern.compile("99%\\s+([0-9.]+)(us|ms|s)");
    private static final Pattern REFUSED = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");

    /// Each another source, so that nothing is a repeat.
    private static final String NEW_SESSION = """
            local threads, made = 0, 0
            thread = 0 -- what setup sets is global
            function setup(t) t:set("thread", threads); threads = threads + 1 end
            function request()
              made = made + 1
              local body = '{"source": {"user": "%s", "type": "mocks.mock", "identifier": "%s-' .. thread .. '-' .. made
                .. '"}, "payload": {"password": "password"}}'
              return wrk.format("POST", "/sessions", nil, body)
            end
            """;

    @TempDir
    private Path folder;

    @Test
    void whatTheApiAnswersEachSecond() throws Exception {
        var data = folder.resolve("data");
        try (var server = ServeProcess.start(data, Optional.empty())) {
            var client = server.client();
            var user = client.user("one of many");
            long first = fill(data);
            assertThat(client.get("/users?limit=1").text("/total_count")).isEqualTo(Integer.toString(ROWS + 1));
            var token = Files.readString(data.resolve("token")).strip();
            var wrk = new Wrk(server.url(), token);
            var anyUser = script("any-user", """
                    local first, many = %d, %d
                    function init(args) math.randomseed(os.time() + tonumber(tostring({}):sub(8), 16) %% 100000) end
                    function request() return wrk.format("GET", "/users/" .. (first + math.random(0, many - 1))) end
                    """.formatted(first, ROWS));
            wrk.run("/users/" + user, 64, WARM_UP, anyUser);
            wrk.run("/users", 64, WARM_UP, "");
            System.out.printf(
                    "api: %d users of one organisation, wrk, %d s each, load average %.1f on %d processors%n",
                    ROWS + 1,
                    MEASURED.toSeconds(),
                    ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                    Runtime.getRuntime().availableProcessors());
            ceiling("bare prepared select", "%d connections of a pool, no HTTP".formatted(POOL), selects(data, first));
            show(
                    "HTTP alone",
                    "a ceiling: 401 without a token, no database",
                    new Wrk(server.url(), "").refused("/users/" + user));
            show("GET /health", "one select a second for all", wrk.run("/health", 64, MEASURED, ""));
            show(
                    "GET /users/{id}, any",
                    "target > 15,000/s, p99 < 30 ms",
                    wrk.run("/users/" + user, 64, MEASURED, anyUser));
            show("GET /users/{id}, one", "target > 15,000/s, p99 < 30 ms", wrk.run("/users/" + user, 64, MEASURED, ""));
            show("GET /users", "first of 1,000,000; target p99 < 30 ms", wrk.run("/users", 64, MEASURED, ""));
            newSessions(wrk, user, db(data), Duration.ofSeconds(10));
            System.out.printf(
                    "  %s sessions; load average %.1f; resident %s MB%n",
                    client.get("/sessions?limit=1").text("/total_count"),
                    ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                    server.residentMb().map(Object::toString).orElse("?"));
        }
    }

    /// The same alone: `bench/api --sessions`.
    @Test
    void newSessionsEachSecond() throws Exception {
        var data = folder.resolve("data");
        try (var server = ServeProcess.start(data, Optional.empty())) {
            var wrk = new Wrk(
                    server.url(), Files.readString(data.resolve("token")).strip());
            newSessions(wrk, server.client().user("one of many"), db(data), WARM_UP);
        }
    }

    private void newSessions(Wrk wrk, String user, Jdbi db, Duration warmUp) throws Exception {
        wrk.run("/sessions", 16, warmUp, script("first-sessions", NEW_SESSION.formatted(user, "first")));
        var before = Work.of(db);
        show(
                "POST /sessions",
                "16 connections; target > 1,000/s",
                wrk.run("/sessions", 16, MEASURED, script("sessions", NEW_SESSION.formatted(user, "second"))));
        var work = Work.of(db).since(before);
        System.out.printf(
                "  for each session: %.1f transactions, %.1f syncs of the log; %d of %d sign-ins were over%n",
                work.transactions() / (double) work.sessions(),
                work.syncs() / (double) work.sessions(),
                work.signedIn(),
                work.sessions());
    }

    /// What the database has done so far.
    private record Work(long transactions, long syncs, long sessions, long signedIn) {
        static Work of(Jdbi db) {
            return db.withHandle(tx -> tx.createQuery("""
                            select (select xact_commit from pg_stat_database where datname = current_database()),
                                   (select sum(fsyncs)::bigint from pg_stat_io where object = 'wal'),
                                   (select count(*) from session),
                                   (select count(*) from session where state <> 'pending')
                            """)
                    .map((row, _) -> new Work(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)))
                    .one());
        }

        Work since(Work before) {
            return new Work(
                    transactions - before.transactions,
                    syncs - before.syncs,
                    sessions - before.sessions,
                    signedIn - before.signedIn);
        }
    }

    /// @param p99 milliseconds
    private record Measured(double perSecond, double p99) {}

    private static void show(String what, String beside, Measured measured) {
        System.out.printf("  %-22s %8.0f/s   p99 %7.2f ms   %s%n", what, measured.perSecond, measured.p99, beside);
    }

    private static void ceiling(String what, String beside, double perSecond) {
        System.out.printf("  %-22s %8.0f/s   %s%n", what, perSecond, beside);
    }

    private String script(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name + ".lua"), text).toString();
    }

    /// @param token empty for none
    private record Wrk(String url, String token) {
        /// @param script a Lua file, or empty
        Measured run(String path, int connections, Duration time, String script) throws Exception {
            var said = said(path, connections, time, script);
            assertThat(said).doesNotContain("Non-2xx").doesNotContain("Socket errors");
            return measured(said);
        }

        /// Of requests that must all be refused.
        Measured refused(String path) throws Exception {
            var said = said(path, 64, MEASURED, "");
            assertThat(REFUSED.matcher(said).find()).as(said).isTrue();
            return measured(said);
        }

        private String said(String path, int connections, Duration time, String script) throws Exception {
            var command = new ArrayList<>(
                    List.of("wrk", "-t2", "-c" + connections, "-d" + time.toSeconds() + "s", "--latency"));
            if (!token.isEmpty()) {
                command.addAll(List.of("-H", "Authorization: Token " + token));
            }
            if (!script.isEmpty()) {
                command.addAll(List.of("-s", script));
            }
            command.add(url + path);
            var wrk = new ProcessBuilder(command).redirectErrorStream(true).start();
            var said = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(wrk.waitFor()).as(said).isZero();
            return said;
        }

        private static Measured measured(String said) {
            var rate = RATE.matcher(said);
            var p99 = P99.matcher(said);
            assertThat(rate.find() && p99.find()).as(said).isTrue();
            double unit = switch (p99.group(2)) {
                case "us" -> 0.001;
                case "ms" -> 1;
                default -> 1000;
            };
            return new Measured(Double.parseDouble(rate.group(1)), Double.parseDouble(p99.group(1)) * unit);
        }
    }

    /// How many rows a second plain JDBC reads by primary key, one statement each, on as many connections as the
    /// server has.
    private static double selects(Path data, long first) throws Exception {
        var read = new LongAdder();
        long until = System.nanoTime() + MEASURED.toNanos();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < POOL; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try (var connection = DriverManager.getConnection(url(data), "ferry_owner", password(data));
                        var select = connection.prepareStatement("select * from end_user where id = ?")) {
                    while (System.nanoTime() < until) {
                        select.setLong(1, first + ThreadLocalRandom.current().nextInt(ROWS));
                        try (var row = select.executeQuery()) {
                            assertThat(row.next()).isTrue();
                        }
                        read.increment();
                    }
                } catch (SQLException | IOException e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        return read.sum() / (double) MEASURED.toSeconds();
    }

    /// As the database's owner, in one statement.
    ///
    /// @return the first id; the others follow without a gap
    private static long fill(Path data) throws IOException {
        return db(data).withHandle(tx -> {
            tx.execute("""
                    insert into end_user (organisation, key, identifier, date_created)
                    select k.organisation, k.id, 'user ' || n, now()
                      from (select * from api_key limit 1) k, generate_series(1, %d) n
                    """.formatted(ROWS));
            tx.execute("vacuum analyze end_user");
            return tx.createQuery("select min(id) from end_user where identifier <> 'one of many'")
                    .mapTo(long.class)
                    .one();
        });
    }

    private static Jdbi db(Path data) throws IOException {
        return Jdbi.create(url(data), "ferry_owner", password(data));
    }

    private static String url(Path data) throws IOException {
        var port = Files.readAllLines(data.resolve("postgres").resolve("postmaster.pid"))
                .get(3)
                .strip();
        return "jdbc:postgresql://127.0.0.1:" + port + "/ferry";
    }

    private static String password(Path data) throws IOException {
        return Files.readString(data.resolve("owner.password")).strip();
    }
}
