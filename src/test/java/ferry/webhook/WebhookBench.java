package ferry.webhook;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Run by `bench/webhooks`; prints its figures.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class WebhookBench {
    private static final int ENDPOINTS = 500;
    private static final int SENDERS = 64;
    private static final int BACKLOG = 60_000;
    private static final int RATE = 1500;
    private static final Duration WHILE = Duration.ofSeconds(10);
    private static final String BODY = "x".repeat(600);

    private record Endpoint(OrgId organisation, long key) {}

    private final WebhookSettings settings =
            WebhookSettings.of(EgressPolicy.of(List.of()).withLoopback(), 16, 2000, Duration.ofDays(5));
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Map<UUID, Long> committed = new ConcurrentHashMap<>();

    @Test
    void fiveHundredEndpointsOfWhichOneInFiveHangs() throws Exception {
        try (var receivers = new Endpoints500()) {
            double ceiling = ceiling(receivers);
            try (var app = TestApp.start(setup -> setup.webhooks(settings))) {
                endpoints(app, receivers);
                var healthy = latencies(app, receivers, "all healthy");
                receivers.hang = true;
                var beside = latencies(app, receivers, "one in five hangs");
                double sustained = backlog(app, receivers);
                System.out.printf(
                        "backlog: %.0f deliveries/s, bare loop of the same client %.0f/s, ratio %.2f; "
                                + "most under way at one endpoint %d of %d%n",
                        sustained, ceiling, sustained / ceiling, receivers.most.get(), settings.perEndpoint());
                System.out.printf(
                        "p99 with hanging ones: %.2f times that without; load of the machine at the end %.1f%n",
                        beside / healthy,
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
                assertThat(receivers.most.get()).isLessThanOrEqualTo(settings.perEndpoint());
            }
        }
    }

    private double ceiling(Endpoints500 receivers) throws InterruptedException {
        var count = new AtomicLong();
        try (var outbound = Outbound.open(settings.egress(), settings.connections())) {
            loop(outbound, receivers, new AtomicLong(), Duration.ofSeconds(3));
            loop(outbound, receivers, count, Duration.ofSeconds(5));
        }
        return count.get() / 5.0;
    }

    private static void loop(Outbound outbound, Endpoints500 receivers, AtomicLong count, Duration time)
            throws InterruptedException {
        long until = System.nanoTime() + time.toNanos();
        var body = BODY.getBytes(StandardCharsets.UTF_8);
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < SENDERS; i++) {
            int endpoint = i + 1;
            threads.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() < until) {
                    var url = URI.create(receivers.url(endpoint) + "/" + UUID.randomUUID());
                    try (var answer = outbound.send(Call.post(url, body, "application/json"))) {
                        answer.bytes(4096);
                        count.incrementAndGet();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
    }

    private void endpoints(TestApp app, Endpoints500 receivers) {
        for (int i = 1; i <= ENDPOINTS; i++) {
            var organisation = app.organisation("Endpoint " + i, Scopes.ALL);
            var made = organisation
                    .client()
                    .post("/configs/webhook", "{'url': '" + receivers.url(i) + "'}")
                    .expect(201);
            endpoints.add(new Endpoint(organisation.id(), made.at("/id").asLong()));
        }
        Eventually.eventually(
                "all are valid",
                () -> app.db()
                        .system(tx -> tx.createQuery("select count(*) from webhook_config where state <> 'valid'")
                                        .mapTo(long.class)
                                        .one()
                                == 0));
        endpoints.replaceAll(e -> new Endpoint(
                e.organisation(),
                app.db()
                        .system(tx -> tx.createQuery("select key from webhook_config where id = :id")
                                .bind("id", e.key())
                                .mapTo(long.class)
                                .one())));
    }

    /// Events at a steady rate; how long from commit to arrival, for the endpoints that never hang.
    private double latencies(TestApp app, Endpoints500 receivers, String what) {
        committed.clear();
        var events = new Events(app.clock());
        long start = System.nanoTime();
        long sent = 0;
        while (System.nanoTime() - start < WHILE.toNanos()) {
            long due = (System.nanoTime() - start) * RATE / TimeUnit.SECONDS.toNanos(1);
            if (due > sent) {
                emit(app, events, sent, due);
                sent = due;
            } else {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
        Eventually.get(() -> committed.keySet().stream().allMatch(receivers.arrived::containsKey), done -> done);
        var times = committed.entrySet().stream()
                .mapToDouble(e -> (receivers.arrived.getOrDefault(e.getKey(), Long.MAX_VALUE) - e.getValue()) / 1e6)
                .sorted()
                .toArray();
        double p99 = times[times.length * 99 / 100];
        System.out.printf(
                "%s, %d events/s: commit to arrival p50 %.1f ms, p99 %.1f ms, worst %.1f ms%n",
                what, sent / WHILE.toSeconds(), times[times.length / 2], p99, times[times.length - 1]);
        return p99;
    }

    private void emit(TestApp app, Events events, long from, long to) {
        var sound = new ArrayList<UUID>();
        app.db().systemDo(tx -> {
            for (long n = from; n < to; n++) {
                int endpoint = (int) (n % ENDPOINTS);
                var id = Ids.next(app.clock());
                events.emit(
                        tx,
                        id,
                        endpoints.get(endpoint).organisation(),
                        endpoints.get(endpoint).key(),
                        "poll",
                        "created",
                        "s",
                        Map.of("x", BODY));
                if ((endpoint + 1) % 5 != 0) {
                    sound.add(id);
                }
            }
        });
        long now = System.nanoTime();
        sound.forEach(id -> committed.put(id, now));
    }

    /// What an outage left, drained while one in five hangs.
    private double backlog(TestApp app, Endpoints500 receivers) {
        committed.clear();
        var events = new Events(app.clock());
        app.db().systemDo(tx -> tx.execute("update webhook_config set paused_until = now() + interval '1 day'"));
        for (int from = 0; from < BACKLOG; from += 1000) {
            emit(app, events, from, from + 1000);
        }
        var ids = List.copyOf(committed.keySet());
        app.db().systemDo(tx -> tx.execute("update webhook_config set paused_until = null"));
        long start = System.nanoTime();
        Eventually.get(() -> ids.stream().filter(receivers.arrived::containsKey).count(), n -> n >= ids.size());
        return ids.size() / ((System.nanoTime() - start) / 1e9);
    }
}
