package ferry.sandbox;

import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Json;
import ferry.http.Request;
import ferry.http.Routes;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Consumer;

/// `POST /sandbox/clock/advance`: moves the time that the service and its sandbox live in, so that what is due in a
/// month is seen now. There only where that time is nobody's: beside the sandbox, on a loopback address.
public final class ClockEndpoints implements Endpoints {
    private static final double LONGEST = Duration.ofDays(366).toSeconds();

    private final InstantSource clock;
    private final Consumer<Duration> advance;
    private final Runnable due;

    /// @param clock the time after it was moved
    /// @param due does at once what has become due, before the answer
    public ClockEndpoints(InstantSource clock, Consumer<Duration> advance, Runnable due) {
        this.clock = clock;
        this.advance = advance;
        this.due = due;
    }

    @Override
    public void routes(Routes routes) {
        routes.post("/sandbox/clock/advance", this::advance);
    }

    private Answer advance(Request request) {
        var fields = request.fields();
        var seconds = fields.optionalSeconds("seconds");
        if (!fields.has("seconds")) {
            fields.problem("seconds", "is required");
        }
        fields.check();
        double wanted = seconds.orElseThrow();
        if (wanted > LONGEST) {
            throw ApiException.parameter("seconds", "is more than a year");
        }
        advance.accept(Duration.ofMillis(Math.round(wanted * 1000)));
        due.run();
        return Answer.ok(Map.of("now", Json.date(clock.instant())));
    }
}
