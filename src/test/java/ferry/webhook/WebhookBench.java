package ferry.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import ferry.AppSettings;
import ferry.access.OrgId;
import ferry.access.Scopes;
import ferry.db.Ids;
import ferry.egress.Call;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.event.Events;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Run by `bench/webhooks`; prints its figures.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class WebhookBench {
    private static final int ENDPOINTS = Endpoints500.ENDPOINTS;
    private static final int SENDERS = 64;
    private static final int BACKLOG = 100_000;
    private static final int OUTAGE = Integer.getInteger("ferry.backlog", BACKLOG);
    private static final int RATE = Integer.getInteger("ferry.rate", 1500);
    private static final Duration WHILE = Duration.ofSeconds(10);
    private static final Duration WARM = Duration.ofSeconds(15);
    /// Of each kind: the p99 of a single one differs by a fifth from the next.
    private static final int ROUNDS = 5;
    private static final Duration BARE = Duration.ofSeconds(5);
    /// Nothing is sent at all for so long: it is stuck.
    private static final Duration STUCK = Duration.ofSeconds(60);

    private static final String BODY = "x".repeat(600);
    /// Of the id's low bits, those that say which event of the bench it is.
    private static final long NUMBER = 0xffff_ffffL;

    private final WebhookSettings settings =
            WebhookSettings.of(EgressPolicy.of(List.of()).withLoopback(), 16, 2000, Duration.ofDays(5));
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Endpoints500 receivers = new Endpoints500();
    private final long[] committed = new long[Endpoints500.MOST];
    /// The number of the next event.
    private int next = 1;

    private record Endpoint(OrgId organisation, long key) {}

    @Test
    void fiveHundredEndpointsOfWhichOneInFiveHangs() throws Exception {
        double bare = bare();
        System.out.printf("a bare loop of the same client, before: %.0f/s%n", bare);
        try (receivers;
                var app = TestApp.start(setup -> setup.webhooks(settings).pace(AppSettings.Pace.STANDARD))) {
            endpoints(app);
            rehearse(app);
            // those without them in part before and in part after: what changes with time alone counts for both
            var without = rounds(app, ROUNDS / 2 + 1, "all healthy");
            receivers.hang = true;
            double beside = median(rounds(app, ROUNDS, "one in five hangs"));
            recover(app);
            double healthy = median(DoubleStream.concat(without, rounds(app, ROUNDS / 2, "all healthy")));
            receivers.hang = true;
            System.out.printf(
                    "p99 beside hanging ones, median of %d rounds: %.1f ms, %.2f times the %.1f ms without%n",
                    ROUNDS, beside, beside / healthy, healthy);
            double sustained = backlog(app);
            double again = bare();
            System.out.printf(
                    "a bare loop of the same client, after: %.0f/s; the backlog was %.2f of the bare loop%n",
                    again, sustained / ((bare + again) / 2));
            receivers.hang = false;
            outage(app);
            System.out.printf(
                    "most under way at one endpoint: %d of %d; load of the machine at the end %.1f%n",
                    receivers.most.get(),
                    settings.perEndpoint(),
                    ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
            assertThat(receivers.most.get()).isLessThanOrEqualTo(settings.perEndpoint());
        }
    }

    /// All that is measured has happened once before: a first time-out takes longer than the next one.
    private void rehearse(TestApp app) {
        steady(app, WARM);
        receivers.hang = true;
        steady(app, WARM.multipliedBy(2));
        recover(app);
    }

    /// Nothing hangs any longer, and what had gathered is delivered.
    private void recover(TestApp app) {
        receivers.hang = false;
        resume(app);
        app.db()
                .systemDo(tx -> tx.createUpdate("update delivery set due = :now where line = 'waiting'")
                        .bind("now", app.clock().instant())
                        .execute());
        Eventually.eventually("everything is delivered", () -> count(app, "delivery where line is not null") == 0);
    }

    /// Every endpoint is as good as one that never failed.
    private static void resume(TestApp app) {
        app.db()
                .systemDo(tx -> tx.execute(
                        "update webhook_config set paused_until = null, failures = 0, failing_since = null"));
    }

    /// Requests a second of the client alone, with the same body and as many at once as pay off.
    private double bare() throws InterruptedException {
        var count = new AtomicLong();
        try (var outbound = Outbound.open(settings.egress(), settings.connections())) {
            loop(outbound, new AtomicLong(), WARM);
            loop(outbound, count, BARE);
        }
        return count.get() / (double) BARE.toSeconds();
    }

    private void loop(Outbound outbound, AtomicLong count, Duration time) throws InterruptedException {
        long until = System.nanoTime() + time.toNanos();
        var body = BODY.getBytes(StandardCharsets.UTF_8);
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < SENDERS; i++) {
            int endpoint = i * 5 + 1;
            threads.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() < until) {
                    var url = URI.create(receivers.url(endpoint) + "/" + new UUID(0, NUMBER));
                    try (var answer = outbound.send(Call.post(url, body, "application/json"))) {
                        answer.bytes(4096);
                        count.incrementAndGet();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
    }

    private void endpoints(TestApp app) {
        for (int i = 1; i <= ENDPOINTS; i++) {
            var organisation = app.organisation("Endpoint " + i, Scopes.ALL);
            var made = organisation
                    .client()
                    .post("/configs/webhook", "{'url': '" + receivers.url(i) + "'}")
                    .expect(201);
            endpoints.add(new Endpoint(organisation.id(), made.at("/id").asLong()));
        }
        Eventually.eventually("all are valid", () -> count(app, "webhook_config where state <> 'valid'") == 0);
        endpoints.replaceAll(e -> new Endpoint(
                e.organisation(),
                app.db()
                        .system(tx -> tx.createQuery("select key from webhook_config where id = :id")
                                .bind("id", e.key())
                                .mapTo(long.class)
                                .one())));
    }

    private static long count(TestApp app, String from) {
        return app.db()
                .system(tx -> tx.createQuery("select count(*) from " + from)
                        .mapTo(long.class)
                        .one());
    }

    /// Never compared.
    @SuppressWarnings("ArrayRecordComponent")
    private record Latencies(double rate, double[] sorted, Cost cost) {
        double say(String what) {
            double p99 = sorted[sorted.length * 99 / 100];
            System.out.printf(
                    "%s, %.0f events/s: commit to first byte p50 %.1f ms, p99 %.1f ms, worst %.1f ms; %s%n",
                    what, rate, sorted[sorted.length / 2], p99, sorted[sorted.length - 1], cost);
            return p99;
        }
    }

    /// The p99 of each round, in milliseconds; all of them are done when this returns.
    private DoubleStream rounds(TestApp app, int count, String what) {
        var each = new double[count];
        Arrays.setAll(each, _ -> steady(app, WHILE).say(what));
        return Arrays.stream(each);
    }

    private static double median(DoubleStream rounds) {
        return rounds.sorted().toArray()[ROUNDS / 2];
    }

    /// Events at a steady rate; how long from commit to the first byte, for the endpoints that never hang.
    private Latencies steady(TestApp app, Duration time) {
        var events = new Events(app.clock());
        int first = next;
        var before = Cpu.now(app);
        long start = System.nanoTime();
        long sent = 0;
        while (System.nanoTime() - start < time.toNanos()) {
            long due = (System.nanoTime() - start) * RATE / TimeUnit.SECONDS.toNanos(1);
            if (due > sent) {
                emit(app, events, (int) (due - sent));
                sent = due;
            } else {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
        double rate = sent / ((System.nanoTime() - start) / 1e9);
        var mine = IntStream.range(first, next)
                .filter(n -> !Endpoints500.mayHang(endpoint(n)))
                .toArray();
        awaitAll(mine);
        var cost = Cpu.now(app).since(before, mine.length);
        var times = Arrays.stream(mine)
                .mapToDouble(n -> (receivers.arrived.get(n) - committed[n]) / 1e6)
                .sorted()
                .toArray();
        return new Latencies(rate, times, cost);
    }

    private void awaitAll(int[] events) {
        int left = 0;
        long moved = System.nanoTime();
        while (left < events.length) {
            if (receivers.arrived.get(events[left]) != 0) {
                left++;
                moved = System.nanoTime();
            } else if (System.nanoTime() - moved > STUCK.toNanos()) {
                throw new AssertionError("event " + events[left] + " never arrived");
            } else {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    private static int endpoint(int number) {
        return number % ENDPOINTS + 1;
    }

    /// As the service writes events, each in a statement of its own; all in one transaction.
    private void emit(TestApp app, Events events, int count) {
        int first = next;
        app.db().systemDo(tx -> {
            for (int n = first; n < first + count; n++) {
                var to = endpoints.get(endpoint(n) - 1);
                events.emit(tx, id(app, n), to.organisation(), to.key(), "poll", "created", "s", Map.of("x", BODY));
            }
        });
        Arrays.fill(committed, first, first + count, System.nanoTime());
        next += count;
    }

    private static UUID id(TestApp app, int number) {
        var id = Ids.next(app.clock());
        return new UUID(id.getMostSignificantBits(), (id.getLeastSignificantBits() & ~NUMBER) | number);
    }

    /// What gathered while nothing was sent, drained while one in five hangs: until the others have all of theirs.
    private double backlog(TestApp app) {
        gather(app, BACKLOG);
        return drain(app, BACKLOG - BACKLOG / 5, receivers.sound::get, "backlog of " + BACKLOG + ", one in five hangs");
    }

    /// The same after an outage of all: until everything has come that never came before.
    private void outage(TestApp app) {
        gather(app, OUTAGE);
        long never = count(app, "delivery where line = 'waiting' and lane = 0 and attempt = 0");
        drain(
                app,
                never,
                () -> receivers.sound.get() + receivers.hanging.get(),
                "backlog of " + never + " after an outage of all");
    }

    private void gather(TestApp app, int count) {
        app.db()
                .systemDo(tx -> tx.createUpdate("update webhook_config set paused_until = :until")
                        .bind("until", app.clock().instant().plus(Duration.ofDays(1)))
                        .execute());
        var events = new Events(app.clock());
        long start = System.nanoTime();
        for (int left = count; left > 0; left -= Math.min(left, 1000)) {
            emit(app, events, Math.min(left, 1000));
            say("gathered", count - left, start);
        }
        Eventually.eventually("all have their place", () -> count(app, "delivery where line = 'new'") == 0);
        System.out.printf("%d events gathered in %.0f s%n", count, (System.nanoTime() - start) / 1e9);
    }

    /// Of much that takes long.
    private static void say(String what, long done, long start) {
        if (done > 0 && done % 100_000 == 0) {
            System.out.printf("%d %s, %.0f/s%n", done, what, done / ((System.nanoTime() - start) / 1e9));
        }
    }

    private double drain(TestApp app, long wanted, LongSupplier counter, String what) {
        var before = Cpu.now(app);
        long already = counter.getAsLong();
        resume(app);
        long start = System.nanoTime();
        long seen = 0;
        long moved = start;
        while (seen < wanted) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            long now = counter.getAsLong() - already;
            moved = now > seen ? System.nanoTime() : moved;
            if (now / 100_000 > seen / 100_000) {
                say("delivered", now / 100_000 * 100_000, start);
            }
            seen = now;
            assertThat(System.nanoTime() - moved).as("stuck at %d", seen).isLessThan(STUCK.toNanos());
        }
        double rate = wanted / ((System.nanoTime() - start) / 1e9);
        System.out.printf(
                "%s: %d deliveries, %.0f/s; %s%n",
                what, wanted, rate, Cpu.now(app).since(before, wanted));
        return rate;
    }

    /// What one delivery cost, in microseconds of a core: that of the JVM, receivers included, and that of PostgreSQL.
    private record Cost(double jvm, double postgres) {
        @Override
        public String toString() {
            return "%.0f us of a core in the JVM and %.0f in PostgreSQL each".formatted(jvm, postgres);
        }
    }

    /// What has been spent so far.
    private record Cpu(long jvm, long postgres) {
        static Cpu now(TestApp app) {
            var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            long postgres = app
                    .db()
                    .system(tx -> tx.createQuery("select pid from pg_stat_activity")
                            .mapTo(long.class)
                            .list())
                    .stream()
                    .flatMap(pid -> ProcessHandle.of(pid).stream())
                    .flatMap(process -> process.info().totalCpuDuration().stream())
                    .mapToLong(Duration::toNanos)
                    .sum();
            return new Cpu(system.getProcessCpuTime(), postgres);
        }

        Cost since(Cpu before, long deliveries) {
            return new Cost((jvm - before.jvm) / 1e3 / deliveries, (postgres - before.postgres) / 1e3 / deliveries);
        }
    }
}
