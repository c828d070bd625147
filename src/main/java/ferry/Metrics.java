package ferry;

import ferry.connector.Connector;
import ferry.connector.FileAnswers;
import ferry.db.Database;
import ferry.http.Exchange;
import ferry.http.WebServer;
import ferry.task.Worker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// What an operator's Prometheus reads (`docs/metrics.md`), on a port of its own. No label holds a name, an id
/// or an organisation.
final class Metrics implements WebServer.Handler, AutoCloseable {
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final long COUNT_AGAIN = 5_000_000_000L;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    Metrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    MeterRegistry registry() {
        return registry;
    }

    /// Measures the work: tasks of all nodes, this node's slots, its connections to the database, and how the sources'
    /// hosts of files answer.
    static void bind(MeterRegistry meters, Database db, Worker worker, List<Connector> connectors) {
        for (var connector : connectors) {
            connector.fileAnswers().ifPresent(answers -> bind(meters, connector.sourceType(), answers));
        }
        var tasks = new TaskCounts(db);
        for (var state : List.of("pending", "processing", "suspended")) {
            Gauge.builder("ferry.tasks", () -> tasks.of(state))
                    .tag("state", state)
                    .register(meters);
        }
        Gauge.builder("ferry.worker.slots", worker::slots).register(meters);
        Gauge.builder("ferry.worker.slots.busy", worker::busy).register(meters);
        for (var name : List.of("tenant", "system")) {
            Gauge.builder("ferry.pool.connections", () -> db.pool(name).active())
                    .tag("pool", name)
                    .tag("state", "active")
                    .register(meters);
            Gauge.builder("ferry.pool.connections", () -> db.pool(name).idle())
                    .tag("pool", name)
                    .tag("state", "idle")
                    .register(meters);
            Gauge.builder("ferry.pool.waiting", () -> db.pool(name).waiting())
                    .tag("pool", name)
                    .register(meters);
        }
    }

    /// The share of addresses that have expired tells whether files wait too long after they were listed (R18).
    static void bind(MeterRegistry meters, String sourceType, FileAnswers answers) {
        FunctionCounter.builder("ferry.file.answers", answers, FileAnswers::all)
                .tag("source_type", sourceType)
                .register(meters);
        FunctionCounter.builder("ferry.file.addresses.expired", answers, FileAnswers::expired)
                .tag("source_type", sourceType)
                .register(meters);
    }

    /// Answers `GET /metrics`.
    @Override
    public void handle(Exchange exchange) {
        if (exchange.path().equals("/metrics")) {
            exchange.set("Content-Type", TEXT);
            exchange.respond(200, registry.scrape(TEXT).getBytes(StandardCharsets.UTF_8));
        } else {
            exchange.set("Content-Type", "text/plain; charset=utf-8");
            exchange.respond(404, "Only /metrics is here.\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }

    /// How many tasks are in which state, looked up at most every few seconds, and off the indexes.
    private static final class TaskCounts {
        private final Database db;
        private Map<String, Long> counts = Map.of();
        private long counted = System.nanoTime() - COUNT_AGAIN;

        TaskCounts(Database db) {
            this.db = db;
        }

        synchronized double of(String state) {
            if (System.nanoTime() - counted >= COUNT_AGAIN) {
                counts = db.system(tx -> tx.createQuery("""
                                select 'pending', count(*) from task where state = 'pending'
                                union all select 'processing', count(*) from task where state = 'processing'
                                union all select 'suspended', count(*) from task where state = 'suspended'
                                """)
                        .map((row, _) -> Map.entry(row.getString(1), row.getLong(2)))
                        .collectToMap(Map.Entry::getKey, Map.Entry::getValue));
                counted = System.nanoTime();
            }
            return counts.getOrDefault(state, 0L);
        }
    }
}
