package ferry.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// How long requests take, by route and status. Labels name routes as they are declared, never a path that came: no
/// id, and no more of them than there are routes. Thread-safe.
final class RequestTimers {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(3),
        Duration.ofMillis(10),
        Duration.ofMillis(30),
        Duration.ofMillis(100),
        Duration.ofMillis(300),
        Duration.ofSeconds(1),
        Duration.ofSeconds(3),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry meters;
    private final Map<Label, Timer> timers = new ConcurrentHashMap<>();

    RequestTimers(MeterRegistry meters) {
        this.meters = meters;
    }

    /// @param route such as `GET /polls/{id}`
    /// @param status such as `200`
    private record Label(String route, String status) {}

    void record(String route, String status, long nanos) {
        timers.computeIfAbsent(new Label(route, status), this::timer).record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer timer(Label label) {
        return Timer.builder("ferry.requests")
                .description("Requests answered, by route and status; open routes have no status")
                .tag("route", label.route())
                .tag("status", label.status())
                .serviceLevelObjectives(BUCKETS)
                .register(meters);
    }
}
