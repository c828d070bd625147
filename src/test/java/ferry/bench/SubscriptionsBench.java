package ferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// Run by `bench/subscriptions`; prints its figures. Server, database and clients share the machine's cores.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class SubscriptionsBench {
    private static final int SUBSCRIPTIONS = 100_000;
    /// Each with its share of the subscriptions.
    private static final int SESSIONS = 40;
    /// Pairs of a round with subscriptions and one without.
    private static final int PAIRS = Integer.getInteger("ferry.bench.pairs", 6);
    private static final Duration ROUND = Duration.ofSeconds(12);
    /// A server that has run for a while: before, each round does more than the last.
    private static final int WARM_UP = 6;
    private static final Duration SETTLING = Duration.ofSeconds(4);
    private static final int CLIENTS = 8;
    /// Longer than any poll may take to start.
    private static final Duration LATE = Duration.ofSeconds(3);

    @TempDir
    private Path folder;

    /// When subscriptions were on for certain, and would be for long enough that what was due then could start.
    private record Window(Instant from, Instant to) {
        boolean holds(Instant due) {
            return due.isAfter(from) && due.isBefore(to);
        }
    }

    /// One poll that was due.
    ///
    /// @param made seconds from when it was due to when it was made
    /// @param begun seconds from then to when its first task was started; empty while none is
    private record Delay(Instant due, double made, Optional<Double> begun) {}

    @Test
    void whatAHundredThousandSubscriptionsCost() throws Exception {
        var data = folder.resolve("data");
        try (var server = ServeProcess.start(data, Optional.empty())) {
            var client = server.client();
            var db = Jdbi.create(
                    url(data),
                    "ferry_owner",
                    Files.readString(data.resolve("owner.password")).strip());
            var superuser = Jdbi.create(
                    url(data),
                    "postgres",
                    Files.readString(data.resolve("postgres.password")).strip());
            client.storage("local://subscriptions/all");
            var subscribed = sessions(client, "subscribed", SESSIONS);
            var others = sessions(client, "other", CLIENTS);
            fill(db, subscribed);
            System.out.printf(
                    "subscriptions: %d of one organisation and %d sessions, daily, spread over the day; load average %.1f%n",
                    SUBSCRIPTIONS,
                    SESSIONS,
                    ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
            for (int i = 0; i < WARM_UP; i++) {
                round(client, others, ROUND);
            }
            var windows = new ArrayList<Window>();
            var with = new ArrayList<Double>();
            var without = new ArrayList<Double>();
            for (int pair = 0; pair < PAIRS; pair++) {
                // whichever comes first has the smaller database
                for (boolean on : pair % 2 == 0 ? List.of(true, false) : List.of(false, true)) {
                    change(db, on);
                    // what a hundred thousand changed rows leave to be written is no part of what is measured
                    superuser.useHandle(tx -> tx.execute("checkpoint"));
                    round(client, others, SETTLING);
                    var from = Instant.now();
                    (on ? with : without).add(round(client, others, ROUND));
                    if (on) {
                        windows.add(new Window(from, Instant.now().minus(LATE)));
                    }
                    System.out.printf(
                            "  %-8s %6.1f tasks/s%n", on ? "with" : "without", (on ? with : without).getLast());
                }
            }
            var delays = delays(db).stream()
                    .filter(delay -> windows.stream().anyMatch(window -> window.holds(delay.due())))
                    .toList();
            // rounds that follow each other have the same machine and almost the same database
            double ratio = median(IntStream.range(0, PAIRS)
                    .mapToObj(pair -> with.get(pair) / without.get(pair))
                    .toList());
            System.out.printf(
                    "  median with %.1f tasks/s, without %.1f; of the pairs' ratios %.3f (target >= 0.9)%n",
                    median(with), median(without), ratio);
            var made = delays.stream().map(Delay::made).sorted().toList();
            var begun = delays.stream()
                    .flatMap(delay -> delay.begun().stream())
                    .sorted()
                    .toList();
            System.out.printf("  %d were due: poll made after %s%n", made.size(), spread(made));
            System.out.printf(
                    "  %d of them started: first task after %s (target < 2 s)%n", begun.size(), spread(begun));
            assertThat(made).isNotEmpty();
            assertThat(begun).hasSameSizeAs(made);
            assertThat(begun.getLast()).isLessThan(2.0);
            assertThat(ratio).isGreaterThanOrEqualTo(0.9);
        }
    }

    private static List<String> sessions(Client client, String name, int count) {
        var user = client.user(name);
        return IntStream.range(0, count)
                .mapToObj(i -> client.session(user, "mocks.mock", name + "-" + i, "'password': 'password'")
                        .at("/id")
                        .asString())
                .toList();
    }

    /// As the database's owner, in one statement: each with a moment of its own within the next day. None is on yet.
    private static void fill(Jdbi db, List<String> sessions) {
        db.useHandle(tx -> {
            tx.createUpdate("""
                            insert into subscription (id, organisation, key, end_user, source, session, poll_payload,
                                                      interval_seconds, state, slots_from, next_due, date_created)
                            select gen_random_uuid(), s.organisation, s.key, s.end_user, s.source, s.id,
                                   '{"info_types": ["mocks.info"]}', 86400, 'paused', due.moment, due.moment, now()
                              from (select row_number() over () - 1 as n, session.* from session
                                     where id::text = any(:sessions)) s
                              join generate_series(0, :many - 1) i on i % :sessions_many = s.n
                             cross join lateral (select now() + random() * interval '1 day' * (i - i + 1) as moment) due
                            """)
                    .bindArray("sessions", String.class, sessions)
                    .bind("many", SUBSCRIPTIONS)
                    .bind("sessions_many", sessions.size())
                    .execute();
            assertThat(tx.createQuery("select count(distinct next_due) from subscription")
                            .mapTo(int.class)
                            .one())
                    .isGreaterThan(SUBSCRIPTIONS * 9 / 10);
        });
    }

    /// All on, or all off. What would have been due meanwhile is due later by as long, so that none is late for having
    /// been off.
    private static void change(Jdbi db, boolean on) {
        db.useHandle(tx -> {
            if (on) {
                tx.execute("""
                        with off as (select greatest(now() + interval '1 second' - min(next_due), interval '0') as since
                                       from subscription where state = 'paused' and next_due = slots_from)
                        update subscription set state = 'active',
                               next_due = case when next_due = slots_from then next_due + off.since else next_due end,
                               slots_from = case when next_due = slots_from then slots_from + off.since else slots_from end
                          from off where state = 'paused'
                        """);
            } else {
                tx.execute("update subscription set state = 'paused'");
            }
            tx.execute("vacuum analyze subscription");
        });
    }

    /// Clients that poll as fast as polls complete, each its own session.
    ///
    /// @return tasks a second
    private static double round(Client client, List<String> sessions, Duration length) throws Exception {
        var done = new AtomicLong();
        long start = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (var session : sessions) {
                all.add(threads.submit(() -> {
                    while (System.nanoTime() - start < length.toNanos()) {
                        client.completedPoll(session, "'info_types': ['mocks.info']");
                        done.incrementAndGet();
                    }
                }));
            }
            for (var one : all) {
                one.get();
            }
        }
        return done.get() * 1e9 / (System.nanoTime() - start);
    }

    /// Of the polls that subscriptions made: each was the first of its own, due at the first slot.
    private static List<Delay> delays(Jdbi db) throws InterruptedException {
        // the last ones may be under way
        Thread.sleep(3000);
        return db.withHandle(tx -> tx.createQuery("""
                        select s.slots_from, extract(epoch from p.date_created - s.slots_from) as made,
                               extract(epoch from min(t.date_started) - s.slots_from) as begun
                          from poll p
                          join subscription s on s.id = p.subscription
                          join task t on t.poll = p.id
                         group by p.id, s.id
                        """)
                .map((row, _) -> new Delay(
                        row.getTimestamp("slots_from").toInstant(),
                        row.getDouble("made"),
                        Optional.ofNullable(row.getBigDecimal("begun")).map(BigDecimal::doubleValue)))
                .list());
    }

    private static double median(List<Double> all) {
        var sorted = new ArrayList<>(all);
        Collections.sort(sorted);
        int half = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }

    private static String spread(List<Double> sorted) {
        return sorted.isEmpty()
                ? "-"
                : "p50 %.2f s, p99 %.2f s, worst %.2f s"
                        .formatted(
                                sorted.get(sorted.size() / 2), sorted.get(sorted.size() * 99 / 100), sorted.getLast());
    }

    private static String url(Path data) throws IOException {
        var port = Files.readAllLines(data.resolve("postgres").resolve("postmaster.pid"))
                .get(3)
                .strip();
        return "jdbc:postgresql://127.0.0.1:" + port + "/ferry";
    }
}
